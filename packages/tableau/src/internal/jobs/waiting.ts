/** Waits for jobs: polls them until they end, through all failures that may pass. */
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { JobId } from "../../Ids.js"
import { BadRequest, type CallError, Forbidden, isTransient } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import { elapsed } from "../clock.js"
import { fieldsOf } from "../errors/fields.js"
import { withoutSecrets } from "../http/serverText.js"
import type { BackgroundJob, Job } from "../models/job.js"
import { readDuration } from "../session/options.js"
import { bound, onOneSite } from "../upload/timing.js"
import { JobCancelled, type JobError, JobFailed, JobTimedOut } from "./errors.js"
import * as Observation from "./observation.js"

/**
 * How a job is awaited.
 *
 * @since 0.1.0
 * @category options
 */
export interface AwaitOptions {
  /**
   * When to poll again. By default after half a second, and then after growing intervals up to 25 seconds, with jitter.
   * Tableau Cloud allows 20,000 polls of a site in a day. If the schedule ends before the job, the wait fails with
   * `JobTimedOut`.
   */
  readonly schedule?: Schedule.Schedule<unknown, Job> | undefined
  /** How long to wait. A last poll is sent when it has passed. By default 1 day. */
  readonly deadline?: Duration.DurationInput | undefined
  /** What an interruption does to the job: it leaves it running, or cancels it within 10 seconds. By default `"leave"`. */
  readonly onInterrupt?: "leave" | "cancel" | undefined
}

/**
 * What identifies a job: its id, or the job itself. Prefer the job where there is one: some servers cannot report a job
 * by its first id, and the job has the second one.
 *
 * @since 0.1.0
 * @category models
 */
export type JobLike =
  | JobId
  | (Pick<Job, "id"> & Partial<Pick<Job, "createdAt" | "extractCreationJob" | "thumbnailsRefreshJob">>)

/** The id by which servers know the job: the second one, if it has one. */
export const idOf = (job: JobLike): JobId =>
  typeof job === "string" ? job : (job.extractCreationJob?.jobLuid ?? job.thumbnailsRefreshJob?.jobLuid ?? job.id)

/** What the engine needs of the operations of jobs. */
export interface Operations {
  readonly get: (id: JobId) => Effect.Effect<Observation.Observation, CallError, TableauSession>
  /** Finds a job in the list. `createdAt` is that of the job, if it is known. */
  readonly find: (
    ids: ReadonlyArray<JobId>,
    createdAt: DateTime.Utc | undefined
  ) => Effect.Effect<BackgroundJob | undefined, CallError, TableauSession>
  readonly cancel: (id: JobId) => Effect.Effect<void, CallError, TableauSession>
}

const operation = "Jobs.await"

/**
 * Intervals grow by 1.4 up to 25 seconds, with jitter: the end of a job is noticed late by at most about half of its
 * duration, and never by more than 30 seconds.
 */
export const defaultSchedule: Schedule.Schedule<unknown, Job> = Schedule.exponential("500 millis", 1.4).pipe(
  Schedule.union(Schedule.spaced("25 seconds")),
  Schedule.jittered
)

const defaultDeadline = Duration.days(1)

/** The time that the last poll has after the deadline, in milliseconds. */
const lastPollLimit = 5000

const cancelTimeout = Duration.seconds(10)

/** So many polls in a row may find a job nowhere: a new one may not be in the database yet. */
const missingLimit = 3

/** The server does not find a job by this id. Old servers send 400031 for jobs that they cannot report. */
const isUnknownId = (error: CallError): boolean =>
  error._tag === "NotFound" || (error._tag === "BadRequest" && error.code === "400031")

const listAdvice =
  "The server cannot report this job by its id, and this user may not list jobs, where it could be found: ask an administrator of the site for that permission, or let an administrator await the job."

/** The user may not list jobs. */
const isDenied = (error: CallError): boolean => error._tag === "Forbidden" || error._tag === "MissingScope"

/** Why nothing was found. */
const missing = (error: CallError): CallError =>
  error._tag === "BadRequest"
    ? new BadRequest({ ...fieldsOf(error), hint: "There is no such job, also not in the list of jobs." })
    : error

const notListed = (error: CallError): CallError =>
  error._tag === "Forbidden" ? new Forbidden({ ...fieldsOf(error), hint: listAdvice }) : error

