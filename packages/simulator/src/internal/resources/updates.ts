import * as Effect from "effect/Effect"
import { isAdministrator, may } from "../content/access.js"
import type { Collection } from "../content/collection.js"
import type { Content, Datasource, Flow, Workbook } from "../content/model.js"
import { referred, same } from "../content/world.js"
import { itemReply } from "../lists/listing.js"
import * as Dates from "../protocol/dates.js"
import { attribute, child, type Element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { noContent, ok, type SessionCall } from "../session/call.js"
import { flag, required } from "./body.js"
import * as Datasources from "./datasources.js"
import * as Flows from "./flows.js"
import { handlers } from "./handler.js"
import { find, requireCapability } from "./kind.js"
import * as Revisions from "./revisions.js"
import * as Views from "./views.js"
import * as Workbooks from "./workbooks.js"

/** What a user who may not change an item gets. Each kind of content has codes of its own. */
interface Refusals {
  readonly write: Errors.ErrorResponse
  readonly owner: Errors.ErrorResponse
  readonly project: Errors.ErrorResponse
  readonly nameTaken: (name: string) => Errors.ErrorResponse
}

/** Names are unique within a project. */
const requireFreeName = <A extends Content>(
  items: Collection<A>,
  { id, name, projectId }: Pick<Content, "id" | "name" | "projectId">,
  taken: Refusals["nameTaken"]
): Effect.Effect<void, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    for (const item of items.items()) {
      if (item.id !== id && item.projectId === projectId && same(item.name, name)) return Effect.fail(taken(name))
    }
    return Effect.void
  })

const maximumLength = 255

/** The name, project and owner that a request gives an item, if the user may give it them. */
const place = <A extends Content>(
  { session, site }: SessionCall,
  items: Collection<A>,
  before: A,
  given: Element,
  refusals: Refusals
): Effect.Effect<Pick<Content, "name" | "projectId" | "ownerId">, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const name = attribute(given, "name") ?? before.name
    if (name.trim() === "" || name.length > maximumLength) {
      return yield* Errors.invalidParameter(`A name has 1 to ${maximumLength} characters.`)
    }
    const projectId = attribute(child(given, "project"), "id") ?? before.projectId
    const ownerId = attribute(child(given, "owner"), "id") ?? before.ownerId
    if (projectId !== before.projectId) {
      const project = referred(site.projects, projectId)
      if (project === undefined) return yield* Errors.projectNotFound
      if (!may(site, session.user, "Write", project)) return yield* refusals.project
    }
    if (ownerId !== before.ownerId) {
      if (referred(site.users, ownerId) === undefined) return yield* Errors.userNotFound
      if (!isAdministrator(session.user)) return yield* refusals.owner
    }
    if (name !== before.name || projectId !== before.projectId) {
      yield* requireFreeName(items, { id: before.id, name, projectId }, refusals.nameTaken)
    }
    return { name, projectId, ownerId }
  })

const changesSomething = (given: Element): boolean =>
  Object.keys(given.attributes).length > 0 || given.children.length > 0

/** The views of a workbook are in its project and have its owner. */
const moveViews = ({ site }: SessionCall, workbook: Workbook): void => {
  const { ownerId, projectId } = workbook
  for (const id of site.viewIdsOf(workbook)) {
    const view = site.views.find(id)
    if (view !== undefined) site.views.replace(id, { ...view, projectId, ownerId })
  }
}

const freshnessOptions = ["SiteDefault", "AlwaysLive", "FreshEvery", "FreshAt"]

/** The intervals of a schedule are a list, which JSON writes as an array. */
const withList = (given: Element): Element => ({
  ...given,
  text: "",
  children: given.children.map((child) =>
    child.name === "intervals" ? list("intervals", child.children) : withList(child)
  )
})

const givenFreshness = (given: Element): Effect.Effect<Element | undefined, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const policy = child(given, "dataFreshnessPolicy")
    if (policy === undefined) return Effect.succeed(undefined)
    const option = attribute(policy, "option") ?? ""
    const every = child(policy, "freshEverySchedule") !== undefined
    const at = child(policy, "freshAtSchedule") !== undefined
    return freshnessOptions.includes(option) && every === (option === "FreshEvery") && at === (option === "FreshAt")
      ? Effect.succeed(withList(policy))
      : Effect.fail(
          Errors.badRequest("The <dataFreshnessPolicy> needs one option, and the schedule of that option only.")
        )
  })

const workbookRefusals: Refusals = {
  write: Errors.changeForbidden("403027"),
  owner: Errors.changeForbidden("403027"),
  project: Errors.changeForbidden("403025"),
  nameTaken: (name) => Errors.nameTaken("409012", `A workbook named '${name}' already exists in the project.`)
}

const datasourceRefusals: Refusals = {
  write: Errors.updateForbidden("The user may not change this data source."),
  owner: Errors.changeForbidden("403027"),
  project: Errors.changeForbidden("403030"),
  nameTaken: (name) => Errors.nameTaken("409015", `A data source named '${name}' already exists in the project.`)
}

