import * as Effect from "effect/Effect"
import type { Job } from "../content/model.js"
import { referred, type Site } from "../content/world.js"
import * as Field from "../lists/field.js"
import { type Listing, listReply } from "../lists/listing.js"
import { element, textElement } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { ok } from "../session/call.js"
import { forAdministrators, handlers } from "./handler.js"

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

const finishCodes: Readonly<Record<string, number>> = { Success: 0, Failed: 1, Cancelled: 2 }

const describe = (site: Site, job: Job) => {
  const workbook = referred(site.workbooks, job.workbookId)
  return element(
    "job",
    {
      id: job.id,
      mode: "Asynchronous",
      type: "RefreshExtract",
      progress: job.progress,
      createdAt: job.createdAt,
      startedAt: job.startedAt,
      completedAt: job.endedAt,
      finishCode: finishCodes[job.status]
    },
    [
      workbook &&
        element("extractRefreshJob", {}, [
          textElement("notes", job.notes),
          element("workbook", { id: workbook.id, name: workbook.name })
        ])
    ]
  )
}

export const signedIn = handlers({
  queryJobs: forAdministrators("list jobs", (call) => listReply(call, listing, call.site.jobs)),

  queryJob: forAdministrators("see jobs", (call) =>
    Effect.gen(function* () {
      const job = call.site.jobs.find(call.parameter("jobId")) ?? (yield* Errors.jobNotFound)
      return ok(describe(call.site, job))
    })
  )
})
