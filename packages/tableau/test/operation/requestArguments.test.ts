/** Arguments of operations that users declare: secrets in bodies, and values that cannot be sent. */
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { FileUploads, Ids, Operation, Response, Upload } from "effect-tableau"
import { noContent } from "../../../../test/support/scriptedServer.js"
import * as Declared from "./declared/index.js"
import { onScript } from "./onScript.js"
import { failure, site, test, value } from "./requestTests.js"

const things = { since: "2.0", scope: "tableau:content:read", response: Response.empty } as const
const secret = Redacted.make("s3cret & <more>")

/** One operation for each kind of body, and how its body holds the secret. */
const secrets = {
  xml: [
    Operation.make({
      ...things,
      name: "xml",
      request: "POST /sites/{siteId}/things",
      input: () => ({ xml: { thing: { name: "n", password: secret } } })
    }),
    'password="s3cret &amp; &lt;more&gt;"'
  ],
  json: [
    Operation.make({
      ...things,
      name: "json",
      request: "POST /sites/{siteId}/things",
      input: () => ({ json: { thing: [{ password: secret }] } })
    }),
    '{"thing":[{"password":"s3cret & <more>"}]}'
  ],
  multipart: [
    Operation.make({
      ...things,
      name: "multipart",
      request: "POST /sites/{siteId}/things",
      input: () => ({ multipart: { request_payload: { thing: { password: secret } } } })
    }),
    'password="s3cret &amp; &lt;more&gt;"'
  ]
} as const

describe("secrets", () => {
  for (const [kind, [operation, written]] of Object.entries(secrets)) {
    test(`a Redacted value in a body of kind ${kind} is sent, and transformClient does not see it`, () =>
      Effect.gen(function* () {
        const seen: Array<string> = []
        const { calls, exit } = yield* onScript(
          operation(),
          { "POST /sites/s/things": noContent },
          {
            transformClient: HttpClient.mapRequest((request) => {
              seen.push(JSON.stringify(request))
              return request
            })
          }
        )
        expect(value(exit)).toBeUndefined()
        expect(calls[0]?.body).toContain(written)
        expect(seen.some((request) => request.includes("/things"))).toBe(true)
        expect(seen.join()).not.toContain("s3cret")
      }))
  }
})

describe("arguments that cannot be sent", () => {
  const send = Operation.make({
    ...things,
    name: "send",
    request: "POST /sites/{siteId}/things/{thingId}",
    input: (parts: {
      readonly thingId?: string | number
      readonly query?: Readonly<Record<string, number | Date>>
      readonly xml?: Readonly<Record<string, object>>
    }) => ({ thingId: "t", ...parts })
  })
  const sendJson = Operation.make({
    ...things,
    name: "sendJson",
    request: "POST /sites/{siteId}/things",
    input: (json: object) => ({ json })
  })
  const cycle: Record<string, unknown> = {}
  cycle["cycle"] = cycle
  const invalidDate = new Date(Number.NaN)
  const wiped = Redacted.make("gone")
  Redacted.unsafeWipe(wiped)
  const block = (sequenceId: number) =>
    FileUploads.append(Ids.UploadSessionId.make("u"), Upload.bytes("block", new Uint8Array(1)), { sequenceId })

  const rejected = {
    "an empty id": send({ thingId: " " }),
    "the id ..": send({ thingId: ".." }),
    "an id that is NaN": send({ thingId: Number.NaN }),
    "NaN in the query": send({ query: { a: Number.NaN } }),
    "an invalid date in the query": send({ query: { a: invalidDate } }),
    "Infinity in XML": send({ xml: { thing: { size: Number.POSITIVE_INFINITY } } }),
    "an invalid date in XML": send({ xml: { thing: { due: [invalidDate] } } }),
    "a lone surrogate in XML": send({ xml: { thing: { name: "\ud800" } } }),
    "a secret without a value in XML": send({ xml: { thing: { password: Redacted.make(undefined) } } }),
    "a secret that was wiped in XML": send({ xml: { thing: { password: wiped } } }),
    "a secret without a value in JSON": sendJson({ password: Redacted.make(undefined) }),
    "a secret that was wiped in JSON": sendJson({ password: wiped }),
    "the number 0 of a block": block(0),
    "the number -1 of a block": block(-1),
    "the number 1.5 of a block": block(1.5),
    "NaN in JSON": sendJson({ size: Number.NaN }),
    "an invalid date in JSON": sendJson({ due: invalidDate }),
    "a cycle in JSON": sendJson(cycle),
    "a BigInt in JSON": sendJson({ size: 1n }),
    "a value that its Schema cannot encode": sendJson(Schema.encode(Schema.NumberFromString.pipe(Schema.int()))(1.5)),
    "arguments that input refuses": Declared.Search.content("x", { limit: 101 })
  }

  for (const [what, call] of Object.entries(rejected)) {
    test(`${what} fails with BadRequest, and nothing is sent`, () =>
      Effect.gen(function* () {
        const { calls, exit } = yield* onScript<unknown, unknown>(call, { "*": noContent })
        expect(failure(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(calls).toEqual([])
      }))
  }

  test("dates, numbers and booleans in the query and in XML are sent as Tableau writes them", () =>
    Effect.gen(function* () {
      const date = new Date("2026-01-11T08:00:00Z")
      const { calls } = yield* onScript(
        send({ query: { a: date, b: -1.5 }, xml: { thing: { due: date, ok: [true] } } }),
        {
          "*": noContent
        }
      )
      expect(calls.map(({ body, line }) => [line, body])).toEqual([
        [
          `POST ${site}/things/t?a=2026-01-11T08%3A00%3A00Z&b=-1.5`,
          '<tsRequest><thing due="2026-01-11T08:00:00Z"><ok>true</ok></thing></tsRequest>'
        ]
      ])
    }))
})
