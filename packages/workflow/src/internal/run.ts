/**
 * One execution of a workflow: its activities, its waits, and what is certain about an attempt.
 *
 * An activity that was executed is not executed again, unless its process ended before the result was stored. Everything else
 * of a workflow runs again after each wait, so it must do the same each time: it decides by results of activities only.
 */
import * as Activity from "@effect/workflow/Activity"
import * as DurableClock from "@effect/workflow/DurableClock"
import type { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { TableauError, TableauSession } from "effect-tableau"
import { type CredentialsUnavailable, OutcomeUnknown, reasonOf, WrongSite } from "./errors.js"
import type { PublicationCredentials, Settings } from "./options.js"

export type Engine = WorkflowEngine | WorkflowInstance

/**
 * For how many milliseconds an attempt can be begun, and then for how many it may send: usually both take some. Another process
 * that has taken over looks for longer than both.
 */
const attemptLimit = 30_000

/** The monotonic clock stands still while a machine is suspended, and the other one can be set. */
interface Time {
  readonly monotonic: number
  readonly wall: number
}

const now: Effect.Effect<Time> = Effect.map(
  Effect.all([Clock.currentTimeNanos, Clock.currentTimeMillis]),
  ([nanos, wall]) => ({ monotonic: Number(nanos / 1_000_000n), wall })
)

const elapsed = (from: Time, to: Time): number => Math.max(to.monotonic - from.monotonic, to.wall - from.wall)

/** Attempts that another process has taken over would stay in memory, with credentials. */
const attemptLifetime = 60 * 60_000

interface Prepared {
  /** In milliseconds. A process that was stopped for long may have been replaced meanwhile. */
  readonly at: Time
  /** They are in no database: another process never sends this attempt. */
  readonly credentials: PublicationCredentials
}

/** What is known of an attempt that is about to be sent. */
type Beginning =
  | { readonly _tag: "First"; readonly credentials: PublicationCredentials }
  /** Nothing has sent it, and it is too late to send it. */
  | { readonly _tag: "Late" }
  | { readonly _tag: "Unknown" }

/**
 * Attempts that this process has prepared and not begun. An attempt that is in the database, and not here, may have been begun
 * by a process that was killed, or by an activity of this process whose result was lost.
 */
export class Attempts {
  private readonly prepared = new Map<string, Prepared>()

  constructor(readonly limit: number) {}

  static make({ listDelay }: Settings): Attempts {
    return new Attempts(Math.max(1000, Math.min(attemptLimit, listDelay / 4)))
  }

  prepare(credentials: PublicationCredentials = {}): Effect.Effect<string> {
    return Effect.map(now, (at) => {
      for (const [attempt, prepared] of this.prepared) {
        // It stays known that nothing has sent it.
        if (elapsed(prepared.at, at) > attemptLifetime) this.prepared.set(attempt, { at: prepared.at, credentials: {} })
      }
      const attempt = globalThis.crypto.randomUUID()
      this.prepared.set(attempt, { at, credentials })
      return attempt
    })
  }

  /**
   * Runs an attempt that this process has prepared. Another one may have been begun by a process that was killed: it is unknown,
   * also if the session cannot be used now.
   */
  once<A, E, R, B>(attempt: string, effect: Effect.Effect<A, E, R>, unknown: B): Effect.Effect<A | B, E, R> {
    const forget = Effect.sync(() => this.prepared.delete(attempt))
    return Effect.suspend(() =>
      this.prepared.has(attempt) ? Effect.ensuring(effect, forget) : Effect.succeed<A | B>(unknown)
    )
  }

  /** An attempt is the first one at most once. */
  begin(attempt: string): Effect.Effect<Beginning> {
    return Effect.map(now, (time): Beginning => {
      const prepared = this.prepared.get(attempt)
      if (prepared === undefined) return { _tag: "Unknown" }
      this.prepared.delete(attempt)
      const isLate = elapsed(prepared.at, time) > this.limit
      return isLate ? { _tag: "Late" } : { _tag: "First", credentials: prepared.credentials }
    })
  }
}

/** The site that a workflow has begun on. */
export const Site = Schema.Struct({ id: Schema.String, server: Schema.String })

export interface Site extends Schema.Schema.Type<typeof Site> {}

/** The case of content URLs does not matter. */
export const isSameSite = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const shown = ({ id, server }: Site): string => `${server}, site ${id}`

/** The site of the session. */
export const here = Effect.gen(function* () {
  const session = yield* TableauSession
  const { site } = yield* session.current
  return { id: site.id, server: session.server }
})

/** In milliseconds, the shorter one after the deadline. */
const patience = { longest: 5 * 60_000, shortest: 5000 }

export class Run {
  /** For how many milliseconds the workflow has waited. The same after each replay. */
  private waited = 0

  constructor(
    readonly workflow: string,
    readonly site: string,
    readonly settings: Settings,
    readonly attempts: Attempts,
    /** What the workflow is about, and its key, for logs. */
    readonly subject: string
  ) {}

  /** Logs a step. In an activity, as everything else runs again after each wait. */
  log(text: string): Effect.Effect<void> {
    return Effect.logInfo(`${this.workflow} of ${this.subject}: ${text}.`)
  }

  /** Logs why a step is repeated after a wait. In an activity, too. */
  waits(reason: string): Effect.Effect<void> {
    return this.hasTime
      ? Effect.logWarning(`${this.workflow} of ${this.subject}: waits, and tries again. ${reason}`)
      : Effect.void
  }

  /** Logs that the outcome of a request is unknown. In an activity, too. */
  looks(detail: string): Effect.Effect<void> {
    return Effect.logWarning(`${this.workflow} of ${this.subject}: looks for what its request may have left. ${detail}`)
  }

  /** Logs how the workflow ends. */
  logged<A, E extends { readonly _tag: string; readonly message: string }, R>(
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> {
    return effect.pipe(
      Effect.tap(() => this.log("has ended")),
      Effect.tapError(({ _tag, message }) => this.log(`has failed with ${_tag}: ${message.replace(/\.$/, "")}`))
    )
  }

  get hasTime(): boolean {
    return this.waited < this.settings.deadline
  }

  get elapsed(): Duration.Duration {
    return Duration.millis(this.waited)
  }

  /** How many milliseconds an activity waits at most for what may never respond. */
  get patience(): number {
    return Math.min(patience.longest, Math.max(patience.shortest, this.settings.deadline - this.waited))
  }

  /** Counts the wait of an activity. It must follow from its result. */
  count(millis: number): void {
    this.waited += millis
  }

  /** The wait before a look of this number. */
  pace(number: number): number {
    const { factor, first, longest } = this.settings
    return Math.min(longest, first * factor ** number)
  }

  /** Waits in the database, at most until the deadline. */
  sleep(name: string, millis: number): Effect.Effect<void, never, Engine> {
    return Effect.suspend(() => {
      const wait = Math.ceil(Math.min(millis, this.settings.deadline - this.waited))
      this.waited += wait
      return DurableClock.sleep({ name, duration: Duration.millis(wait), inMemoryThreshold: Duration.zero })
    })
  }

  unknown(detail: string, advice: string): OutcomeUnknown {
    return new OutcomeUnknown({ workflow: this.workflow, detail, advice })
  }

  /** While it is unknown whether the server has acted, no failure may say that it has not. */
  inDoubt<A, E extends { readonly _tag: string; readonly message: string }, R>(
    detail: string | undefined,
    advice: string,
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | OutcomeUnknown, R> {
    return Effect.mapError(effect, (error) =>
      detail === undefined || error._tag === "OutcomeUnknown"
        ? error
        : this.unknown(`${detail} ${error.message}`, advice)
    )
  }

  /**
   * Sends a request soon or not at all: this process may be stopped, or wait for a budget, while another one takes over. Further
   * attempts are those of the workflow.
   */
  sendSoon<A, E, R>(effect: Effect.Effect<A, E, R>) {
    const { limit } = this.attempts
    return TableauSession.withRetry({ schedule: Schedule.stop, sendWithin: limit })(effect)
  }

  /** The attempt was prepared, and for too long nothing could send it, such as while the database was down. */
  get late(): TableauError.TimedOut {
    return new TableauError.TimedOut({
      operation: this.workflow,
      acted: "no",
      after: this.attempts.limit,
      detail: "The request was not sent within this time after the state of the content had been read."
    })
  }

  /** Runs on the site of the workflow, also if another fiber switches the session, and fails on any other. */
  onSite<A, E, R>(
    effect: Effect.Effect<A, E, R>,
    begunOn?: Site
  ): Effect.Effect<A, E | WrongSite | TableauError.SwitchError, R | TableauSession> {
    const wrong = (expected: string, actual: string) =>
      new WrongSite({ workflow: this.workflow, expected, actual, isStored: true })
    return Effect.gen(this, function* () {
      const session = yield* TableauSession
      const contentUrl = yield* session.contentUrl
      if (!isSameSite(contentUrl, this.site)) return yield* wrong(this.site, contentUrl)
      const bound = session.withSite(contentUrl)
      if (begunOn !== undefined) {
        // Two servers have sites of one name, such as the Default site.
        const site = yield* Effect.provideService(here, TableauSession, bound)
        if (site.id !== begunOn.id) return yield* wrong(shown(begunOn), shown(site))
      }
      return yield* Effect.provideService(effect, TableauSession, bound)
    })
  }
}

/** Whether a request that has failed certainly changed nothing, and may succeed later. */
export const mayTryAgain = (error: TableauError.TableauError): boolean =>
  error.acted === "no" && TableauError.isTransient(error)

/** Whether a workflow waits: a server can come back, and so can a store of secrets, and another process has another session. */
export const mayPass = (error: unknown): error is TableauError.TableauError | WrongSite | CredentialsUnavailable =>
  TableauError.isTableauError(error)
    ? TableauError.isTransient(error)
    : Predicate.isTagged(error, "WrongSite") || Predicate.isTagged(error, "CredentialsUnavailable")

/** Whether the server has accepted a request, and only its response cannot be read. */
export const isAccepted = ({ status = 0 }: TableauError.TableauError): boolean => status >= 200 && status < 300

/** The user may not do this, such as list jobs. */
export const isDenied = (error: { readonly _tag: string }): boolean =>
  error._tag === "Forbidden" || error._tag === "MissingScope"

interface ActivityOptions<A, I, E, EI, R> {
  readonly name: string
  readonly success: Schema.Schema<A, I>
  readonly error: Schema.Schema<E, EI>
  readonly execute: Effect.Effect<A, E, R>
}

/**
 * An activity. Of requests that are in flight together, one that fails interrupts the others: the engine would take that for
 * an interruption of the activity, repeat it, and make a defect of it.
 */
export const activity = <A, I, E, EI, R>(options: ActivityOptions<A, I, E, EI, R>) =>
  Activity.make({ ...options, execute: Effect.catchAll(options.execute, (error) => Effect.fail(error)) })

/**
 * Executes an activity that only reads, or has no effect by itself. While it fails for a reason that can end, it is another activity
 * after a wait, until the deadline. `waited` is for how many milliseconds an activity has waited that failed with this error.
 */
export const patiently = <A, I, E, EI, R>(
  run: Run,
  options: ActivityOptions<A, I, E, EI, R>,
  waited: (error: E) => number = () => 0
) =>
  Effect.gen(function* () {
    const { name } = options
    for (let number = 1; ; number++) {
      const attempt = number === 1 ? name : `${name}, attempt ${number}`
      const execute = Effect.tapError(options.execute, (error) =>
        mayPass(error) ? run.waits(reasonOf(error)) : Effect.void
      )
      const result = yield* Effect.either(activity({ ...options, name: attempt, execute }))
      if (Either.isRight(result)) return result.right
      run.count(waited(result.left))
      if (!mayPass(result.left) || !run.hasTime) return yield* Effect.fail(result.left)
      yield* run.sleep(`${name}, pause ${number}`, run.pace(number - 1))
    }
  })
