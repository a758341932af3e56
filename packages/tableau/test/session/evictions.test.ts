/** Which expired tokens another program has ended, and which a request of this session has. */
import { describe, expect, it } from "@effect/vitest"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Credentials, Ids, type TableauError, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { io } from "../../../../test/support/io.js"
import {
  errorResponse,
  type Script,
  type ScriptedRequest,
  scriptedServer,
  xml,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { server, session } from "../../../../test/support/session.js"
import { warnings } from "../../../../test/support/warnings.js"
import { element, tsResponse, workbooks } from "../../../../test/support/xml.js"
import { ana, here, siteOfList, switchSite, user } from "./fourSites.js"

const list = Workbooks.list({ pageSize: 1 })

const tagOf = <E extends TableauError.TableauError, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.map(Effect.flip(effect), ({ _tag }) => _tag)

/** The warnings that blame another program. */
const evictions = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(warnings(effect), (lines) => lines.filter((line) => line.includes("uses the same token")))

/** Another program signs in with the token, and the next request finds that out. */
const evict = Effect.zipRight(
  Effect.flatMap(Simulator, ({ endSessions }) => endSessions),
  list
)

const lostSwitches: ReadonlyArray<readonly [string, Fault.Fault, TableauError.TableauError["_tag"]]> = [
  ["reset", Fault.reset({ when: "after" }), "ConnectionFailed"],
  ["cut after its headers", Fault.truncate(0), "ConnectionFailed"],
  ["cut in its body", Fault.truncate(30), "ConnectionFailed"],
  ["replaced by a gateway", Fault.status(504, { when: "after", body: "html" }), "ServerFault"],
  [
    "replaced by a page",
    Fault.raw({ when: "after", contentType: "text/html", body: "<html></html>" }),
    "UnexpectedResponse"
  ]
]

describe("a token that a request of the session may have ended", () => {
  for (const [how, fault, tag] of lostSwitches) {
    it.effect(`a session is renewed after each switch of the site whose response was ${how}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const program = Effect.gen(function* () {
          for (const site of ["Finance", "MarketingTeam", "Finance", "MarketingTeam", "Finance"]) {
            yield* simulator.inject({ operation: "switchSite", fault })
            expect(yield* tagOf(switchSite(site))).toBe(tag)
            yield* list
          }
        })
        expect(yield* evictions(Effect.provide(program, session()))).toEqual([])
        expect(yield* simulator.count("signIn")).toBe(6)
        expect(yield* simulator.sessions).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("a session is renewed after each switch of the site without a response", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        for (let round = 1; round <= 4; round++) {
          yield* simulator.inject({ operation: "switchSite", fault: Fault.hang({ when: "after" }) })
          const switching = yield* Effect.fork(tagOf(switchSite("Finance")))
          yield* simulator.awaitSeen("switchSite", round)
          yield* io
          yield* TestClock.adjust("3 seconds")
          expect(yield* switching).toBe("TimedOut")
          yield* list
        }
      })
      expect(yield* evictions(Effect.provide(program, session({ signInTimeout: "3 seconds" })))).toEqual([])
      expect(yield* simulator.count("signIn")).toBe(5)
    }).pipe(Effect.provide(server()))
  )

  it.effect("lost switches between evictions neither count as one nor hide them", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const loseSwitch = Effect.gen(function* () {
        yield* simulator.inject({ operation: "switchSite", fault: Fault.reset({ when: "after" }) })
        yield* Effect.flip(switchSite("Finance"))
        yield* list
      })
      const program = Effect.gen(function* () {
        yield* loseSwitch
        yield* loseSwitch
        yield* evict
        yield* loseSwitch
        yield* evict
        yield* loseSwitch
        expect(yield* tagOf(evict)).toBe("SessionEvicted")
        yield* TestClock.adjust("1 minute")
        yield* list
      })
      expect(yield* evictions(Effect.provide(program, session()))).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )

  it.effect("an early renewal whose response was lost has ended the token: its expiry is not an eviction", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* TestClock.adjust("59 minutes")
        yield* simulator.inject({ operation: "signIn", fault: Fault.reset({ when: "after" }) })
        yield* list
        expect(yield* simulator.count("signIn")).toBe(3)
        yield* evict
        yield* evict
        expect(yield* tagOf(evict)).toBe("SessionEvicted")
      })
      expect(yield* evictions(Effect.provide(program, session()))).toHaveLength(1)
    }).pipe(Effect.provide(server({ lifetimeLimit: "60 minutes" })))
  )
})

describe("a token that is renewed before its expiry", () => {
  it.effect("early renewals within a minute are not evictions", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        for (let round = 1; round <= 5; round++) {
          yield* TestClock.adjust("55 seconds")
          yield* list
          expect(yield* simulator.count("signIn")).toBe(round + 1)
        }
      })
      expect(yield* evictions(Effect.provide(program, session()))).toEqual([])
    }).pipe(Effect.provide(server({ lifetimeLimit: "1 minute" })))
  )

  it.effect("jumps of the wall clock are not evictions, whatever their number", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const clock = yield* Effect.clock
      let ahead = 0
      const jumping: Clock.Clock = Object.assign(Object.create(clock), {
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + ahead,
        currentTimeMillis: Effect.sync(() => clock.unsafeCurrentTimeMillis() + ahead)
      })
      const program = Effect.gen(function* () {
        for (const days of [1, 30, 3650, 7300]) {
          ahead = days * 86_400_000
          yield* list
        }
      })
      expect(yield* evictions(Effect.withClock(Effect.provide(program, session()), jumping))).toEqual([])
      expect(yield* simulator.count("signIn")).toBe(5)
    }).pipe(Effect.provide(server({ lifetimeLimit: "4 hours" })))
  )
})

const token = Credentials.personalAccessToken({ name: "reports", value: Redacted.make("value-of-the-token") })

const tokenOf = ({ headers }: ScriptedRequest) => String(headers["x-tableau-auth"])

const signedIn = (contentUrl: string, value: string, estimate?: string) =>
  xmlDocument(
    tsResponse(
      element(
        "credentials",
        { token: value, estimatedTimeToExpiration: estimate },
        element("site", { id: `id-${contentUrl}`, contentUrl }),
        element("user", { id: "u" })
      )
    )
  )

const listed = xml(element("pagination", { pageNumber: 1, pageSize: 1, totalAvailable: 0 }), workbooks([]))

/** A server that knows which of its tokens have ended. */
const onTokens = (script: (ended: Set<string>) => Script, estimate?: string) => {
  const ended = new Set<string>()
  let signIns = 0
  return Effect.flatMap(
    scriptedServer({
      "POST /auth/signin": () => signedIn("Harbor", `t-${++signIns}`, estimate),
      "POST /auth/signout": (request) => {
        ended.add(tokenOf(request))
        return { status: 204 }
      },
      "GET /sites/{siteId}/workbooks": (request) =>
        ended.has(tokenOf(request)) ? errorResponse(401, "401002") : listed,
      ...script(ended)
    }),
    ({ count, url }) =>
      Effect.map(
        TableauSession.make({ server: url, credentials: token, site: "Harbor", retry: "never" }),
        (session) => ({
          run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provideService(effect, TableauSession, session),
          signIns: () => count("POST /auth/signin")
        })
      )
  )
}

describe("a token that the session has signed out itself", () => {
  const switches: ReadonlyArray<readonly [string, (ended: Set<string>) => Script]> = [
    ["403070 for another site", () => ({ "POST /auth/switchSite": errorResponse(403, "403070") })],
    [
      "a session on another site",
      (ended) => ({
        "POST /auth/switchSite": (request) => {
          ended.add(tokenOf(request))
          return signedIn("Payroll", "t-payroll")
        }
      })
    ]
  ]
  for (const [what, script] of switches) {
    it.scoped(`${what} as response to several switches is not an eviction`, () =>
      Effect.gen(function* () {
        const { run, signIns } = yield* onTokens(script)
        const lines = yield* evictions(
          Effect.gen(function* () {
            for (let round = 1; round <= 4; round++) {
              expect(yield* run(tagOf(switchSite("Sandbox")))).toBe("SiteMismatch")
              yield* run(list)
              expect(signIns()).toBe(round + 1)
            }
          })
        )
        expect(lines).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }
})

describe("an estimate of the expiry", () => {
  for (const estimate of ["0:0:0", "00:00:00", "0:0:1", "0:0:59"]) {
    it.scoped(`a session of ${estimate} hours is not renewed at each request`, () =>
      Effect.gen(function* () {
        const { run, signIns } = yield* onTokens(() => ({}), estimate)
        const lines = yield* evictions(Effect.repeatN(Effect.zipRight(TestClock.adjust("10 seconds"), run(list)), 9))
        expect(lines).toEqual([])
        expect(signIns()).toBe(1)
      }).pipe(Effect.provide(server()))
    )
  }
})

describe("a session of an impersonated user", () => {
  it.effect("after a switch the session is renewed as the same user, who has another id on each site", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const idOfBob = Effect.flatMap(TableauSession, ({ current }) => Effect.map(current, ({ user }) => user.id))
      const bob = yield* Effect.provide(idOfBob, session({ credentials: user("bob") }))
      const elsewhere = yield* Effect.provide(idOfBob, session({ credentials: user("bob"), site: "Marketing" }))
      expect(elsewhere).not.toBe(bob)
      const program = Effect.gen(function* () {
        yield* switchSite("Marketing")
        yield* simulator.endSessions
        expect(yield* siteOfList).toBe("Marketing")
        expect(yield* simulator.sessions).toMatchObject([{ user: "bob", site: "Marketing" }])
        expect(yield* idOfBob).toBe(elsewhere)
        yield* switchSite("")
        yield* simulator.endSessions
        expect(yield* siteOfList).toBe("")
        expect(yield* simulator.sessions).toMatchObject([{ user: "bob", site: "" }])
        expect(yield* idOfBob).toBe(bob)
      })
      const credentials = pipe(ana.credentials, Credentials.impersonating(bob))
      yield* Effect.provide(program, session({ credentials }))
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(here))
  )

  it.scoped("a renewal that signs in another user fails with UserMismatch, and is signed out", () =>
    Effect.gen(function* () {
      const signIns: Array<string> = []
      const signedOut: Array<string> = []
      const { url } = yield* scriptedServer({
        "POST /auth/signin": ({ body }) => {
          signIns.push(/<user id="([^"]*)"/.exec(body)?.[1] ?? "")
          const id = signIns.length === 1 ? "bob-here" : "admin"
          return xml(
            element(
              "credentials",
              { token: `t-${signIns.length}` },
              element("site", { id: "s", contentUrl: signIns.length === 1 ? "Harbor" : "Quay" }),
              element("user", { id })
            )
          )
        },
        "POST /auth/switchSite": xml(
          element(
            "credentials",
            { token: "t-quay" },
            element("site", { id: "id-quay", contentUrl: "Quay" }),
            element("user", { id: "bob-there" })
          )
        ),
        "POST /auth/signout": (request) => {
          signedOut.push(tokenOf(request))
          return { status: 204 }
        },
        "GET /sites/id-quay/workbooks": errorResponse(401, "401002")
      })
      const impersonating = pipe(token, Credentials.impersonating(Ids.UserId.make("bob-here")))
      const session = yield* TableauSession.make({
        server: url,
        credentials: impersonating,
        site: "Harbor",
        retry: "never"
      })
      yield* session.switchSite("Quay")
      const error = yield* Effect.flip(Effect.provideService(list, TableauSession, session))
      expect(error).toMatchObject({ _tag: "UserMismatch", expected: "bob-there", actual: "admin" })
      expect(signIns).toEqual(["bob-here", "bob-there"])
      expect(signedOut).toEqual(["t-2"])
    }).pipe(Effect.provide(server()))
  )
})