const flowRefusals: Refusals = {
  write: Errors.changeForbidden("403103"),
  owner: Errors.changeForbidden("403098"),
  project: Errors.changeForbidden("403030"),
  nameTaken: (name) => Errors.nameTaken("409041", `A flow named '${name}' already exists in the project.`)
}

const updateWorkbook = (call: SessionCall<"workbookId">) =>
  Effect.gen(function* () {
    const before = yield* find(Workbooks.kind, call)
    yield* requireCapability(call, "Write", before, workbookRefusals.write)
    const given = yield* required(call, "workbook")
    const placed = yield* place(call, call.site.workbooks, before, given, workbookRefusals)
    const viewed = yield* flag(given, "recentlyViewed")
    if (viewed === false) return yield* Errors.invalidParameter("recentlyViewed can only be set to true.")
    const after: Workbook = {
      ...before,
      ...placed,
      description: attribute(given, "description") ?? before.description,
      showTabs: (yield* flag(given, "showTabs")) ?? before.showTabs,
      encryptExtracts: (yield* flag(given, "encryptExtracts")) ?? before.encryptExtracts,
      dataFreshnessPolicy: (yield* givenFreshness(given)) ?? before.dataFreshnessPolicy,
      updatedAt: changesSomething(given) ? yield* Dates.now : before.updatedAt
    }
    call.site.workbooks.replace(after.id, after)
    moveViews(call, after)
    return itemReply(Workbooks.listing(call), after, ...Workbooks.freshness(after))
  })

const mayCertify = ({ session, site }: SessionCall, item: Datasource): boolean => {
  const project = referred(site.projects, item.projectId)
  return isAdministrator(session.user) || (project !== undefined && may(site, session.user, "ProjectLeader", project))
}

const updateDataSource = (call: SessionCall<"datasourceId">) =>
  Effect.gen(function* () {
    const before = yield* find(Datasources.kind, call)
    yield* requireCapability(call, "Write", before, datasourceRefusals.write)
    const given = yield* required(call, "datasource")
    const placed = yield* place(call, call.site.datasources, before, given, datasourceRefusals)
    const isCertified = (yield* flag(given, "isCertified")) ?? before.isCertified
    if (isCertified !== before.isCertified && !mayCertify(call, before)) return yield* Errors.changeForbidden("403141")
    const after: Datasource = {
      ...before,
      ...placed,
      isCertified,
      description: attribute(given, "description") ?? before.description,
      certificationNote: attribute(given, "certificationNote") ?? before.certificationNote,
      encryptExtracts: (yield* flag(given, "encryptExtracts")) ?? before.encryptExtracts,
      useRemoteQueryAgent: (yield* flag(given, "useRemoteQueryAgent")) ?? before.useRemoteQueryAgent,
      updatedAt: changesSomething(given) ? yield* Dates.now : before.updatedAt
    }
    call.site.datasources.replace(after.id, after)
    return itemReply(Datasources.listing(call), after)
  })

const updateFlow = (call: SessionCall<"flowId">) =>
  Effect.gen(function* () {
    const before = yield* find(Flows.kind, call)
    yield* requireCapability(call, "Write", before, flowRefusals.write)
    const given = yield* required(call, "flow")
    const placed = yield* place(call, call.site.flows, before, given, flowRefusals)
    // This operation gives a flow to the caller only. The one for owners has no such limit.
    if (placed.ownerId !== before.ownerId && placed.ownerId !== call.session.user.id) return yield* flowRefusals.owner
    const after: Flow = {
      ...before,
      ...placed,
      updatedAt: changesSomething(given) ? yield* Dates.now : before.updatedAt
    }
    call.site.flows.replace(after.id, after)
    return itemReply(Flows.listing(call), after)
  })

export const signedIn = handlers({
  updateWorkbook,
  updateDataSource,
  updateFlow,
  updateFlowOwner: (call) =>
    Effect.gen(function* () {
      const flow = yield* find(Flows.kind, call)
      const { session, site } = call
      if (!isAdministrator(session.user) && flow.ownerId !== session.user.id) {
        return yield* Errors.changeForbidden("403187")
      }
      const owner = site.users.find(call.parameter("userId")) ?? (yield* Errors.ownerNotFound)
      site.flows.replace(flow.id, { ...flow, ownerId: owner.id })
      return ok()
    }),
  deleteFlow: (call) =>
    Effect.gen(function* () {
      const flow = yield* find(Flows.kind, call)
      yield* requireCapability(call, "Delete", flow)
      call.site.flows.remove(flow.id)
      yield* Revisions.discard(call, flow)
      return noContent
    }),
  deleteView: (call) =>
    Effect.gen(function* () {
      const view = yield* find(Views.kind, call)
      yield* requireCapability(call, "Delete", view)
      const { site } = call
      const workbook = site.workbooks.find(view.workbookId)
      const left = workbook === undefined ? [] : site.viewIdsOf(workbook).filter((id) => id !== view.id)
      site.views.remove(view.id)
      if (workbook === undefined) return noContent
      // A workbook without views does not exist.
      if (left.length > 0) {
        site.setViewIds(workbook, left)
        return noContent
      }
      site.workbooks.remove(workbook.id)
      yield* Revisions.discard(call, workbook)
      return noContent
    })
})
