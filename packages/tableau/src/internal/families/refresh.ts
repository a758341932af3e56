/** Refreshes, and how to join one that is queued or runs. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as Filter from "../../Filter.js"
import type { DatasourceId, WorkbookId } from "../../Ids.js"
import * as Jobs from "../../Jobs.js"
import * as Operation from "../../Operation.js"
import * as Response from "../../Response.js"
import * as Sort from "../../Sort.js"
import { type CallError, Conflict, Forbidden } from "../../TableauError.js"
import type { TableauSession } from "../../TableauSession.js"
import { fieldsOf } from "../errors/fields.js"
import { problemOf } from "../jobs/observation.js"
import { type BackgroundJob, Job } from "../models/job.js"
import { sameName } from "./published.js"
import type { Resource } from "./resource.js"

/**
 * How extracts are refreshed.
 *
 * @since 0.1.0
 * @category options
 */
export interface RefreshOptions {
  /**
   * Whether only new rows are added, for extracts that were set up for that. It needs API version 3.28. By default false:
   * extracts are refreshed in full.
   */
  readonly incremental?: boolean | undefined
}

/**
 * Which refresh is searched.
 *
 * @since 0.1.0
 * @category options
 */
export interface FindRefreshOptions {
  /** The name of the content: jobs with this title are read first. */
  readonly name?: string | undefined
  /**
   * The first refresh that was created at this time or later, by the clock of the server, also if it has ended. By default one
   * that is queued or runs.
   */
  readonly since?: DateTime.Utc | undefined
  /** How many refreshes are read at most, of up to 1,000. By default 50. Each is a request. */
  readonly limit?: number | undefined
}

/**
 * The result of a search for a refresh.
 *
 * @since 0.1.0
 * @category models
 */
export interface RefreshSearch {
  /** Absent if no refresh that was read is the one. */
  readonly job: Job | undefined
  /**
   * Whether all refreshes that fit were read. If not, and there is no job, it may be one of the others: there were more than
   * `limit`, or the server does not report one of them, or not what it refreshes, and its title is not another than `name`.
   */
  readonly isComplete: boolean
}

export const refresh = <Id extends string>({ name, path }: Resource<Id>) =>
  Operation.make({
    name: `${name}.refresh`,
    request: `POST /sites/{siteId}/${path}/{id}/refresh` as const,
    since: "2.8",
    scope: "tableau:tasks:run",
    budget: "refreshes",
    input: (id: Id, options: RefreshOptions = {}) =>
      options.incremental === true
        ? { id, xml: { extractRefresh: { incremental: true } }, since: "3.28" }
        : // The body must be there, also for a full refresh.
          { id, xml: {} },
    response: Response.element("job", Job)
  })

/** The content that is refreshed. */
export interface Target {
  /** Absent if the server does not say what it is: then no job is found. */
  readonly id: string | undefined
  /** Jobs with this title are looked at first. */
  readonly name: string | undefined
}

/** How often a refresh is requested at most. */
const attempts = 3

/** The mean pause before the next attempt, in milliseconds. */
const pause = 2000

/** So many refreshes are looked at by default: each takes a request. */
const candidateLimit = 50

const candidateConcurrency = 4

/** So many refreshes of the list are kept, to find those with the title. */
const listLimit = 1000

/** So many jobs of any type are read: a site can have thousands in an hour, and a list that never ends must not be followed. */
const jobLimit = 100_000

const listAdvice =
  "A refresh of this content is queued or runs. To find its job this user must be allowed to list the jobs of the site, as administrators are: ask for that permission, or use the refresh without joining and let the other one end."

const conflictAdvice =
  "A refresh of this content is queued or runs, and its job is not in the list of jobs: try again when it has ended."

const isQueued = (error: CallError): error is Conflict => error._tag === "Conflict" && error.code === "409093"

/** Names of job types: `refresh_extracts`, `increment_extracts` and those of Tableau Bridge. */
const isRefresh = ({ jobType = "" }: BackgroundJob): boolean => /refresh_extract|increment_extract/i.test(jobType)

interface Listed {
  readonly jobs: ReadonlyArray<BackgroundJob>
  readonly isComplete: boolean
}

/** The refresh jobs that fit. */
const listed = (
  filter: NonNullable<Jobs.ListOptions["filter"]>,
  sort: NonNullable<Jobs.ListOptions["sort"]> = [Sort.desc("createdAt")]
): Effect.Effect<Listed, CallError, TableauSession> =>
  Effect.gen(function* () {
    const { items } = yield* Jobs.list({ filter, sort, fields: ["createdAt", "jobType", "title"], pageSize: 1000 })
    let read = 0
    const refreshes = Stream.take(items, jobLimit + 1).pipe(
      Stream.filter((job) => {
        read += 1
        return isRefresh(job)
      }),
      Stream.take(listLimit + 1)
    )
    const jobs = [...(yield* Stream.runCollect(refreshes))]
    return { jobs: jobs.slice(0, listLimit), isComplete: jobs.length <= listLimit && read <= jobLimit }
  }).pipe(
    // Its filters can be sent, and it is not strict.
    Effect.catchTags({ UnfilterableValue: Effect.die, ListIncomplete: Effect.die }),
    Effect.catchTag("Forbidden", (error) => new Forbidden({ ...fieldsOf(error), hint: listAdvice }))
  )

