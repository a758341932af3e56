/**
 * Sends a file in blocks.
 *
 * An upload has no effect before a publication uses it, so a block whose outcome is unknown may be sent again. What the server
 * does with a block that it has already is not documented: it may append it, replace the first one or refuse it. So what the
 * server says that it holds must fit what was sent, or the upload begins again.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { UploadSessionId } from "../../Ids.js"
import { type BadRequest, type CallError, UploadMismatch } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import * as Upload from "../../Upload.js"
import * as ApiVersion from "../apiVersion.js"
import { badRequest } from "../badRequest.js"
import { withoutEffect } from "../session/withoutEffect.js"
import { statedSizeProblem } from "../uploadFile.js"
import { isRefusal, mayStillArrive } from "./errors.js"
import { Limits, type Values } from "./limits.js"
import { Outage } from "./outage.js"
import * as Plan from "./plan.js"
import * as Source from "./source.js"
import * as Timing from "./timing.js"

const operation = "FileUploads.upload"

interface FileUpload {
  readonly uploadSessionId: UploadSessionId
  readonly fileSize?: number | undefined
  readonly maxFileChunkCount?: number | undefined
}

export interface Operations<A extends FileUpload> {
  readonly initiate: () => Effect.Effect<A, CallError, TableauSession>
  readonly append: (
    uploadSessionId: UploadSessionId,
    block: Upload.File,
    options: { readonly sequenceId?: number | undefined }
  ) => Effect.Effect<A, CallError, TableauSession>
}

interface Settings {
  readonly limits: Values
  readonly blockSize: number
  readonly concurrency: number
  readonly onProgress: Upload.Options["onProgress"]
}

/** This upload cannot be used. Another one may succeed. */
class Restart {
  readonly _tag = "Restart"
  constructor(
    readonly sent: number,
    readonly acknowledged: number | undefined,
    /** The error of a block, if it is the cause. */
    readonly cause?: CallError
  ) {}
}

/**
 * Whether an acknowledged total of whole megabytes says for certain that a block is there once. Servers may round up or
 * down: of a smaller block it does not.
 */
const isVerifiable = ({ megabyte }: Values, block: Uint8Array): boolean => block.length >= 2 * megabyte

const fits = (megabyte: number, sent: number, acknowledged: number | undefined): boolean =>
  acknowledged !== undefined && Math.abs(acknowledged - sent / megabyte) <= 1

/** A million bytes, in units of what a megabyte is here. */
const decimal = 1_000_000 / 2 ** 20

/**
 * Whether a total contradicts blocks that were all acknowledged. After a block of unknown outcome it must fit; without one it
 * is compared more loosely: a server may say no total, or mean a million bytes.
 */
const contradicts = ({ megabyte }: Values, sent: number, acknowledged: number | undefined): boolean =>
  acknowledged !== undefined && ![megabyte, megabyte * decimal].some((unit) => fits(unit, sent, acknowledged))

const readSettings = (
  operation: string,
  limits: Values,
  { blockSize = limits.defaultBlock, concurrency = 1, onProgress }: Upload.Options
): Effect.Effect<Settings, BadRequest> => {
  if (!(Number.isSafeInteger(blockSize) && blockSize >= 1 && blockSize <= limits.maxBlock)) {
    return badRequest(operation, `\`blockSize\` is ${blockSize}; it is a number of bytes up to ${limits.maxBlock}.`)
  }
  return Number.isSafeInteger(concurrency) && concurrency >= 1
    ? Effect.succeed({ limits, blockSize, concurrency, onProgress })
    : badRequest(operation, `\`concurrency\` is ${concurrency}; it is a whole number of at least 1.`)
}

/** Checks the options of a file, however it is sent. */
export const checkOptions = (operation: string, options: Upload.Options): Effect.Effect<void, BadRequest> =>
  Effect.flatMap(Limits, (limits) => readSettings(operation, limits, options))

interface Block {
  readonly index: number
  readonly bytes: Uint8Array
  /** The buffer that the bytes may be in. */
  readonly buffer: Uint8Array
}

/** What is known of an upload. Its workers share it. */
class Uploading<A extends FileUpload> {
  /** The index of the next block. */
  next = 0
  hasEnded = false
  /** In parallel: the block that was read last, which may be the last one of the file. */
  held: Block | undefined
  /** Whether the server may have some block twice. */
  isUncertain = false
  /** The last block that the server may still store a second time: its response was late, or a gateway's. */
  late: number | undefined
  sent = 0
  /** In megabytes: what the last response says. */
  acknowledged: number | undefined

