import * as Effect from "effect/Effect"
import { isAdministrator, may } from "../content/access.js"
import type { Collection } from "../content/collection.js"
import type { Datasource, Job, JobType, Workbook } from "../content/model.js"
import { referred, type Site } from "../content/world.js"
import { attribute, child } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { accepted, noContent, ok, type Reply, type SessionCall } from "../session/call.js"
import { required } from "./body.js"
import * as Datasources from "./datasources.js"
import { handlers } from "./handler.js"
import * as Jobs from "./jobs.js"
import { find, type Kind } from "./kind.js"
import * as Workbooks from "./workbooks.js"

type Extracted = Workbook | Datasource

/** Whether a user may refresh, create and delete the extracts of an item: administrators, its owner, project leaders. */
export const mayManage = ({ session, site }: SessionCall, item: Extracted): boolean => {
  const project = referred(site.projects, item.projectId)
  return (
    may(site, session.user, "ExtractRefresh", item) ||
    (project !== undefined && may(site, session.user, "ProjectLeader", project))
  )
}

/** Changes an item that a job has worked on. It may have been deleted since the job started. */
const update = <A extends Extracted>(
  items: (site: Site) => Collection<A>,
  { site }: SessionCall,
  id: string,
  change: (item: A) => A
): Effect.Effect<void, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const item = items(site).find(id)
    if (item === undefined) return Effect.fail(Errors.badRequest("The content of the job was deleted."))
    items(site).replace(id, change(item))
    return Effect.void
  })

const subtitles = { workbook: "Workbook", datasource: "Data Source" } as const

/** The parts of a job that works on an item. */
const workOn = (kind: "workbook" | "datasource", item: Extracted, type: JobType, jobType: string) => ({
  type,
  jobType,
  title: item.name,
  subtitle: subtitles[kind],
  content: { kind, id: item.id }
})

const isBridged = (item: Extracted): boolean => "useRemoteQueryAgent" in item && item.useRemoteQueryAgent === true

/** Starts a refresh, unless one of the same item waits or runs. */
const refresh = <A extends Extracted>(
  kind: "workbook" | "datasource",
  items: (site: Site) => Collection<A>,
  call: SessionCall,
  item: A,
  incremental: boolean
): Effect.Effect<Job, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    if (!mayManage(call, item)) return yield* Errors.updateForbidden("The user may not refresh this.")
    if (!item.hasExtracts) return yield* Errors.noExtract
    const bridge = isBridged(item)
    const jobType = incremental ? "increment_extracts" : "refresh_extracts"
    const work = {
      ...workOn(kind, item, "RefreshExtract", bridge ? `${jobType}_via_bridge` : jobType),
      incremental: incremental ? true : undefined,
      bridge,
      onSuccess: (updatedAt: string) => update(items, call, item.id, (present) => ({ ...present, updatedAt }))
    }
    return yield* Jobs.startAlone(call, work, Errors.refreshQueued(item.name))
  })

/** Starts the refresh of the content of a task. */
export const refreshTarget = (
  call: SessionCall,
  target: { readonly workbook: Workbook } | { readonly datasource: Datasource },
  incremental: boolean
) =>
  "workbook" in target
    ? refresh("workbook", (site) => site.workbooks, call, target.workbook, incremental)
    : refresh("datasource", (site) => site.datasources, call, target.datasource, incremental)

/** Handlers for the extracts of workbooks or of data sources. */
const forKind = <A extends Extracted, Parameter extends string>(
  kind: Kind<A, Parameter>,
  name: "workbook" | "datasource"
) => {
  const requireManager = (call: SessionCall, item: A) =>
    mayManage(call, item) ? Effect.void : Effect.fail(Errors.extractsForbidden)

  return {
    refresh: (call: SessionCall<Parameter>) =>
      Effect.gen(function* () {
        const item = yield* find(kind, call)
        const given = child(yield* call.payload, "extractRefresh")
        const incremental = attribute(given, "incremental")?.toLowerCase() === "true"
        return accepted(Jobs.describe(call.site, yield* refresh(name, kind.of, call, item, incremental)))
      }),
    createExtract: (call: SessionCall<Parameter>): Effect.Effect<Reply, Errors.ErrorResponse> =>
      Effect.gen(function* () {
        const item = yield* find(kind, call)
        yield* requireManager(call, item)
        if (name === "workbook") yield* required(call, "datasources")
        if (item.hasExtracts) return yield* Errors.extractExists
        const encryptExtracts = call.query.get("encrypt")?.toLowerCase() === "true"
        const work = {
          ...workOn(name, item, "CreateExtract", "create_extracts"),
          onSuccess: (updatedAt: string) =>
            update(kind.of, call, item.id, (present) => ({ ...present, hasExtracts: true, encryptExtracts, updatedAt }))
        }
        const job = yield* Jobs.startAlone(call, work, Errors.extractPending)
        return ok(Jobs.describeCreation(call, job))
      }),
    deleteExtract: (call: SessionCall<Parameter>): Effect.Effect<Reply, Errors.ErrorResponse> =>
      Effect.gen(function* () {
        const item = yield* find(kind, call)
        yield* requireManager(call, item)
        if (name === "workbook") yield* required(call, "datasources")
        if (!item.hasExtracts) return yield* Errors.nothingToDelete
        yield* update(kind.of, call, item.id, (present) => ({ ...present, hasExtracts: false, encryptExtracts: false }))
        return name === "workbook" ? ok() : noContent
      })
  }
}

/** Encrypts or decrypts all extracts of the site. New keys change nothing that a response shows. */
const encryption = (encryptExtracts: boolean | "new keys") => (call: SessionCall) =>
  Effect.gen(function* () {
    if (call.session.user.siteRole !== "ServerAdministrator") {
      return yield* Errors.forbidden("Only server administrators may encrypt and decrypt extracts.")
    }
    if (encryptExtracts === "new keys") return ok()
    const change = <A extends Extracted>(items: Collection<A>) => {
      for (const item of items.items()) {
        if (item.hasExtracts && (item.encryptExtracts ?? false) !== encryptExtracts) {
          items.replace(item.id, { ...item, encryptExtracts })
        }
      }
    }
    change(call.site.workbooks)
    change(call.site.datasources)
    return ok()
  })

const workbooks = forKind(Workbooks.kind, "workbook")
const datasources = forKind(Datasources.kind, "datasource")

export const signedIn = handlers({
  updateWorkbookNow: workbooks.refresh,
  createExtractsForWorkbook: workbooks.createExtract,
  deleteExtractsFromWorkbook: workbooks.deleteExtract,
  updateDataSourceNow: datasources.refresh,
  createExtractForDatasource: datasources.createExtract,
  deleteExtractFromDatasource: datasources.deleteExtract,
  encryptExtracts: encryption(true),
  decryptExtracts: encryption(false),
  reencryptExtracts: encryption("new keys"),
  refreshWorkbookThumbnails: (call) =>
    Effect.gen(function* () {
      const workbook = yield* find(Workbooks.kind, call)
      if (!isAdministrator(call.session.user) && workbook.ownerId !== call.session.user.id) {
        return yield* Errors.thumbnailsForbidden
      }
      const work = workOn("workbook", workbook, "RefreshThumbnails", "refresh_thumbnails")
      return accepted(Jobs.describe(call.site, yield* Jobs.start(call, work)))
    })
})
