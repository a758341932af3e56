/**
 * Jobs: work that the server does in the background, for example to refresh an extract.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Filter from "./Filter.js"
import type { JobId } from "./Ids.js"
import { fromJob, notesOf } from "./internal/jobs/observation.js"
import * as Waiting from "./internal/jobs/waiting.js"
import { BackgroundJob, Job } from "./internal/models/job.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Operation from "./Operation.js"
import type * as Query from "./Query.js"
import * as Response from "./Response.js"
import * as Sort from "./Sort.js"

export { JobCancelled, JobError, JobFailed, JobTimedOut } from "./internal/jobs/errors.js"
export type { AwaitOptions, JobLike } from "./internal/jobs/waiting.js"
export { BackgroundJob, Job } from "./internal/models/job.js"

const filterFields = {
  args: Fields.searchable<BackgroundJob>(),
  completedAt: Fields.date<BackgroundJob>(({ endedAt }) => endedAt, { requestName: "endedAt" }),
  createdAt: Fields.date<BackgroundJob>(({ createdAt }) => createdAt),
  jobType: Fields.identifier<BackgroundJob>(({ jobType }) => jobType),
  notes: Fields.searchable<BackgroundJob>(),
  priority: Fields.number<BackgroundJob>(({ priority }) => priority),
  progress: Fields.number<BackgroundJob>(),
  startedAt: Fields.date<BackgroundJob>(({ startedAt }) => startedAt),
  status: Fields.identifier<BackgroundJob>(({ status }) => status),
  subtitle: Fields.searchable<BackgroundJob>(({ subtitle }) => subtitle, { onlyIfRequested: true }),
  title: Fields.searchable<BackgroundJob>(({ title }) => title, { onlyIfRequested: true })
}

/**
 * How to list jobs.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions extends Query.ListOptions<typeof filterFields, Query.SelectableField<BackgroundJob>> {}

/**
 * Lists the jobs of the site. For administrators.
 *
 * @example
 * ```ts
 * import { Filter, Jobs } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const failed = Effect.gen(function* () {
 *   const { items } = yield* Jobs.list({ filter: [Filter.eq("status", "Failed")] })
 *   return yield* Stream.runCollect(items)
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_jobs
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Jobs.list",
  request: "GET /sites/{siteId}/jobs",
  since: "3.1",
  scope: "tableau:jobs:read",
  input: (options?: ListOptions) => ({ options }),
  response: Response.page("backgroundJobs", "backgroundJob", BackgroundJob, {
    fields: filterFields,
    order: "createdAt:asc"
  })
})

/**
 * The jobs of the site, as a stream. For administrators.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Returns one job: its progress, and how it ended.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_job
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Jobs.get",
  request: "GET /sites/{siteId}/jobs/{jobId}",
  since: "2.0",
  scope: "tableau:jobs:read",
  budget: "jobPolls",
  input: (jobId: JobId) => ({ jobId }),
  response: Response.element("job", Job)
})

/**
 * What the server says about the result of a job: why it failed, or results in figures. Empty if it says nothing.
 *
 * @since 0.1.0
 * @category getters
 */
export const notes = (job: Job): ReadonlyArray<string> => notesOf(job)

/**
 * Asks the server to cancel a job: `Jobs.await` says whether it did. Refreshes, flow runs, subscriptions and thumbnails can
 * be cancelled. Fails with `Forbidden` when the job has ended, or when jobs of its type cannot be cancelled.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#cancel_job
 * @since 0.1.0
 * @category operations
 */
export const cancel = Operation.make({
  name: "Jobs.cancel",
  request: "PUT /sites/{siteId}/jobs/{jobId}",
  since: "3.1",
  scope: "tableau:jobs:update",
  input: (job: Waiting.JobLike) => ({ jobId: Waiting.idOf(job) }),
  response: Response.empty
})

/** One poll: the job, and the same job fit for errors. */
const poll = Operation.make({
  name: "Jobs.get",
  request: "GET /sites/{siteId}/jobs/{jobId}",
  since: "2.0",
  scope: "tableau:jobs:read",
  budget: "jobPolls",
  input: (jobId: JobId) => ({ jobId }),
  response: Response.map(Response.element("job", Job), (job, { sanitize }) => fromJob(job, sanitize))
})

/** A job is searched among so many of the list. */
const searchLimit = 1000

const find = (ids: ReadonlyArray<JobId>, createdAt: DateTime.Utc | undefined) =>
  list(
    createdAt === undefined
      ? { sort: [Sort.desc("createdAt")], pageSize: searchLimit }
      : { filter: [Filter.gte("createdAt", createdAt)], sort: [Sort.asc("createdAt")] }
  ).pipe(
    Effect.flatMap(({ items }) =>
      Stream.runHead(Stream.filter(Stream.take(items, searchLimit), ({ id }) => ids.includes(id)))
    ),
    Effect.map(Option.getOrUndefined),
    // Its filters can be sent, and it is not strict.
    Effect.catchTags({ UnfilterableValue: Effect.die, ListIncomplete: Effect.die })
  )

const waiting = Waiting.make({ get: poll, find, cancel })

/**
 * The states of a job as a stream: one for each poll, until the job has ended. The last one is the job that has ended. After
 * that the stream ends, or fails with `JobFailed` or `JobCancelled`. It fails with `JobTimedOut` at the deadline, and survives
 * what `await` survives, on the site where it begins. Only an interruption cancels the job with `onInterrupt: "cancel"`; a consumer that stops reading
 * leaves it.
 *
 * @example
 * ```ts
 * import { type Ids, Jobs } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * const show = (jobId: Ids.JobId) =>
 *   Jobs.watch(jobId, { deadline: "2 hours" }).pipe(
 *     Stream.runForEach(({ progress = 0 }) => Console.log(`${progress} %`))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const watch = Operation.composite([get, list, cancel], (job: Waiting.JobLike, options?: Waiting.AwaitOptions) =>
  waiting.watch(job, options)
)

const await_ = Operation.composite([get, list, cancel], (job: Waiting.JobLike, options?: Waiting.AwaitOptions) =>
  waiting.await(job, options)
)

export {
  /**
   * Waits until a job has ended, and returns it. Fails with `JobFailed` or `JobCancelled` when it ends without success, and
   * with `JobTimedOut` when it has not ended at the deadline.
   *
   * Transient failures do not end the wait: a server that is overloaded or restarts, lost connections, expired sessions. An
   * error that the next poll cannot change, such as `Forbidden`, fails at once. A job that the server cannot report by its
   * id is searched in the list of jobs, which takes an administrator. The wait stays on the site where it began, also if
   * another fiber switches the session.
   *
   * @example
   * ```ts
   * import { type Ids, Jobs, Workbooks } from "effect-tableau"
   * import * as Effect from "effect/Effect"
   *
   * const refresh = (workbookId: Ids.WorkbookId) =>
   *   Effect.gen(function* () {
   *     const job = yield* Workbooks.refresh(workbookId)
   *     return yield* Jobs.await(job, { deadline: "2 hours", onInterrupt: "cancel" })
   *   })
   * ```
   *
   * @since 0.1.0
   * @category combinators
   */
  await_ as await
}
