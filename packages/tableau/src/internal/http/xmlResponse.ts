/** XML responses, which are read as a whole. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Chunks from "../xml/chunks.js"
import type { Reader } from "../xml/reader.js"
import { encodingOf } from "./body.js"
import { classify, compressed } from "./errorResponse.js"
import type { BufferedReader } from "./exchange.js"

/** Reads an XML response, or the error that it is. */
export const xmlReader = <A>(read: Reader<A>): BufferedReader<A> => ({
  streaming: false,
  receive: ({ head, header, now, request, text }) =>
    Effect.flatMap(text, (text) => {
      const result = classify(request, { ...head, text }, read, now())
      const encoding = encodingOf(header)
      return encoding !== undefined && !Chunks.firstNonBlank(text).startsWith("<")
        ? Either.mapLeft(result, (error) =>
            error._tag === "UnexpectedResponse" ? compressed(request, head, encoding) : error
          )
        : result
    })
})
