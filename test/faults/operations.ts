/** A scenario of each operation of the package. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  Datasources,
  Favorites,
  Flows,
  Groups,
  Jobs,
  type Permissions,
  Projects,
  type Query,
  Schedules,
  Sites,
  TableauSession,
  Tasks,
  Users,
  Views,
  Workbooks
} from "effect-tableau"
import { times } from "./cell.js"
import { contentOperations } from "./contentOperations.js"
import { emptied, file, listedOf, type Module, twice, twiceAsArray } from "./kinds.js"
import {
  countWorkbooks,
  createProject,
  elsewhere,
  first,
  got,
  listed,
  marked,
  marks,
  onePage,
  projectName,
  projectsMade,
  type Scenario,
  scenario,
  threePages,
  workbooks,
  written
} from "./scenario.js"

const detailed: ReadonlyArray<Scenario> = [
  scenario(
    "Workbooks.list: first page",
    "queryWorkbooksForSite",
    "list",
    5,
    (strike) => Effect.zipRight(strike, countWorkbooks),
    {
      requests: 3,
      items: threePages(0),
      // Each page has moved by the same: none comes twice, and what was deleted does not come.
      itemsAlways: onePage(5)
    }
  ),
  scenario(
    "Workbooks.list: later page",
    "queryWorkbooksForSite",
    "list",
    5,
    (strike) => Effect.flatMap(Effect.zipLeft(workbooks, strike), ({ items }) => Stream.runCount(items)),
    { request: 1, requests: 2, items: threePages(1) }
  ),
  got(
    "Workbooks.get",
    "queryWorkbook",
    workbooks,
    ({ id }) => Workbooks.get(id),
    "Superstore",
    ({ name }) => name
  ),
  got(
    "Workbooks.permissions",
    "queryWorkbookPermissions",
    workbooks,
    ({ id }) => Workbooks.permissions(id),
    1,
    ({ granteeCapabilities }) => granteeCapabilities?.length
  ),
  listed("Projects.list", "queryProjects", 5, Projects.list()),
  listed("Views.list", "queryViewsForSite", 10, Views.list()),
  listed("Datasources.list", "queryDataSources", 12, Datasources.list()),
  got(
    "Datasources.get",
    "queryDataSource",
    Datasources.list(),
    ({ id }) => Datasources.get(id),
    "Data source 1",
    ({ name }) => name
  ),
  listed("Flows.list", "queryFlowsForSite", 6, Flows.list()),
  listed("Users.list", "getUsersOnSite", 6, Users.list()),
  got(
    "Users.get",
    "queryUserOnSite",
    Users.list(),
    ({ id }) => Users.get(id),
    true,
    ({ name }, user) => name === user.name && name !== undefined
  ),
  listed("Groups.list", "queryGroups", 3, Groups.list()),
  listed("Jobs.list", "queryJobs", 5, Jobs.list()),
  got(
    "Jobs.get",
    "queryJob",
    Jobs.list(),
    ({ id }) => Jobs.get(id),
    true,
    ({ id }, job) => id === job.id
  ),
  listed("Schedules.list", "querySchedules", 3, Schedules.list()),
  scenario(
    "Tasks.list",
    "getExtractRefreshTasks",
    "list",
    5,
    (strike) => Effect.map(Effect.zipRight(strike, Tasks.list()), (tasks) => tasks.length),
    { silent: { gives: 0 } }
  ),
  listed("Sites.list", "querySites", 3, Sites.list()),
  scenario(
    "Favorites.list",
    "getFavoritesForUser",
    "list",
    5,
    (strike) =>
      Effect.gen(function* () {
        const { user } = yield* (yield* TableauSession).current
        yield* strike
        return yield* Stream.runCount((yield* Favorites.list(user.id)).items)
      }),
    { silent: { gives: 0 }, items: onePage(5) }
  ),
  scenario(
    "Projects.create",
    "createProject",
    "write",
    projectName,
    (strike) => Effect.zipRight(strike, createProject),
    {
      seen: projectsMade
    }
  ),
  scenario(
    "Projects.update",
    "updateProject",
    "write",
    marked,
    (strike) =>
      Effect.gen(function* () {
        const { id } = yield* Projects.create({ name: projectName })
        yield* strike
        return (yield* Projects.update(id, { description: marked })).description
      }),
    { seen: { path: "/projects?pageSize=1000", times: times(`description="${marked}"`) } }
  ),
  scenario(
    "Projects.delete",
    "deleteProject",
    "write",
    undefined,
    (strike) =>
      Effect.gen(function* () {
        const { id } = yield* Projects.create({ name: projectName })
        yield* strike
        yield* Projects.delete(id)
      }),
    { seen: { path: "/projects?pageSize=1000", times: (text) => 1 - projectsMade.times(text) }, empty: true }
  ),
  written(
    "Workbooks.addTags",
    "addTagsToWorkbook",
    workbooks,
    ({ id }, strike) =>
      Effect.map(Effect.zipRight(strike, Workbooks.addTags(id, [marked])), (tags) =>
        tags.some(({ label }) => label === marked)
      ),
    marks,
    true,
    // An existing tag stays.
    { again: true, silent: { gives: false } }
  ),
  written(
    "Workbooks.deleteTag",
    "deleteTagFromWorkbook",
    workbooks,
    ({ id }, strike) =>
      Workbooks.addTags(id, [marked]).pipe(Effect.zipRight(strike), Effect.zipRight(Workbooks.deleteTag(id, marked))),
    { path: marks.path, times: (text) => 1 - marks.times(text) },
    undefined,
    { empty: true }
  )
]

const currentUser = Effect.gen(function* () {
  return (yield* (yield* TableauSession).current).user
})

type Lists<Item> = Module<"list", [], Query.Listing<Item>>

interface Identified<Id> {
  readonly id: Id
}

const tagsOf = <Id>(
  module: Lists<Identified<Id>> &
    Module<"addTags", [Id, ReadonlyArray<string>], ReadonlyArray<unknown>> &
    Module<"deleteTag", [Id, string], void>
) => {
  const item = first(module.list())
  return [
    twiceAsArray(module.addTags, item, ({ id }) => module.addTags(id, [marked])),
    emptied(
      module.deleteTag,
      item,
      ({ id }) => module.addTags(id, [marked]),
      ({ id }) => module.deleteTag(id, marked)
    )
  ]
}

const capability: Permissions.Capability = { name: "Write", mode: "Deny" }

const permissionsOf = <Id>(
  module: Lists<Identified<Id>> &
    Module<"permissions", [Id], Permissions.Permissions> &
    Module<"addPermissions", [Id, ReadonlyArray<Permissions.Grant>], Permissions.Permissions> &
    Module<"deletePermission", [Id, Permissions.Grantee, Permissions.Capability], void>
) => {
  const content = Effect.all({ item: first(module.list()), user: first(Users.list()) })
  const add = ({ item, user }: Effect.Effect.Success<typeof content>) =>
    module.addPermissions(item.id, [{ user: { id: user.id }, capabilities: [capability] }])
  return [
    twice(module.permissions, content, ({ item }) => module.permissions(item.id)),
    twice(module.addPermissions, content, add),
    emptied(module.deletePermission, content, add, ({ item, user }) =>
      module.deletePermission(item.id, { user: { id: user.id } }, capability)
    )
  ]
}

const workbook = first(Workbooks.list())
const view = first(Views.list())
const datasource = first(Datasources.list())
const flow = first(Flows.list())

const others: ReadonlyArray<Scenario> = [
  ...permissionsOf(Workbooks),
  ...permissionsOf(Views),
  ...permissionsOf(Datasources),
  ...permissionsOf(Flows),
  ...permissionsOf(Projects),
  ...tagsOf(Workbooks),
  ...tagsOf(Views),
  ...tagsOf(Datasources),
  ...tagsOf(Flows),
  twice(Sites.get, Effect.void, () => Sites.get()),
  twice(Sites.getByName, Effect.void, () => Sites.getByName("Default")),
  twice(Sites.getByContentUrl, Effect.void, () => TableauSession.withSite(elsewhere)(Sites.getByContentUrl(elsewhere))),
  listedOf(Workbooks.listForUser, 5, currentUser, ({ id }) => Workbooks.listForUser(id)),
  twiceAsArray(Workbooks.connections, workbook, ({ id }) => Workbooks.connections(id)),
  listedOf(Workbooks.revisions, 1, workbook, ({ id }) => Workbooks.revisions(id)),
  emptied(
    Workbooks.delete,
    workbook,
    () => Effect.void,
    ({ id }) => Workbooks.delete(id)
  ),
  twice(Views.get, view, ({ id }) => Views.get(id)),
  twiceAsArray(Views.listForWorkbook, workbook, ({ id }) => Views.listForWorkbook(id)),
  twiceAsArray(Datasources.connections, datasource, ({ id }) => Datasources.connections(id)),
  listedOf(Datasources.revisions, 1, datasource, ({ id }) => Datasources.revisions(id)),
  emptied(
    Datasources.delete,
    datasource,
    () => Effect.void,
    ({ id }) => Datasources.delete(id)
  ),
  twice(Flows.get, flow, ({ id }) => Flows.get(id)),
  twiceAsArray(Flows.connections, flow, ({ id }) => Flows.connections(id)),
  listedOf(Users.listInGroup, 6, first(Groups.list()), ({ id }) => Users.listInGroup(id)),
  listedOf(Groups.listForUser, 1, currentUser, ({ id }) => Groups.listForUser(id)),
  twice(Schedules.get, first(Schedules.list()), ({ id }) => Schedules.get(id)),
  twice(
    Tasks.get,
    Effect.flatMap(Tasks.list(), ([task]) => Effect.orDie(Effect.fromNullable(task))),
    ({ id }) => Tasks.get(id)
  ),
  listedOf(Tasks.listForSchedule, 3, first(Schedules.list()), ({ id }) => Tasks.listForSchedule(id), {
    silent: { gives: 0 }
  }),
  file(Workbooks.download, workbook, ({ id }) => Workbooks.download(id)),
  file(Workbooks.downloadRevision, workbook, ({ id }) => Workbooks.downloadRevision(id, 1)),
  file(Workbooks.pdf, workbook, ({ id }) => Workbooks.pdf(id)),
  file(Workbooks.powerpoint, workbook, ({ id }) => Workbooks.powerpoint(id)),
  file(Workbooks.previewImage, workbook, ({ id }) => Workbooks.previewImage(id)),
  file(Views.image, view, ({ id }) => Views.image(id)),
  file(Views.pdf, view, ({ id }) => Views.pdf(id)),
  file(Views.data, view, ({ id }) => Views.data(id)),
  file(Views.crosstab, view, ({ id }) => Views.crosstab(id)),
  file(Views.previewImage, Effect.all([workbook, view]), ([workbook, view]) =>
    Views.previewImage(workbook.id, view.id)
  ),
  file(Datasources.download, datasource, ({ id }) => Datasources.download(id)),
  file(Datasources.downloadRevision, datasource, ({ id }) => Datasources.downloadRevision(id, 1)),
  file(Flows.download, flow, ({ id }) => Flows.download(id))
]

const covered = new Set(detailed.map(({ name }) => name.split(":")[0]))

/** In the order of their definition; a detailed scenario replaces the general one. */
export const operations: ReadonlyArray<Scenario> = [
  ...detailed,
  ...others.filter(({ name }) => !covered.has(name)),
  ...contentOperations
]
