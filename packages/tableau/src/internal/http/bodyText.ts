/** Decodes the body of a response. Bytes that are not valid never become a part of a model: a name would be a wrong one. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { UnexpectedResponse } from "../../TableauError.js"
import * as Chunks from "../xml/chunks.js"
import { encodingOf } from "./body.js"
import { isSuccess, kindOf, unexpected } from "./errorResponse.js"
import type { IncomingResponse } from "./exchange.js"
import { inTurns, turnSize } from "./turns.js"

const chunksPerStep = turnSize / Chunks.chunkBytes

type Response = Pick<IncomingResponse, "request" | "head" | "header">

const steps = (bytes: Uint8Array, { head }: Response, invalid: Chunks.InvalidBytes) =>
  Chunks.decoding(bytes, head.contentType, invalid, chunksPerStep)

/** What is not XML becomes an error in any case, and a web page or an error response says more than an invalid byte. */
const orForeign =
  ({ head, header, request }: Response, problem: string) =>
  (text: Chunks.TextChunks): Either.Either<Chunks.TextChunks, UnexpectedResponse> => {
    const kind = kindOf({ ...head, text })
    const isForeign = !isSuccess(head.status) || (kind === "Malformed" ? encodingOf(header) !== undefined : kind)
    return isForeign ? Either.right(text) : Either.left(unexpected(request, head, "Malformed", problem))
  }

/**
 * Decodes a body in the encoding that it declares. For a body of at most one turn this is an `Either`, without a step of
 * the fiber.
 */
export const decode = (
  response: Response,
  bytes: Uint8Array
): Either.Either<Chunks.TextChunks, UnexpectedResponse> | Effect.Effect<Chunks.TextChunks, UnexpectedResponse> => {
  if (bytes.length > turnSize) {
    return Effect.catchAll(inTurns(steps(bytes, response, "refuse")), (problem) =>
      Effect.flatMap(Effect.orDie(inTurns(steps(bytes, response, "replace"))), orForeign(response, problem))
    )
  }
  const text = Chunks.decode(bytes, response.head.contentType)
  return Either.isRight(text)
    ? Either.right(text.right)
    : Either.flatMap(
        Either.mapLeft(Chunks.decode(bytes, response.head.contentType, "replace"), (problem) =>
          unexpected(response.request, response.head, "Malformed", problem)
        ),
        orForeign(response, text.left)
      )
}

/** A response, with its text and the clock's time. */
export const incoming = (response: Omit<IncomingResponse, "text" | "now">, clock: Clock.Clock): IncomingResponse => ({
  ...response,
  text: Effect.flatMap(response.bytes, (bytes) => decode(response, bytes)),
  now: () => clock.unsafeCurrentTimeMillis()
})
