import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { isAdministrator } from "../content/access.js"
import type { Job, JobType } from "../content/model.js"
import { referred, type Site } from "../content/world.js"
import type { Work } from "../jobs/jobs.js"
import * as Field from "../lists/field.js"
import { type Listing, listReply } from "../lists/listing.js"
import { type Element, element, textElement } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { ok, type SessionCall } from "../session/call.js"
import { forAdministrators, handlers, requireAdministrator } from "./handler.js"

const listing: Listing<Job> = {
  item: "backgroundJob",
  list: "backgroundJobs",
  describe: (job) =>
    element("backgroundJob", {
      id: job.id,
      status: job.status,
      createdAt: job.createdAt,
      startedAt: job.startedAt,
      endedAt: job.endedAt,
      priority: job.priority,
      jobType: job.jobType,
      title: job.title,
      subtitle: job.subtitle
    }),
  parts: {
    usual: ["id", "status", "createdAt", "startedAt", "endedAt", "priority", "jobType"],
    extra: ["title", "subtitle"]
  },
  fields: {
    createdAt: Field.date(({ createdAt }) => createdAt),
    startedAt: Field.date(({ startedAt }) => startedAt),
    completedAt: Field.date(({ endedAt }) => endedAt),
    jobType: Field.text(({ jobType }) => jobType),
    status: Field.text(({ status }) => status),
    notes: Field.searchable(({ notes }) => notes),
    title: Field.searchable(({ title }) => title),
    subtitle: Field.searchable(({ subtitle }) => subtitle),
    priority: Field.number(({ priority }) => priority),
    progress: Field.number(({ progress }) => progress)
  }
}

/** The element of the single job that describes its work. Jobs that publish have none. */
const workOf = (site: Site, job: Job): Element | undefined => {
  const { content } = job
  const item =
    content?.kind === "workbook" ? referred(site.workbooks, content.id) : referred(site.datasources, content?.id)
  if (content === undefined || item === undefined) return undefined
  const described = element(content.kind, { id: item.id, name: item.name, incremental: job.incremental })
  const notes = textElement("notes", job.notes)
  switch (job.type) {
    case "RefreshExtract":
      return element("extractRefreshJob", {}, [notes, described])
    case "CreateExtract":
      return element("extractCreationJob", {}, [notes, described, textElement("jobLuid", job.id)])
    case "RefreshThumbnails":
      return element("thumbnailsRefreshJob", {}, [textElement("jobLuid", job.id), described])
    case "UpdateUploadedFile":
      return element("updateUploadedFileJob", {}, [
        described,
        textElement("connectionLuid", job.connectionId ?? ""),
        notes
      ])
    case "PublishWorkbook":
    case "PublishDatasource":
      return undefined
  }
}

/** A single job, which has other names than the same job in a list. */
export const describe = (site: Site, job: Job): Element =>
  element(
    "job",
    {
      id: job.id,
      mode: "Asynchronous",
      type: job.type,
      progress: job.progress,
      createdAt: job.createdAt,
      startedAt: job.startedAt,
      completedAt: job.endedAt,
      finishCode: job.finishCode
    },
    [workOf(site, job)]
  )

/** Starts a job for the user of a request. */
export const start = ({ jobs, session, site }: SessionCall, work: Omit<Work, "startedBy">): Effect.Effect<Job> =>
  jobs.start(site, { ...work, startedBy: session.user.id })

/** The same, or an error if a job of the same type works on the same content. */
export const startAlone = (
  { jobs, session, site }: SessionCall,
  work: Omit<Work, "startedBy">,
  otherwise: Errors.ErrorResponse
): Effect.Effect<Job, Errors.ErrorResponse> =>
  Effect.flatMap(
    jobs.startAlone(site, { ...work, startedBy: session.user.id }),
    Option.match({ onNone: () => Effect.fail(otherwise), onSome: Effect.succeed })
  )

const cancellable = new Set<JobType>(["RefreshExtract", "RefreshThumbnails"])

const isComplete = ({ endedAt }: Job): boolean => endedAt !== undefined

/** The second id of the job of a new extract: what `GET jobs/{id}` is reported not to find. */
const outerId = (id: string): string => id.replace(/.{4}$/, "ffff")

/** The response to the creation of an extract. */
export const describeCreation = ({ jobs, site }: SessionCall, job: Job): Element => {
  const described = describe(site, job)
  return jobs.extractJobs === "innerOnly"
    ? { ...described, attributes: { ...described.attributes, id: outerId(job.id) } }
    : described
}

const isOuter = (site: Site, id: string): boolean => {
  for (const job of site.jobs.items()) if (job.type === "CreateExtract" && outerId(job.id) === id) return true
  return false
}

const find = ({ jobs, parameter, site }: SessionCall<"jobId">): Effect.Effect<Job, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const id = parameter("jobId")
    const job = site.jobs.find(id)
    const hidden =
      jobs.extractJobs === "listOnly" ? job?.type === "CreateExtract" : job === undefined && isOuter(site, id)
    if (hidden) return Effect.fail(Errors.jobUnreadable)
    return job === undefined ? Effect.fail(Errors.jobNotFound) : Effect.succeed(job)
  })

export const signedIn = handlers({
  queryJobs: forAdministrators("list jobs", (call) => listReply(call, listing, call.site.jobs)),

  queryJob: (call) =>
    Effect.gen(function* () {
      // The user who started a job sees it. Others do not learn which jobs exist.
      const found = yield* Effect.either(find(call))
      const own = Either.isRight(found) && found.right.startedBy === call.session.user.id
      if (!own) yield* requireAdministrator(call, "see the jobs of others")
      return ok(describe(call.site, yield* found))
    }),

  cancelJob: (call) =>
    Effect.gen(function* () {
      if (!isAdministrator(call.session.user)) return yield* Errors.updateForbidden("Only administrators cancel jobs.")
      const job = yield* find(call)
      if (isComplete(job)) return yield* Errors.jobComplete
      if (!cancellable.has(job.type)) return yield* Errors.jobNotCancellable
      yield* call.jobs.cancel(call.site, job)
      return ok()
    })
})
