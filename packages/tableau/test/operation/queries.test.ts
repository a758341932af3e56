import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import {
  Datasources,
  Filter,
  Groups,
  Sort,
  type TableauError,
  type TableauSession,
  Users,
  Views,
  Workbooks
} from "effect-tableau"
import { type Content, Simulator } from "effect-tableau-simulator"
import { onSession, server, session } from "../../../../test/support/session.js"

const items = <A>(listing: { readonly items: Stream.Stream<A, TableauError.ListError> }) =>
  Effect.map(Stream.runCollect(listing.items), (chunk) => [...chunk])

const namesOf = (options: Workbooks.ListOptions) =>
  Effect.map(Effect.flatMap(Workbooks.list(options), items), (workbooks) => workbooks.map(({ name = "" }) => name))

const named = (filter: NonNullable<Workbooks.ListOptions["filter"]>) => namesOf({ filter, sort: [] })

/** Filter, sort and fields of the last request. */
const requested = Effect.gen(function* () {
  const simulator = yield* Simulator
  const query = new URLSearchParams((yield* simulator.requests).at(-1)?.query)
  return { filter: query.get("filter"), sort: query.get("sort"), fields: query.get("fields") }
})

const holding = (workbooks: ReadonlyArray<Content.Workbook>): Content.Content => ({
  users: [{ name: "ana", siteRole: "ServerAdministrator" }],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "ana" }],
  sites: [{ contentUrl: "", projects: [{ name: "R&D, [old]" }], workbooks }]
})

const on =
  (workbooks: ReadonlyArray<Content.Workbook>, options: Simulator.Options = {}) =>
  <A, E>(effect: Effect.Effect<A, E, TableauSession | Simulator>) =>
    effect.pipe(Effect.provide(session()), Effect.provide(server({ content: holding(workbooks), ...options })))

// Any name, without the characters that XML cannot represent.
const unit = FastCheck.oneof(
  { arbitrary: FastCheck.constantFrom(..."+%&,*[]\"'<>=:;/\\?#|() aAbBéÉ売𝒳\t\n\u00a0"), weight: 4 },
  { arbitrary: FastCheck.string({ unit: "binary", minLength: 1, maxLength: 1 }), weight: 1 }
)
const name = FastCheck.string({ unit, minLength: 1, maxLength: 8 }).filter(
  (text) => !/[^\P{Cc}\t\n]|[\ufffe\uffff]/u.test(text)
)

describe.each([{ asterisk: "wildcard" }, { asterisk: "literal" }] as const)(
  "string filter where * is $asterisk",
  (kind) => {
    it.effect(
      "a string filter finds exactly the equal names and tags, whatever characters they have",
      () =>
        Effect.gen(function* () {
          const run = Runtime.runPromise(yield* Effect.runtime<never>())
          const found = FastCheck.asyncProperty(
            FastCheck.uniqueArray(name, { minLength: 3, maxLength: 10 }),
            (names: ReadonlyArray<string>) =>
              Effect.gen(function* () {
                for (const text of [...names, ...names.map((text) => text.toUpperCase())]) {
                  const same = names.filter((candidate) => candidate === text)
                  expect(yield* named([Filter.eq("name", text)]), JSON.stringify(text)).toEqual(same)
                  expect(yield* named([Filter.in("name", [text])]), JSON.stringify(text)).toEqual(same)
                  expect(yield* named([Filter.eq("tags", text)]), JSON.stringify(text)).toEqual(same)
                }
              }).pipe(
                on(
                  names.map((text) => ({ name: text, tags: [`x${text}`, text] })),
                  kind
                ),
                run
              )
          )
          yield* Effect.promise(() => FastCheck.assert(found, { numRuns: 6 }))
        }),
      60_000
    )

    it.effect("a string filter finds nothing for impossible names, and fails with BadRequest on a lone surrogate", () =>
      Effect.gen(function* () {
        for (const text of ["", " ", ",", "*", "\u0000", "a\u0000", "[b]"]) {
          expect(yield* named([Filter.eq("name", text)]), JSON.stringify(text)).toEqual([])
        }
        const error = yield* Effect.flip(Workbooks.list({ filter: [Filter.eq("name", "\ud800")] }))
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
      }).pipe(on([{ name: "a" }, { name: "b" }], kind))
    )

    it.effect("a string filter matches the project name and any of the tags", () =>
      Effect.gen(function* () {
        expect(yield* named([Filter.eq("projectName", "R&D, [old]")])).toEqual(["in it"])
        expect(yield* named([Filter.eq("tags", "a, b")])).toEqual(["in it"])
        expect(yield* named([Filter.eq("tags", "a, b"), Filter.eq("tags", "c")])).toEqual(["in it"])
        expect(yield* named([Filter.eq("tags", "a, b"), Filter.eq("tags", "d")])).toEqual([])
        expect(yield* named([Filter.eq("tags", "a, b"), Filter.eq("projectName", "R&D, [old]")])).toEqual(["in it"])
        expect(yield* named([Filter.eq("name", "in it"), Filter.eq("projectName", "R&D, [new]")])).toEqual([])
      }).pipe(
        on(
          [
            { name: "in it", project: "R&D, [old]", tags: ["a, b", "c"] },
            { name: "not", tags: ["a b", "d"] }
          ],
          kind
        )
      )
    )
  }
)

