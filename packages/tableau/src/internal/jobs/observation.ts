/** What the server says about a job, and what that means. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { UnexpectedResponse } from "../../TableauError.js"
import { detailLimit, type Sanitizer } from "../http/serverText.js"
import { type BackgroundJob, Job } from "../models/job.js"

export type Outcome = "running" | "succeeded" | "failed" | "cancelled" | "unknown"

export interface Observation {
  readonly job: Job
  /** The same job, fit for errors. */
  readonly shown: Job
  readonly outcome: Outcome
}

/** Of a list in a job, such as its notes, errors contain so many items. */
const shownItems = 50

const sanitized = (value: unknown, sanitize: Sanitizer): unknown => {
  if (typeof value === "string") return sanitize(value, detailLimit) ?? ""
  if (Array.isArray(value)) return value.slice(0, shownItems).map((item) => sanitized(item, sanitize))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sanitized(inner, sanitize)]))
}

/** The job with strings that are fit for errors. Timestamps pass as the strings of its JSON form. */
export const shown = (job: Job, sanitize: Sanitizer): Job =>
  Schema.encodeEither(Job.json)(job).pipe(
    Either.flatMap((json) => Schema.decodeUnknownEither(Job.json)(sanitized(json, sanitize))),
    Either.getOrElse((): Job => ({ id: job.id }))
  )

/** The error of a response with another job than the one with these ids: its end would be taken for that of the job. */
export const problemOf = (
  operation: string,
  { extractCreationJob, id, thumbnailsRefreshJob }: Job,
  ids: ReadonlyArray<string>
): UnexpectedResponse | undefined => {
  const received = [id, extractCreationJob?.jobLuid, thumbnailsRefreshJob?.jobLuid].map((one) => one?.toLowerCase())
  return ids.some((one) => received.includes(one.toLowerCase()))
    ? undefined
    : new UnexpectedResponse({ operation, acted: "no", kind: "Malformed", detail: "It is another job." })
}

/**
 * Only `completedAt` says that a job has ended: some servers send `finishCode` 1 for a new job, and 0 while Tableau Bridge
 * works on it. At the end Bridge sends 3 for success.
 */
const outcomeOf = ({ completedAt, finishCode }: Job): Outcome => {
  if (completedAt === undefined) return "running"
  switch (finishCode) {
    case 0:
    case 3:
      return "succeeded"
    case 1:
      return "failed"
    case 2:
      return "cancelled"
    default:
      return "unknown"
  }
}

export const fromJob = (job: Job, sanitize: Sanitizer): Observation => ({
  job,
  shown: shown(job, sanitize),
  outcome: outcomeOf(job)
})

const finishCodes: Readonly<Record<Outcome, number | undefined>> = {
  running: undefined,
  succeeded: 0,
  failed: 1,
  cancelled: 2,
  unknown: undefined
}

/** A status that is not known is one of a job that has not ended. */
export const outcomeOfStatus = (status = ""): Outcome => {
  switch (status.toLowerCase()) {
    case "success":
      return "succeeded"
    case "failed":
      return "failed"
    case "cancelled":
    case "canceled":
      return "cancelled"
    default:
      return "running"
  }
}

/** A job as the list has it, in the form of a single one. */
export const fromList = (listed: BackgroundJob, sanitize: Sanitizer): Observation => {
  const { createdAt, endedAt, id, jobType, startedAt, status } = listed
  const outcome = outcomeOfStatus(status)
  const completedAt = outcome === "running" ? undefined : endedAt
  const job: Job = { id, type: jobType, createdAt, startedAt, completedAt, finishCode: finishCodes[outcome] }
  return { job, shown: shown(job, sanitize), outcome }
}

/** What the server says about the result of a job. */
export const notesOf = (job: Job): ReadonlyArray<string> => {
  const { extractCreationJob, extractRefreshJob, runFlowJobType, statusNotes = [], subscriptionJobType } = job
  const content = [
    extractRefreshJob,
    extractCreationJob,
    job.updateUploadedFileJob,
    runFlowJobType,
    subscriptionJobType
  ]
  return [
    ...content.map((part) => part?.notes ?? ""),
    ...statusNotes.map(({ text, type, value }) => [type, text ?? value].filter((part) => part).join(": "))
  ].filter((note) => note !== "")
}
