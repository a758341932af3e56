/** JSON responses with an array of any length, whose elements are read while they are received. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { encodingOf, maxBodyBytes } from "./body.js"
import { compressed, errorOf, isSuccess, type Kind, unexpected } from "./errorResponse.js"
import type { ExchangeError, StreamedResponse, StreamReader } from "./exchange.js"
import { accept, decoderOf, errorOfMarkup, errorOfResponse, isMarkup } from "./jsonDocument.js"
import { type ErrorDetails, embeddedError, errorDetails } from "./jsonError.js"
import { scanner } from "./jsonScanner.js"
import * as JsonText from "./jsonText.js"

/** Enough characters of a web page or an XML document to read the error in it. */
const maxErrorChars = 64 * 1024

const maxRowsPerChunk = 1024

/** Options of the rows of a JSON document. */
export interface RowsOptions {
  /** Reads the error that the service reports after the rows, in the document without its rows. */
  readonly errorIn?: ((body: unknown) => ErrorDetails | undefined) | undefined
}

/** After the rows any `error` means that they are incomplete. */
const errorBesideRows = (body: unknown): ErrorDetails | undefined => {
  const error = Predicate.hasProperty(body, "error") ? body.error : undefined
  return error === undefined || error === null ? embeddedError(body) : (errorDetails({ error }) ?? {})
}

/**
 * Reads the array `member` of the root object as a stream of its elements, and then the error that may follow them. The
 * memory in use is bounded by the largest element.
 */
export const rows = <A, I>(
  member: string,
  schema: Schema.Schema<A, I>,
  { errorIn = errorBesideRows }: RowsOptions = {}
): StreamReader<Stream.Stream<A, ExchangeError>> => {
  const decode = decoderOf(schema)

  const receive = (response: StreamedResponse) =>
    Effect.gen(function* () {
      const { head, header, request, scope } = response
      const fail = (kind: Kind, detail?: string) => unexpected(request, head, kind, detail)
      const malformed = (detail: string) => {
        const encoding = encodingOf(header)
        return encoding === undefined ? fail("Malformed", detail) : compressed(request, head, encoding)
      }

      const decoded = Stream.suspend(() => {
        const decodeBytes = JsonText.decoder()
        return Stream.concat(
          Stream.mapEffect(response.stream, (bytes) => Either.mapLeft(decodeBytes(bytes), malformed)),
          Stream.suspend(() => Stream.fromEffect(Either.mapLeft(decodeBytes(), malformed)))
        )
      })
      const pull = yield* Scope.extend(Stream.toPull(decoded), scope)
      let start = ""
      let hasEnded = false
      const readMore = Effect.matchEffect(pull, {
        onSuccess: (chunk) =>
          Effect.sync(() => {
            for (const text of chunk) start += text
          }),
        onFailure: Option.match({
          onNone: () =>
            Effect.sync(() => {
              hasEnded = true
            }),
          onSome: (error) => Effect.fail(error)
        })
      })
      while (start.trimStart() === "" && !hasEnded && start.length < maxErrorChars) yield* readMore

      const first = start.trimStart()
      if (first === "") return yield* fail("Empty")
      if (isMarkup(response, first)) {
        while (!hasEnded && start.length < maxErrorChars) yield* readMore
        return yield* Effect.clockWith((clock) =>
          Effect.fail(errorOfMarkup(response, start, clock.unsafeCurrentTimeMillis()))
        )
      }
      if (!first.startsWith("{")) return yield* malformed("It is not a JSON object.")

      const scan = scanner(member, maxBodyBytes)
      const rest = hasEnded ? Stream.empty : Stream.fromPull(Effect.succeed(pull))
      // One read from the network can contain many thousands of rows, and `Stream.runFold` overflows the stack on such a chunk.
      const found = Stream.mapConcatEffect(Stream.concat(Stream.succeed(start), rest), (text) =>
        Either.flatMap(
          Either.mapLeft(scan.push(text), ({ detail, kind }) => fail(kind, detail)),
          (elements) =>
            Either.map(
              Either.all(
                elements.map((element) => Either.mapLeft(Either.flatMap(JsonText.parse(element), decode), malformed))
              ),
              (rows) => Chunk.chunksOf(Chunk.unsafeFromArray(rows), maxRowsPerChunk)
            )
        )
      )
      const end = Stream.unwrap(
        Effect.clockWith((clock) =>
          Either.gen(function* () {
            const text = yield* Either.mapLeft(scan.end(), ({ detail, kind }) => fail(kind, detail))
            const body = yield* Either.mapLeft(JsonText.parse(text), malformed)
            const details = errorIn(body)
            if (details !== undefined) {
              return yield* Either.left(errorOf(request, head, details, clock.unsafeCurrentTimeMillis()))
            }
            // `null` stands for no rows. The scanner leaves `[]` where it has read the rows.
            const remaining = Predicate.hasProperty(body, member) ? body[member] : undefined
            if (remaining !== null && !(Array.isArray(remaining) && remaining.length === 0)) {
              return yield* Either.left(malformed(`"${member}" is not an array.`))
            }
            return Stream.empty
          })
        )
      )
      return { value: Stream.concat(Stream.flattenChunks(found), end), malformed: [] }
    })

  return {
    accept,
    streaming: true,
    receive: (response) => (isSuccess(response.head.status) ? receive(response) : errorOfResponse(response))
  }
}
