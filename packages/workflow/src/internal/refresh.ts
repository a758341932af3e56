/** Refreshes and waits. At most one refresh is started, in whatever activity a process is killed. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  Datasources,
  Extracts,
  type Ids,
  Operation,
  Response,
  TableauError,
  type TableauSession,
  Workbooks
} from "effect-tableau"
import { type OutcomeUnknown, reasonOf, WrongSite } from "./errors.js"
import { ended, JobReference, referenceOf } from "./job.js"
import { activity, here, isAccepted, isDenied, mayPass, mayTryAgain, patiently, type Run, Site } from "./run.js"
import { RefreshError } from "./schemas.js"

/** What is known right before an attempt. */
const Prepared = Schema.Struct({
  attempt: Schema.String,
  /** By the clock of the server. Absent if its responses have no date. */
  at: Schema.optional(Schema.DateTimeUtc),
  name: Schema.optional(Schema.String),
  updatedAt: Schema.optional(Schema.DateTimeUtc)
})

type Prepared = Schema.Schema.Type<typeof Prepared>

const Start = Schema.Union(
  Schema.TaggedStruct("Job", { job: JobReference, start: Schema.Literal("started", "joined") }),
  /** The server certainly has not started a refresh for this attempt. */
  Schema.TaggedStruct("NotStarted", { error: Schema.Union(TableauError.schema, WrongSite) }),
  Schema.TaggedStruct("Unknown", { detail: Schema.String, isAccepted: Schema.Boolean })
)

type Start = Schema.Schema.Type<typeof Start>

const Look = Schema.Struct({ job: Schema.optional(JobReference), isComplete: Schema.Boolean })

/** How many jobs are read before a refresh is requested again: it must be certain that there is none. */
const searchLimit = 1000

const killed = "A process ended after it may have requested the refresh, and before it stored the result."

const listAdvice = "To find the job, the user of the session must be an administrator of the site."

const lookAdvice = "Look at the jobs of the content, and start a workflow with another key if there is none."

/** Content with the time of the response. */
const getWorkbook = Operation.make({
  name: "Workbooks.get",
  request: "GET /sites/{siteId}/workbooks/{id}",
  since: "2.0",
  scope: "tableau:content:read",
  input: (id: Ids.WorkbookId) => ({ id }),
  response: Response.map(Response.element("workbook", Workbooks.Workbook), ({ name, updatedAt }, { date }) => ({
    name,
    updatedAt,
    date
  }))
})

const getDatasource = Operation.make({
  name: "Datasources.get",
  request: "GET /sites/{siteId}/datasources/{id}",
  since: "2.0",
  scope: "tableau:content:read",
  input: (id: Ids.DatasourceId) => ({ id }),
  response: Response.map(Response.element("datasource", Datasources.Datasource), ({ name, updatedAt }, { date }) => ({
    name,
    updatedAt,
    date
  }))
})

/** The content that is refreshed. */
interface Target {
  readonly id: Ids.WorkbookId | Ids.DatasourceId
  readonly get: ReturnType<typeof getWorkbook>
  readonly refresh: ReturnType<typeof Workbooks.refresh>
}

export const workbook = (id: Ids.WorkbookId, incremental: boolean | undefined): Target => ({
  id,
  get: getWorkbook(id),
  refresh: Workbooks.refresh(id, { incremental })
})

export const datasource = (id: Ids.DatasourceId, incremental: boolean | undefined): Target => ({
  id,
  get: getDatasource(id),
  refresh: Datasources.refresh(id, { incremental })
})

/**
 * Prepares an attempt, in an activity of its own right before that of the attempt: so a process that is killed elsewhere leaves
 * no doubt.
 */
const prepare = (run: Run, { get }: Target, site: Site, round: number) =>
  patiently(run, {
    name: `prepare ${round}`,
    success: Prepared,
    error: RefreshError,
    execute: run.onSite(
      Effect.gen(function* () {
        const { date, name, updatedAt } = yield* get
        return { attempt: yield* run.attempts.prepare(), at: date, name, updatedAt }
      }),
      site
    )
  })

const isQueued = (error: TableauError.CallError): boolean => error._tag === "Conflict" && error.code === "409093"

const isLater = (one: DateTime.Utc | undefined, other: DateTime.Utc | undefined): boolean =>
  one !== undefined && other !== undefined && DateTime.greaterThan(one, other)

/** A refresh of this content is queued or runs. A user who may not list jobs, and so cannot join it, waits until it has ended. */
const join = ({ id }: Target, { name }: Prepared, error: TableauError.CallError) => {
  const notStarted: Start = { _tag: "NotStarted", error }
  return Extracts.findRefresh(id, { name }).pipe(
    Effect.map(
      ({ job }): Start => (job === undefined ? notStarted : { _tag: "Job", job: referenceOf(job), start: "joined" })
    ),
    Effect.catchIf(isDenied, () => Effect.succeed(notStarted))
  )
}

const unknown = { _tag: "Unknown" as const, detail: killed, isAccepted: false }

