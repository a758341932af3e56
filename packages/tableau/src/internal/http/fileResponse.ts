/** File responses: sniffs the first bytes to reject web pages and error documents, then streams the rest. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type BadRequest, ConnectionFailed } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import type { TextChunks } from "../xml/chunks.js"
import { encodingOf, lengthOf } from "./body.js"
import { compressed, errorIn, errorOfProblem, isHtml, skipProlog } from "./errorResponse.js"
import {
  type ExchangeError,
  type IncomingResponse,
  type RequestContext,
  type ResponseHead,
  reported,
  type StreamReader,
  uncertainActed
} from "./exchange.js"

/** A file whose first bytes have been received. */
export interface IncomingFile {
  readonly disposition: string | undefined
  readonly contentType: string | undefined
  /** In bytes, if the server reports it. */
  readonly size: number | undefined
  /** Can be read once. `close` runs when that run ends, and not at the end of a second one, which fails. */
  readonly content: (
    close: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
  ) => Stream.Stream<Uint8Array, ExchangeError | BadRequest>
}

/** Characters to wait for until the root of an XML document is known: prologs are shorter. */
const maxSniffedChars = 4096

/** Bytes to read of an error response: Tableau's are shorter. */
const maxErrorBytes = 64 * 1024

const rootOf = (text: string): string | undefined =>
  /^<(?:[\w.-]+:)?([\w.-]+)[\s/>]/
    .exec(skipProlog(skipProlog(text).replace(/^<!doctype[^>]*>/i, "")))?.[1]
    ?.toLowerCase()

/**
 * Whether a response that begins like this is a file; undefined if more of it is needed. Workbooks are XML, too: only
 * its root identifies an error response, which may have status 200.
 */
const isFile = (contentType: string, begun: string, hasEnded: boolean): boolean | undefined => {
  if (/html|json/i.test(contentType)) return false
  const isEnough = hasEnded || begun.length >= maxSniffedChars
  const text = begun.trimStart()
  if (text === "" && !isEnough) return undefined
  if (!text.startsWith("<")) return true
  if (isHtml(text)) return false
  const root = rootOf(text)
  if (root === undefined && !isEnough) return undefined
  return root !== "html" && root !== "tsresponse"
}

/**
 * Whether a response without bytes is a file. The data of a view that shows nothing is one; any other kind of file has at
 * least a header. The server must have marked the end, or the file could have been cut.
 */
const isEmptyFile = (contentType: string, header: IncomingResponse["header"]): boolean =>
  /^\s*text\/(?:csv|plain)\s*(?:;|$)/i.test(contentType) &&
  (Number(header("content-length") ?? Number.NaN) === 0 || /chunked/i.test(header("transfer-encoding") ?? ""))

