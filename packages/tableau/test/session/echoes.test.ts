/** A server that repeats the secrets of a request, in any encoding and in any place of a response, over sockets. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Credentials, Ids, Operation, Response, type TableauError, TableauSession, Workbooks } from "effect-tableau"
import { contains, encodings } from "../../../../test/fuzz/encodings.js"
import {
  errorResponse,
  type Script,
  type ScriptedRequest,
  type ScriptedResponse,
  scriptedServer,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { server } from "../../../../test/support/session.js"
import { element, page } from "../../../../test/support/xml.js"
import { gather } from "./gathering.js"

const tokenValue = `Q2x-"9v&+/Pz%41==:uB7kLmN3rTqY8wXsE5dC1fVgH6jK0aZb`
const password = "geh€im & <Wörter> 100%25"
const sessionToken = "pQ8zKx3LTnW_vY5uRb-2mA|9fGh7JkL2mNbVcXz4QwErTyUiOp1AsDf|3f0e8d1c-7b6a-4958-8c7d-1e2f3a4b5c6d"
const newPassword = "Ein-neues_Passwort/+5"

const html = (text: string): ScriptedResponse => ({
  status: 502,
  headers: { "content-type": "text/html" },
  body: `<html><title>${text}</title></html>`
})

/** Where a response can repeat a string. Headers have no line breaks, and Latin-1 only. */
const places: Readonly<Record<string, (text: string, line: string) => ScriptedResponse>> = {
  "the detail": (text) => errorResponse(400, "400000", "Bad Request", `Header: ${text} was received`),
  "the summary": (text) => errorResponse(403, "403004", text, "Forbidden"),
  "the code": (text) => errorResponse(409, text),
  "an error with status 200": (text) => errorResponse(200, "404006", text, text),
  "a web page": html,
  JSON: (text) => ({
    status: 500,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ error: { code: "500000", summary: "Internal", detail: text } })
  }),
  "malformed XML": (text) => xmlDocument(`<tsResponse><${text.replaceAll(/\s/g, "")}></x>`),
  "the id of the request": (_, line) => ({ ...errorResponse(500, "500000"), headers: { "x-request-id": line } }),
  "the encoding": (_, line) => ({ status: 200, headers: { "content-encoding": `gzip, ${line}` }, body: "?" }),
  "the path of a redirect": (_, line) => ({ status: 302, headers: { location: `/login/${line}?x=${line}` } }),
  "the query of a redirect": (_, line) => ({ status: 303, headers: { location: `https://sso.example.com/?${line}` } }),
  "a malformed item": (text) =>
    xmlDocument(
      page(
        { total: 2 },
        element("workbooks", {}, element("workbook", { name: text }), element("workbook", { id: text, size: text }))
      )
    ),
  "a malformed item of a JSON list": (text) => ({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      groups: { [text]: [{ name: text }, { id: text, size: text }, { id: "3", labels: { [text]: 5 } }] }
    })
  })
}

/** Places in the server's data, which spans have as the result of the call: only warnings must not repeat a secret. */
const dataPlaces: ReadonlySet<string> = new Set(["a malformed item", "a malformed item of a JSON list"])

const Thing = Schema.Struct({
  id: Schema.String,
  size: Schema.optional(Schema.Int),
  labels: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
})

/** A list whose keys are the server's data, too. */
const listThings = Operation.make({
  name: "Things.list",
  request: "GET /api/-/things",
  since: "3.20",
  scope: "tableau:content:read",
  input: () => ({}),
  response: Response.pages(
    Schema.Struct({ groups: Schema.Record({ key: Schema.String, value: Schema.Array(Thing) }) }),
    { items: ({ groups }) => Object.values(groups).flat(), next: () => undefined }
  )
})

/** A header can hold it. */
const inOneLine = (text: string): string => text.replaceAll(/[^!-~]/g, encodeURIComponent)

