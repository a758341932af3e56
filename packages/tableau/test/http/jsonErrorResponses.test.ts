/** JSON responses with an error status over sockets: error bodies of each service. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { TableauSession } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import {
  errorResponse,
  type ScriptedResponse,
  scriptedServer,
  xml,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { signInDocument } from "../../../../test/support/xml.js"
import { body, classic, failing, get, receiving, remove, rowsAndError, update } from "./jsonMetrics.js"

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

  it.effect("401 without a code renews the session once a minute unless that helps, and is no eviction", () =>
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
      const expired = { _tag: "SessionExpired", summary: "Unauthorized" }
      expect(yield* receiving(always, errors)).toMatchObject([expired, expired, expired, expired])
      // Only the first one was sent again.
      expect(sent).toBe(5)
      sent = 0
      yield* receiving(always, Effect.andThen(errors, Effect.andThen(TestClock.adjust("1 minute"), errors)))
      expect(sent).toBe(10)
    })
  )

  it.effect("401 without a code that a renewal ends again and again, SessionEvicted", () =>
    Effect.gen(function* () {
      let sent = 0
      // Another program ends each session after its first request.
      const alternating = () => (++sent % 2 === 1 ? body(gateway, 401) : body({ id: "m" }))
      const program = Effect.gen(function* () {
        for (let renewals = 1; renewals <= 3; renewals++) expect(yield* get("m")).toEqual({ id: "m" })
        expect(yield* Effect.flip(get("m"))).toMatchObject({ _tag: "SessionEvicted" })
        expect(sent).toBe(7)
      })
      yield* receiving(alternating, program)
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
    }).pipe(Effect.scoped, Effect.provide(layerHttpClient))
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
