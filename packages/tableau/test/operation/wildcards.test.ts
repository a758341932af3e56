import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Filter, Groups, type Query, TableauSession, Users, Workbooks } from "effect-tableau"
import { type Content, Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { errorResponse, keyOf, scriptedServer, xml } from "../../../../test/support/scriptedServer.js"
import { admin, server, session } from "../../../../test/support/session.js"

const content: Content.Content = {
  users: [
    { name: "ana", fullName: "Ana", siteRole: "ServerAdministrator" },
    { name: "ben & co", fullName: "Doe, Ben", siteRole: "Viewer" },
    { name: "ben and co", fullName: "Doe Ben", siteRole: "Viewer" }
  ],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "ana" }],
  sites: [
    {
      contentUrl: "",
      groups: [{ name: "R&D" }, { name: "R and D" }],
      workbooks: [
        ...Array.from({ length: 230 }, (_, index) => ({ name: `Forecast ${index}`, tags: [`year ${index}`] })),
        { name: "Sales, North", tags: ["a & b"] },
        { name: "Sales* North" }
      ]
    },
    { contentUrl: "Other", workbooks: [{ name: "East, West" }, { name: "Overview" }] }
  ]
}

const on =
  (asterisk: "wildcard" | "literal") =>
  <A, E>(program: Effect.Effect<A, E, TableauSession | Simulator>) =>
    program.pipe(Effect.provide(session()), Effect.provide(server({ content, asterisk })))

/** The names that a list finds, what it says of itself, and the filters of its requests. */
const found = (filter: NonNullable<Workbooks.ListOptions["filter"]>) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator
    const before = (yield* simulator.requests).length
    let report: Query.Report | undefined
    const { items, totalAvailable } = yield* Workbooks.list({
      filter,
      onComplete: (complete) =>
        Effect.sync(() => {
          report = complete
        })
    })
    const names = (yield* Stream.runCollect(items)).pipe((chunk) => [...chunk].map(({ name }) => name))
    const filters = (yield* simulator.requests)
      .slice(before)
      .filter(({ operation }) => operation === "queryWorkbooksForSite")
      .map(({ query }) => new URLSearchParams(query).get("filter"))
    return { names, totalAvailable, report, filters }
  })