const credentials: Readonly<Record<string, Credentials.Credentials>> = {
  [tokenValue]: Credentials.personalAccessToken({ name: "reports", value: Redacted.make(tokenValue) }),
  [password]: Credentials.password({ username: "ana", password: Redacted.make(password) })
}

/** An operation whose body has a secret. */
const setPassword = Operation.make({
  name: "Users.setPassword",
  request: "PUT /sites/{siteId}/users/{userId}",
  since: "2.0",
  scope: "none",
  input: (userId: Ids.UserId, password: Redacted.Redacted) => ({ userId, xml: { user: { password } } }),
  response: Response.empty
})

/** A part of the encodings, another one for each place: the fuzzer tries all in all places. */
const encodingsFor = (place: string) => {
  const first = Object.keys(places).indexOf(place)
  return Object.values(encodings).filter((_, index) => index % 6 === first % 6 || index === 0)
}

const step = (effect: Effect.Effect<unknown, TableauError.TableauError, TableauSession>) =>
  Effect.either(effect).pipe(
    Effect.tap((result) => Effect.logError("step", result)),
    Effect.map(Either.isLeft)
  )

/** Runs everything that can fail, and logs what it failed with. Returns how many failed. */
const program = Effect.gen(function* () {
  const session = yield* TableauSession
  const failed = [
    yield* step(Effect.flatMap(Workbooks.list(), ({ items }) => Stream.runDrain(items))),
    yield* step(Workbooks.get(Ids.WorkbookId.make("w"))),
    yield* step(setPassword(Ids.UserId.make("u"), Redacted.make(newPassword))),
    yield* step(session.switchSite("Sales")),
    yield* step(Effect.flatMap(listThings(), ({ items }) => Stream.runDrain(items)))
  ]
  return failed.filter((failed) => failed).length
})

const onEcho = (script: Script, signsInWith: string) =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer(script, { token: sessionToken })
    const session = TableauSession.layer({
      server: url,
      credentials: credentials[signsInWith] ?? Credentials.jwt({ token: Redacted.make(signsInWith) }),
      retry: "never",
      // Too short for a wait before another sign-out: the clock stands still.
      signOutTimeout: "10 millis"
    })
    return yield* gather(Effect.provide(program, session))
  })

const secrets = [sessionToken, tokenValue, password, newPassword]

const expectNone = (text: string) => {
  const found = secrets.filter((secret) => contains(text, secret))
  expect(found, found.length > 0 ? text : "").toEqual([])
}

