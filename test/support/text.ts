import * as Either from "effect/Either"
import { decode, type TextChunks } from "../../packages/tableau/src/internal/xml/chunks.js"

/** A string in the chunks of a response body. */
export const textOf = (text: string): TextChunks => Either.getOrThrow(decode(new TextEncoder().encode(text)))
