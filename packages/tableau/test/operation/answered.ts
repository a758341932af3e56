/** Operations on responses that were written elsewhere: by Tableau, or by hand. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import {
  Datasources,
  Favorites,
  Flows,
  Groups,
  Ids,
  Jobs,
  type Permissions,
  Projects,
  type Query,
  Schedules,
  Sites,
  type TableauError,
  TableauSession,
  Tasks,
  Users,
  Views,
  Workbooks
} from "effect-tableau"
import { scriptedServer } from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { page as firstPage, tsResponse } from "../../../../test/support/xml.js"

type Asking<A> = Effect.Effect<A, TableauError.ListError, TableauSession>

const listing = <A>(list: Asking<Query.Listing<A>>) =>
  Effect.flatMap(list, ({ items, totalAvailable }) =>
    Effect.map(Stream.runCollect(items), (all) => ({ totalAvailable, items: [...all] }))
  )

const id = "x"
const capability: Permissions.Capability = { name: "Read", mode: "Deny" }
const grants: ReadonlyArray<Permissions.Grant> = [
  { user: { id: Ids.UserId.make("u") }, capabilities: [capability, { name: "Write", mode: "Allow" }] },
  { groupSet: { id: Ids.GroupSetId.make("s") }, capabilities: [capability] }
]

/** A call of each operation, and its path: below the version if it begins with a slash, otherwise below the site. */
export const operations = {
  "Sites.list": ["/sites", listing(Sites.list())],
  "Sites.get": ["", Sites.get()],
  "Sites.getByName": ["/sites/a%20b", Sites.getByName("a b")],
  "Sites.getByContentUrl": ["/sites/Finance", Sites.getByContentUrl("Finance")],
  "Projects.list": ["projects", listing(Projects.list())],
  "Projects.create": ["projects", Projects.create({ name: "a" })],
  "Projects.update": ["projects/x", Projects.update(Ids.ProjectId.make(id), {})],
  "Projects.permissions": ["projects/x/permissions", Projects.permissions(Ids.ProjectId.make(id))],
  "Projects.addPermissions": ["projects/x/permissions", Projects.addPermissions(Ids.ProjectId.make(id), grants)],
  "Workbooks.list": ["workbooks", listing(Workbooks.list())],
  "Workbooks.listForUser": ["users/x/workbooks", listing(Workbooks.listForUser(Ids.UserId.make(id)))],
  "Workbooks.get": ["workbooks/x", Workbooks.get(Ids.WorkbookId.make(id))],
  "Workbooks.connections": ["workbooks/x/connections", Workbooks.connections(Ids.WorkbookId.make(id))],
  "Workbooks.revisions": ["workbooks/x/revisions", listing(Workbooks.revisions(Ids.WorkbookId.make(id)))],
  "Workbooks.permissions": ["workbooks/x/permissions", Workbooks.permissions(Ids.WorkbookId.make(id))],
  "Workbooks.addPermissions": ["workbooks/x/permissions", Workbooks.addPermissions(Ids.WorkbookId.make(id), grants)],
  "Workbooks.addTags": ["workbooks/x/tags", Workbooks.addTags(Ids.WorkbookId.make(id), ["a"])],
  "Views.list": ["views", listing(Views.list())],
  "Views.listForWorkbook": ["workbooks/x/views", Views.listForWorkbook(Ids.WorkbookId.make(id))],
  "Views.get": ["views/x", Views.get(Ids.ViewId.make(id))],
  "Views.permissions": ["views/x/permissions", Views.permissions(Ids.ViewId.make(id))],
  "Views.addPermissions": ["views/x/permissions", Views.addPermissions(Ids.ViewId.make(id), grants)],
  "Views.addTags": ["views/x/tags", Views.addTags(Ids.ViewId.make(id), ["a"])],
  "Datasources.list": ["datasources", listing(Datasources.list())],
  "Datasources.get": ["datasources/x", Datasources.get(Ids.DatasourceId.make(id))],
  "Datasources.connections": ["datasources/x/connections", Datasources.connections(Ids.DatasourceId.make(id))],
  "Datasources.revisions": ["datasources/x/revisions", listing(Datasources.revisions(Ids.DatasourceId.make(id)))],
  "Datasources.permissions": ["datasources/x/permissions", Datasources.permissions(Ids.DatasourceId.make(id))],
  "Datasources.addPermissions": [
    "datasources/x/permissions",
    Datasources.addPermissions(Ids.DatasourceId.make(id), grants)
  ],
  "Datasources.addTags": ["datasources/x/tags", Datasources.addTags(Ids.DatasourceId.make(id), ["a"])],
  "Flows.list": ["flows", listing(Flows.list())],
  "Flows.get": ["flows/x", Flows.get(Ids.FlowId.make(id))],
  "Flows.connections": ["flows/x/connections", Flows.connections(Ids.FlowId.make(id))],
  "Flows.permissions": ["flows/x/permissions", Flows.permissions(Ids.FlowId.make(id))],
  "Flows.addPermissions": ["flows/x/permissions", Flows.addPermissions(Ids.FlowId.make(id), grants)],
  "Flows.addTags": ["flows/x/tags", Flows.addTags(Ids.FlowId.make(id), ["a"])],
  "Users.list": ["users", listing(Users.list())],
  "Users.listInGroup": ["groups/x/users", listing(Users.listInGroup(Ids.GroupId.make(id)))],
  "Users.get": ["users/x", Users.get(Ids.UserId.make(id))],
  "Groups.list": ["groups", listing(Groups.list())],
  "Groups.listForUser": ["users/x/groups", listing(Groups.listForUser(Ids.UserId.make(id)))],
  "Jobs.list": ["jobs", listing(Jobs.list())],
  "Jobs.get": ["jobs/x", Jobs.get(Ids.JobId.make(id))],
  "Schedules.list": ["/schedules", listing(Schedules.list())],
  "Schedules.get": ["/schedules/x", Schedules.get(Ids.ScheduleId.make(id))],
  "Tasks.list": ["tasks/extractRefreshes", Tasks.list()],
  "Tasks.get": ["tasks/extractRefreshes/x", Tasks.get(Ids.TaskId.make(id))],
  "Tasks.listForSchedule": ["schedules/x/extracts", listing(Tasks.listForSchedule(Ids.ScheduleId.make(id)))],
  "Favorites.list": ["favorites/x", listing(Favorites.list(Ids.UserId.make(id)))]
} as const satisfies Readonly<Record<string, readonly [path: string, asking: Asking<unknown>]>>

