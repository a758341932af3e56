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
  TableauSession,
  Workbooks
} from "effect-tableau"
import type { OutcomeUnknown } from "./errors.js"
import { ended, JobReference, referenceOf } from "./job.js"
import { isDenied, mayTryAgain, patiently, type Run } from "./run.js"
import { RefreshError } from "./schemas.js"

/** What a workflow knows before it acts. */
const Begun = Schema.Struct({
  siteId: Schema.String,
  /** By the clock of the server. Absent if its responses have no date. */
  at: Schema.optional(Schema.DateTimeUtc),
  name: Schema.optional(Schema.String),
  updatedAt: Schema.optional(Schema.DateTimeUtc)
})

type Begun = Schema.Schema.Type<typeof Begun>

const Start = Schema.Union(
  Schema.TaggedStruct("Job", { job: JobReference, start: Schema.Literal("started", "joined") }),
  /** The server certainly has not started a refresh for this attempt. */
  Schema.TaggedStruct("NotStarted", { error: TableauError.schema }),
  Schema.TaggedStruct("Unknown", { detail: Schema.String })
)

type Start = Schema.Schema.Type<typeof Start>

const Look = Schema.Struct({ job: Schema.optional(JobReference) })

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

const begin = (run: Run, { get }: Target) =>
  patiently(run, {
    name: "begin",
    success: Begun,
    error: RefreshError,
    execute: run.onSite(
      Effect.gen(function* () {
        const session = yield* TableauSession
        const { date, name, updatedAt } = yield* get
        const { site } = yield* session.current
        return { siteId: site.id, at: date, name, updatedAt }
      })
    )
  })

const isQueued = (error: TableauError.CallError): boolean => error._tag === "Conflict" && error.code === "409093"

const isLater = (one: DateTime.Utc | undefined, other: DateTime.Utc | undefined): boolean =>
  one !== undefined && other !== undefined && DateTime.greaterThan(one, other)

/** A refresh of this content is queued or runs. */
const join = ({ id }: Target, { name }: Begun, error: TableauError.CallError) =>
  Effect.gen(function* () {
    const job = yield* Extracts.findRefresh(id, { name })
    return job === undefined
      ? { _tag: "NotStarted" as const, error }
      : { _tag: "Job" as const, job: referenceOf(job), start: "joined" as const }
  })

/** Requests the refresh once, and only if it is certain that this attempt has not requested it. */
const request = (run: Run, target: Target, begun: Begun, attempt: string, isRerun: boolean) =>
  Effect.gen(function* () {
    if (!(yield* run.attempts.begin(attempt))) return { _tag: "Unknown" as const, detail: killed }
    if (isRerun && isLater((yield* target.get).updatedAt, begun.updatedAt)) {
      const detail = `${killed} No job of it is in the list of jobs, but the content has changed since.`
      return yield* run.unknown(detail, lookAdvice)
    }
    return yield* Effect.matchEffect(target.refresh, {
      onSuccess: (job) => Effect.succeed({ _tag: "Job" as const, job: referenceOf(job), start: "started" as const }),
      onFailure: (error): Effect.Effect<Start, TableauError.CallError | OutcomeUnknown, TableauSession> => {
        if (isQueued(error)) return join(target, begun, error)
        if (isRerun && error._tag === "Conflict") return run.unknown(`${killed} ${error.message}`, lookAdvice)
        if (error.acted !== "no") return Effect.succeed({ _tag: "Unknown" as const, detail: error.message })
        return mayTryAgain(error) ? Effect.succeed({ _tag: "NotStarted" as const, error }) : Effect.fail(error)
      }
    })
  })

/** Looks for the job of an attempt whose outcome is unknown, until lists must have it. */
const look = (run: Run, { id }: Target, { at, name, siteId }: Begun, round: number, detail: string) =>
  Effect.gen(function* () {
    if (at === undefined) return yield* run.unknown(`${detail} The responses of the server have no date.`, lookAdvice)
    let waited = 0
    for (let number = 1; ; number++) {
      const { job } = yield* patiently(run, {
        name: `look ${round}.${number}`,
        success: Look,
        error: RefreshError,
        execute: run.onSite(
          Effect.gen(function* () {
            const found = yield* Extracts.findRefresh(id, { name, since: at })
            return { job: found && referenceOf(found) }
          }),
          siteId
        )
      }).pipe(Effect.catchIf(isDenied, () => run.unknown(detail, listAdvice)))
      if (job !== undefined || waited >= run.settings.listDelay) return job
      if (!run.hasTime) return yield* run.unknown(`${detail} No job of it is in the list of jobs.`, lookAdvice)
      const pause = Math.min(run.pace(number - 1), run.settings.listDelay - waited)
      waited += pause
      yield* run.sleep(`look ${round}.${number}, pause`, pause)
    }
  })

/** The job of the refresh, however often a process is killed. */
const start = (run: Run, target: Target, begun: Begun) =>
  Effect.gen(function* () {
    let isRerun = false
    for (let round = 1; ; round++) {
      const attempt = yield* run.prepare(round)
      const started = yield* patiently(run, {
        name: `start ${round}`,
        success: Start,
        error: RefreshError,
        execute: run.onSite(request(run, target, begun, attempt, isRerun), begun.siteId)
      })
      if (started._tag === "Job") return started
      if (started._tag === "NotStarted" && !isRerun) {
        if (!run.hasTime) return yield* Effect.fail(started.error)
        yield* run.sleep(`start ${round}, pause`, run.pace(round - 1))
        continue
      }
      isRerun = true
      const detail = started._tag === "Unknown" ? started.detail : `${killed} ${started.error.message}`
      const job = yield* look(run, target, begun, round, detail)
      if (job !== undefined) return { job, start: "found" as const }
    }
  })

export const refresh = (run: Run, target: Target) =>
  Effect.gen(function* () {
    const begun = yield* begin(run, target)
    const { job, start: how } = yield* start(run, target, begun)
    const { completedAt, createdAt, notes } = yield* ended(run, job, begun.siteId)
    return { job: job.id, start: how, createdAt: createdAt ?? job.createdAt, completedAt, notes }
  })