/** Requests the refresh once, and only if it is certain that this attempt has not requested it. */
const request = (run: Run, target: Target, prepared: Prepared, isRerun: boolean) =>
  Effect.gen(function* () {
    const beginning = yield* run.attempts.begin(prepared.attempt)
    if (beginning._tag === "Unknown") return unknown
    if (beginning._tag === "Late") return { _tag: "NotStarted" as const, error: run.late }
    return yield* Effect.matchEffect(run.sendSoon(target.refresh), {
      onSuccess: (job) => Effect.succeed({ _tag: "Job" as const, job: referenceOf(job), start: "started" as const }),
      onFailure: (error): Effect.Effect<Start, TableauError.CallError | OutcomeUnknown, TableauSession> => {
        if (isQueued(error)) return join(target, prepared, error)
        if (isRerun && error._tag === "Conflict") return run.unknown(`${killed} ${error.message}`, lookAdvice)
        if (error.acted !== "no") {
          return Effect.succeed({ _tag: "Unknown" as const, detail: error.message, isAccepted: isAccepted(error) })
        }
        return mayTryAgain(error) ? Effect.succeed({ _tag: "NotStarted" as const, error }) : Effect.fail(error)
      }
    })
  })

/** One attempt. It leaves no doubt if the session cannot be used, or if lists cannot be read to join a refresh that runs. */
const attempt = (run: Run, target: Target, site: Site, prepared: Prepared, round: number, isRerun: boolean) =>
  activity({
    name: `start ${round}`,
    success: Start,
    error: RefreshError,
    execute: run.onSite(request(run, target, prepared, isRerun), site).pipe(
      Effect.catchAll((error) =>
        mayPass(error) ? Effect.succeed({ _tag: "NotStarted" as const, error }) : Effect.fail(error)
      ),
      (first) => run.attempts.once(prepared.attempt, first, unknown),
      Effect.tap((result) => {
        if (result._tag === "NotStarted") return run.waits(reasonOf(result.error))
        if (result._tag === "Unknown") return run.looks(result.detail)
        return result._tag === "Job" ? run.log(`${result.start} job ${result.job.id}`) : Effect.void
      })
    )
  })

/** Looks for the job of an attempt whose outcome is unknown, until lists must have it. */
const look = (run: Run, { id }: Target, site: Site, { at, name }: Prepared, round: number, detail: string) =>
  Effect.gen(function* () {
    if (at === undefined) return yield* run.unknown(`${detail} The responses of the server have no date.`, lookAdvice)
    let waited = 0
    for (let number = 1; ; number++) {
      const isLast = waited >= run.settings.listDelay
      const { isComplete, job } = yield* patiently(run, {
        name: `look ${round}.${number}`,
        success: Look,
        error: RefreshError,
        execute: run.onSite(
          Effect.map(
            Extracts.findRefresh(id, { name, since: at, limit: isLast ? searchLimit : undefined }),
            ({ isComplete, job }) => ({ isComplete, job: job && referenceOf(job) })
          ).pipe(Effect.tap(({ job }) => (job === undefined ? Effect.void : run.log(`found job ${job.id}`)))),
          site
        )
      }).pipe(Effect.catchIf(isDenied, () => run.unknown(detail, listAdvice)))
      if (job !== undefined) return job
      if (isLast && isComplete) return undefined
      if (isLast) {
        const unread =
          "The list has jobs that could not be read: there are too many, or the server does not report them."
        return yield* run.unknown(`${detail} ${unread}`, lookAdvice)
      }
      if (!run.hasTime) return yield* run.unknown(`${detail} No job of it is in the list of jobs.`, lookAdvice)
      const pause = Math.min(run.pace(number - 1), run.settings.listDelay - waited)
      waited += pause
      yield* run.sleep(`look ${round}.${number}, pause`, pause)
    }
  })

/** The job of the refresh, however often a process is killed. */
const start = (run: Run, target: Target, site: Site) =>
  Effect.gen(function* () {
    /** The first attempt whose outcome is unknown: its job may appear later. */
    let doubt: { readonly since: Prepared; readonly detail: string } | undefined
    for (let round = 1; ; round++) {
      const prepared = yield* run.inDoubt(doubt?.detail, lookAdvice, prepare(run, target, site, round))
      if (doubt !== undefined && isLater(prepared.updatedAt, doubt.since.updatedAt)) {
        const change = "No job of it is in the list of jobs, but the content has changed since."
        return yield* run.unknown(`${doubt.detail} ${change}`, lookAdvice)
      }
      const first = attempt(run, target, site, prepared, round, doubt !== undefined)
      const started = yield* run.inDoubt(doubt?.detail, lookAdvice, first)
      if (started._tag === "Job") return started
      if (started._tag === "Unknown") doubt ??= { since: prepared, detail: started.detail }
      if (doubt !== undefined) {
        const detail = started._tag === "Unknown" ? started.detail : `${doubt.detail} ${started.error.message}`
        const job = yield* run.inDoubt(detail, lookAdvice, look(run, target, site, doubt.since, round, detail))
        if (job !== undefined) return { job, start: "found" as const }
        const mayAskAgain = run.hasTime && !(started._tag === "Unknown" && started.isAccepted)
        if (!mayAskAgain) return yield* run.unknown(`${detail} No job of it is in the list of jobs.`, lookAdvice)
      } else if (started._tag === "NotStarted" && !run.hasTime) return yield* Effect.fail(started.error)
      yield* run.sleep(`start ${round}, pause`, run.pace(round - 1))
    }
  })

export const refresh = (run: Run, target: Target) =>
  Effect.gen(function* () {
    const site = yield* patiently(run, { name: "begin", success: Site, error: RefreshError, execute: run.onSite(here) })
    const { job, start: how } = yield* start(run, target, site)
    const { completedAt, createdAt, notes } = yield* ended(run, job, site)
    return { job: job.id, start: how, createdAt: createdAt ?? job.createdAt, completedAt, notes }
  }).pipe((workflow) => run.logged(workflow))
