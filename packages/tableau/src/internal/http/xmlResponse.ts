/** XML responses, which are read as a whole. */
import * as Effect from "effect/Effect"
import * as Chunks from "../xml/chunks.js"
import type { Read, Reader } from "../xml/reader.js"
import { encodingOf } from "./body.js"
import { classify, compressed, errorIn, errorOfProblem } from "./errorResponse.js"
import type { BufferedReader, BufferedResponse, ErrorResponse, RequestContext } from "./exchange.js"
import { inTurns, turnSize } from "./turns.js"

const chunksPerTurn = turnSize / Chunks.chunkBytes

const reading = <A>(read: Reader<A>, text: Chunks.TextChunks): Chunks.Steps<Read<A>> => {
  const document = read.begin()
  let next = 0
  return () => {
    const turn = text.slice(next, next + chunksPerTurn)
    next += chunksPerTurn
    return turn.every(document.write) && next < text.length ? undefined : document.end()
  }
}

/** Classifies a response, and reads it: a large one in several turns of the event loop. */
const receive = <A>(
  request: RequestContext,
  response: BufferedResponse,
  read: Reader<A>,
  now: number
): Effect.Effect<Read<A>, ErrorResponse> => {
  if (response.text.length <= chunksPerTurn) return classify(request, response, read, now)
  return (
    errorIn(request, response, now) ??
    Effect.mapError(inTurns(reading(read, response.text)), (problem) => errorOfProblem(request, response, problem))
  )
}

/** Reads an XML response, or the error that it is. */
export const xmlReader = <A>(read: Reader<A>): BufferedReader<A> => ({
  streaming: false,
  receive: ({ head, header, now, request, text }) =>
    Effect.flatMap(text, (text) => {
      const result = receive(request, { ...head, text }, read, now())
      const encoding = encodingOf(header)
      return encoding !== undefined && !Chunks.firstNonBlank(text).startsWith("<")
        ? Effect.mapError(result, (error) =>
            error._tag === "UnexpectedResponse" ? compressed(request, head, encoding) : error
          )
        : result
    })
})
