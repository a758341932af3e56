/** Request bodies from plain objects. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { isParseError } from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Instant } from "../../Filter.js"
import type { BadRequest } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import * as Content from "../http/content.js"
import { WrongSize } from "../http/transportError.js"
import { isInstant, millisOf } from "../instant.js"
import { schemaProblem } from "../schemaProblem.js"
import { type File, isFile, sizeProblem, statedSizeProblem, TypeId, withoutEmpty } from "../uploadFile.js"
import { type Element, element, write } from "../xml/writer.js"

/** A value of a query parameter. */
export type Scalar = string | number | boolean | Instant

/**
 * The children of `<tsRequest>`: a scalar is an attribute, an object a child element, an array several elements of one
 * name, a scalar in an array an element with text. `undefined` is omitted. A `Redacted` string is written as it is, and
 * the body is then hidden from the user's HttpClient.
 */
export type Xml = Readonly<Record<string, object | undefined>>

export type Json = object

/** The parts of a `multipart/mixed` body by name: an XML payload (`""` is an empty one) or a file. */
export type Multipart<E = never, R = never> = Readonly<Record<string, File<E, R> | Payload | "" | undefined>>

/** Like `Xml`, but not a file. */
interface Payload {
  readonly [element: string]: object | undefined
}

export interface Body {
  readonly content: Content.Content | undefined
  /** Whether the body can be produced again for another attempt. */
  readonly replayable: boolean
}

export const none: Body = { content: undefined, replayable: true }

export const isScalar = (value: unknown): value is Scalar =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" || isInstant(value)

/** Instants without a fraction if they are whole seconds, as Tableau writes them. */
export const stringOf = (value: Scalar): string =>
  isInstant(value) ? new Date(millisOf(value)).toISOString().replace(".000Z", "Z") : String(value)

/** Why a scalar cannot be sent. */
export const scalarProblem = (name: string, value: unknown): string | undefined => {
  if (isInstant(value)) return Number.isNaN(millisOf(value)) ? `${name} is not a valid date.` : undefined
  return typeof value === "number" && !Number.isFinite(value) ? `${name} is ${value}.` : undefined
}

type Secret = Redacted.Redacted<unknown>

const read = Option.liftThrowable((secret: Secret) => Redacted.value(secret))

/** The value of a secret. One that was wiped has none. */
const valueOf = (secret: Secret): unknown => Option.getOrUndefined(read(secret))

/** Why a body cannot be sent: `NaN` would be the text `NaN` in XML, and `null` in JSON. */
const problemOf = (name: string, value: unknown): string | undefined => {
  if (typeof value !== "object" || value === null || isInstant(value)) return scalarProblem(name, value)
  if (Redacted.isRedacted(value)) {
    const secret = valueOf(value)
    // In XML it would be the password `undefined`.
    return secret === undefined || secret === null ? `${name} is a secret without a value.` : problemOf(name, secret)
  }
  for (const [key, inner] of Object.entries(value)) {
    const problem = problemOf(Array.isArray(value) ? name : key, inner)
    if (problem !== undefined) return problem
  }
  return undefined
}

const isAttribute = (value: unknown): value is Scalar | Secret => isScalar(value) || Redacted.isRedacted(value)

const attributeOf = (value: Scalar | Secret): string =>
  Redacted.isRedacted(value) ? String(valueOf(value)) : stringOf(value)

/** The strings in a secret, which can be an object in JSON. */
const stringsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null) return value === undefined ? [] : [String(value)]
  return Object.values(value).flatMap(stringsIn)
}

/** The secrets in what a body is made of. */
export const secretsIn = (value: unknown): Content.Content["secrets"] => {
  if (Redacted.isRedacted(value)) return stringsIn(valueOf(value)).map((text) => Redacted.make(text))
  if (typeof value !== "object" || value === null || isInstant(value) || isFile(value)) return []
  return Object.values(value).flatMap(secretsIn)
}

const elementsOf = (name: string, value: unknown): ReadonlyArray<Element> => {
  if (Array.isArray(value)) return value.flatMap((item) => elementsOf(name, item))
  if (isAttribute(value)) return [{ ...element(name, {}), text: attributeOf(value) }]
  if (typeof value !== "object" || value === null) return []
  const attributes: Record<string, string> = {}
  const children: Array<Element> = []
  for (const [key, inner] of Object.entries(value)) {
    if (isAttribute(inner)) attributes[key] = attributeOf(inner)
    else children.push(...elementsOf(key, inner))
  }
  return [element(name, attributes, children)]
}

const writeXml = (operation: string, xml: Xml): Either.Either<string, BadRequest> => {
  const problem = problemOf("xml", xml)
  return problem === undefined
    ? write(
        operation,
        Object.entries(xml).flatMap(([name, value]) => elementsOf(name, value))
      )
    : Either.left(badRequest(operation, problem))
}

export const xml = (operation: string, xml: Xml): Either.Either<Body, BadRequest> =>
  Either.map(writeXml(operation, xml), (text) => ({ content: Content.xml(text, secretsIn(xml)), replayable: true }))