  constructor(public latest: A) {}

  restart(cause?: CallError): Effect.Effect<never, Restart> {
    return Effect.fail(new Restart(this.sent, this.acknowledged, cause && withoutEffect(cause)))
  }

  onAcknowledged(index: number, block: Uint8Array, received: A | undefined): void {
    this.sent += block.length
    // The total of a later block has both copies, if there are two.
    if (this.late !== undefined && index > this.late) this.late = undefined
    this.acknowledged = received?.fileSize
    this.latest = received ?? this.latest
  }
}

/** One upload, from its beginning. */
const uploadOnce = <A extends FileUpload, E, R>(
  { append, initiate }: Operations<A>,
  file: Upload.File<E, R>,
  { blockSize, concurrency, limits, onProgress }: Settings,
  outage: Outage,
  isRestart: boolean
): Effect.Effect<A, CallError | Restart | E, TableauSession | R> =>
  Effect.gen(function* () {
    const begin = (resends = 0): Effect.Effect<A, CallError, TableauSession> =>
      Effect.catchAll(Effect.mapError(initiate(), withoutEffect), (error) =>
        isRestart && !isRefusal(error)
          ? Effect.andThen(outage.wait(error, resends), begin(resends + 1))
          : Effect.fail(error)
      )
    const begun = yield* begin()
    const { uploadSessionId } = begun
    const request = { size: file.size, blockSize, serverMaxBlocks: begun.maxFileChunkCount }
    const plan = yield* Effect.mapError(Plan.make(limits, request), (problem) => badRequest(operation, problem))
    const source = yield* Source.open(operation, file)
    const state = new Uploading(begun)
    const isNumbered = concurrency > 1

    /** The buffer of a worker. It grows with the blocks of a file of unknown size, and is never empty. */
    const sized = (buffer: Uint8Array, size: number): Uint8Array => {
      const length = Math.min(size, Math.max(1, file.size ?? size))
      return buffer.length < length ? new Uint8Array(length) : buffer.subarray(0, length)
    }

    /** Reads the next block, or returns undefined after the last one. */
    const read = (buffer: Uint8Array): Effect.Effect<Block | undefined, BadRequest | E, R> =>
      Effect.suspend(() => {
        if (state.hasEnded) return Effect.succeed(undefined)
        const index = state.next
        const size = plan.sizeOf(index)
        const into = sized(buffer, size ?? 1)
        return Effect.flatMap(source.next(into), (bytes) => {
          state.next += 1
          state.hasEnded = bytes.length < into.length
          if (bytes.length === 0) return Effect.succeed(undefined)
          return size === undefined
            ? badRequest(operation, `The server accepts ${index} blocks, and the file has more: state its \`size\`.`)
            : Effect.succeed({ index, bytes, buffer: into })
        })
      })

    /** Reads the next block that is not the last one. */
    const readInner = (buffer: Uint8Array): Effect.Effect<Block | undefined, BadRequest | E, R> =>
      Effect.flatMap(read(buffer), (block) => {
        if (block === undefined) return Effect.succeed(undefined)
        const before = state.held
        state.held = block
        return before === undefined ? readInner(new Uint8Array()) : Effect.succeed(before)
      })

    /** Sends a block until the server has it. A refused number that the server may have is a block that it has. */
    const send = (
      index: number,
      bytes: Uint8Array,
      resends = 0,
      mayExist = false
    ): Effect.Effect<A | undefined, CallError | Restart, TableauSession> =>
      Effect.catchAll(
        append(uploadSessionId, Upload.bytes("file", bytes), { sequenceId: isNumbered ? index + 1 : undefined }),
        (error) => {
          // The server has forgotten the upload.
          if (error._tag === "NotFound") return state.restart(error)
          if (isRefusal(error)) {
            const isRepeated = isNumbered && mayExist && (error._tag === "BadRequest" || error._tag === "Conflict")
            return isRepeated ? Effect.succeed(undefined) : Effect.fail(withoutEffect(error))
          }
          const isUnknown = error.acted !== "no"
          if (isUnknown) {
            state.isUncertain = true
            if (mayStillArrive(error)) state.late = Math.max(index, state.late ?? 0)
            if (!isVerifiable(limits, bytes)) return state.restart(error)
          }
          return Effect.andThen(
            outage.wait(withoutEffect(error), resends),
            send(index, bytes, resends + 1, mayExist || isUnknown)
          )
        }
      )

    const reading = yield* Effect.makeSemaphore(1)
    const reporting = yield* Effect.makeSemaphore(1)
    const report =
      onProgress === undefined
        ? Effect.void
        : reporting.withPermits(1)(Effect.suspend(() => onProgress({ bytes: state.sent, total: file.size })))

    const deliver = ({ bytes, index }: Block): Effect.Effect<void, CallError | Restart, TableauSession> =>
      Effect.flatMap(send(index, bytes), (received) => {
        state.onAcknowledged(index, bytes, received)
        outage.end()
        return !isNumbered && state.isUncertain && !fits(limits.megabyte, state.sent, state.acknowledged)
          ? state.restart()
          : report
      })

    const work = (
      next: (buffer: Uint8Array) => Effect.Effect<Block | undefined, BadRequest | E, R>,
      buffer: Uint8Array
    ): Effect.Effect<void, CallError | Restart | E, TableauSession | R> =>
      Effect.flatMap(reading.withPermits(1)(next(buffer)), (block) =>
        block === undefined ? Effect.void : Effect.andThen(deliver(block), work(next, block.buffer))
      )

    if (isNumbered) {
      // A response to one of several blocks in flight may lack the others, and responses arrive in any order. The last block is
      // sent when all others are acknowledged: its response has the whole, or the server has lost some of it.
      const worker = Effect.suspend(() => work(readInner, new Uint8Array()))
      yield* Effect.all(Array<typeof worker>(concurrency).fill(worker), { concurrency: "unbounded", discard: true })
      if (state.held !== undefined) yield* deliver(state.held)
    } else {
      // `Effect.all` can hang if it is interrupted in the step that starts it: one worker does not need it.
      yield* work(read, new Uint8Array())
    }
    const isRefuted = state.isUncertain
      ? !fits(limits.megabyte, state.sent, state.acknowledged)
      : contradicts(limits, state.sent, state.acknowledged)
    return isRefuted || state.late !== undefined ? yield* state.restart() : state.latest
  }).pipe(Effect.scoped)

