/** The limits of uploads. Tests have smaller ones. */
import * as Context from "effect/Context"

const mebibyte = 2 ** 20

export interface Values {
  /** The size of a block if the call states none, in bytes. */
  readonly defaultBlock: number
  /** Tableau accepts 64 MB in a request. */
  readonly maxBlock: number
  /** Blocks of an upload, if the server does not say its own limit. Tableau's documents say 1,000 and 10,000. */
  readonly maxBlocks: number
  /** The unit in which the server says what it holds. */
  readonly megabyte: number
  /** How often a block is sent again, also if that takes longer than `maxOutage`. */
  readonly maxResends: number
  /** For how many milliseconds the server may be unavailable. */
  readonly maxOutage: number
  /** How often an upload begins again. */
  readonly maxRestarts: number
  /** Milliseconds before a block is sent again, or an upload begins again. They double each time. */
  readonly delay: number
  /** The longest of these delays. */
  readonly maxDelay: number
}

export const values: Values = {
  defaultBlock: 16 * mebibyte,
  maxBlock: 64 * mebibyte,
  maxBlocks: 1000,
  megabyte: mebibyte,
  maxResends: 3,
  maxOutage: 5 * 60_000,
  maxRestarts: 3,
  delay: 500,
  maxDelay: 15_000
}

export class Limits extends Context.Reference<Limits>()("effect-tableau/internal/upload/Limits", {
  defaultValue: (): Values => values
}) {}
