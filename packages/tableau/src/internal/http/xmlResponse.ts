/** XML responses, which are read as a whole. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Chunks from "../xml/chunks.js"
import type { Reader } from "../xml/reader.js"
import { encodingOf } from "./body.js"
import { classify, compressed } from "./errorResponse.js"
import type { ResponseReader } from "./exchange.js"

/** Reads an XML response, or the error that it is. */
export const xmlReader = <A>(read: Reader<A>): ResponseReader<A> => ({
  streaming: false,
  receive: ({ head, header, request, text }) =>
    Effect.flatMap(text, (text) =>
      Effect.clockWith((clock) => {
        const result = classify(request, { ...head, text }, read, clock.unsafeCurrentTimeMillis())
        const encoding = encodingOf(header)
        return encoding !== undefined && !Chunks.firstNonBlank(text).startsWith("<")
          ? Either.mapLeft(result, (error) =>
              error._tag === "UnexpectedResponse" ? compressed(request, head, encoding) : error
            )
          : result
      })
    )
})