export type Operation = keyof typeof operations

const api = "/api/3.29"

/** The result of an operation for this response body, its request, and what it logs about skipped items. */
export const answered = (operation: Operation, body: string) =>
  Effect.gen(function* () {
    const [below, asking]: readonly [string, Asking<unknown>] = operations[operation]
    const path = `${api}${below.startsWith("/") ? below : `/sites/s${below === "" ? "" : `/${below}`}`}`
    const { calls, url } = yield* scriptedServer({ [path]: { body } })
    const session = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
    const leftOut: Array<string> = []
    const keep = Logger.make(({ message }) => {
      leftOut.push(String(message))
    })
    const exit = yield* Effect.exit(asking).pipe(
      Effect.provideService(TableauSession, session),
      Effect.provide(Logger.replace(Logger.defaultLogger, keep))
    )
    const last = calls.at(-1)
    return {
      request: last?.line,
      requests: calls.filter(({ url }) => url.startsWith(path)).length,
      sent: last?.body,
      leftOut,
      // As JSON: dates are strings in it, and absent fields are not there.
      result: exit._tag === "Success" ? JSON.parse(JSON.stringify(exit.value)) : undefined,
      error: exit._tag === "Failure" ? Cause.pretty(exit.cause) : undefined
    }
  }).pipe(Effect.scoped)

/** A whole document. */
export const answer = (content: string) => tsResponse(content)

/** The first page of a list. */
export const page = (content: string, totalAvailable: number) => firstPage({ total: totalAvailable }, content)
