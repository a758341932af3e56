import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Connection, Datasource, Job } from "../content/model.js"
import type { Site } from "../content/world.js"
import { attribute, child, children, type Element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { accepted, type Reply, type SessionCall } from "../session/call.js"
import type { Upload } from "../uploads/uploads.js"
import * as Datasources from "./datasources.js"
import { findUpload } from "./fileUploads.js"
import { handlers } from "./handler.js"
import * as Jobs from "./jobs.js"
import { find, requireCapability } from "./kind.js"

const comparisons = ["eq", "neq", "gt", "gte", "lt", "lte", "is", "has"]
const constants = ["string", "integer", "double", "boolean", "datetime"]

/** What is wrong with a condition, or `undefined`. */
const problemOfCondition = (condition: Element): string | undefined => {
  const op = attribute(condition, "op") ?? ""
  if (op === "and" || op === "or") {
    const args = children(condition, "args")
    if (args.length === 0) return `the condition '${op}' has no args`
    return args.map(problemOfCondition).find((problem) => problem !== undefined)
  }
  if (!comparisons.includes(op)) return `the op '${op}' of a condition is unknown`
  if (attribute(condition, "target-col") === undefined) return "a condition has no target-col"
  const constant = child(condition, "const")
  if ((attribute(condition, "source-col") === undefined) === (constant === undefined)) {
    return "a condition has either a source-col or a const"
  }
  return constant !== undefined && !constants.includes(attribute(constant, "type") ?? "")
    ? `the type of a const is one of ${constants.join(", ")}`
    : undefined
}

/** The members that each action must have. */
const required: Readonly<Record<string, ReadonlyArray<string>>> = {
  insert: ["source-table", "target-table"],
  update: ["source-table", "target-table", "condition"],
  upsert: ["source-table", "target-table", "condition"],
  replace: ["source-table", "target-table"],
  delete: ["target-table", "condition"]
}

const problemOfAction = (action: Element): string | undefined => {
  const name = attribute(action, "action") ?? ""
  const members = required[name]
  if (members === undefined) return `the action '${name}' is unknown`
  const condition = child(action, "condition")
  const missing = members.find((member) =>
    member === "condition" ? condition === undefined : (attribute(action, member) ?? "") === ""
  )
  if (missing !== undefined) return `the action '${name}' has no ${missing}`
  return condition && problemOfCondition(condition)
}

const readsSource = (action: Element): boolean => attribute(action, "source-table") !== undefined

/** The actions of the body, which is JSON only. */
const actionsOf = (call: SessionCall): Effect.Effect<ReadonlyArray<Element>, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    if (call.header("content-type")?.includes("json") !== true) {
      return yield* Errors.badRequest("The body of this request is JSON.")
    }
    const actions = children(yield* call.payload, "actions")
    if (actions.length === 0) return yield* Errors.badRequest("The body has no actions.")
    const problem = actions.map(problemOfAction).find((found) => found !== undefined)
    return problem === undefined ? actions : yield* Errors.invalidParameter(`In the actions, ${problem}.`)
  })

const day = 24 * 60 * 60 * 1000

/** The job of an earlier request with the same id, within 24 hours. */
const jobOfRequest = (site: Site, requestId: string | undefined): Effect.Effect<Job | undefined> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    if (requestId === undefined) return undefined
    for (const job of site.jobs.items()) {
      if (job.requestId === requestId && now - Date.parse(job.createdAt) < day) return job
    }
    return undefined
  })

/** Removes an upload whose rows the job has taken. */
const endUpload = ({ storage, uploads }: SessionCall, upload: Upload | undefined): Effect.Effect<void> => {
  if (upload === undefined) return Effect.void
  uploads.end(upload)
  return Effect.forEach(upload.blocks, ({ file }) => storage.remove(file), { discard: true })
}

const update = (call: SessionCall, datasource: Datasource, connection: Connection | undefined) =>
  Effect.gen(function* () {
    if (datasource.type !== "hyper") return yield* Errors.notLiveToHyper
    const actions = yield* actionsOf(call)
    const requestId = call.header("requestid")
    const earlier = yield* jobOfRequest(call.site, requestId)
    if (earlier !== undefined) return accepted(Jobs.describe(call.site, earlier))
    const uploadSessionId = call.query.get("uploadSessionId")
    if (uploadSessionId === null && actions.some(readsSource)) {
      return yield* Errors.invalidParameter("An action with a source-table needs an uploadSessionId.")
    }
    const upload = uploadSessionId === null ? undefined : yield* findUpload(call, uploadSessionId)
    const { datasources } = call.site
    const work = {
      type: "UpdateUploadedFile",
      jobType: "update_uploaded_file",
      title: datasource.name,
      subtitle: "Data Source",
      content: { kind: "datasource", id: datasource.id },
      connectionId: connection?.id,
      requestId,
      onSuccess: (updatedAt: string) =>
        Effect.suspend(() => {
          const present = datasources.find(datasource.id)
          if (present === undefined) return Effect.fail(Errors.datasourceNotFound)
          datasources.replace(present.id, { ...present, updatedAt })
          return Effect.void
        })
    } as const
    const job = yield* Jobs.startAlone(call, work, Errors.dataUpdateQueued(datasource.name))
    yield* endUpload(call, upload)
    return accepted(Jobs.describe(call.site, job))
  })

/** The data source of the path, if the user may change its rows. */
const findWritable = (call: SessionCall<"datasourceId">) =>
  Effect.tap(find(Datasources.kind, call), (datasource) =>
    requireCapability(call, "Write", datasource, Errors.updateForbidden("The user may not change this data source."))
  )

export const signedIn = handlers({
  updateDataInHyperDataSource: (call): Effect.Effect<Reply, Errors.ErrorResponse> =>
    Effect.gen(function* () {
      const datasource = yield* findWritable(call)
      const [connection, ...others] = call.site.connectionsOf(datasource)
      return yield* others.length > 0 ? Errors.severalConnections : update(call, datasource, connection)
    }),
  updateDataInHyperConnection: (call): Effect.Effect<Reply, Errors.ErrorResponse> =>
    Effect.gen(function* () {
      const datasource = yield* findWritable(call)
      const id = call.parameter("connectionId")
      const connection = call.site.connectionsOf(datasource).find((known) => known.id === id)
      return yield* connection === undefined ? Errors.connectionNotFound : update(call, datasource, connection)
    })
})