describe("string filter", () => {
  it.effect("a string filter is encoded once, with wildcards for the characters that Tableau cannot receive", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* named([Filter.eq("name", `50% +"é'`)])
      expect((yield* simulator.requests).at(-1)?.query).toBe(
        `filter=name%3Aeq%3A50%25+%2B%22%C3%A9%27&pageNumber=1&pageSize=100`
      )
      yield* named([Filter.eq("name", " A, B & [C]* ")])
      expect((yield* requested).filter).toBe("name:eq:*A* B * *C*")
    }).pipe(on([{ name: " A, B & [C] x" }]))
  )

  it.effect("a string filter on a name is case-sensitive, one on a user name follows the server", () =>
    Effect.gen(function* () {
      expect(yield* named([Filter.eq("name", "sales")])).toEqual(["sales"])
      expect(yield* named([Filter.in("name", ["SALES", "Sales", "none"])])).toEqual(["Sales"])
      // The client checks the name also when the response has only other fields.
      const { items: found } = yield* Workbooks.list({ filter: [Filter.eq("name", "sales")], fields: ["contentUrl"] })
      expect(yield* Stream.runCount(found)).toBe(1)
      // The server compares account names.
      const users = yield* Effect.flatMap(Users.list({ filter: [Filter.eq("name", "ANA")] }), items)
      expect(users.map(({ name }) => name)).toEqual(["ana"])
    }).pipe(on([{ name: "sales" }, { name: "Sales" }]))
  )

  it.effect(
    "an `in` filter finds any of its values, and fails with UnfilterableValue for one that Tableau cannot receive",
    () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        expect(yield* named([Filter.in("name", ["a", "b c", "a", "none"])])).toEqual(["a", "b c"])
        expect((yield* requested).filter).toBe("name:in:[a,b c,a,none]")
        const before = yield* simulator.count("queryWorkbooksForSite")
        for (const value of ["d, e", "x&y", "[z]", "w*", " a", "a\n", ""]) {
          const error = yield* Effect.flip(Workbooks.list({ filter: [Filter.in("name", ["a", value])] }))
          expect(error).toMatchObject({
            _tag: "UnfilterableValue",
            field: "name",
            acted: "no",
            operation: "Workbooks.list"
          })
          expect(error.message).toContain(JSON.stringify(value))
        }
        expect(yield* Effect.flip(Workbooks.list({ filter: [Filter.in("name", [])] }))).toMatchObject({
          _tag: "BadRequest"
        })
        expect(yield* simulator.count("queryWorkbooksForSite")).toBe(before)
      }).pipe(on([{ name: "a" }, { name: "b c" }, { name: "d, e" }]))
  )

  it.effect("a string filter fails with UnfilterableValue when neither Tableau nor the client can apply it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Workbooks.list({ filter: [Filter.eq("ownerName", "Doe, Jane")] }))
      expect(error).toMatchObject({ _tag: "UnfilterableValue", field: "ownerName", acted: "no" })
      const twice = yield* Effect.flip(
        Workbooks.list({ filter: [Filter.eq("ownerName", "Jane"), Filter.in("ownerName", ["John", "Joe"])] })
      )
      expect(twice).toMatchObject({ _tag: "UnfilterableValue", field: "ownerName" })
    }).pipe(on([]))
  )
})

