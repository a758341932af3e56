/** An answer that is a file: that it is one, and its bytes as they come. No more of it is held than tells that. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type BadRequest, ConnectionFailed } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import type { TextChunks } from "../xml/chunks.js"
import type { Reader } from "../xml/reader.js"
import { classify, fromRoot, isPage } from "./errorResponse.js"
import { type Asked, actedAtMost } from "./exchange.js"
import { type Expected, lengthOf, packed, packings, type TransportFailure } from "./transport.js"

/** A file that has begun to arrive. */
export interface Incoming {
  readonly disposition: string | undefined
  readonly contentType: string | undefined
  /** In bytes, where the server says it. */
  readonly size: number | undefined
  /** To be read once. */
  readonly content: Stream.Stream<Uint8Array, TransportFailure | BadRequest>
}

/** So much is looked at of what begins like XML: what comes before the root is shorter. */
const lookedAt = 4096

/** So much is read of what is no file: Tableau's refusals are shorter. */
const told = 64 * 1024

const rootOf = (text: string): string | undefined =>
  /^<(?:[\w.-]+:)?([\w.-]+)[\s/>]/.exec(fromRoot(fromRoot(text).replace(/^<!doctype[^>]*>/i, "")))?.[1]?.toLowerCase()

/**
 * Whether what begins like this is a file; undefined if more of it must be seen. Workbooks are XML, too: only by its
 * root is a refusal known, which may come with status 200.
 */
const isFile = (contentType: string, begun: string, whole: boolean): boolean | undefined => {
  if (/html|json/i.test(contentType)) return false
  const enough = whole || begun.length >= lookedAt
  const text = begun.trimStart()
  if (text === "" && !enough) return undefined
  if (!text.startsWith("<")) return true
  if (isPage(text)) return false
  const root = rootOf(text)
  if (root === undefined && !enough) return undefined
  return root !== "html" && root !== "tsresponse"
}

/** Its first two bytes, which tell more than any header. */
const startOf = (chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<number | undefined> =>
  chunks.flatMap((chunk) => [...chunk.subarray(0, 2)]).slice(0, 2)

const decode = (chunks: ReadonlyArray<Uint8Array>): string => {
  const [first, second] = startOf(chunks)
  const wide =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : undefined
  const decoder = new TextDecoder(wide)
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("")
}

const sizeOf = (chunks: Iterable<Uint8Array>): number => {
  let size = 0
  for (const chunk of chunks) size += chunk.length
  return size
}

/**
 * Whether a file is packed, as the server says. Of gzip its bytes tell; of others nothing does, and what may be packed is
 * no file. Other names are of no packing, as `utf-8`.
 */
const isPacked = (encoding: string, chunks: ReadonlyArray<Uint8Array>): boolean => {
  if (!packings.test(encoding)) return false
  const [first, second] = startOf(chunks)
  return !/^\s*(?:x-)?gzip\s*$/i.test(encoding) || (first === 0x1f && second === 0x8b)
}

const wrongLength = (asked: Asked, status: number, came: number, due: number) =>
  new ConnectionFailed({
    operation: asked.operation,
    acted: actedAtMost(asked),
    status,
    server: asked.url.origin,
    reason: "Broken",
    detail: `The server announced ${due} bytes, and ${came} came.`
  })

const noFile: Reader<never> = () => Either.left("it is no file")

export const expected: Expected<Incoming> = {
  accept: { accept: "*/*" },
  lasting: true,
  receive: (pending) =>
    Effect.gen(function* () {
      const { asked, head, header } = pending
      const refuse = (text: TextChunks) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => classify(asked, { ...head, text }, noFile, now))
      if (head.status !== 200) return yield* Effect.flatMap(pending.text, refuse)

      const size = lengthOf(header)
      // It ends the request: what would be read then is a part that looks like the whole.
      let closed = false
      yield* Scope.addFinalizer(
        pending.scope,
        Effect.sync(() => {
          closed = true
        })
      )
      const tooLate = Stream.suspend(() =>
        Stream.fail(
          badRequest(
            asked.operation,
            "The scope that the file was asked for in has closed: read its content within it."
          )
        )
      )
      let came = 0
      const pull = Effect.matchEffect(yield* Scope.extend(Stream.toPull(pending.bytes), pending.scope), {
        onSuccess: (chunk) => {
          came += sizeOf(chunk)
          return Effect.succeed(chunk)
        },
        onFailure: (end) =>
          Effect.fail(
            Option.isNone(end) && size !== undefined && came !== size
              ? Option.some(wrongLength(asked, head.status, came, size))
              : end
          )
      })
      const begun: Array<Uint8Array> = []
      let whole = false
      const more = Effect.catchAll(
        Effect.map(pull, (chunk) => {
          begun.push(...chunk)
        }),
        Option.match({
          onNone: () =>
            Effect.sync(() => {
              whole = true
            }),
          onSome: (error) => Effect.fail(error)
        })
      )

      while (came < 2 && !whole) yield* more
      if (came === 0) return yield* refuse([])
      const look = () => isFile(head.contentType, decode(begun), whole)
      while (look() === undefined) yield* more
      if (look() === false) {
        while (!whole && came < told) yield* more
        return yield* refuse([decode(begun)])
      }

      const encoding = header("content-encoding") ?? ""
      if (isPacked(encoding, begun)) return yield* packed(asked, head.status, encoding)

      let taken = false
      const content = Stream.suspend(() => {
        if (taken) return Stream.fail(badRequest(asked.operation, "Its content was read before: it comes once."))
        if (closed) return tooLate
        taken = true
        const rest = whole ? Stream.empty : Stream.fromPull(Effect.succeed(pull))
        const bytes = Stream.concat(Stream.fromChunk(Chunk.unsafeFromArray(begun.splice(0))), rest)
        const end = Stream.suspend(() => (closed ? tooLate : Stream.empty))
        return Stream.concat(bytes, end).pipe(Stream.catchAll((error) => (closed ? tooLate : Stream.fail(error))))
      })
      const value = {
        disposition: header("content-disposition"),
        contentType: head.contentType === "" ? undefined : head.contentType,
        size,
        content
      }
      return { value, malformed: [] }
    })
}