/** The first two bytes identify gzip, and UTF-16 with a byte order mark. */
const signatureOf = (chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<number> => {
  const signature: Array<number> = []
  for (const chunk of chunks) {
    signature.push(...chunk.subarray(0, 2 - signature.length))
    if (signature.length === 2) break
  }
  return signature
}

/** Decodes chunks that are added to an array. Each is decoded once: a response may begin with thousands of small ones. */
const makeDecoder = (chunks: ReadonlyArray<Uint8Array>): (() => string) => {
  const [first, second] = signatureOf(chunks)
  const utf16 =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : undefined
  const decoder = new TextDecoder(utf16)
  let decoded = 0
  let text = ""
  return () => {
    for (; decoded < chunks.length; decoded += 1) text += decoder.decode(chunks[decoded], { stream: true })
    return text
  }
}

const sizeOf = (chunks: Iterable<Uint8Array>): number => {
  let size = 0
  for (const chunk of chunks) size += chunk.length
  return size
}

/** Whether a file is compressed, by its header. The signature of gzip must match; other encodings have none. */
const isCompressed = (encoding: string, chunks: ReadonlyArray<Uint8Array>): boolean => {
  const [first, second] = signatureOf(chunks)
  return !/^\s*(?:x-)?gzip\s*$/i.test(encoding) || (first === 0x1f && second === 0x8b)
}

const wrongLength = (request: RequestContext, head: ResponseHead, actual: number, expected: number) =>
  new ConnectionFailed({
    ...reported(request, head),
    acted: uncertainActed(request),
    server: request.url.origin,
    reason: "Broken",
    isSignedIn: request.isSignedIn || undefined,
    detail: `The server announced ${expected} bytes, and ${actual} were received.`
  })

export const fileReader: StreamReader<IncomingFile> = {
  accept: { accept: "*/*" },
  streaming: true,
  receive: (response) =>
    Effect.gen(function* () {
      const { head, header, request, scope } = response
      const fail = (text: TextChunks) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const document = { ...head, text }
          return Effect.fail(errorIn(request, document, now) ?? errorOfProblem(request, document, "it is not a file"))
        })
      if (head.status !== 200) return yield* Effect.flatMap(response.text, fail)

      const size = lengthOf(header)
      // The end of the scope ends the request: a part of the file would look like the whole.
      let isClosed = false
      yield* Scope.addFinalizer(
        scope,
        Effect.sync(() => {
          isClosed = true
        })
      )
      const tooLate = Stream.suspend(() =>
        Stream.fail(
          badRequest(request.operation, "The scope of the download has closed: read the content before it closes.")
        )
      )
      let received = 0
      const pull = Effect.matchEffect(yield* Scope.extend(Stream.toPull(response.stream), scope), {
        onSuccess: (chunk) => {
          received += sizeOf(chunk)
          return Effect.succeed(chunk)
        },
        onFailure: (end) =>
          Effect.fail(
            Option.isNone(end) && size !== undefined && received !== size
              ? Option.some(wrongLength(request, head, received, size))
              : end
          )
      })
      const begun: Array<Uint8Array> = []
      let hasEnded = false
      const readMore = Effect.catchAll(
        Effect.map(pull, (chunk) => {
          begun.push(...chunk)
        }),
        Option.match({
          onNone: () =>
            Effect.sync(() => {
              hasEnded = true
            }),
          onSome: (error) => Effect.fail(error)
        })
      )

      while (received < 2 && !hasEnded) yield* readMore
      if (received === 0 && !isEmptyFile(head.contentType, header)) return yield* fail([])
      const text = makeDecoder(begun)
      let sniffed = 0
      /** Looks again when there is twice as much, so that the time does not depend on the sizes of the chunks. */
      const sniff = (): boolean | undefined => {
        const { length } = text()
        if (length < 2 * sniffed && length < maxSniffedChars && !hasEnded) return undefined
        sniffed = length
        return isFile(head.contentType, text(), hasEnded)
      }
      let verdict = sniff()
      while (verdict === undefined) {
        yield* readMore
        verdict = sniff()
      }
      if (!verdict) {
        while (!hasEnded && received < maxErrorBytes) yield* readMore
        return yield* fail([text()])
      }

      const encoding = encodingOf(header)
      if (encoding !== undefined && isCompressed(encoding, begun)) return yield* compressed(request, head, encoding)

      let isTaken = false
      const content: IncomingFile["content"] = (close) =>
        Stream.suspend(() => {
          if (isTaken) {
            return Stream.fail(badRequest(request.operation, "Its content was read before: it can be read once."))
          }
          if (isClosed) return tooLate
          isTaken = true
          const rest = hasEnded ? Stream.empty : Stream.fromPull(Effect.succeed(pull))
          const bytes = Stream.concat(Stream.fromChunk(Chunk.unsafeFromArray(begun.splice(0))), rest)
          const end = Stream.suspend(() => (isClosed ? tooLate : Stream.empty))
          return Stream.concat(bytes, end).pipe(
            Stream.catchAll((error) => (isClosed ? tooLate : Stream.fail(error))),
            Stream.ensuringWith((exit) => close(exit))
          )
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