const at = (text: string) => DateTime.unsafeMake(text)

describe("date filter", () => {
  const days = ["2026-03-01", "2026-03-02", "2026-03-03"].map((day) => ({ name: day, createdAt: `${day}T00:00:00Z` }))

  it.effect("two date conditions select a range, though Tableau applies only one per field", () =>
    Effect.gen(function* () {
      const range = [Filter.gte("createdAt", at("2026-03-02")), Filter.lt("createdAt", at("2026-03-03"))] as const
      expect(yield* named(range)).toEqual(["2026-03-02"])
      expect(yield* named([range[1], range[0]])).toEqual(["2026-03-02"])
      expect((yield* requested).filter).toBe("createdAt:gte:2026-03-02T00:00:00Z")
      // The filtered field and the id are added to the requested fields.
      const { items: found } = yield* Workbooks.list({ filter: range, fields: ["name"] })
      expect([...(yield* Stream.runCollect(found))]).toMatchObject([{ id: expect.any(String), name: "2026-03-02" }])
      expect((yield* requested).fields).toBe("id,createdAt,name")
      expect(
        yield* named([Filter.gt("createdAt", at("2026-03-01")), Filter.lte("createdAt", at("2026-03-03"))])
      ).toEqual(["2026-03-02", "2026-03-03"])
    }).pipe(on(days))
  )

  const instants = [0, 200, 500, 700, 1000].map((millis) => ({
    name: String(millis),
    createdAt: DateTime.formatIso(DateTime.unsafeMake(Date.UTC(2026, 2, 1) + millis))
  }))

  it.effect("a date filter compares milliseconds, which Tableau does not", () =>
    Effect.gen(function* () {
      const half = DateTime.unsafeMake(Date.UTC(2026, 2, 1) + 500)
      expect(yield* named([Filter.lt("createdAt", half)])).toEqual(["0", "200"])
      expect((yield* requested).filter).toBe("createdAt:lte:2026-03-01T00:00:01Z")
      expect(yield* named([Filter.lte("createdAt", half)])).toEqual(["0", "200", "500"])
      expect(yield* named([Filter.eq("createdAt", half)])).toEqual(["500"])
      expect(yield* named([Filter.gte("createdAt", half)])).toEqual(["500", "700", "1000"])
      expect((yield* requested).filter).toBe("createdAt:gte:2026-03-01T00:00:00Z")
      expect(yield* named([Filter.gt("createdAt", half)])).toEqual(["700", "1000"])
    }).pipe(on(instants))
  )

  it.effect("two date conditions select a range by milliseconds, inclusive or exclusive", () =>
    Effect.gen(function* () {
      const after = {
        gt: (one: number, limit: number) => one > limit,
        gte: (one: number, limit: number) => one >= limit
      }
      for (const lower of ["gt", "gte"] as const) {
        for (const upper of ["lt", "lte"] as const) {
          for (const [from, to] of [
            [0, 1000],
            [200, 700],
            [0, 500],
            [500, 1000],
            [500, 500],
            [700, 200]
          ] as const) {
            const [begin, end] = [from, to].map((millis) => DateTime.unsafeMake(Date.UTC(2026, 2, 1) + millis))
            if (begin === undefined || end === undefined) continue
            const range = [Filter[lower]("createdAt", begin), Filter[upper]("createdAt", end)] as const
            const wanted = [0, 200, 500, 700, 1000].filter(
              (millis) => after[lower](millis, from) && !after[upper === "lt" ? "gte" : "gt"](millis, to)
            )
            expect(yield* named(range), `${lower} ${from}, ${upper} ${to}`).toEqual(wanted.map(String))
            // One condition only: of two a server might apply the last.
            expect((yield* requested).filter?.split("createdAt")).toHaveLength(2)
          }
        }
      }
    }).pipe(on(instants))
  )
})

