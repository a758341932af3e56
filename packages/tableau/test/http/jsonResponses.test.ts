/** JSON responses over sockets: error bodies of each service, errors with status 200, and bodies that cannot be read. */
import { gzipSync } from "node:zlib"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Operation, Response, TableauSession } from "effect-tableau"
import {
  errorResponse,
  type Reply,
  type ScriptedResponse,
  scriptedServer,
  xml,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { signInDocument } from "../../../../test/support/xml.js"
import { scanner } from "../../src/internal/http/jsonScanner.js"

const Metric = Schema.Struct({ id: Schema.String, followers: Schema.optional(Schema.Int) })

interface Nested {
  readonly in?: Nested | undefined
}
const Nested: Schema.Schema<Nested> = Schema.Struct({ in: Schema.optional(Schema.suspend(() => Nested)) })

const path = "/api/-/pulse/metrics/{metricId}"
const input = (metricId: string) => ({ metricId })

const get = Operation.make({
  name: "Metrics.get",
  request: `GET ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.json(Metric)
})
const update = Operation.make({
  name: "Metrics.update",
  request: `PATCH ${path}`,
  since: "3.21",
  scope: "none",
  input: (metricId: string) => ({ metricId, json: { followers: 1 } }),
  response: Response.json(Metric)
})
const remove = Operation.make({
  name: "Metrics.delete",
  request: `DELETE ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.empty
})
const nested = Operation.make({
  name: "Metrics.nested",
  request: `GET ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.json(Nested)
})
const anything = Operation.make({
  name: "Metrics.anything",
  request: `GET ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.json(Schema.Unknown)
})
const rows = Operation.make({
  name: "Metrics.rows",
  request: `GET ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.rows("data", Metric)
})
/** A method of the classic API, whose responses are XML. */
const classic = Operation.make({
  name: "Metrics.classic",
  request: "GET /sites/{siteId}/metrics/{metricId}",
  since: "2.0",
  scope: "none",
  input,
  response: Response.element("metric", Schema.Struct({ id: Schema.String }))
})

const json = { "content-type": "application/json" }

const body = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): ScriptedResponse => ({
  status,
  headers: { ...json, ...headers },
  body: typeof value === "string" ? value : JSON.stringify(value)
})

/** Runs an effect on a session whose server sends this reply to all requests of metrics. */
const receiving = <A, E>(reply: Reply, effect: Effect.Effect<A, E, TableauSession>) =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer({ [path]: reply, "/sites/s/metrics/{metricId}": reply })
    const session = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
    return yield* Effect.provideService(effect, TableauSession, session)
  }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))

const failing = (reply: Reply, effect: Effect.Effect<unknown, unknown, TableauSession> = get("m")) =>
  receiving(reply, Effect.flip(effect))

const collect = Effect.suspend(() => Effect.map(Stream.runCollect(rows("m")), Chunk.toReadonlyArray))

/** What is received of a stream of rows, and the error that ends it. */
const rowsAndError = (reply: Reply) => {
  const received: Array<typeof Metric.Type> = []
  const run = Stream.runForEach(rows("m"), (row) => Effect.sync(() => received.push(row)))
  return Effect.map(receiving(reply, Effect.either(run)), (result) => ({
    received,
    error: Either.isLeft(result) ? result.left : undefined
  }))
}

describe("a JSON response with an error status", () => {
  const classicError = { error: { summary: "Resource Not Found", detail: "No metric.", code: "404006" } }
  const gateway = { timestamp: "2026-05-04T07:08:09.123+00:00", status: 401, error: "Unauthorized", path: "/graphql" }
  const rule = {
    errorCode: "400803",
    message: "The request does not satisfy the validation rules.",
    messages: ["Unknown field: Shipp."],
    datetime: "2026-05-04T07:08:09.123Z",
    debug: null,
    "tab-error-code": "0xACE0BA5E"
  }
  const cases: ReadonlyArray<readonly [string, ScriptedResponse, Readonly<Record<string, unknown>>]> = [
    [
      "the classic API",
      body(classicError, 404),
      { _tag: "NotFound", code: "404006", summary: "Resource Not Found", detail: "No metric.", acted: "no" }
    ],
    [
      "a service under /api/-",
      body({ httpErrorCode: "404", message: "Metric not found." }, 404),
      { _tag: "NotFound", code: "404", detail: "Metric not found." }
    ],
    [
      "a service under /api/- with a number as code",
      body({ httpErrorCode: 409, message: "It exists." }, 409),
      { _tag: "Conflict", code: "409", detail: "It exists." }
    ],
    [
      "Pulse",
      body({ code: "400945", message: "0x0badf00d" }, 400, { validation_code: "400945" }),
      { _tag: "BadRequest", code: "400945", detail: "0x0badf00d" }
    ],
    [
      "the VizQL Data Service",
      body(rule, 400),
      {
        _tag: "BadRequest",
        code: "400803",
        detail: "The request does not satisfy the validation rules. Unknown field: Shipp."
      }
    ],
    [
      "the VizQL Data Service with few members",
      body({ errorCode: "403800", message: "No API Access.", datetime: "2026-05-04T07:08:09Z" }, 403),
      { _tag: "Forbidden", code: "403800", detail: "No API Access." }
    ],
    ["the gateway", body(gateway, 500), { _tag: "ServerFault", summary: "Unauthorized", status: 500 }],
    [
      "collections",
      body({ errors: [{ errorCode: "409021", errorMessage: "It is there." }] }, 409),
      { _tag: "Conflict", code: "409021", detail: "It is there." }
    ],
    [
      "GraphQL",
      body({ errors: [{ message: "Invalid syntax." }] }, 400),
      { _tag: "BadRequest", detail: "Invalid syntax." }
    ],
    [
      "OAuth",
      body({ error: "invalid_grant", error_description: "The token is revoked." }, 400),
      { _tag: "BadRequest", summary: "invalid_grant", detail: "The token is revoked." }
    ]
  ]
  for (const [service, response, error] of cases) {
    it.effect(`an error response of ${service} has the error class of its status and the details of its body`, () =>
      Effect.gen(function* () {
        expect(yield* failing(response)).toMatchObject(error)
        expect(yield* failing(response, remove("m"))).toMatchObject(error)
        expect((yield* rowsAndError(response)).error).toMatchObject(error)
      })
    )
  }

  it.effect("an error response without a code in its body has the code of its header", () =>
    Effect.gen(function* () {
      const headers = { tableau_error_code: "0xd3408984", validation_code: "400999" }
      const error = { _tag: "BadRequest", code: "400999", status: 400 }
      expect(yield* failing({ status: 400, headers })).toMatchObject(error)
      expect(yield* failing(body({ message: "0xd3408984" }, 400, headers))).toMatchObject(error)
    })
  )

  it.effect("an error response has the error class of its status, whatever status its code begins with", () =>
    Effect.gen(function* () {
      expect(yield* failing(body({ error: { code: "409004" } }, 400))).toMatchObject({ _tag: "BadRequest" })
      expect(yield* failing(body({ error: { code: "409087" } }, 403))).toMatchObject({ _tag: "Forbidden" })
      expect(yield* failing(body({ error: { code: "405000" } }, 404))).toMatchObject({ _tag: "MethodNotAllowed" })
      expect(yield* failing(body({ code: "409004" }, 418))).toMatchObject({ _tag: "Conflict", status: 418 })
      expect(yield* failing(body({ code: "418042" }, 418))).toMatchObject({ _tag: "UnknownCode", status: 418 })
    })
  )

  it.effect("a response with status 429 fails with RateLimited and the duration of Retry-After", () =>
    Effect.gen(function* () {
      const quota = { errorCode: "429000", message: "Too many requests.", messages: [] }
      expect(yield* failing(body(quota, 429, { "retry-after": "7" }))).toMatchObject({
        _tag: "RateLimited",
        retryAfter: Duration.seconds(7),
        acted: "no"
      })
      const error = yield* failing(body(quota, 429))
      expect(error).toMatchObject({ _tag: "RateLimited", retryAfter: undefined })
    })
  )

  it.effect("a response with code 401002 renews the session, and the request is sent again", () =>
    Effect.gen(function* () {
      const expired = body({ error: { code: "401002", summary: "Unauthorized" } }, 401)
      expect(yield* receiving([expired, body({ id: "m" })], get("m"))).toEqual({ id: "m" })
      expect(yield* receiving([expired, { status: 204 }], remove("m"))).toBeUndefined()
    })
  )

  it.effect("401 without a code renews the session, and the request is sent again once", () =>
    Effect.gen(function* () {
      const refused = body(gateway, 401)
      expect(yield* receiving([refused, body({ id: "m" })], get("m"))).toEqual({ id: "m" })
      expect(yield* receiving([refused, { status: 204 }], remove("m"))).toBeUndefined()
      let sent = 0
      const always = () => {
        sent += 1
        return refused
      }
      const errors = Effect.all([1, 2, 3, 4].map(() => Effect.flip(get("m"))))
      expect(yield* receiving(always, errors)).toMatchObject([
        { _tag: "SessionExpired", summary: "Unauthorized" },
        { _tag: "SessionExpired", summary: "Unauthorized" },
        { _tag: "SessionEvicted" },
        { _tag: "SessionEvicted" }
      ])
      expect(sent).toBe(6)
    })
  )

  it.effect("401 without a code does not renew the session for the classic API", () =>
    Effect.gen(function* () {
      let signIns = 0
      const { url } = yield* scriptedServer({
        "POST /auth/signin": () => {
          signIns += 1
          return xmlDocument(signInDocument())
        },
        "/sites/s/metrics/{metricId}": { ...xml("<error/>"), status: 401 }
      })
      const session = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
      const error = yield* Effect.flip(Effect.provideService(classic("m"), TableauSession, session))
      expect(error).toMatchObject({ _tag: "SessionExpired", code: undefined })
      expect(signIns).toBe(1)
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))
  )

  it.effect("an error and its message have the server's request id, as printable ASCII of at most 200 characters", () =>
    Effect.gen(function* () {
      const notFound = { httpErrorCode: "404", message: "Metric not found." }
      const error = yield* failing(body(notFound, 404, { "x-request-id": "Yx1\u00e9-42" }))
      expect(error).toMatchObject({ requestId: "Yx1-42" })
      expect(String(error)).toContain("(status 404, code 404, request Yx1-42)")
      const long = yield* failing(body(notFound, 404, { "x-b3-traceid": "f".repeat(500) }))
      expect(long).toMatchObject({ requestId: "f".repeat(200) })
      expect(yield* failing(body("{", 200, { "x-request-id": "r" }))).toMatchObject({ requestId: "r" })
      expect(yield* failing(body(notFound, 404))).toMatchObject({ requestId: undefined })
    })
  )

  it.effect("a response with status 503 has acted unknown for a change, and acted no for a read", () =>
    Effect.gen(function* () {
      const response = body({ httpErrorCode: "503", message: "Down." }, 503)
      expect(yield* failing(response)).toMatchObject({ _tag: "ServerFault", acted: "no" })
      expect(yield* failing(response, update("m"))).toMatchObject({ _tag: "ServerFault", acted: "unknown" })
    })
  )

  it.effect("an error response of a JSON service in Tableau's XML is read as XML", () =>
    Effect.gen(function* () {
      const response = errorResponse(404, "404003", "Not found", "No such service.")
      expect(yield* failing(response)).toMatchObject({ _tag: "NotFound", code: "404003", detail: "No such service." })
    })
  )

  it.effect(
    "an error response that is a web page, empty or another JSON fails with UnexpectedResponse, unless its status decides",
    () =>
      Effect.gen(function* () {
        const page = { headers: { "content-type": "text/html" }, body: "<html><body>Sign in</body></html>" }
        const unexpected = (kind: string) => ({ _tag: "UnexpectedResponse", kind })
        expect(yield* failing({ ...page, status: 404 })).toMatchObject(unexpected("Html"))
        expect(yield* failing({ status: 404 })).toMatchObject(unexpected("Empty"))
        expect(yield* failing(body([], 404))).toMatchObject(unexpected("Json"))
        expect(yield* failing(body({ ok: false }, 404))).toMatchObject(unexpected("Json"))
        expect(yield* failing(body('{"error":', 404))).toMatchObject(unexpected("Json"))
        expect(yield* failing({ ...page, status: 502 })).toMatchObject({ _tag: "ServerFault", status: 502 })
        expect(yield* failing({ status: 429 })).toMatchObject({ _tag: "RateLimited" })
      })
  )

  it.effect("a redirect of a JSON service is not followed", () =>
    Effect.gen(function* () {
      const error = yield* failing({ status: 302, headers: { location: "https://login.example.com/?token=1" } })
      expect(error).toMatchObject({ _tag: "RedirectRefused", location: "https://login.example.com/" })
    })
  )

  it.effect("a JSON error response of the classic API is UnexpectedResponse when it has no code", () =>
    Effect.gen(function* () {
      expect(yield* failing(body(classicError, 404), classic("m"))).toMatchObject({ _tag: "NotFound", code: "404006" })
      expect(yield* failing(body({ error: "Please log in" }, 401), classic("m"))).toMatchObject({
        _tag: "UnexpectedResponse",
        kind: "Json"
      })
    })
  )

  it.effect("the detail of a JSON error keeps at most 4,000 characters", () =>
    Effect.gen(function* () {
      const error = yield* failing(body({ code: "4".repeat(1000), message: "x".repeat(100_000) }, 400))
      expect(error).toMatchObject({ code: `${"4".repeat(100)}…`, detail: `${"x".repeat(4000)}…` })
    })
  )
})

describe("a JSON response with status 200", () => {
  it.effect("a response with status 200 that holds an error instead of the document fails with that error", () =>
    Effect.gen(function* () {
      const errors: ReadonlyArray<readonly [unknown, Readonly<Record<string, unknown>>]> = [
        [{ error: { code: "403004", summary: "Forbidden" } }, { _tag: "Forbidden", code: "403004", status: 200 }],
        [
          { httpErrorCode: 404, message: "Gone." },
          { _tag: "NotFound", detail: "Gone." }
        ],
        [
          { errorCode: "408801", message: "Too slow." },
          { _tag: "ServerFault", code: "408801" }
        ]
      ]
      for (const [value, error] of errors) {
        expect(yield* failing(body(value))).toMatchObject(error)
        expect(yield* failing(body(value), remove("m"))).toMatchObject(error)
        expect(yield* failing(body(value), classic("m"))).toMatchObject(error)
      }
      expect(yield* failing(errorResponse(200, "403004"))).toMatchObject({ _tag: "Forbidden" })
    })
  )

  it.effect("a response with status 200 and members of an error but no code is decoded as a document", () =>
    Effect.gen(function* () {
      for (const value of [{ error: null }, { error: { id: 1 } }, { code: "404006", errors: [{ errorCode: "1" }] }]) {
        expect(yield* receiving(body(value), anything("m"))).toEqual(value)
      }
    })
  )

  it.effect("a JSON document of another type is malformed, and the error names the member", () =>
    Effect.gen(function* () {
      const error = yield* failing(body({ followers: "many" }))
      expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed", status: 200 })
      expect(String(error)).toContain('["id"] is missing')
    })
  )

  it.effect("an empty response fails where a document is needed, and succeeds elsewhere", () =>
    Effect.gen(function* () {
      for (const response of [{ status: 204 }, { headers: json }, { headers: json, body: " \n" }]) {
        expect(yield* failing(response)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Empty" })
        expect(yield* receiving(response, remove("m"))).toBeUndefined()
      }
      expect(yield* receiving(body({ id: "m" }), remove("m"))).toBeUndefined()
    })
  )

  it.effect("a response with status 200 that is a web page or XML fails with UnexpectedResponse", () =>
    Effect.gen(function* () {
      const page = { headers: { "content-type": "text/html" }, body: "<!doctype html><html></html>" }
      expect(yield* failing(page)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
      expect((yield* rowsAndError(page)).error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
      expect(yield* failing(page, remove("m"))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
      const document = { headers: { "content-type": "application/xml" }, body: "<metric id='m'/>" }
      expect(yield* failing(document)).toMatchObject({ kind: "Malformed", detail: "It is not JSON." })
    })
  )

  it.effect("a JSON response that begins with a byte order mark is decoded", () =>
    Effect.gen(function* () {
      expect(yield* receiving(body('\ufeff {"id":"é"}'), get("m"))).toEqual({ id: "é" })
      expect(yield* receiving(body('\ufeff{"data":[{"id":"é"}]}'), collect)).toEqual([{ id: "é" }])
    })
  )

  it.effect("a JSON response that is a single value is decoded", () =>
    Effect.gen(function* () {
      expect(yield* receiving(body('"ahoy"'), anything("m"))).toBe("ahoy")
      expect(yield* receiving(body("[1]"), anything("m"))).toEqual([1])
    })
  )

  it.effect("a JSON response that cannot be parsed is malformed, and the error quotes nothing of it", () =>
    Effect.gen(function* () {
      const secret = "s3cr3t"
      const bodies: ReadonlyArray<readonly [string | Uint8Array, string]> = [
        [`{"id":"${secret}`, "cut off"],
        [`{"id":"${secret}"`, ""],
        [`{"id":${secret}}`, "not valid JSON"],
        [`${secret}`, "not valid JSON"],
        [Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), "not valid UTF-8"],
        [Uint8Array.of(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00), "not valid UTF-8"]
      ]
      for (const [content, detail] of bodies) {
        const error = yield* failing({ headers: json, body: content }, anything("m"))
        expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
        expect(String(error)).toContain(detail)
        expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(secret)
      }
    })
  )

  it.effect("a compressed JSON response fails with an error that names the compression, which was not requested", () =>
    Effect.gen(function* () {
      const headers = { ...json, "content-encoding": "gzip" }
      for (const reply of [{ headers, body: gzipSync('{"id":"m"}') }]) {
        expect(String(yield* failing(reply))).toContain("compressed (gzip)")
        expect(String((yield* rowsAndError(reply)).error)).toContain("compressed (gzip)")
      }
    })
  )

  it.effect("a JSON response with a member __proto__ is malformed, also when its name is escaped", () =>
    Effect.gen(function* () {
      const names = ["__proto__", "\\u005f_proto__", "__prot\\u006F__"]
      for (const name of names) {
        for (const content of [`{"id":"m","${name}":{"x":1}}`, `{"id":"m","a":[{"${name}":1}]}`]) {
          expect(yield* failing(body(content), anything("m"))).toMatchObject({ kind: "Malformed" })
        }
        const { error } = yield* rowsAndError(body(`{"data":[{"id":"m","${name}":{}}]}`))
        expect(error).toMatchObject({ kind: "Malformed" })
      }
      // As a value it is harmless.
      const harmless = { id: "__proto__", constructor: { a: 1 } }
      expect(yield* receiving(body(harmless), anything("m"))).toEqual(harmless)
    })
  )

  it.effect(
    "a JSON response nested deeper than the stack is malformed when the depth is decoded, and is read otherwise",
    () =>
      Effect.gen(function* () {
        const depth = 200_000
        const deep = `${'{"in":'.repeat(depth)}{}${"}".repeat(depth)}`
        expect(yield* failing(body(deep), nested("m"))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
        expect(yield* failing(body(deep))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
        expect(yield* receiving(body(`{"id":"m","x":${deep}}`), get("m"))).toEqual({ id: "m" })
        const { error } = yield* rowsAndError(body(`{"data":[${deep}]}`))
        expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
      })
  )

  it.effect("a JSON response larger than 64 MB is not read to its end", () =>
    Effect.gen(function* () {
      const endless = { headers: json, body: '{"id":"', endless: "x".repeat(2 ** 20) }
      expect(yield* failing(endless)).toMatchObject({ _tag: "UnexpectedResponse", kind: "TooLarge" })
      const row = { headers: json, body: '{"data":[{"id":"', endless: "x".repeat(2 ** 20) }
      expect((yield* rowsAndError(row)).error).toMatchObject({ _tag: "UnexpectedResponse", kind: "TooLarge" })
    })
  )
})

