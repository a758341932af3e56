import { decode, type TextChunks } from "../../packages/tableau/src/internal/xml/chunks.js"

/** A text as it comes of an answer's bytes. */
export const textOf = (text: string): TextChunks => decode(new TextEncoder().encode(text))
