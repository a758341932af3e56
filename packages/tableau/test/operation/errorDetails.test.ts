/** What errors of declared operations say, and what they never say. */
import { expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Filter, Ids, Operation, Response, Upload, Xml } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { errorResponse } from "../../../../test/support/scriptedServer.js"
import * as Declared from "./declared/index.js"
import { onScript } from "./onScript.js"

const facts = { since: "2.0", scope: "tableau:content:read" } as const

const failure = <A, E>(exit: Exit.Exit<A, E>): E | undefined =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined

const json = (body: string) => ({ headers: { "content-type": "application/json" }, body })

it.effect("a body that does not fit its Schema fails with BadRequest, which does not quote the value", () =>
  Effect.gen(function* () {
    const Login = Schema.Struct({ password: Schema.String.pipe(Schema.minLength(20)) })
    const login = Operation.make({
      ...facts,
      name: "login",
      request: "POST /api/-/login",
      input: (password: string) => ({ json: Schema.encode(Login)({ password }) }),
      response: Response.empty
    })
    const { calls, exit } = yield* onScript(login("s3cr3t"), {})
    const error = failure(exit)
    expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
    expect(String(error)).toContain('["password"]')
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain("s3cr3t")
    expect(calls).toEqual([])
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect("a JSON response that does not fit its Schema is malformed, and the error does not quote the value", () =>
  Effect.gen(function* () {
    const read = Operation.make({
      ...facts,
      name: "read",
      request: "GET /api/-/thing",
      input: () => ({}),
      response: Response.json(Schema.Struct({ token: Schema.Number }))
    })
    const { exit } = yield* onScript(read(), { "GET /api/-/thing": json('{"token":"s3cr3t-value"}') })
    const error = failure(exit)
    expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
    expect(String(error)).toContain('["token"] Expected number')
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain("s3cr3t")
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect("a declared list without fields refuses a filter, and requests nothing", () =>
  Effect.gen(function* () {
    const list = Operation.make({
      ...facts,
      name: "list",
      request: "GET /sites/{siteId}/things",
      input: () => ({ options: { filter: [Filter.eq("name", "a")] } }),
      response: Response.page("things", "thing", Xml.struct({ id: Schema.String }, {}))
    })
    const { calls, exit } = yield* onScript(list(), { "*": { status: 204 } })
    expect(failure(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
    expect(calls).toEqual([])
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect("a parameter of the path that is undefined at run time fails with BadRequest, and nothing is sent", () =>
  Effect.gen(function* () {
    const remove = Operation.make({
      ...facts,
      name: "remove",
      request: "DELETE /sites/{siteId}/things/{thingId}",
      // A property that is declared and absent, as in an object that was cast.
      input: (ids: { readonly thingId: string }) => ids,
      response: Response.empty
    })
    const { calls, exit } = yield* onScript(remove(Object.create({ thingId: "x" })), { "*": { status: 204 } })
    expect(failure(exit)).toMatchObject({ _tag: "BadRequest", detail: expect.stringContaining("thingId is missing") })
    expect(calls).toEqual([])
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect(
  "an upload that the server refuses at the second attempt has the server's error, not that of the first file",
  () =>
    Effect.gen(function* () {
      let reads = 0
      const content = Stream.suspend(() => {
        reads += 1
        return reads === 1 ? Stream.fail("disk" as const) : Stream.make(new Uint8Array([1]))
      })
      const workbook = Upload.file({ name: "a.twbx", size: 1, content })
      const publish = Declared.Workbooks.publish(
        workbook,
        { name: "a", projectId: Ids.ProjectId.make("p") },
        { overwrite: true }
      )
      const { exit } = yield* onScript(
        publish,
        { "POST /sites/s/workbooks?overwrite=true": errorResponse(400, "400011") },
        { retry: { schedule: Schedule.recurs(1) } }
      )
      expect(reads).toBe(2)
      expect(failure(exit)).toMatchObject({ _tag: "BadRequest", code: "400011" })
    }).pipe(Effect.provide(layerHttpClient))
)

const withHeaders = (headers: Readonly<Record<string, string>>) =>
  Operation.make({
    ...facts,
    name: "withHeaders",
    request: "POST /api/-/things",
    input: () => ({ headers }),
    response: Response.empty
  })()

it.effect.each([
  ["a line break in a value", { "x-a": "v\r\nX-Evil: 1" }],
  ["a character outside of Latin-1", { "x-a": "\u65e5\u672c" }],
  ["a space in a name", { "x a": "v" }],
  ["the token", { "X-Tableau-Auth": "v" }],
  ["another host", { Host: "evil.example" }],
  ["a length", { "content-length": "1" }]
] as const)("headers of an operation with %s fail with BadRequest, and nothing is sent", ([, headers]) =>
  Effect.gen(function* () {
    const { calls, exit } = yield* onScript(withHeaders({ ...headers }), { "*": { status: 204 } })
    expect(failure(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
    expect(calls).toEqual([])
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect("a name that XML does not allow fails with BadRequest, and nothing is sent", () =>
  Effect.gen(function* () {
    const set = Operation.make({
      ...facts,
      name: "set",
      request: "PUT /sites/{siteId}/settings",
      input: (settings: Readonly<Record<string, string>>) => ({ xml: { settings } }),
      response: Response.empty
    })
    const { calls, exit } = yield* onScript(set({ 'a="1"/><admin x': "yes" }), { "*": { status: 204 } })
    expect(failure(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
    expect(calls).toEqual([])
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect.each([
  ["/api/-/things/abc", "abc"],
  ["https://h/api/-/things/a%20b/?token=1#f", "a b"],
  ["/api/-/things/..", undefined],
  ["/api/-/things/a%2Fb", undefined],
  ["/api/-/things/%zz", undefined]
] as const)("the Location header %s gives the id %s", ([location, locationId]) =>
  Effect.gen(function* () {
    const create = Operation.make({
      ...facts,
      name: "create",
      request: "POST /api/-/things",
      input: () => ({}),
      response: Response.map(Response.json(Schema.Unknown), (_, head) => ({ id: head.locationId }))
    })
    const created = { status: 201, headers: { location, "content-type": "application/json" }, body: "{}" }
    const { exit } = yield* onScript(create(), { "POST /api/-/things": created })
    expect(exit).toMatchObject({ value: { id: locationId } })
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect.each([
  ["Sat, 28 Nov 2026 20:28:53 GMT", "2026-11-28T20:28:53.000Z"],
  ["soon", undefined]
] as const)("the Date header %s is the time %s of the server", ([date, time]) =>
  Effect.gen(function* () {
    const timed = Operation.make({
      ...facts,
      name: "timed",
      request: "GET /api/-/things",
      input: () => ({}),
      response: Response.map(Response.json(Schema.Unknown), (_, head) => ({ time: head.date?.toJSON() }))
    })
    const response = { headers: { date, "content-type": "application/json" }, body: "{}" }
    const { exit } = yield* onScript(timed(), { "GET /api/-/things": response })
    expect(exit).toMatchObject({ value: { time } })
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect("rows that are not in an array fail as malformed, and null stands for no rows", () =>
  Effect.gen(function* () {
    const rows = Operation.generic(
      { ...facts, name: "rows", request: "GET /api/-/rows" },
      (send) => () => send({}, Response.rows("data", Schema.Struct({ a: Schema.Number })))
    )
    const read = Effect.either(Stream.runCollect(rows()))
    for (const body of ['{"data":{"a":1}}', '{"data":"oops"}', '{"d\\u0061ta":[{"a":1}]}', "{}"]) {
      const { exit } = yield* onScript(read, { "GET /api/-/rows": json(body) })
      expect(exit, body).toMatchObject({ value: { left: { _tag: "UnexpectedResponse", kind: "Malformed" } } })
    }
    const { exit } = yield* onScript(read, { "GET /api/-/rows": json('{"data":null}') })
    expect(exit).toMatchObject({ value: { _tag: "Right" } })
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect("rows that arrive in one piece can be folded, however many they are", () =>
  Effect.gen(function* () {
    const rows = Operation.generic(
      { ...facts, name: "rows", request: "GET /api/-/rows" },
      (send) => () => send({}, Response.rows("data", Schema.Struct({ a: Schema.Number })))
    )
    const body = `{"data":[${Array.from({ length: 20_000 }, () => '{"a":1}').join(",")}]}`
    const count = Stream.runFold(rows(), 0, (sum, { a }) => sum + a)
    const { exit } = yield* onScript(count, { "GET /api/-/rows": json(body) })
    expect(exit).toMatchObject({ value: 20_000 })
  }).pipe(Effect.provide(layerHttpClient))
)

it.effect("a model with a Schema that XML cannot hold is a defect of the call, which names the Schema to use", () =>
  Effect.gen(function* () {
    const get = Operation.make({
      ...facts,
      name: "get",
      request: "GET /sites/{siteId}/thing",
      input: () => ({}),
      response: Response.element("thing", Xml.struct({ id: Schema.String }, { size: Schema.Number }))
    })
    const { calls, exit } = yield* onScript(get(), { "*": { status: 204 } })
    expect(Exit.isFailure(exit) && String(Cause.squash(exit.cause))).toContain(
      "thing.size: a NumberKeyword; use Xml.Integer"
    )
    expect(calls).toEqual([])
  }).pipe(Effect.provide(layerHttpClient))
)