describe("rows of a JSON response", () => {
  it.effect("rows are returned, whatever surrounds them in the document", () =>
    Effect.gen(function* () {
      const documents = [
        '{"data":[{"id":"a"},{"id":"b"}]}',
        ' { "before" : {"data":[1]}, "data" : [ {"id":"a"} ,\n{"id":"b"} ] , "after":["data",[2]] } ',
        '{"x":"data","y":"]}\\"","data":[{"id":"a"},{"id":"b"}],"error":null}'
      ]
      for (const document of documents) {
        expect(yield* receiving(body(document), collect)).toEqual([{ id: "a" }, { id: "b" }])
      }
      for (const none of ['{"data":[]}', '{"data": [ ] }', '{"data":null}']) {
        expect(yield* receiving(body(none), collect)).toEqual([])
      }
    })
  )

  it.effect("rows before an error in the document are returned, and then the stream fails with that error", () =>
    Effect.gen(function* () {
      const error = { errorCode: "408801", message: "The query took too long.", messages: [], debug: null }
      const reported = yield* rowsAndError(body({ data: [{ id: "a" }, { id: "b" }], error }))
      expect(reported.received).toEqual([{ id: "a" }, { id: "b" }])
      expect(reported.error).toMatchObject({ _tag: "ServerFault", code: "408801", status: 200, acted: "no" })
      const unknown = yield* rowsAndError(body({ data: [{ id: "a" }], error: "broken" }))
      expect(unknown.error).toMatchObject({ _tag: "UnknownCode", summary: "broken" })
      const first = yield* rowsAndError(body({ error, data: [{ id: "a" }] }))
      expect(first.error).toMatchObject({ _tag: "ServerFault" })
    })
  )

  it.effect("a stream of rows fails where the document is cut off or invalid", () =>
    Effect.gen(function* () {
      const documents: ReadonlyArray<readonly [string, number]> = [
        ['{"data":[{"id":"a"},{"id":"b"', 1],
        ['{"data":[{"id":"a"},', 1],
        ['{"data":[{"id":"a"}]', 1],
        ['{"data":[{"id":"a"},]}', 1],
        ['{"data":[,{"id":"a"}]}', 0],
        ['{"data":[{"id":"a"}}}', 1],
        ['{"data":[{"id":"a"} {"id":"b"}]}', 0],
        ['{"data":[{"id":"a"}]}}', 1],
        ['{"data":[{"id":"a"}],}', 1],
        ['{"data":[{"id":1}]}', 0],
        ['{"other":1}', 0],
        ['[{"id":"a"}]', 0],
        ["null", 0]
      ]
      for (const [document, count] of documents) {
        const { error, received } = yield* rowsAndError(body(document))
        expect(error, document).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
        expect(received.length, document).toBeLessThanOrEqual(count)
      }
    })
  )

  it.effect("an empty response returns no rows and fails the stream", () =>
    Effect.gen(function* () {
      for (const response of [{ status: 204 }, { headers: json, body: "\n " }]) {
        expect(yield* rowsAndError(response)).toMatchObject({ received: [], error: { kind: "Empty" } })
      }
    })
  )

  it("rows are the same wherever the text is split", () => {
    const value = FastCheck.jsonValue({ maxDepth: 3 })
    const document = FastCheck.record({ before: value, data: FastCheck.array(value), after: value })
    FastCheck.assert(
      FastCheck.property(document, FastCheck.integer({ min: 1, max: 7 }), (document, size) => {
        const text = JSON.stringify(document, null, size % 3)
        const scan = scanner("data", 1_000_000)
        const found: Array<unknown> = []
        for (let at = 0; at < text.length; at += size) {
          const elements = Either.getOrThrow(scan.push(text.slice(at, at + size)))
          found.push(...elements.map((element) => JSON.parse(element)))
        }
        expect(found).toEqual(document.data.map((element) => JSON.parse(JSON.stringify(element))))
        expect(JSON.parse(Either.getOrThrow(scan.end()))).toEqual(JSON.parse(JSON.stringify({ ...document, data: [] })))
      })
    )
  })

  it("a row received in ten times as many pieces takes the scanner ten times as many steps", () => {
    const { charCodeAt } = String.prototype
    const { join } = Array.prototype
    /** The characters that the scanner reads, and those that it joins. */
    const steps = (pieces: number) => {
      const scan = scanner("data", Number.MAX_SAFE_INTEGER)
      const piece = "x".repeat(100)
      let count = 0
      String.prototype.charCodeAt = function (index) {
        count += 1
        return charCodeAt.call(this, index)
      }
      Array.prototype.join = function (separator) {
        const joined = join.call(this, separator)
        count += joined.length
        return joined
      }
      try {
        scan.push('{"data":["')
        for (let pushed = 0; pushed < pieces; pushed++) scan.push(piece)
        const elements = Either.getOrThrow(scan.push('"]}'))
        return { count, length: elements[0]?.length }
      } finally {
        String.prototype.charCodeAt = charCodeAt
        Array.prototype.join = join
      }
    }
    const [small, large] = [steps(200), steps(2000)]
    expect([small.length, large.length]).toEqual([20_002, 200_002])
    expect(large.count).toBeGreaterThan(200_000)
    expect(large.count).toBeLessThanOrEqual(10 * small.count)
  })
})
