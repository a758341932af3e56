/** How large the blocks of an upload are. */
import * as Either from "effect/Either"
import type { Values } from "./limits.js"

export interface Plan {
  /** The bytes of a block, counted from 0, or undefined if the server accepts no further block. */
  readonly sizeOf: (index: number) => number | undefined
}

interface Request {
  /** In bytes, if it is known. */
  readonly size: number | undefined
  readonly blockSize: number
  /** What the server says that it accepts. */
  readonly serverMaxBlocks: number | undefined
}

/**
 * A file of known size is divided evenly, because whether a small last block has arrived could not be verified. Otherwise half of the blocks have the size that was requested, and then the
 * size doubles for each half of those that are left: small files stay in small blocks, and large ones fit.
 */
export const make = (limits: Values, { blockSize, serverMaxBlocks, size }: Request): Either.Either<Plan, string> => {
  const maxBlocks = serverMaxBlocks !== undefined && serverMaxBlocks > 0 ? serverMaxBlocks : limits.maxBlocks
  if (size === undefined) {
    return Either.right({
      sizeOf: (index) =>
        index < maxBlocks
          ? Math.min(limits.maxBlock, blockSize * 2 ** Math.floor(Math.log2(maxBlocks / (maxBlocks - index))))
          : undefined
    })
  }
  // An empty file has a block, too: that nothing is in it is found when it is read.
  const count = Math.max(1, Math.ceil(size / blockSize))
  const even = Math.max(1, Math.ceil(size / Math.min(count, maxBlocks)))
  return even > limits.maxBlock
    ? Either.left(
        `The file has ${size} bytes. The server accepts ${maxBlocks} blocks of ${limits.maxBlock} bytes, which is ${maxBlocks * limits.maxBlock}.`
      )
    : Either.right({ sizeOf: (index) => (index < maxBlocks ? even : undefined) })
}
