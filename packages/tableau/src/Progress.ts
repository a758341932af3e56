/**
 * How far an upload or a download has come.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/**
 * Bytes that the server has acknowledged, or that have been received from it. An upload that begins again, because it is
 * not certain what the server holds, counts from 0 again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  readonly bytes: number
  /** The size of the whole, if it is known. */
  readonly total: number | undefined
}

/**
 * What a stream of progress contains: how far it has come, and at last the result.
 *
 * @since 0.1.0
 * @category models
 */
export type Event<A> =
  | { readonly _tag: "Progress"; readonly bytes: number; readonly total: number | undefined }
  | { readonly _tag: "Done"; readonly value: A }

/** A consumer that is slower than the transfer misses the older events. */
const keptEvents = 16

/**
 * Runs an upload or a download as a stream of its progress, which ends with the result. The end of the stream interrupts
 * what is still running. The transfer does not wait for the consumer: one that is slow misses events of progress, and
 * never the result.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Progress, Workbooks } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * const backup = (workbookId: Ids.WorkbookId) =>
 *   Progress.stream((onProgress) =>
 *     Workbooks.download(workbookId).pipe(Download.toFile("backups/", { onProgress }))
 *   ).pipe(
 *     Stream.runForEach((event) =>
 *       event._tag === "Done" ? Console.log(`Wrote ${event.value}`) : Console.log(`${event.bytes} bytes`)
 *     )
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const stream = <A, E, R>(
  run: (onProgress: (progress: Progress) => Effect.Effect<void>) => Effect.Effect<A, E, R>
): Stream.Stream<Event<A>, E, R> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const events = yield* Queue.sliding<Option.Option<Progress>>(keptEvents)
      const fiber = yield* run((progress) => Effect.asVoid(Queue.offer(events, Option.some(progress)))).pipe(
        Effect.ensuring(Queue.offer(events, Option.none())),
        Effect.forkScoped
      )
      const progress = Stream.fromQueue(events).pipe(
        Stream.takeWhile(Option.isSome),
        Stream.map(({ value }): Event<A> => ({ _tag: "Progress", ...value }))
      )
      const done = Effect.map(Fiber.join(fiber), (value): Event<A> => ({ _tag: "Done", value }))
      return Stream.concat(progress, Stream.fromEffect(done))
    })
  )