/** What a job refreshes, if the server reports both. */
const contentIdOf = (job: Job | undefined): string | undefined => {
  const { datasource, view, workbook } = job?.extractRefreshJob ?? {}
  return workbook?.id ?? datasource?.id ?? view?.id
}

/** Undefined if the server does not report the job. */
const reported = (id: Jobs.BackgroundJob["id"]): Effect.Effect<Job | undefined, CallError, TableauSession> =>
  Jobs.get(id).pipe(
    Effect.tap((job) => problemOf("Jobs.get", job, [id]) ?? Effect.void),
    Effect.catchTags({
      NotFound: () => Effect.succeed(undefined),
      BadRequest: (error) => (error.code === "400031" ? Effect.succeed(undefined) : error)
    })
  )

const createdOf = ({ createdAt }: BackgroundJob): number => createdAt?.epochMillis ?? 0

/** Refresh jobs that are queued or run, newest first. */
const unfinished = Effect.gen(function* () {
  // In this order a job that starts meanwhile is in both lists, and not in neither.
  const pending = yield* listed([Filter.eq("status", "Pending")])
  const running = yield* listed([Filter.eq("status", "InProgress")])
  const jobs = new Map([...pending.jobs, ...running.jobs].map((job) => [job.id, job]))
  return {
    jobs: [...jobs.values()].sort((a, b) => createdOf(b) - createdOf(a)),
    isComplete: pending.isComplete && running.isComplete
  }
})

/**
 * The job that refreshes the content, if the list has it: one that is queued or runs, or the first one that was created since
 * then, whatever its state.
 */
const findJob = (
  { id, name }: Target,
  { limit = candidateLimit, since }: Omit<FindRefreshOptions, "name"> = {}
): Effect.Effect<RefreshSearch, CallError, TableauSession> =>
  Effect.gen(function* () {
    if (id === undefined) return { job: undefined, isComplete: false }
    const { isComplete, jobs } =
      since === undefined ? yield* unfinished : yield* listed([Filter.gte("createdAt", since)], [Sort.asc("createdAt")])
    const hasTitle = ({ title }: BackgroundJob): boolean => sameName(title, name)
    const candidates = [...jobs.filter(hasTitle), ...jobs.filter((job) => !hasTitle(job))]
    const isWanted = ({ completedAt }: Job): boolean => since !== undefined || completedAt === undefined
    /** Of another content, by the only thing that is known of the job. */
    const isOther = ({ title }: BackgroundJob): boolean =>
      title !== undefined && name !== undefined && !sameName(title, name)
    const read = candidates.slice(0, limit)
    let isRead = isComplete && candidates.length <= limit
    for (let index = 0; index < read.length; index += candidateConcurrency) {
      const batch = read.slice(index, index + candidateConcurrency)
      const jobs = yield* Effect.forEach(batch, ({ id }) => reported(id), { concurrency: "unbounded" })
      const job = jobs.find(
        (one) => one !== undefined && isWanted(one) && contentIdOf(one)?.toLowerCase() === id.toLowerCase()
      )
      if (job !== undefined) return { job, isComplete: isRead }
      isRead &&= batch.every((one, at) => isOther(one) || contentIdOf(jobs[at]) !== undefined)
    }
    return { job: undefined, isComplete: isRead }
  })

/**
 * Requests a refresh. If one is queued or runs, returns its job. The server does not say which it is: the lists of jobs
 * do. Only 409093 is tried again, so that no refresh is started twice.
 */
export const join = (
  start: Effect.Effect<Job, CallError, TableauSession>,
  target: Effect.Effect<Target, CallError, TableauSession>
): Effect.Effect<Job, CallError, TableauSession> => {
  const attempt = (number: number): Effect.Effect<Job, CallError, TableauSession> =>
    Effect.catchIf(start, isQueued, (error) =>
      Effect.gen(function* () {
        const { job } = yield* Effect.flatMap(target, (content) => findJob(content))
        if (job !== undefined) return job
        if (number === attempts) return yield* new Conflict({ ...fieldsOf(error), hint: conflictAdvice })
        yield* Effect.sleep(Math.ceil(yield* Random.nextRange(pause / 2, (3 * pause) / 2)))
        return yield* attempt(number + 1)
      })
    )
  return attempt(1)
}

/** `refreshOrJoin` of workbooks and data sources. */
export const refreshOrJoin = <Id extends string>(
  start: ReturnType<typeof refresh<Id>>,
  get: Operation.Operation<[id: Id], Effect.Effect<{ readonly name?: string | undefined }, CallError, TableauSession>>
) =>
  Operation.composite([start, Jobs.list, Jobs.get, get], (id: Id, options?: RefreshOptions) =>
    join(start(id, options), targetOf(id, get(id)))
  )

/** The job of a refresh, if the list has it. */
export const findRefresh = Operation.composite(
  [Jobs.list, Jobs.get],
  (id: WorkbookId | DatasourceId, { name, ...options }: FindRefreshOptions = {}) => findJob({ id, name }, options)
)

/** The content with its name, if the user may see it. */
export const targetOf = (
  id: string,
  content: Effect.Effect<{ readonly name?: string | undefined }, CallError, TableauSession>
): Effect.Effect<Target, CallError, TableauSession> =>
  content.pipe(
    Effect.map(({ name }): Target => ({ id, name })),
    Effect.catchIf(
      ({ _tag }) => _tag === "Forbidden" || _tag === "MissingScope" || _tag === "NotFound",
      () => Effect.succeed({ id, name: undefined })
    )
  )
