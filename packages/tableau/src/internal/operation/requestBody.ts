/** Request bodies, written as plain objects. */
import type * as DateTime from "effect/DateTime"
import * as DateTimes from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { BadRequest } from "../../TableauError.js"
import { type File, isFile } from "../../Upload.js"
import { badRequest } from "../badRequest.js"
import * as Content from "../http/content.js"
import { type Element, element, write } from "../xml/writer.js"

/** A value that stands in an attribute, or in a query. */
export type Scalar = string | number | boolean | DateTime.Utc | Redacted.Redacted<string>

/**
 * The children of `<tsRequest>`, as objects: a scalar is an attribute, an object a child element, an array several
 * elements of one name, a string in an array an element with text. What is undefined is left out.
 */
export type Xml = Readonly<Record<string, object | undefined>>

export type Json = object

/** The parts of a `multipart/mixed` body by name: an XML payload (`""` is an empty one) or a file. */
export type Multipart<E = never, R = never> = Readonly<Record<string, File<E, R> | Payload | "" | undefined>>

/** As `Xml`, and no file. */
interface Payload {
  readonly [element: string]: object | undefined
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === "string" ||
  typeof value === "number" ||
  typeof value === "boolean" ||
  DateTimes.isDateTime(value) ||
  Redacted.isRedacted(value)

export const textOf = (value: Scalar): string =>
  Redacted.isRedacted(value)
    ? Redacted.value(value)
    : DateTimes.isDateTime(value)
      ? DateTimes.formatIso(value).replace(".000Z", "Z")
      : String(value)

const holdsSecret = (value: unknown): boolean =>
  Redacted.isRedacted(value) ||
  (typeof value === "object" &&
    value !== null &&
    !DateTimes.isDateTime(value) &&
    !isFile(value) &&
    Object.values(value).some(holdsSecret))

const elements = (name: string, value: unknown): ReadonlyArray<Element> => {
  if (Array.isArray(value)) return value.flatMap((item) => elements(name, item))
  if (isScalar(value)) return [{ ...element(name, {}), text: textOf(value) }]
  if (typeof value !== "object" || value === null) return []
  const attributes: Record<string, string> = {}
  const children: Array<Element> = []
  for (const [key, inner] of Object.entries(value)) {
    if (isScalar(inner)) attributes[key] = textOf(inner)
    else children.push(...elements(key, inner))
  }
  return [element(name, attributes, children)]
}

const writeXml = (operation: string, body: Xml): Either.Either<string, BadRequest> =>
  write(
    operation,
    Object.entries(body).flatMap(([name, value]) => elements(name, value))
  )

export const xml = (operation: string, body: Xml): Either.Either<Content.Content, BadRequest> =>
  Either.map(writeXml(operation, body), (text) => Content.xml(text, holdsSecret(body)))

const plain = (_: string, value: unknown): unknown => (Redacted.isRedacted(value) ? Redacted.value(value) : value)

/** A value, or the effect of `Schema.encode`. */
export const json = (operation: string, body: Json): Effect.Effect<Content.Content, BadRequest> => {
  const value: Effect.Effect<unknown, unknown> = Effect.isEffect(body)
    ? // What `Schema.encode` fails with, whatever it is, is wrong input.
      (body as Effect.Effect<unknown, unknown>)
    : Effect.succeed(body)
  return Effect.matchEffect(value, {
    onFailure: (error) => badRequest(operation, String(error)),
    onSuccess: (value) =>
      Effect.succeed(Content.ofText("application/json", JSON.stringify(value, plain), holdsSecret(value)))
  })
}

const encoder = new TextEncoder()

/** A body in parts, its own boundary between them. The file comes last, and is sent as it is read. */
export const multipart = <E, R>(
  operation: string,
  parts: Multipart<E, R>
): Effect.Effect<{ readonly content: Content.Content; readonly replayable: boolean }, BadRequest, R> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    const boundary = `effect-tableau-${(yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)}`
    const chunks: Array<Stream.Stream<Uint8Array, unknown>> = []
    let length: number | undefined = 0
    let replayable = true
    const text = (text: string) => {
      const bytes = encoder.encode(text)
      if (length !== undefined) length += bytes.length
      chunks.push(Stream.make(bytes))
    }
    for (const [name, part] of Object.entries(parts)) {
      if (part === undefined) continue
      if (isFile(part)) {
        if (/["\r\n]/.test(part.name))
          return yield* badRequest(operation, "The file's name holds a quote or a line break.")
        text(
          `--${boundary}\r\nContent-Disposition: name="${name}"; filename="${part.name}"\r\nContent-Type: application/octet-stream\r\n\r\n`
        )
        if (part.size === undefined) length = undefined
        else if (length !== undefined) length += part.size
        replayable = replayable && part.replayable
        chunks.push(Stream.provideContext(part.content, context))
        text("\r\n")
      } else {
        const payload = part === "" ? "" : yield* writeXml(operation, { ...part })
        text(`--${boundary}\r\nContent-Disposition: name="${name}"\r\nContent-Type: text/xml\r\n\r\n${payload}\r\n`)
      }
    }
    text(`--${boundary}--\r\n`)
    const bytes = chunks.reduce((all, next) => Stream.concat(all, next), Stream.empty)
    return {
      content: { contentType: `multipart/mixed; boundary=${boundary}`, bytes, length, secret: holdsSecret(parts) },
      replayable
    }
  })
