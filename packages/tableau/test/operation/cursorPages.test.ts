/** Lists of JSON services, whose pages say how to request the next one. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Operation, type Query, Response } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import type { ScriptedResponse } from "../../../../test/support/scriptedServer.js"
import * as Declared from "./declared/index.js"
import { onScript } from "./onScript.js"

const Page = Schema.Struct({
  things: Schema.Array(Schema.Struct({ id: Schema.String })),
  next: Schema.optional(Schema.String),
  total: Schema.optional(Schema.Number)
})

const list = Operation.make({
  name: "Things.list",
  request: "GET /api/-/things",
  since: "3.20",
  scope: "tableau:content:read",
  input: (options: Query.PageOptions = {}) => ({ options }),
  response: Response.pages(Page, {
    items: ({ things }) => things,
    next: ({ next }) => (next === undefined ? undefined : { cursor: next }),
    total: ({ total }) => total
  })
})

const page = (ids: ReadonlyArray<string>, rest: Omit<typeof Page.Type, "things"> = {}): ScriptedResponse => ({
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ things: ids.map((id) => ({ id })), ...rest })
})

const twoPages = {
  "GET /api/-/things": page(["a", "b"], { next: "2", total: 3 }),
  "GET /api/-/things?cursor=2": page(["c"])
}

const idsOf = (items: Iterable<{ readonly id: string }>) => [...items].map(({ id }) => id)

const read = (options: Query.PageOptions = {}) =>
  Effect.map(Stream.runCollect(Operation.stream(list)(options)), (items) => idsOf(items))

describe("lists by cursor", () => {
  it.effect("a list returns the total of its first page, and its stream the items of all pages", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { items, totalAvailable } = yield* list()
        return { totalAvailable, ids: idsOf(yield* Stream.runCollect(items)) }
      })
      const { calls, exit, logged } = yield* onScript(program, twoPages)
      expect(exit).toMatchObject({ value: { totalAvailable: 3, ids: ["a", "b", "c"] } })
      expect(calls.map(({ line }) => line)).toEqual(["GET /api/-/things", "GET /api/-/things?cursor=2"])
      expect(logged).toEqual([])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a stream that runs twice reads the first page again in its second run", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { items } = yield* list()
        return [idsOf(yield* Stream.runCollect(items)), idsOf(yield* Stream.runCollect(items))]
      })
      const { calls, exit } = yield* onScript(program, twoPages)
      const all = ["a", "b", "c"]
      expect(exit).toMatchObject({ value: [all, all] })
      expect(calls.map(({ line }) => line)).toEqual([
        "GET /api/-/things",
        "GET /api/-/things?cursor=2",
        "GET /api/-/things",
        "GET /api/-/things?cursor=2"
      ])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a list without a total has the number of items of its first page", () =>
    Effect.gen(function* () {
      const { exit } = yield* onScript(list(), { "GET /api/-/things": page(["a"], { next: "2" }) })
      expect(exit).toMatchObject({ value: { totalAvailable: 1 } })
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a strict list fails with ListIncomplete when items are missing, and another one logs it", () =>
    Effect.gen(function* () {
      const script = { "GET /api/-/things": page(["a"], { total: 2 }) }
      const strict = yield* onScript(Effect.flip(read({ strict: true })), script)
      expect(strict.exit).toMatchObject({
        value: { _tag: "ListIncomplete", operation: "Things.list", expected: 2, received: 1, acted: "no" }
      })
      const lenient = yield* onScript(read(), script)
      expect(lenient.exit).toMatchObject({ value: ["a"] })
      expect(lenient.logged).toEqual([expect.stringContaining(": 1 of 2 items were received")])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a list ends with a warning when the server names the same page again, and a strict list fails", () =>
    Effect.gen(function* () {
      const script = { "GET /api/-/things": page(["a"], { next: "again" }) }
      const { calls, exit, logged } = yield* onScript(read(), script)
      expect(exit).toMatchObject({ value: ["a"] })
      expect(calls).toHaveLength(2)
      expect(logged).toEqual([expect.stringContaining("names the same page as the next one again")])
      const strict = yield* onScript(Effect.flip(read({ strict: true })), script)
      expect(strict.exit).toMatchObject({ value: { _tag: "ListIncomplete", received: 1 } })
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a list that ends after ten pages without new items logs a warning, and a strict list fails", () =>
    Effect.gen(function* () {
      const empty = Array.from({ length: 12 }, (_, index): [string, ScriptedResponse] => [
        `GET /api/-/things${index === 0 ? "" : `?cursor=${index}`}`,
        page([], { next: String(index + 1) })
      ])
      const script = Object.fromEntries([...empty, ["GET /api/-/things?cursor=12", page(["late"])]])
      const { calls, exit, logged } = yield* onScript(read(), script)
      expect(exit).toMatchObject({ value: [] })
      expect(calls).toHaveLength(10)
      expect(logged).toEqual([expect.stringContaining("Ten pages in a row had no new items")])
      const strict = yield* onScript(Effect.flip(read({ strict: true })), script)
      expect(strict.exit).toMatchObject({ value: { _tag: "ListIncomplete" } })
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("onComplete receives the counts at the end of the list", () =>
    Effect.gen(function* () {
      const reports: Array<unknown> = []
      const onComplete: Query.PageOptions["onComplete"] = (report) => Effect.sync(() => reports.push(report))
      const duplicate = { ...twoPages, "GET /api/-/things?cursor=2": page(["b", "c"]) }
      const { exit } = yield* onScript(read({ onComplete }), duplicate)
      expect(exit).toMatchObject({ value: ["a", "b", "c"] })
      expect(reports).toEqual([{ expected: 3, received: 3, duplicates: 1, malformed: 0 }])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a page that is not the expected document fails the stream after the items before it", () =>
    Effect.gen(function* () {
      const items = Stream.runCollect(Stream.either(Operation.stream(list)()))
      const { exit } = yield* onScript(Effect.map(items, Chunk.toReadonlyArray), {
        ...twoPages,
        "GET /api/-/things?cursor=2": { headers: { "content-type": "application/json" }, body: '{"things":1}' }
      })
      expect(exit).toMatchObject({
        value: [
          { right: { id: "a" } },
          { right: { id: "b" } },
          { left: { _tag: "UnexpectedResponse", kind: "Malformed", operation: "Things.list", acted: "no" } }
        ]
      })
    }).pipe(Effect.provide(layerHttpClient))
  )
})

describe("cursors of Tableau's services", () => {
  it.effect("a token in the page requests the next page, and an empty token ends the list", () =>
    Effect.gen(function* () {
      const definition = (id: string) => ({ metadata: { id, name: "n" } })
      const json = (body: object): ScriptedResponse => ({ body: JSON.stringify(body) })
      const { calls, exit } = yield* onScript(
        Effect.flatMap(Declared.Pulse.listDefinitions({ pageSize: 1 }), ({ items }) => Stream.runCollect(items)),
        {
          "GET /api/-/pulse/definitions": json({ definitions: [definition("d1")], next_page_token: "p2" }),
          "GET /api/-/pulse/definitions?page_token=p2": json({ definitions: [definition("d2")], next_page_token: "" })
        }
      )
      expect(exit._tag === "Success" && [...exit.value].map(({ metadata }) => metadata.id)).toEqual(["d1", "d2"])
      expect(calls.map(({ line }) => line)).toEqual([
        "GET /api/-/pulse/definitions?page_size=1",
        "GET /api/-/pulse/definitions?page_size=1&page_token=p2"
      ])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a page number replaces that of the first request", () =>
    Effect.gen(function* () {
      const options = {
        types: ["workbook", "view"],
        modifiedSince: DateTime.unsafeMake("2026-01-11T08:00:00Z"),
        limit: 2
      } as const
      const hits = (pageIndex: number, uris: ReadonlyArray<string>, next?: string): ScriptedResponse => ({
        body: JSON.stringify({ hits: { next, pageIndex, total: 3, items: uris.map((uri) => ({ uri, content: {} })) } })
      })
      const { calls, exit } = yield* onScript(
        Stream.runCollect(Operation.stream(Declared.Search.content)("sales", options)),
        {
          "GET /api/-/search?page=0": hits(0, ["a", "b"], "url"),
          "GET /api/-/search?page=1": hits(1, ["c"])
        }
      )
      expect(exit._tag === "Success" && [...exit.value].map(({ uri }) => uri)).toEqual(["a", "b", "c"])
      const filter = "filter=type%3Ain%3A%5Bworkbook%2Cview%5D%2CmodifiedTime%3Agte%3A2026-01-11T08%3A00%3A00.000Z"
      expect(calls.map(({ line }) => line)).toEqual(
        [0, 1].map((number) => `GET /api/-/search?terms=sales&page=${number}&limit=2&${filter}`)
      )
    }).pipe(Effect.provide(layerHttpClient))
  )
})

describe("a value of a JSON list that cannot be read", () => {
  const Metric = Schema.Struct({
    id: Schema.String,
    size: Schema.optional(Schema.Int),
    createdAt: Schema.optional(Schema.DateTimeUtc),
    goal: Schema.optional(Schema.NullOr(Schema.Struct({ unit: Schema.String, value: Schema.optional(Schema.Number) }))),
    tags: Schema.optional(Schema.Array(Schema.Struct({ label: Schema.String }))),
    weights: Schema.optional(Schema.Array(Schema.Number)),
    key: Schema.optional(Schema.Union(Schema.Number, Schema.Struct({ name: Schema.String })))
  })
  const metrics = Operation.make({
    name: "Metrics.list",
    request: "GET /api/-/metrics",
    since: "3.20",
    scope: "tableau:content:read",
    input: (options: Query.PageOptions = {}) => ({ options }),
    response: Response.pages(
      Schema.Struct({ data: Schema.Struct({ metrics: Schema.Array(Metric) }), next: Schema.optional(Schema.String) }),
      { items: ({ data }) => data.metrics, next: ({ next }) => (next === undefined ? undefined : { cursor: next }) }
    )
  })
  const reply = (metrics: ReadonlyArray<unknown>, next?: unknown): ScriptedResponse => ({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: { metrics }, next })
  })
  const Step = Schema.Struct({ id: Schema.String, unit: Schema.String, note: Schema.optional(Schema.String) })
  const Task = Schema.Struct({
    id: Schema.String,
    name: Schema.String,
    kind: Schema.String,
    title: Schema.optional(Schema.String),
    weights: Schema.optional(Schema.Array(Schema.Number)),
    steps: Schema.optional(Schema.Array(Step))
  })
  const tasks = Operation.make({
    name: "Tasks.list",
    request: "GET /api/-/tasks",
    since: "3.20",
    scope: "tableau:content:read",
    input: (options: Query.PageOptions = {}) => ({ options }),
    response: Response.pages(Schema.Struct({ tasks: Schema.Array(Task) }), {
      items: ({ tasks }) => tasks,
      next: () => undefined
    })
  })
  const tasksOf = (tasks: ReadonlyArray<unknown>): ScriptedResponse => ({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ tasks })
  })
  const readTasks = Effect.map(Stream.runCollect(Operation.stream(tasks)()), Chunk.toReadonlyArray)
  const given = [
    { id: "a", size: "big", createdAt: "soon" },
    { size: 1 },
    { id: "c", goal: { value: 1 }, tags: [{ label: "x" }, {}, { label: 3 }, { label: "y" }] },
    { id: "d", goal: { unit: "EUR", value: "1" }, weights: [1, "2", 3], key: { name: 1 } },
    "e",
    { id: "f", size: 2, goal: null, key: 1 }
  ]

  it.effect("the value is absent, an item without an id is left out, and both are logged", () =>
    Effect.gen(function* () {
      const read = Effect.map(Stream.runCollect(Operation.stream(metrics)({ strict: true })), Chunk.toReadonlyArray)
      const { exit, logged } = yield* onScript(read, {
        "GET /api/-/metrics": reply(given.filter((one) => one !== "e"))
      })
      expect(exit).toMatchObject({ _tag: "Success" })
      expect(yield* exit).toEqual([
        { id: "a" },
        { id: "c", tags: [{ label: "x" }, { label: "y" }] },
        { id: "d", goal: { unit: "EUR" } },
        { id: "f", size: 2, goal: null, key: 1 }
      ])
      expect(logged).toEqual([
        'Metrics.list: a value is absent in item 1, <data.metrics id="a">: size cannot be read; createdAt cannot be read',
        "Metrics.list: left out item 2, <data.metrics>: it has no id",
        'Metrics.list: a value is absent in item 3, <data.metrics id="c">: it has no goal.unit; it has no tags.1.label; tags.2.label cannot be read',
        'Metrics.list: a value is absent in item 4, <data.metrics id="d">: goal.value cannot be read; weights.1 cannot be read; key cannot be read'
      ])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("an item without several required values is left out, and the next items are complete", () =>
    Effect.gen(function* () {
      const { exit, logged } = yield* onScript(readTasks, {
        "GET /api/-/tasks": tasksOf([
          { id: "1" },
          { id: "2", name: "b", kind: "x" },
          { title: 5, name: "c" },
          { id: "4", name: "d", kind: "y", title: "good" }
        ])
      })
      expect(yield* exit).toEqual([
        { id: "2", name: "b", kind: "x" },
        { id: "4", name: "d", kind: "y", title: "good" }
      ])
      expect(logged).toEqual([
        'Tasks.list: left out item 1, <tasks id="1">: it has no name; it has no kind',
        "Tasks.list: left out item 3, <tasks>: it has no id; it has no kind; title cannot be read"
      ])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("several damages in arrays of an item cost nothing beside them", () =>
    Effect.gen(function* () {
      const { exit } = yield* onScript(readTasks, {
        "GET /api/-/tasks": tasksOf([
          { id: "1", name: "a", kind: "x", weights: ["1", 2, "3"], title: "kept" },
          {
            id: "2",
            name: "b",
            kind: "x",
            steps: [{ note: 5 }, { id: "s", unit: "m", note: "good" }, { id: 1, unit: 2 }, { id: "t", unit: "s" }]
          }
        ])
      })
      expect(yield* exit).toEqual([
        { id: "1", name: "a", kind: "x", title: "kept" },
        {
          id: "2",
          name: "b",
          kind: "x",
          steps: [
            { id: "s", unit: "m", note: "good" },
            { id: "t", unit: "s" }
          ]
        }
      ])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a list fails when its cursor cannot be read, an item is no object, or malformed items are to fail", () =>
    Effect.gen(function* () {
      const fails = (response: ScriptedResponse, options: Query.PageOptions = {}) =>
        Effect.flatMap(onScript(Effect.flip(metrics(options)), { "GET /api/-/metrics": response }), ({ exit }) => exit)
      expect(yield* fails(reply([{ id: "a" }], 5))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
      expect(yield* fails(reply(given))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
      expect(yield* fails(reply([{ id: "a", size: "b" }]), { malformedItems: "fail" })).toMatchObject({
        kind: "MalformedItem",
        detail: expect.stringContaining('item 1, <data.metrics id="a">: size cannot be read')
      })
    }).pipe(Effect.provide(layerHttpClient))
  )
})
