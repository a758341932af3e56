/** Reads a file block by block, each into a buffer that is used again. */
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BadRequest } from "../../TableauError.js"
import type { File } from "../../Upload.js"
import { badRequest } from "../badRequest.js"
import { sizeProblem, TypeId, withoutEmpty } from "../uploadFile.js"

export interface Source<out E, out R> {
  /** The next bytes: as many as the buffer holds, fewer at the end only, and none after it. They may be in the buffer. */
  readonly next: (buffer: Uint8Array) => Effect.Effect<Uint8Array, E, R>
}

const ofBytes = (bytes: Uint8Array): Source<never, never> => {
  let offset = 0
  return {
    next: ({ length }) =>
      Effect.sync(() => {
        const block = bytes.subarray(offset, offset + length)
        offset += block.length
        return block
      })
  }
}

/** The bytes of chunks that have been pulled and not been used. */
class Rest {
  private chunks: Iterator<Uint8Array> = [][Symbol.iterator]()
  private current: Uint8Array = new Uint8Array()

  add(chunk: Chunk.Chunk<Uint8Array>): void {
    this.chunks = chunk[Symbol.iterator]()
  }

  /** Moves bytes into the buffer, and returns how far it is filled. */
  fill(buffer: Uint8Array, from: number): number {
    let filled = from
    while (filled < buffer.length) {
      if (this.current.length === 0) {
        const { done, value } = this.chunks.next()
        if (done === true) return filled
        this.current = value
        continue
      }
      const taken = this.current.subarray(0, buffer.length - filled)
      buffer.set(taken, filled)
      filled += taken.length
      this.current = this.current.subarray(taken.length)
    }
    return filled
  }
}

const ofStream = <E, R>(
  content: Stream.Stream<Uint8Array, E, R>
): Effect.Effect<Source<E, R>, never, R | Scope.Scope> =>
  Effect.map(Stream.toPull(withoutEmpty(content)), (pull) => {
    const rest = new Rest()
    let hasEnded = false
    const more = Effect.matchEffect(pull, {
      onSuccess: (chunk) => Effect.sync(() => rest.add(chunk)),
      onFailure: (end) =>
        Option.match(end, {
          onNone: () =>
            Effect.sync(() => {
              hasEnded = true
            }),
          onSome: (error) => Effect.fail(error)
        })
    })
    const fill = (buffer: Uint8Array, from: number): Effect.Effect<Uint8Array, E, R> =>
      Effect.suspend(() => {
        const filled = rest.fill(buffer, from)
        if (filled === buffer.length || hasEnded) return Effect.succeed(buffer.subarray(0, filled))
        return Effect.flatMap(more, () => fill(buffer, filled))
      })
    return { next: (buffer) => fill(buffer, 0) }
  })

const unchecked = <E, R>(file: File<E, R>): Effect.Effect<Source<E, R>, E, R | Scope.Scope> => {
  const { bytes, open } = file[TypeId]
  if (bytes !== undefined) return Effect.succeed(ofBytes(bytes))
  if (open === undefined) return ofStream(file.content)
  return Effect.map(open, ({ read }) => ({
    next: (buffer) => Effect.map(read(buffer), (length) => buffer.subarray(0, length))
  }))
}

/** Opens a file. It fails if its content has another size than the file states, or none at all. */
export const open = <E, R>(
  operation: string,
  file: File<E, R>
): Effect.Effect<Source<E | BadRequest, R>, E, R | Scope.Scope> =>
  Effect.map(unchecked(file), ({ next }) => {
    const { name, size } = file
    let read = 0
    return {
      next: (buffer) =>
        Effect.flatMap(next(buffer), (block): Effect.Effect<Uint8Array, BadRequest> => {
          read += block.length
          const hasEnded = block.length < buffer.length
          if (size !== undefined && (read > size || (hasEnded && read < size))) {
            return badRequest(operation, sizeProblem(name, size, read))
          }
          return hasEnded && read === 0
            ? badRequest(operation, `${JSON.stringify(name.slice(0, 200))} is empty.`)
            : Effect.succeed(block)
        })
    }
  })
