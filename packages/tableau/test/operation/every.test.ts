/** What holds for every operation of the package. The operations are found in its exports, and their samples in `resources`. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Credentials, Operation, type TableauError, TableauSession } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { errorResponse, type ScriptedResponse, xmlDocument } from "../../../../test/support/scriptedServer.js"
import { open, server } from "../../../../test/support/session.js"
import { tsResponse } from "../../../../test/support/xml.js"
import { onScript } from "./onScript.js"
import { operations, receive, run, type Sampled, sampled } from "./operations.js"

it("every operation has a sample in resources", () => {
  const missing = operations.flatMap(({ name, sample }) => (sample === undefined ? [name] : []))
  expect(missing).toEqual([])
})

const byName = sampled.map((operation) => [operation.name, operation] as const)

/** What the stream of a list returns instead of a listing. */
const itemsOf = (result: unknown): unknown =>
  typeof result === "object" && result !== null && "items" in result ? result.items : result

/** The boundary of the parts of a body is random. */
const withoutBoundary = (body: string) => body.replaceAll(/--effect-tableau-[0-9a-z]+/g, "--boundary")

describe("requests and responses", () => {
  it.effect.each(byName)("%s sends the request of its sample and decodes the response", ([, operation]) =>
    Effect.gen(function* () {
      const { isStream, sample } = operation
      const { calls, error, logged, result } = yield* receive(operation, sample.response)
      expect([error, logged]).toEqual([undefined, []])
      expect(calls.map(({ body, line }) => ({ request: line, body: withoutBoundary(body) }))).toEqual([
        { request: sample.request, body: sample.body ?? "" }
      ])
      expect(result).toEqual(isStream ? itemsOf(sample.result) : sample.result)
      for (const [response, expected] of sample.others ?? []) {
        const other = yield* receive(operation, response)
        expect([other.error, other.logged]).toEqual([undefined, []])
        expect(other.result).toEqual(isStream ? itemsOf(expected) : expected)
      }
    }).pipe(Effect.provide(layerHttpClient))
  )
})

type Acted = TableauError.TableauError["acted"]

/** Error responses, and the error of an operation that only reads and of one that changes something. */
const errorResponses: ReadonlyArray<readonly [ScriptedResponse, expected: object, acted: Acted]> = [
  [errorResponse(404, "404000", "Not Found", "gone"), { _tag: "NotFound", code: "404000", detail: "gone" }, "no"],
  [errorResponse(403, "403004", "Forbidden"), { _tag: "Forbidden", code: "403004" }, "no"],
  [errorResponse(409, "409000", "Conflict"), { _tag: "Conflict", code: "409000" }, "no"],
  [errorResponse(500, "500000", "Internal Server Error"), { _tag: "ServerFault", code: "500000" }, "unknown"],
  [{ status: 429 }, { _tag: "RateLimited" }, "no"],
  [{ status: 502, body: "<html><body>Bad Gateway</body></html>" }, { _tag: "ServerFault", status: 502 }, "unknown"],
  [
    { headers: { "content-type": "text/html" }, body: "<!DOCTYPE html><html><body>Sign in</body></html>" },
    { _tag: "UnexpectedResponse", kind: "Html" },
    "unknown"
  ],
  [{ ending: "reset" }, { _tag: "ConnectionFailed" }, "unknown"]
]

describe("error responses", () => {
  it.effect.each(byName)("%s fails with a typed error that names it when the response is an error", ([, operation]) =>
    Effect.gen(function* () {
      const { spec } = operation
      const failing = Effect.flip(run(operation))
      const errors = Effect.forEach(errorResponses, () => failing)
      const { calls, exit } = yield* onScript(errors, { "*": errorResponses.map(([response]) => response) })
      expect(calls).toHaveLength(errorResponses.length)
      expect(exit).toMatchObject({
        _tag: "Success",
        value: errorResponses.map(([, expected, acted]) => ({
          ...expected,
          operation: spec.name,
          acted: spec.readOnly ? "no" : acted
        }))
      })
    }).pipe(Effect.provide(layerHttpClient))
  )
})