const mismatch = ({ acknowledged, sent }: Restart, { replayable }: Upload.File<unknown, unknown>): UploadMismatch =>
  new UploadMismatch({
    operation,
    acted: "no",
    sent,
    acknowledged,
    detail: replayable ? "Each further upload ended in the same way." : "The content of the file cannot be read again."
  })

export const make =
  <A extends FileUpload>(operations: Operations<A>) =>
  <E, R>(
    file: Upload.File<E, R>,
    options: Upload.Options = {}
  ): Effect.Effect<A, CallError | UploadMismatch | E, TableauSession | R> =>
    Effect.gen(function* () {
      const limits = yield* Limits
      const problem = statedSizeProblem(file)
      if (problem !== undefined) return yield* badRequest(operation, problem)
      const requested = yield* readSettings(operation, limits, options)
      const session = yield* Timing.session(operation, options)
      const outage = new Outage(limits)
      const { apiVersion } = yield* session.connection
      // Servers before 3.27 do not know the numbers of blocks.
      const concurrency = ApiVersion.includes(apiVersion, "3.27")
        ? Math.min(requested.concurrency, limits.maxBlocks)
        : 1
      const upload = (restarts: number): Effect.Effect<A, CallError | UploadMismatch | E, TableauSession | R> =>
        Effect.catchAll(
          uploadOnce(operations, file, { ...requested, concurrency }, outage, restarts > 0),
          (failure): Effect.Effect<A, CallError | UploadMismatch | E, TableauSession | R> => {
            if (!(failure instanceof Restart)) return Effect.fail(failure)
            if (!file.replayable || restarts >= limits.maxRestarts) {
              return Effect.fail(failure.cause ?? mismatch(failure, file))
            }
            return Effect.andThen(Effect.sleep(Duration.millis(limits.delay * 2 ** restarts)), upload(restarts + 1))
          }
        )
      return yield* Effect.provideService(upload(0), TableauSession, session)
    }).pipe(Timing.within(operation, options))
