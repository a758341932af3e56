import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Job, JobContent, JobType } from "../content/model.js"
import type { Site } from "../content/world.js"
import * as Dates from "../protocol/dates.js"
import type { ErrorResponse } from "../protocol/errorResponse.js"

/** Work that a handler leaves to a job. */
export interface Work {
  readonly type: JobType
  /** The name of the type in the list of jobs, such as `refresh_extracts`. */
  readonly jobType: string
  readonly title: string
  readonly subtitle?: string | undefined
  readonly content?: JobContent | undefined
  /** The user that the job belongs to. */
  readonly startedBy: string
  readonly incremental?: boolean | undefined
  readonly connectionId?: string | undefined
  readonly requestId?: string | undefined
  /** Whether Tableau Bridge does the work. */
  readonly bridge?: boolean | undefined
  /** What the job does when it succeeds, with the date at which it ends. A failure ends the job as failed. */
  readonly onSuccess?: ((endedAt: string) => Effect.Effect<void, ErrorResponse>) | undefined
}

/** How the next jobs that match run and end. */
interface Plan {
  readonly type?: JobType | undefined
  readonly title?: string | undefined
  readonly times?: number | undefined
  readonly wait?: Duration.DurationInput | undefined
  readonly run?: Duration.DurationInput | undefined
  readonly end?: "Success" | "Failed" | "Cancelled" | undefined
  readonly notes?: string | undefined
  readonly bridge?: boolean | undefined
}

/** Whether the job of a new extract is found by its id, by the id inside it only, or in the list only. */
export type ExtractJobs = "readable" | "innerOnly" | "listOnly"

export interface Jobs {
  readonly extractJobs: ExtractJobs
  /** Starts a job on a site. */
  readonly start: (site: Site, work: Work) => Effect.Effect<Job>
  /** Brings all jobs to their state at the present time, and does the work of those that have ended. */
  readonly settle: Effect.Effect<void>
  /** Starts a job, unless one of the same type works, or waits to work, on the same item. */
  readonly startAlone: (site: Site, work: Work) => Effect.Effect<Option.Option<Job>>
  /** Ends a job before its time. */
  readonly cancel: (site: Site, job: Job) => Effect.Effect<void>
  readonly plan: (plan: Plan) => Effect.Effect<void>
}

interface Running {
  readonly site: Site
  readonly id: string
  readonly work: Work
  readonly startsAt: number
  readonly endsAt: number
  readonly end: "Success" | "Failed" | "Cancelled"
  readonly notes: string | undefined
  readonly bridge: boolean
}

/** A finish code of Tableau's: 0 is success, except for Bridge, where 0 means that a client has the job. */
const finishCodes = { Success: 0, Failed: 1, Cancelled: 2 } as const
const completedByBridge = 3

/** New jobs of these types have a finish code of 1 and a progress, which others get when they end. */
const reportsFromStart = (type: JobType): boolean => type === "PublishWorkbook" || type === "PublishDatasource"

const stateAt = (job: Job, { bridge, endsAt, startsAt, work }: Running, now: number): Job => {
  if (now < startsAt) return job
  return {
    ...job,
    status: "InProgress",
    startedAt: Dates.write(startsAt),
    progress: Math.min(99, Math.floor((100 * (now - startsAt)) / Math.max(1, endsAt - startsAt))),
    finishCode: bridge ? 0 : reportsFromStart(work.type) ? 1 : undefined
  }
}

const changed = (left: Job, right: Job): boolean => left.status !== right.status || left.progress !== right.progress

