/** Properties of the text that errors take from responses: a server may repeat the secrets of a request. */
import { strict as assert } from "node:assert"
import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import {
  classify,
  compressed,
  errorOfStatus,
  sanitizeRead
} from "../../packages/tableau/src/internal/http/errorResponse.js"
import { contextOf, type RequestContext } from "../../packages/tableau/src/internal/http/exchange.js"
import { headOf } from "../../packages/tableau/src/internal/http/head.js"
import { sanitizer } from "../../packages/tableau/src/internal/http/serverText.js"
import { reader } from "../../packages/tableau/src/internal/xml/reader.js"
import * as Scalar from "../../packages/tableau/src/internal/xml/scalar.js"
import { textOf } from "../support/text.js"
import { element, errorDocument, tsResponse } from "../support/xml.js"
import { contains, encoding, secret } from "./encodings.js"
import { type Property, property } from "./property.js"

const around = FastCheck.constantFrom(
  "",
  " ",
  '"',
  "'",
  "=",
  ": ",
  "x",
  "The value ",
  " is wrong.",
  ".",
  "/",
  "\n",
  "é"
)

const words = FastCheck.array(
  FastCheck.constantFrom(
    "Resource",
    "Not",
    "Found:",
    "Workbook",
    "'9a8b-7c6d'",
    "could",
    "not",
    "be",
    "100%",
    "a+b &c"
  ),
  { maxLength: 40 }
).map((all) => all.join(" "))

/** Strings that repeat a secret, and the secret. */
const echo = FastCheck.tuple(secret, encoding, around, around).map(([secret, encode, before, after]) => ({
  secret,
  text: `${before}${encode(secret)}${after}`
}))

const readWorkbooks = reader(
  "workbooks",
  Schema.Struct({
    workbooks: Scalar.list("workbook", Schema.Struct({ id: Schema.String, size: Schema.optional(Scalar.Integer) }))
  })
)

/** All places of a response whose text an error, a warning or a span may repeat. */
const responses: Readonly<Record<string, (request: RequestContext, text: string) => unknown>> = {
  detail: (request, text) => errorOf(request, 400, "application/xml", errorDocument("400000", "Bad", text)),
  summary: (request, text) => errorOf(request, 403, "application/xml", errorDocument("403004", text, "No.")),
  code: (request, text) => errorOf(request, 500, "application/xml", errorDocument(text)),
  "error with status 200": (request, text) =>
    errorOf(request, 200, "application/xml", errorDocument("404006", text, text)),
  html: (request, text) => errorOf(request, 502, "text/html", `<html><p>${text}</p></html>`),
  json: (request, text) =>
    errorOf(request, 400, "application/json", JSON.stringify({ error: { code: "1", detail: text } })),
  "json messages": (request, text) =>
    errorOf(request, 400, "application/json", JSON.stringify({ errorCode: text, message: text, messages: [text] })),
  "malformed XML": (request, text) => errorOf(request, 200, "application/xml", `<tsResponse><a></${text}>`),
  "an XML name": (request, text) => errorOf(request, 200, "application/xml", `<tsResponse><${text}`),
  "the id of a malformed item": (request, text) =>
    classified(
      request,
      tsResponse(element("workbooks", {}, element("workbook", { id: text, size: text }), element("workbook", {})))
    ),
  "a request id": (request, text) =>
    errorOfStatus(request, { ...headOf(404, (name) => (name === "x-request-id" ? text : undefined)), text: [] }, 0),
  "a validation code": (request, text) =>
    errorOfStatus(request, { ...headOf(400, () => undefined), text: [] }, 0, text),
  "an encoding": (request, text) =>
    compressed(
      request,
      headOf(200, () => undefined),
      `gzip ${text}`
    ),
  "the path of a redirect": (request, text) => redirected(request, `https://sso.example.com/a/${text}?b`),
  "the host of a redirect": (request, text) => redirected(request, `https://${text}.example.com${request.url.pathname}`)
}

const errorOf = (request: RequestContext, status: number, contentType: string, body: string): unknown => {
  const head = headOf(status, (name) => (name === "content-type" ? contentType : undefined))
  return Either.merge(classify(request, { ...head, text: textOf(body) }, readWorkbooks, 0))
}