describe("a server that repeats secrets", () => {
  for (const [place, respond] of Object.entries(places)) {
    it.scoped(
      `no error, line or span of a call has the token of the session, the proof or a new password: ${place}`,
      () =>
        Effect.gen(function* () {
          for (const encode of encodingsFor(place)) {
            const all = (received: ReadonlyArray<string>): ScriptedResponse => {
              const text = received.map((secret) => encode(secret)).join(" and ")
              return respond(text, inOneLine(text))
            }
            const echo = ({ body }: ScriptedRequest): ScriptedResponse =>
              all([sessionToken, tokenValue, ...(body.includes("password") ? [newPassword] : [])])
            const { exit, lines, text } = yield* onEcho(
              { "*": echo, "POST /auth/switchSite": (request) => echo(request) },
              tokenValue
            )
            expect(Exit.isSuccess(exit) && exit.value).toBeGreaterThanOrEqual(dataPlaces.has(place) ? 3 : 5)
            expect(lines).toBeGreaterThan(5)
            if (!dataPlaces.has(place)) {
              expectNone(text)
              continue
            }
            const warnings = text.split("\n").filter((line) => line.includes("WARN"))
            expect(warnings.filter((line) => line.includes("left out item 1"))).not.toEqual([])
            expectNone(warnings.join("\n"))
          }
        }).pipe(Effect.provide(server()))
    )

    it.scoped(`no error, line or span of a sign-in or a sign-out has a secret: ${place}`, () =>
      Effect.gen(function* () {
        for (const [index, encode] of encodingsFor(place).entries()) {
          const proof = index % 2 === 0 ? tokenValue : password
          const signIn = yield* onEcho({ "POST /auth/signin": respond(encode(proof), inOneLine(encode(proof))) }, proof)
          expect(Exit.isFailure(signIn.exit)).toBe(true)
          expectNone(signIn.text)
          const signOut = yield* onEcho(
            {
              "POST /auth/signout": respond(
                `${encode(sessionToken)} ${encode(proof)}`,
                inOneLine(`${encode(sessionToken)}-${encode(proof)}`)
              )
            },
            proof
          )
          if (!dataPlaces.has(place)) expect(signOut.text).toContain("Signing out failed")
          expectNone(signOut.text)
        }
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("a secret at the end of a long key of a JSON list is removed, with its beginning", () =>
    Effect.gen(function* () {
      const labels = { [`${"-".repeat(70)}${tokenValue}`]: 5 }
      const { text } = yield* onEcho(
        {
          "GET /api/-/things": {
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ groups: { all: [{ id: "1", labels }] } })
          }
        },
        tokenValue
      )
      const warnings = text.split("\n").filter((line) => line.includes("WARN") && line.includes("a value is absent"))
      expect(warnings).not.toEqual([])
      for (const line of warnings) expect(line).not.toContain("Q2x-")
    }).pipe(Effect.provide(server()))
  )

  it.scoped("what the server says beside the secret is kept", () =>
    Effect.gen(function* () {
      const detail = `The header X-Tableau-Auth: ${sessionToken} belongs to no session of Harbor.`
      const { text } = yield* onEcho({ "*": errorResponse(400, "400000", "Bad Request", detail) }, tokenValue)
      expect(text).toContain("The header X-Tableau-Auth: <redacted> belongs to no session of Harbor.")
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a string with a password of less than eight characters is left out", () =>
    Effect.gen(function* () {
      const { url } = yield* scriptedServer({
        "POST /auth/signin": errorResponse(401, "401001", "Signin Error", "The password s3cret of ana is wrong.")
      })
      const error = yield* Effect.flip(
        TableauSession.make({
          server: url,
          credentials: Credentials.password({ username: "ana", password: Redacted.make("s3cret") })
        })
      )
      expect(error).toMatchObject({ _tag: "SignInFailed", code: "401001", summary: "Signin Error", detail: undefined })
    }).pipe(Effect.provide(server()))
  )

  for (const [detail, expected] of [
    ["The password q7x of ana is wrong.", undefined],
    ["Wrong: password=%51%37X&user=ana.", undefined],
    ["Node aq7x1 refused ana.", "Node aq7x1 refused ana."]
  ] as const) {
    it.scoped(`a password of three characters is searched as a whole word only: ${detail}`, () =>
      Effect.gen(function* () {
        const { url } = yield* scriptedServer({
          "POST /auth/signin": errorResponse(401, "401001", "Signin Error", detail.replace("&", "&amp;"))
        })
        const error = yield* Effect.flip(
          TableauSession.make({
            server: url,
            credentials: Credentials.password({ username: "ana", password: Redacted.make("q7x") })
          })
        )
        expect(error).toMatchObject({ _tag: "SignInFailed", code: "401001", detail: expected })
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("controls and changes of direction of the server reach neither an error nor a line", () =>
    Effect.gen(function* () {
      const text = "Ame\u009b31mlie \u202egnp.exe \u2066x \u0085y\u200bz"
      const { text: printed } = yield* onEcho({ "*": errorResponse(400, "400000", text, text) }, tokenValue)
      expect(printed).toContain("Ame 31mlie gnp.exe x  yz")
      expect(printed).not.toMatch(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069]/)
    }).pipe(Effect.provide(server()))
  )
})