/** A copy with the values of secrets: `JSON.stringify` would write `<redacted>`. */
const revealed = (value: unknown): unknown => {
  if (Redacted.isRedacted(value)) return revealed(valueOf(value))
  if (Array.isArray(value)) return value.map(revealed)
  if (typeof value !== "object" || value === null || isInstant(value)) return value
  if (Predicate.hasProperty(value, "toJSON")) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]))
}

const writeJson = (operation: string, value: unknown): Either.Either<Body, BadRequest> =>
  Either.flatMap(
    Either.try({
      try: () => {
        const secrets = secretsIn(value)
        const text = JSON.stringify(secrets.length > 0 ? revealed(value) : value)
        return { content: Content.fromString("application/json", text, secrets), problem: problemOf("json", value) }
      },
      // A cycle or a BigInt. The message may quote a value.
      catch: () => badRequest(operation, "The request body cannot be written as JSON.")
    }),
    ({ content, problem }) =>
      problem === undefined ? Either.right({ content, replayable: true }) : Either.left(badRequest(operation, problem))
  )

const problemOfEncoding = (error: unknown): string => (isParseError(error) ? schemaProblem(error) : "its effect failed")

/** A value, or the effect of `Schema.encode`. */
export const json = (operation: string, json: Json): Effect.Effect<Body, BadRequest> =>
  Effect.isEffect(json)
    ? // `object` does not say that the effect needs no services; `Schema.encode` of a plain Schema needs none.
      Effect.matchEffect(json as Effect.Effect<unknown, unknown>, {
        onFailure: (error) =>
          badRequest(operation, `The request body does not fit its Schema: ${problemOfEncoding(error)}.`),
        onSuccess: (value) => writeJson(operation, value)
      })
    : writeJson(operation, json)

const encoder = new TextEncoder()

/**
 * A name in the header of a part. Letters of all scripts are sent as UTF-8, as Tableau's Python client does. What would end
 * or break the header is written as in the forms of browsers.
 */
const quotable = (name: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these break the header.
  name.replace(/[\u0000-\u001f\u007f"\\]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")
    return `%${code}`
  })

/** Fails if a file has another size than it states: a body that is cut, or longer, must never be one that the server uses. */
const ofItsSize = <E, R>({ content, name, size }: File<E, R>): Stream.Stream<Uint8Array, E | WrongSize, R> =>
  size === undefined
    ? withoutEmpty(content)
    : Stream.suspend(() => {
        let sent = 0
        const check = <A>(isWrong: boolean, value: A): Effect.Effect<A, WrongSize> =>
          isWrong ? new WrongSize({ detail: sizeProblem(name, size, sent) }) : Effect.succeed(value)
        return Stream.concat(
          Stream.mapChunksEffect(withoutEmpty(content), (chunk) => {
            for (const bytes of chunk) sent += bytes.length
            return check(sent > size, chunk)
          }),
          Stream.unwrap(Effect.suspend(() => check(sent < size, Stream.empty)))
        )
      })

/** A body in parts. The content of a file is sent while it is read; what is in memory is sent as it is. */
export const multipart = <E, R>(operation: string, parts: Multipart<E, R>): Effect.Effect<Body, BadRequest, R> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    const boundary = `effect-tableau-${(yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)}`
    const chunks: Array<Uint8Array | Stream.Stream<Uint8Array, unknown>> = []
    let length: number | undefined = 0
    let replayable = true
    const add = (bytes: Uint8Array) => {
      if (length !== undefined) length += bytes.length
      chunks.push(bytes)
    }
    const text = (text: string) => add(encoder.encode(text))
    for (const [name, part] of Object.entries(parts)) {
      if (part === undefined) continue
      if (!/^[\w.-]+$/.test(name)) {
        return yield* badRequest(operation, `${JSON.stringify(name.slice(0, 100))} is not the name of a part.`)
      }
      if (isFile(part)) {
        const problem = statedSizeProblem(part)
        if (problem !== undefined) return yield* badRequest(operation, problem)
        text(
          `--${boundary}\r\nContent-Disposition: name="${name}"; filename="${quotable(part.name)}"\r\nContent-Type: application/octet-stream\r\n\r\n`
        )
        const { bytes } = part[TypeId]
        if (bytes === undefined) {
          length = part.size === undefined || length === undefined ? undefined : length + part.size
          replayable = replayable && part.replayable
          chunks.push(Stream.provideContext(ofItsSize(part), context))
        } else add(bytes)
        text("\r\n")
      } else {
        const payload = part === "" ? "" : yield* writeXml(operation, part)
        text(`--${boundary}\r\nContent-Disposition: name="${name}"\r\nContent-Type: text/xml\r\n\r\n${payload}\r\n`)
      }
    }
    text(`--${boundary}--\r\n`)
    const inMemory = chunks.filter((chunk) => chunk instanceof Uint8Array)
    const bytes =
      inMemory.length === chunks.length
        ? inMemory
        : chunks
            .map((chunk) => (chunk instanceof Uint8Array ? Stream.make(chunk) : chunk))
            .reduce((all, next) => Stream.concat(all, next), Stream.empty)
    const content = { contentType: `multipart/mixed; boundary=${boundary}`, bytes, length, secrets: secretsIn(parts) }
    return { content, replayable }
  })
