/** What was asked and what came back: the facts that errors are told from. */
import type { Acted } from "../../TableauError.js"
import type { TextChunks } from "../xml/chunks.js"

/** What was asked, as far as an error tells it. */
export interface Asked {
  readonly operation: string
  readonly url: URL
  /** Whether the request only reads: then the server did nothing, whatever it answered. */
  readonly reads: boolean
}

/** What is known when no answer of Tableau's own says more. */
export const actedAtMost = (asked: Asked): Acted => (asked.reads ? "no" : "unknown")

/** What is known of an answer before its body. */
export interface Head {
  readonly status: number
  readonly location: string | undefined
  readonly retryAfter: string | undefined
  readonly contentType: string
  /** What the server's clock says. */
  readonly date: string | undefined
}

export interface Answer extends Head {
  readonly text: TextChunks
}