describe("other filters", () => {
  it.effect("number and boolean filters select by value", () =>
    Effect.gen(function* () {
      expect(yield* named([Filter.gt("size", 2), Filter.eq("displayTabs", true)])).toEqual(["three"])
      expect(yield* named([Filter.gte("size", 2), Filter.lte("size", 2)])).toEqual(["two"])
      expect(yield* named([Filter.gte("sheetCount", 1), Filter.lt("sheetCount", 2)])).toEqual(["two", "three"])
      // The default response does not have this field.
      expect((yield* requested).fields).toBe("_default_,sheetCount")
    }).pipe(
      on([
        { name: "two", size: 2 },
        { name: "three", size: 3, showTabs: true },
        { name: "four", size: 4, views: ["a", "b"] }
      ])
    )
  )

  it.effect("a filter fails with BadRequest on an unusable date or number, before a request", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const far = DateTime.unsafeMake("+012024-01-01T00:00:00Z")
      expect(yield* Effect.flip(Workbooks.list({ filter: [Filter.gt("createdAt", far)] }))).toMatchObject({
        _tag: "BadRequest"
      })
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e-7, Number(undefined)]) {
        const error = yield* Effect.flip(Workbooks.list({ filter: [Filter.gt("size", value)] }))
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
      }
      expect(yield* simulator.count("queryWorkbooksForSite")).toBe(0)
    }).pipe(on([]))
  )

  it.effect("a filter that only the client can apply fails with UnfilterableValue when items lack the field", () =>
    Effect.gen(function* () {
      const views = yield* Views.list({
        filter: [Filter.gte("hitsTotal", 0), Filter.lt("hitsTotal", 9)],
        includeUsageStatistics: false
      })
      expect(yield* Effect.either(items(views))).toMatchObject({
        left: { _tag: "UnfilterableValue", field: "hitsTotal", acted: "no" }
      })
      const counted = yield* Views.list({
        filter: [Filter.gte("hitsTotal", 0), Filter.lt("hitsTotal", 9)]
      })
      expect(yield* items(counted)).toHaveLength(1)
    }).pipe(on([{ name: "a" }]))
  )
})

describe("sort", () => {
  const content = on([
    { name: "b", size: 1, createdAt: "2026-01-02T00:00:00Z" },
    { name: "a", size: 2, createdAt: "2026-01-03T00:00:00Z" },
    { name: "c", size: 2, createdAt: "2026-01-01T00:00:00Z" }
  ])

  it.effect("a list is sorted by the given keys, by creation by default, and by the server if the keys are empty", () =>
    Effect.gen(function* () {
      expect(yield* namesOf({ sort: [Sort.desc("size"), Sort.asc("name")] })).toEqual(["a", "c", "b"])
      expect((yield* requested).sort).toBe("size:desc,name:asc")
      expect(yield* namesOf({})).toEqual(["c", "b", "a"])
      expect(yield* namesOf({ sort: [] })).toEqual(["b", "a", "c"])
      expect((yield* requested).sort).toBe(null)
    }).pipe(content)
  )
})

describe("fields", () => {
  onSession(
    "a list with `fields` returns these fields and the id",
    {
      simulator: {
        content: {
          ...holding([{ name: "a" }]),
          users: [{ name: "ana", siteRole: "ServerAdministrator", email: "ana@example.com" }]
        }
      }
    },
    () =>
      Effect.gen(function* () {
        const only = yield* Effect.flatMap(Workbooks.list({ fields: ["name", "owner.email"] }), items)
        expect(only).toMatchObject([{ id: expect.any(String), name: "a", owner: { email: "ana@example.com" } }])
        expect(only[0]).not.toHaveProperty("size")
        const all = yield* Effect.flatMap(Workbooks.list({ fields: "all" }), items)
        expect(all).toMatchObject([{ sheetCount: 1 }])
      })
  )
})

describe("other resources", () => {
  onSession("each resource filters and sorts by its own fields", () =>
    Effect.gen(function* () {
      const groups = yield* Effect.flatMap(Groups.list({ filter: [Filter.eq("name", "All Users")] }), items)
      expect(groups).toHaveLength(1)
      const users = yield* Effect.flatMap(Users.list({ filter: [Filter.in("siteRole", ["Viewer"])] }), items)
      expect(users.map(({ name }) => name)).toEqual(["viewer"])
      const datasources = yield* Effect.flatMap(
        Datasources.list({ filter: [Filter.eq("type", "hyper")], sort: [Sort.desc("name")] }),
        items
      )
      const names = datasources.map(({ name = "" }) => name.toLowerCase())
      expect(names.length).toBeGreaterThan(1)
      expect(names).toEqual([...names].sort().reverse())
    })
  )
})