export const make = (options: {
  readonly wait: Duration.Duration
  readonly run: Duration.Duration
  readonly extractJobs: ExtractJobs
}): Jobs => {
  const running = new Map<string, Running>()
  const plans: Array<Plan & { remaining: number }> = []
  const lock = Effect.unsafeMakeSemaphore(1)

  const take = (work: Work): Plan => {
    const plan = plans.find(
      ({ remaining, title, type }) =>
        remaining > 0 && (type ?? work.type) === work.type && (title ?? work.title) === work.title
    )
    if (plan !== undefined) plan.remaining -= 1
    return plan ?? {}
  }

  const finish = (job: Job, entry: Running, end: keyof typeof finishCodes, notes: string, at: number): void => {
    running.delete(job.id)
    entry.site.jobs.replace(job.id, {
      ...job,
      status: end,
      progress: end === "Success" ? 100 : (job.progress ?? 0),
      finishCode: entry.bridge && end === "Success" ? completedByBridge : finishCodes[end],
      startedAt: job.startedAt ?? (entry.startsAt <= at ? Dates.write(entry.startsAt) : undefined),
      endedAt: Dates.write(at),
      notes
    })
  }

  const complete = (job: Job, entry: Running) => {
    const { end, endsAt, notes, work } = entry
    const succeeded = Effect.sync(() => finish(job, entry, "Success", notes ?? `Finished ${work.title}.`, endsAt))
    return end === "Success"
      ? Effect.matchEffect(work.onSuccess?.(Dates.write(endsAt)) ?? Effect.void, {
          onFailure: ({ detail }) => Effect.sync(() => finish(job, entry, "Failed", detail, endsAt)),
          onSuccess: () => succeeded
        })
      : Effect.sync(() => finish(job, entry, end, notes ?? `${end} as planned.`, endsAt))
  }

  /** Jobs end in the order of time, because a later one can build on an earlier one. */
  const settleAll = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const entry of [...running.values()].sort((left, right) => left.endsAt - right.endsAt)) {
      const job = entry.site.jobs.find(entry.id)
      if (job === undefined) {
        running.delete(entry.id)
        continue
      }
      if (now >= entry.endsAt) {
        yield* complete(job, entry)
        continue
      }
      const present = stateAt(job, entry, now)
      if (changed(job, present)) entry.site.jobs.replace(job.id, present)
    }
  })

  const isActive = ({ content, type }: Work): boolean =>
    [...running.values()].some(({ work }) => work.type === type && work.content?.id === content?.id)

  const add = (site: Site, work: Work, now: number): Job => {
    const plan = take(work)
    const bridge = plan.bridge ?? work.bridge ?? false
    const startsAt = now + Duration.toMillis(plan.wait ?? options.wait)
    const fromStart = reportsFromStart(work.type)
    const job = site.jobs.add((id) => ({
      id,
      status: "Pending",
      type: work.type,
      jobType: work.jobType,
      title: work.title,
      subtitle: work.subtitle ?? "",
      priority: 50,
      progress: fromStart ? 0 : undefined,
      finishCode: fromStart ? 1 : undefined,
      notes: "",
      createdAt: Dates.write(now),
      startedAt: undefined,
      endedAt: undefined,
      content: work.content,
      incremental: work.incremental,
      connectionId: work.connectionId,
      requestId: work.requestId,
      startedBy: work.startedBy
    }))
    running.set(job.id, {
      site,
      id: job.id,
      work,
      startsAt,
      endsAt: startsAt + Duration.toMillis(plan.run ?? options.run),
      end: plan.end ?? "Success",
      notes: plan.notes,
      bridge
    })
    return job
  }

  return {
    extractJobs: options.extractJobs,
    start: (site, work) => Effect.map(Clock.currentTimeMillis, (now) => add(site, work, now)),
    // One step, so that of several requests at the same time only one starts a job.
    startAlone: (site, work) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        isActive(work) ? Option.none() : Option.some(add(site, work, now))
      ),
    settle: lock.withPermits(1)(Effect.suspend(() => (running.size === 0 ? Effect.void : settleAll))),
    cancel: (site, job) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const entry = running.get(job.id)
        if (entry !== undefined) return finish(job, entry, "Cancelled", "Cancelled by a user.", now)
        site.jobs.replace(job.id, {
          ...job,
          status: "Cancelled",
          finishCode: finishCodes.Cancelled,
          endedAt: Dates.write(now),
          notes: "Cancelled by a user."
        })
      }),
    plan: (plan) =>
      Effect.sync(() => {
        plans.push({ ...plan, remaining: plan.times ?? 1 })
      })
  }
}