/** Only what a warning says of a list: its items are the server's data. */
const classified = (request: RequestContext, body: string): unknown =>
  Either.map(
    classify(request, { ...headOf(200, () => undefined), text: textOf(body) }, readWorkbooks, 0),
    (read) => sanitizeRead(request)(read).malformed
  )

const redirected = (request: RequestContext, location: string): unknown =>
  errorOfStatus(request, { ...headOf(302, (name) => (name === "location" ? location : undefined)), text: [] }, 0)

const printed = (value: unknown): string =>
  [
    inspect(value, { depth: 20, showHidden: true, maxStringLength: null }),
    JSON.stringify(value),
    value instanceof Error ? `${value.message}\n${Cause.pretty(Cause.fail(value))}` : ""
  ].join("\n")

/** A request whose token or whose body holds the secret. */
const requests: ReadonlyArray<(secret: string) => RequestContext> = [
  (secret) => contextOf({ ...facts, token: Redacted.make(secret) }, origin),
  (secret) =>
    contextOf({ ...facts, token: Redacted.make("another-token-0123"), sanitize: sanitizerOf(secret) }, origin),
  (secret) => {
    const content = { contentType: "text/xml", bytes: new Uint8Array(), length: 0, secrets: [Redacted.make(secret)] }
    return contextOf({ ...facts, token: Redacted.make("another-token-0123"), body: content }, origin)
  }
]

const sanitizerOf = (secret: string) => sanitizer([Redacted.make("another-token-0123"), Redacted.make(secret)])

const origin = "http://tableau.example.com"
const facts = { operation: "Things.get", method: "GET", readOnly: true, path: "/api/3.29/sites/s/things" } as const

export const secretProperties: ReadonlyArray<Property> = [
  property(
    "no text of a response that repeats a secret in any encoding reaches an error or a warning with it",
    FastCheck.tuple(
      FastCheck.constantFrom(...Object.keys(responses)),
      FastCheck.constantFrom(...requests),
      FastCheck.array(echo, { minLength: 1, maxLength: 2 })
    ),
    ([place, requestOf, echoes]) => {
      const [{ secret, text } = { secret: "", text: "" }] = echoes
      const output = printed(responses[place]?.(requestOf(secret), text))
      assert.ok(!contains(output, secret), `${place}: ${output}`)
    }
  ),

  property(
    "a secret is removed wherever it is in a string, also where the text is cut",
    FastCheck.tuple(echo, FastCheck.nat({ max: 400 }), FastCheck.nat({ max: 200 }), FastCheck.nat({ max: 1 })),
    ([{ secret, text }, before, limit, more]) => {
      const output =
        sanitizer([Redacted.make(secret)])(`${"- ".repeat(before)}${text}${" -".repeat(5000 * more)}`, limit) ?? ""
      assert.ok(output.length <= limit + 1, output)
      assert.ok(!contains(output, secret), output)
      // A beginning of twelve characters is too much.
      assert.ok(!output.includes(secret.slice(0, 12)) || secret.startsWith("eyJ"), output)
    }
  ),

  property(
    "a string with a short secret is left out",
    FastCheck.tuple(
      FastCheck.stringMatching(/^[a-z0-9!$]{4,7}$/),
      encoding,
      around.filter((text) => text !== "x")
    ),
    ([short, encode, before]) => {
      const output = sanitizer([Redacted.make(short)])(`${before}${encode(short)} is wrong`, 100)
      assert.equal(output, undefined)
    }
  ),

  property("a string without the secrets is kept", FastCheck.tuple(secret, words), ([secret, text]) => {
    assert.equal(sanitizer([Redacted.make(secret)])(text, 4000), text)
  }),

  property(
    "no control character and no change of direction reaches an error",
    FastCheck.tuple(
      FastCheck.string({ unit: "binary", maxLength: 60 }),
      FastCheck.constantFrom("\u009b", "\u202e", "\u2066", "\u0007")
    ),
    ([text, control]) => {
      const output = sanitizer([])(`${text}${control}${text}`, 200) ?? ""
      assert.doesNotMatch(output, /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
    }
  )
]