describe("malformed responses", () => {
  const decoding = byName.filter(([, { sample }]) => typeof sample.response === "string")

  it.effect.each(decoding)("%s fails with UnexpectedResponse when the XML is cut off", ([, operation]) =>
    Effect.gen(function* () {
      const { response } = operation.sample
      const body = typeof response === "string" ? tsResponse(response).slice(0, -5) : ""
      const { exit } = yield* onScript(Effect.flip(run(operation)), { "*": xmlDocument(body) })
      const error = exit._tag === "Success" ? exit.value : exit.cause
      const { name, readOnly } = operation.spec
      const acted = readOnly ? "no" : "unknown"
      expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed", operation: name, acted })
    }).pipe(Effect.provide(layerHttpClient))
  )
})

describe("API versions", () => {
  const isIn24 = ({ spec }: Sampled) => ["2.0", "2.1", "2.2", "2.3", "2.4"].includes(spec.since)

  it.effect.each(byName)(
    "%s fails with VersionUnsupported on version 2.4 if it is newer, and is sent otherwise",
    ([, operation]) =>
      Effect.gen(function* () {
        const script = { "*": errorResponse(404, "404000") }
        const { calls, exit } = yield* onScript(Effect.flip(run(operation)), script, { apiVersion: "2.4" })
        const { name, since } = operation.spec
        const unsupported = { _tag: "VersionUnsupported", operation: name, required: since, actual: "2.4", acted: "no" }
        const error = exit._tag === "Success" ? exit.value : exit.cause
        expect(error).toMatchObject(isIn24(operation) ? { _tag: "NotFound" } : unsupported)
        expect(calls).toHaveLength(isIn24(operation) ? 1 : 0)
      }).pipe(Effect.provide(layerHttpClient))
  )
})

describe("JWT scopes", () => {
  /** Calls an operation on the simulator, whose scopes were not derived from those of the operation. */
  const withScopes = (operation: Sampled, scopes: ReadonlyArray<string>) => {
    const credentials = Credentials.connectedApp({
      clientId: "demo-client",
      secretId: "demo-key",
      secretValue: Redacted.make("demo-secret-value-0123456789abcdef"),
      username: "admin",
      scopes: [...scopes]
    })
    return Effect.flatMap(open({ credentials }), (session) =>
      Effect.either(Effect.provideService(run(operation), TableauSession, session))
    ).pipe(Effect.scoped)
  }

  /** Errors of a call that the server has allowed: nothing has the ids of the samples, or the operation is not simulated. */
  const allowed: ReadonlyArray<string> = ["NotFound 404", "BadRequest 400080", "BadRequest 400130", "ServerFault 501"]

  const isAllowed = (error: TableauError.TableauError) => {
    const code = "code" in error ? error.code : undefined
    return allowed.some((name) => `${error._tag} ${code}`.startsWith(name))
  }

  it.effect.each(byName)("%s fails with MissingScope without its scope, and is allowed with it", ([, operation]) =>
    Effect.gen(function* () {
      const { scopes } = operation.spec
      const other = yield* withScopes(operation, ["tableau:other:read"])
      const refused = { operation: operation.spec.name, acted: "no" }
      if (scopes === "none") {
        expect(other).toMatchObject({ _tag: "Left", left: { ...refused, _tag: "Forbidden" } })
        return
      }
      expect(other).toMatchObject({ _tag: "Left", left: { ...refused, _tag: "MissingScope", scope: scopes[0] } })
      const granted = yield* withScopes(operation, Operation.scopes(operation))
      if (granted._tag === "Left") expect(granted.left).toSatisfy(isAllowed)
    }).pipe(Effect.provide(server()))
  )
})