/** Finds out the state of a job. It remembers where it has found it. */
const observer = (operations: Operations, target: JobLike) => {
  const given: Exclude<JobLike, JobId> = typeof target === "string" ? { id: target } : target
  const inside = idOf(given)
  let ids: readonly [JobId, ...Array<JobId>] = inside === given.id ? [given.id] : [inside, given.id]
  const known = ids
  let { createdAt } = given
  let isListed = false

  const find = Effect.suspend(() => Effect.mapError(operations.find(ids, createdAt), notListed)).pipe(
    Effect.map((found) => {
      if (found === undefined) return undefined
      ids = [found.id]
      createdAt ??= found.createdAt
      isListed = true
      return found
    })
  )

  const get = (id: JobId, ...others: ReadonlyArray<JobId>): ReturnType<Operations["get"]> =>
    Effect.matchEffect(operations.get(id), {
      onFailure: (error) => {
        const [next, ...more] = others
        return next !== undefined && isUnknownId(error) ? get(next, ...more) : Effect.fail(error)
      },
      onSuccess: (observation) => {
        const problem = Observation.problemOf("Jobs.get", observation.job, known)
        if (problem !== undefined) return Effect.fail(problem)
        ids = [id]
        return Effect.succeed(observation)
      }
    })

  /** Without a known finish code the list says how a job has ended, if the user may list jobs. */
  const withOutcome = (observation: Observation.Observation) =>
    observation.outcome === "unknown"
      ? find.pipe(
          Effect.catchIf(isDenied, () => Effect.succeed(undefined)),
          Effect.map(
            (found): Observation.Observation =>
              found === undefined ? observation : { ...observation, outcome: Observation.outcomeOfStatus(found.status) }
          )
        )
      : Effect.succeed(observation)

  const current = Effect.gen(function* () {
    if (isListed) {
      const listed = yield* find
      if (listed !== undefined) return Observation.fromList(listed, withoutSecrets)
    }
    const observation = yield* Effect.either(get(...ids))
    if (Either.isRight(observation)) return yield* withOutcome(observation.right)
    const error = observation.left
    if (!isUnknownId(error)) return yield* error
    // Without the list a 404 means what it says; 400031 may concern a job that runs.
    const found = yield* error._tag === "NotFound"
      ? Effect.catchIf(find, isDenied, () => Effect.succeed(undefined))
      : find
    return found === undefined ? yield* missing(error) : Observation.fromList(found, withoutSecrets)
  })

  return { current, given, id: () => ids[0] }
}

/** Clocks count in milliseconds, and the clock of tests takes only whole ones. */
const wholeMillis = (duration: Duration.Duration): number => Math.ceil(Duration.toMillis(duration))

/** Polls a job once each time that it runs, after the wait that is due. Fails when the job ends without success. */
const poller = (operations: Operations, target: JobLike, options: AwaitOptions) =>
  Effect.gen(function* () {
    const deadline = yield* readDuration(operation, "deadline", options.deadline ?? defaultDeadline)
    const clock = yield* Effect.clock
    const now = () => elapsed(clock)
    const start = now()
    const end = start + wholeMillis(deadline)
    const schedule = yield* Schedule.driver(
      Schedule.modifyDelay(options.schedule ?? defaultSchedule, (_, delay) => Duration.millis(wholeMillis(delay)))
    )
    const { current, given, id } = observer(operations, target)

    let last: Observation.Observation = Observation.fromJob({ id: given.id }, withoutSecrets)
    let lastError: CallError | undefined
    let isFirst = true
    let isLast = false
    let hasSignedIn = false
    let missed = 0
    let pausedUntil = Number.NEGATIVE_INFINITY

    const timedOut = () =>
      new JobTimedOut({
        operation,
        acted: "yes",
        job: last.shown,
        after: Duration.millis(now() - start),
        lastError: lastError?.message
      })

    /** Sleeps until the next poll. Returns false if there is none, because the schedule has ended. */
    const wait = Effect.gen(function* () {
      if (isFirst) return true
      if (isLast) return false
      const due = schedule
        .next(last.job)
        .pipe(
          Effect.andThen(Effect.suspend(() => Effect.sleep(Duration.millis(Math.max(0, pausedUntil - now()))))),
          Effect.match({ onFailure: () => false, onSuccess: () => true })
        )
      return yield* Effect.timeoutTo(due, {
        duration: Duration.millis(Math.max(0, end - now())),
        onSuccess: (isDue) => isDue,
        onTimeout: () => {
          isLast = true
          return true
        }
      })
    })

    const observe = Effect.suspend(() =>
      Effect.timeoutFail(current, {
        duration: Duration.millis(Math.max(lastPollLimit, end - now())),
        onTimeout: timedOut
      })
    )

    /** Fails if the next poll cannot succeed either. */
    const failed = (error: CallError | JobTimedOut) => {
      if (error._tag === "JobTimedOut") return Effect.fail(error)
      lastError = error
      // The first call of a lazy session opens it: an error of that has another operation.
      hasSignedIn ||= error.operation.startsWith("Jobs.")
      missed = isUnknownId(error) ? missed + 1 : 0
      if (error._tag === "RateLimited") pausedUntil = now() + wholeMillis(error.retryAfter ?? Duration.zero)
      // Gateways in front of a server that restarts send what they like: pages and redirects are transient failures, too.
      const mayPass = isTransient(error, { isAddressKnown: hasSignedIn }) || (missed > 0 && missed < missingLimit)
      return mayPass ? Effect.void : Effect.fail(error)
    }

    const poll: Effect.Effect<Observation.Observation, CallError | JobTimedOut, TableauSession> = Effect.gen(
      function* () {
        while (true) {
          if (!(yield* wait)) return yield* timedOut()
          isFirst = false
          const observation = yield* Effect.either(observe)
          if (Either.isRight(observation)) {
            hasSignedIn = true
            missed = 0
            lastError = undefined
            last = observation.right
            return last
          }
          yield* failed(observation.left)
        }
      }
    )

    return { poll, id }
  })