describe("a filter with wildcards", () => {
  it.effect("is sent, and its result is believed, where * is a wildcard", () =>
    Effect.gen(function* () {
      expect(yield* found([Filter.eq("name", "Sales, North")])).toEqual({
        names: ["Sales, North"],
        totalAvailable: 2,
        report: { expected: 2, received: 2, duplicates: 0, malformed: 0 },
        // One of the two items has no asterisk.
        filters: ["name:eq:Sales* North"]
      })
      // Known by now: nothing is read again.
      expect(yield* found([Filter.eq("name", "Sales, South")])).toMatchObject({
        names: [],
        totalAvailable: 0,
        filters: ["name:eq:Sales* South"]
      })
    }).pipe(on("wildcard"))
  )

  it.effect("without a result is tried with a name that exists, where * is a wildcard", () =>
    Effect.gen(function* () {
      expect(yield* found([Filter.eq("name", "Sales & South")])).toEqual({
        names: [],
        totalAvailable: 0,
        report: { expected: 0, received: 0, duplicates: 0, malformed: 0 },
        filters: ["name:eq:Sales * South", null, "name:eq:Forec*st 0"]
      })
      // Three pages, as of any list with 232 items.
      expect((yield* found([Filter.eq("name", "&")])).filters).toEqual(Array(3).fill("name:eq:*"))
    }).pipe(on("wildcard"))
  )

  it.effect("is applied by the client where * is literal, and is not sent again in that session", () =>
    Effect.gen(function* () {
      const report = { expected: 232, received: 232, duplicates: 0, malformed: 0, unsentConditions: 1 }
      const first = yield* found([Filter.eq("name", "Sales, North")])
      // An item that is called as the value that was sent is no result.
      expect(first).toMatchObject({ names: ["Sales, North"], totalAvailable: 232, report })
      expect(first.filters).toEqual(["name:eq:Sales* North", null, "name:eq:Forec*st 0", null, null])
      const second = yield* found([Filter.eq("tags", "a & b"), Filter.gte("createdAt", new Date(0))])
      expect(second).toMatchObject({ names: ["Sales, North"], totalAvailable: 232, report })
      expect(second.filters).toEqual(Array(3).fill("createdAt:gte:1970-01-01T00:00:00Z"))
      // The item has the value that is sent: both kinds of server return it.
      expect(yield* found([Filter.eq("name", "Sales* North")])).toMatchObject({
        names: ["Sales* North"],
        totalAvailable: 1,
        filters: ["name:eq:Sales* North"]
      })
      const elsewhere = yield* TableauSession.withSite("Other")(found([Filter.eq("name", "East, West")]))
      expect(elsewhere).toMatchObject({ names: ["East, West"], totalAvailable: 2, filters: [null] })
    }).pipe(on("literal"))
  )

  it.effect("is read again as often as its stream runs", () =>
    Effect.gen(function* () {
      const { items } = yield* Workbooks.list({ filter: [Filter.eq("name", "Sales, North")] })
      for (const _ of [1, 2]) expect(yield* Stream.runCount(items)).toBe(1)
    }).pipe(on("literal"))
  )

  it.effect("uses `like` for the names of users and groups, for which Tableau documents it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const last = Effect.map(simulator.requests, (requests) =>
        new URLSearchParams(requests.at(-1)?.query).get("filter")
      )
      const users = yield* Users.list({ filter: [Filter.eq("name", "ben & co")] })
      expect(yield* Stream.runCount(users.items)).toBe(1)
      expect(yield* last).toBe("name:like:ben * co")
      const named = yield* Users.list({ filter: [Filter.eq("friendlyName", "Doe, Ben")] })
      expect([...(yield* Stream.runCollect(named.items))].map(({ name }) => name)).toEqual(["ben & co"])
      expect(yield* last).toBe("friendlyName:like:Doe* Ben")
      const groups = yield* Groups.list({ filter: [Filter.eq("name", "R&D")] })
      expect([...(yield* Stream.runCollect(groups.items))].map(({ name }) => name)).toEqual(["R&D"])
      expect(yield* last).toBe("name:like:R*D")
      expect(yield* simulator.count("getUsersOnSite")).toBe(2)
    }).pipe(on("literal"))
  )

  it.scoped("is applied by the client where the server does not know the operator", () =>
    Effect.gen(function* () {
      const list = keyOf(Groups.list)
      const { count, url } = yield* scriptedServer({
        [list]: ({ query }) =>
          query.has("filter")
            ? errorResponse(400, "400065")
            : xml(
                `<pagination pageNumber="1" pageSize="100" totalAvailable="2"/>`,
                `<groups><group id="g1" name="A*B"/><group id="g2" name="A, B"/></groups>`
              )
      })
      const signedIn = yield* TableauSession.make({ server: url, credentials: admin })
      for (const requests of [2, 3]) {
        const { items } = yield* Effect.provideService(
          Groups.list({ filter: [Filter.eq("name", "A, B")] }),
          TableauSession,
          signedIn
        )
        expect([...(yield* Stream.runCollect(items))].map(({ id }) => id)).toEqual(["g2"])
        expect(count(list)).toBe(requests)
      }
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.scoped("finds its item where * is a wildcard at the end of a value only", () =>
    Effect.gen(function* () {
      const names = ["Sales,", "Sales, North"]
      const matches = (filter: string | null) => (name: string) => {
        const pattern = filter?.replace(/^name:\w+:/, "")
        if (pattern === undefined) return true
        return /^[^*]*\*$/.test(pattern) ? name.startsWith(pattern.slice(0, -1)) : name === pattern
      }
      const { url } = yield* scriptedServer({
        [keyOf(Workbooks.list)]: ({ query }) => {
          const found = names.filter(matches(query.get("filter")))
          return xml(
            `<pagination pageNumber="1" pageSize="100" totalAvailable="${found.length}"/>`,
            `<workbooks>${found.map((name) => `<workbook id="${names.indexOf(name)}" name="${name}"/>`).join("")}</workbooks>`
          )
        }
      })
      const signedIn = yield* TableauSession.make({ server: url, credentials: admin })
      for (const name of names) {
        const { items } = yield* Effect.provideService(
          Workbooks.list({ filter: [Filter.eq("name", name)] }),
          TableauSession,
          signedIn
        )
        expect([...(yield* Stream.runCollect(items))].map((found) => found.name)).toEqual([name])
      }
    }).pipe(Effect.provide(layerHttpClient))
  )
})
