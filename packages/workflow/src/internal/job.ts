/** Waits for a job: each look is an activity, and each wait a row in the database. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Ids, Jobs, TableauError } from "effect-tableau"
import { JobNotFollowed, reasonOf, WrongSite } from "./errors.js"
import { activity, mayPass, type Run, type Site } from "./run.js"

/** What identifies a job: the list of jobs is searched by its creation. */
export const JobReference = Schema.Struct({ id: Ids.JobId, createdAt: Schema.optional(Schema.DateTimeUtc) })

export interface JobReference extends Schema.Schema.Type<typeof JobReference> {}

export const referenceOf = ({ createdAt, id }: JobReference): JobReference => ({ id, createdAt })

/** Why a job cannot be followed. */
export const FollowError = Schema.Union(TableauError.schema, WrongSite)

export type FollowError = Schema.Schema.Type<typeof FollowError>

/** After the start of a job a failure has the job: by itself it would say that nothing was sent. */
export const notFollowed =
  (run: Run, { id }: JobReference) =>
  (error: FollowError) =>
    new JobNotFollowed({ workflow: run.workflow, job: id, error })

const isJobError = Schema.is(Jobs.JobError)

const State = Schema.Union(
  Schema.TaggedStruct("Ended", {
    createdAt: Schema.optional(Schema.DateTimeUtc),
    completedAt: Schema.optional(Schema.DateTimeUtc),
    notes: Schema.Array(Schema.String)
  }),
  Schema.TaggedStruct("Running", { lastError: Schema.optional(Schema.String) }),
  /** The server does not know the job: a new one may not be in its database yet. */
  Schema.TaggedStruct("Missing", { error: TableauError.schema })
)

type State = Schema.Schema.Type<typeof State>

/**
 * So many looks in a row may not find the job, and for so long as lists may lag. `Jobs.await` has the same number, and each poll
 * is an await of its own.
 */
const missingLimit = 3

/** As `Jobs.await` sees it. */
const isMissing = (error: TableauError.TableauError): boolean =>
  error._tag === "NotFound" || (error._tag === "BadRequest" && error.code === "400031")

/** Of an await that could not poll: why. */
const notPolled = ({ id }: JobReference, lastError: string) =>
  Effect.match(Jobs.get(id), {
    onFailure: (error): State => (isMissing(error) ? { _tag: "Missing", error } : { _tag: "Running", lastError }),
    onSuccess: (): State => ({ _tag: "Running" })
  })

/** One poll. `Jobs.await` knows what ends a job, and which failures may pass. */
const poll = (job: JobReference) =>
  Jobs.await(job, { schedule: Schedule.stop }).pipe(
    Effect.map(
      (ended): State => ({
        _tag: "Ended",
        createdAt: ended.createdAt,
        completedAt: ended.completedAt,
        notes: Jobs.notes(ended)
      })
    ),
    Effect.catchTag("JobTimedOut", ({ lastError }) =>
      lastError === undefined ? Effect.succeed<State>({ _tag: "Running" }) : notPolled(job, lastError)
    )
  )

/** Waits until a job has ended. Fails if it ends without success, or at the deadline. */
export const ended = (run: Run, job: JobReference, site: Site) =>
  Effect.gen(function* () {
    let missed = 0
    let foundAt = Duration.toMillis(run.elapsed)
    for (let number = 0; ; number++) {
      yield* run.sleep(`job, pause ${number + 1}`, run.pace(number))
      const state = yield* activity({
        name: `job ${number + 1}`,
        success: State,
        error: Schema.Union(FollowError, Jobs.JobError),
        // The session may fail before the poll, such as for the store that it is shared by.
        execute: run.onSite(poll(job), site).pipe(
          Effect.catchAll((error) =>
            mayPass(error) ? Effect.succeed<State>({ _tag: "Running", lastError: reasonOf(error) }) : Effect.fail(error)
          ),
          Effect.tap((state) =>
            state._tag === "Running" && state.lastError !== undefined ? run.waits(state.lastError) : Effect.void
          )
        )
      }).pipe(Effect.mapError((error) => (isJobError(error) ? error : notFollowed(run, job)(error))))
      if (state._tag === "Ended") return state
      const now = Duration.toMillis(run.elapsed)
      if (state._tag === "Missing") {
        missed += 1
        const isGone = missed >= missingLimit && now - foundAt > run.settings.listDelay
        if (isGone) return yield* notFollowed(run, job)(state.error)
      } else {
        missed = 0
        foundAt = now
      }
      if (!run.hasTime) {
        const lastError = state._tag === "Missing" ? state.error.message : state.lastError
        return yield* new Jobs.JobTimedOut({
          operation: run.workflow,
          acted: "yes",
          job,
          after: run.elapsed,
          lastError
        })
      }
    }
  })