/** The error of a job that has ended without success. */
const errorOf = ({ outcome, shown }: Observation.Observation): JobError | undefined => {
  if (outcome === "running" || outcome === "succeeded") return undefined
  const notes = Observation.notesOf(shown)
  const fields = { operation, acted: "yes" as const, job: shown, notes }
  if (outcome === "cancelled") return new JobCancelled(fields)
  return outcome === "failed"
    ? new JobFailed(fields)
    : new JobFailed({ ...fields, detail: "The job has ended, and the server does not say how." })
}

/**
 * Cancels a job after an interruption. The fiber has been interrupted, so that another one sends the request, and it never
 * fails: the interruption is the result.
 */
const cancelling = (cancel: Effect.Effect<void, CallError, TableauSession>, id: JobId) =>
  cancel.pipe(
    Effect.timeout(cancelTimeout),
    Effect.catchAllCause((cause) => Effect.logWarning(`${operation}: job ${id} could not be cancelled`, cause)),
    Effect.interruptible,
    Effect.forkDaemon,
    Effect.flatMap(Fiber.await),
    Effect.asVoid
  )

/** The functions of `Jobs` that wait. */
export const make = (operations: Operations) => {
  /** The states of a job, one for each poll, until it has ended. */
  const watch = (job: JobLike, options: AwaitOptions = {}): Stream.Stream<Job, CallError | JobError, TableauSession> =>
    Stream.unwrapScoped(
      Effect.gen(function* () {
        const { id, poll } = yield* poller(operations, job, options)
        if (options.onInterrupt === "cancel") {
          yield* Effect.addFinalizer((exit) =>
            Exit.isInterrupted(exit) ? cancelling(operations.cancel(id()), id()) : Effect.void
          )
        }
        const states = Stream.repeatEffect(poll).pipe(Stream.takeUntil(({ outcome }) => outcome !== "running"))
        return Stream.flatMap(states, (observation) => {
          const error = errorOf(observation)
          const state = Stream.make(observation.job)
          return error === undefined ? state : Stream.concat(state, Stream.fail(error))
        })
      })
    ).pipe(Stream.provideServiceEffect(TableauSession, bound))

  const await_ = (job: JobLike, options: AwaitOptions = {}): Effect.Effect<Job, CallError | JobError, TableauSession> =>
    Effect.gen(function* () {
      const { id, poll } = yield* poller(operations, job, options)
      const ended = Effect.repeat(poll, { while: ({ outcome }) => outcome === "running" })
      const observation = yield* options.onInterrupt === "cancel"
        ? Effect.onInterrupt(ended, () => cancelling(operations.cancel(id()), id()))
        : ended
      const error = errorOf(observation)
      return error === undefined ? observation.job : yield* error
    }).pipe(onOneSite)

  return { await: await_, watch }
}
