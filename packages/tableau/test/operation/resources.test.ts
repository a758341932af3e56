import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  type Connections,
  Datasources,
  Favorites,
  Flows,
  Groups,
  Ids,
  Jobs,
  type Permissions,
  Projects,
  type Query,
  type Revisions,
  Schedules,
  Sites,
  type TableauError,
  TableauSession,
  type Tags,
  Tasks,
  Users,
  Views,
  Workbooks
} from "effect-tableau"
import type { Simulator } from "effect-tableau-simulator"
import { admin, open, server, session, viewer } from "../../../../test/support/session.js"

type Call<A> = Effect.Effect<A, TableauError.ListError, TableauSession>

const all = <A>(list: Call<Query.Listing<A>>) =>
  Effect.gen(function* () {
    const { items, totalAvailable } = yield* list
    const found = [...(yield* Stream.runCollect(items))]
    expect(found).toHaveLength(totalAvailable)
    return found
  })

const first = <A>(list: Call<Query.Listing<A>>) =>
  Effect.flatMap(
    Effect.flatMap(list, ({ items }) => Stream.runHead(items)),
    (item) => item
  )

const me = Effect.map(
  Effect.flatMap(TableauSession, ({ current }) => current),
  ({ user }) => user.id
)

/** Runs a program against a simulator of its own, as its administrator. */
const asAdmin = <A, E>(program: Effect.Effect<A, E, TableauSession | Simulator>) =>
  program.pipe(Effect.provide(session({ credentials: admin })), Effect.provide(server()))

interface Item {
  readonly id: string
  readonly name?: string | undefined
  readonly tags?: ReadonlyArray<Tags.Tag> | undefined
}

/** The operations of a kind of content, for the first item of its list. */
interface Content {
  readonly item: Item
  readonly get?: Call<Item>
  readonly connections?: Call<ReadonlyArray<Connections.Connection>>
  readonly revisions?: Call<Query.Listing<Revisions.Revision>>
  readonly addTags?: (labels: ReadonlyArray<string>) => Call<ReadonlyArray<Tags.Tag>>
  readonly deleteTag?: (label: string) => Call<void>
  readonly permissions: Call<Permissions.Permissions>
  readonly addPermissions: (grants: ReadonlyArray<Permissions.Grant>) => Call<Permissions.Permissions>
  readonly deletePermission: (grantee: Permissions.Grantee, capability: Permissions.Capability) => Call<void>
}

const workbook = Effect.map(
  first(Workbooks.list()),
  (item): Content => ({
    item,
    get: Workbooks.get(item.id),
    connections: Workbooks.connections(item.id),
    revisions: Workbooks.revisions(item.id, { pageSize: 1 }),
    addTags: (labels) => Workbooks.addTags(item.id, labels),
    deleteTag: (label) => Workbooks.deleteTag(item.id, label),
    permissions: Workbooks.permissions(item.id),
    addPermissions: (grants) => Workbooks.addPermissions(item.id, grants),
    deletePermission: (grantee, capability) => Workbooks.deletePermission(item.id, grantee, capability)
  })
)

const view = Effect.map(
  first(Views.list()),
  (item): Content => ({
    item,
    get: Views.get(item.id),
    addTags: (labels) => Views.addTags(item.id, labels),
    deleteTag: (label) => Views.deleteTag(item.id, label),
    permissions: Views.permissions(item.id),
    addPermissions: (grants) => Views.addPermissions(item.id, grants),
    deletePermission: (grantee, capability) => Views.deletePermission(item.id, grantee, capability)
  })
)

const datasource = Effect.map(
  first(Datasources.list()),
  (item): Content => ({
    item,
    get: Datasources.get(item.id),
    connections: Datasources.connections(item.id),
    revisions: Datasources.revisions(item.id, { pageSize: 1 }),
    addTags: (labels) => Datasources.addTags(item.id, labels),
    deleteTag: (label) => Datasources.deleteTag(item.id, label),
    permissions: Datasources.permissions(item.id),
    addPermissions: (grants) => Datasources.addPermissions(item.id, grants),
    deletePermission: (grantee, capability) => Datasources.deletePermission(item.id, grantee, capability)
  })
)

const flow = Effect.map(
  first(Flows.list()),
  (item): Content => ({
    item,
    get: Flows.get(item.id),
    connections: Flows.connections(item.id),
    addTags: (labels) => Flows.addTags(item.id, labels),
    deleteTag: (label) => Flows.deleteTag(item.id, label),
    permissions: Flows.permissions(item.id),
    addPermissions: (grants) => Flows.addPermissions(item.id, grants),
    deletePermission: (grantee, capability) => Flows.deletePermission(item.id, grantee, capability)
  })
)

const project = Effect.map(
  first(Projects.list()),
  (item): Content => ({
    item,
    permissions: Projects.permissions(item.id),
    addPermissions: (grants) => Projects.addPermissions(item.id, grants),
    deletePermission: (grantee, capability) => Projects.deletePermission(item.id, grantee, capability)
  })
)

describe.each([
  ["workbook", workbook],
  ["view", view],
  ["datasource", datasource],
  ["flow", flow],
  ["project", project]
] as const)("%s", (kind, content) => {
  it.effect(`get returns a ${kind} with the properties that it has in the list`, () =>
    asAdmin(
      Effect.gen(function* () {
        const { get, item } = yield* content
        expect(yield* get ?? Effect.succeed(item)).toMatchObject(item)
      })
    )
  )

  it.effect(`connections and revisions of a ${kind} are listed, if it has any`, () =>
    asAdmin(
      Effect.gen(function* () {
        const { connections, item, revisions } = yield* content
        if (connections !== undefined) {
          expect(yield* connections).toMatchObject([
            { id: expect.any(String), serverPort: 5432, embedPassword: expect.any(Boolean), userName: "reader" }
          ])
        }
        if (revisions !== undefined) {
          const [last, ...older] = [...(yield* all(revisions))].reverse()
          expect(last).toMatchObject({ revisionNumber: older.length + 1, current: true, publisher: { name: "admin" } })
          expect(item).toMatchObject(
            older.length === 0 ? { createdAt: last?.publishedAt } : { updatedAt: last?.publishedAt }
          )
        }
      })
    )
  )

  it.effect(`addTags and deleteTag change the tags of a ${kind}`, () =>
    asAdmin(
      Effect.gen(function* () {
        const { addTags, deleteTag, get, item } = yield* content
        if (addTags === undefined || deleteTag === undefined || get === undefined) return
        const labels = ["a/b & c", "été ?#%", ".. ", "x,y", "one\ttab, two\u00a0spaces"]
        const before = item.tags ?? []
        expect(yield* addTags(labels)).toEqual([...before, ...labels.map((label) => ({ label }))])
        expect(yield* addTags(labels)).toHaveLength(before.length + labels.length)
        for (const label of labels.filter((label) => label !== ".. ")) yield* deleteTag(label)
        expect((yield* get).tags).toEqual([...before, { label: ".. " }])
        for (const label of ['the "best"', '"', ""]) {
          expect(yield* Effect.flip(addTags(["fine", label]))).toMatchObject({ _tag: "BadRequest", acted: "no" })
        }
        expect(yield* Effect.flip(deleteTag("gone"))).toMatchObject({ _tag: "NotFound", code: "404007" })
        // The path would not be that of the tag.
        expect(yield* Effect.flip(deleteTag(".."))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      })
    )
  )

  it.effect(`addPermissions and deletePermission change the rules of a ${kind}`, () =>
    asAdmin(
      Effect.gen(function* () {
        const { addPermissions, deletePermission, item, permissions } = yield* content
        const [, group] = yield* all(Groups.list())
        const grantees: ReadonlyArray<Permissions.Grantee> = [
          { user: { id: yield* me } },
          { group: { id: group?.id ?? Ids.GroupId.make("") } }
        ]
        const before = yield* permissions
        expect(before).toMatchObject({ [kind]: { id: item.id, name: item.name }, granteeCapabilities: [{}] })
        for (const grantee of grantees) {
          const deny: Permissions.Capability = { name: "Read", mode: "Deny" }
          const grant = { ...grantee, capabilities: [deny] }
          const after = yield* addPermissions([grant])
          expect(after.granteeCapabilities).toMatchObject([...before.granteeCapabilities, grant])
          expect(yield* addPermissions([grant])).toEqual(after)
          expect(yield* permissions).toEqual(after)
          expect(yield* Effect.flip(deletePermission(grantee, { name: "Read", mode: "Allow" }))).toMatchObject({
            _tag: "NotFound",
            code: "404013"
          })
          yield* deletePermission(grantee, deny)
          expect(yield* permissions).toEqual(before)
        }
      })
    )
  )
})

it.effect("Workbooks.delete and Datasources.delete remove the item, which is then not found", () =>
  asAdmin(
    Effect.gen(function* () {
      const { id: workbookId } = yield* first(Workbooks.list())
      yield* Workbooks.delete(workbookId)
      expect(yield* Effect.flip(Workbooks.get(workbookId))).toMatchObject({ _tag: "NotFound", code: "404006" })
      const { id: datasourceId } = yield* first(Datasources.list())
      yield* Datasources.delete(datasourceId)
      expect(yield* Effect.flip(Datasources.get(datasourceId))).toMatchObject({ _tag: "NotFound", code: "404004" })
    })
  )
)

describe("lists", () => {
  it.effect("views of a workbook are listed, with usage statistics on request", () =>
    asAdmin(
      Effect.gen(function* () {
        const superstore = yield* first(Workbooks.list())
        const views = yield* Views.listForWorkbook(superstore.id)
        expect(views.map(({ name }) => name)).toEqual(["Overview", "Details"])
        expect(views.map(({ usage }) => usage)).toEqual([undefined, undefined])
        expect((yield* Workbooks.get(superstore.id)).views?.map(({ id }) => id)).toEqual(views.map(({ id }) => id))
        const used = yield* Views.listForWorkbook(superstore.id, { includeUsageStatistics: true })
        expect(used.map(({ usage }) => usage?.totalViewCount)).toEqual([0, 7])
        const [, second] = yield* all(Views.list({ pageSize: 50, includeUsageStatistics: true }))
        expect(second).toMatchObject({
          id: views[1]?.id,
          usage: { totalViewCount: 7 },
          workbook: { id: superstore.id }
        })
        expect(yield* Views.get(second?.id ?? Ids.ViewId.make(""), { includeUsageStatistics: true })).toMatchObject({
          usage: { totalViewCount: 7 }
        })
      })
    )
  )

  it.effect("workbooks, groups and favorites of a user and users of a group are listed", () =>
    asAdmin(
      Effect.gen(function* () {
        const users = yield* all(Users.list({ pageSize: 2 }))
        const vera = users.find(({ name }) => name === "viewer")
        const userId = vera?.id ?? Ids.UserId.make("")
        expect(yield* Users.get(userId)).toEqual(vera)
        expect(vera).toMatchObject({ fullName: "Vera Viewer", siteRole: "Viewer", domain: { name: "local" } })
        expect(users.find(({ name }) => name === "retired")?.lastLogin).toBeUndefined()

        const mine = yield* all(Workbooks.listForUser(yield* me, { ownedBy: true, pageSize: 10 }))
        expect(new Set(mine.map(({ owner }) => owner?.name))).toEqual(new Set(["admin"]))
        const every = yield* all(Workbooks.listForUser(yield* me))
        expect(every).toHaveLength((yield* Workbooks.list()).totalAvailable)
        expect(mine.length).toBeLessThan(every.length)

        const groups = yield* all(Groups.listForUser(userId))
        expect(groups.map(({ name }) => name)).toEqual(["All Users", "Analysts"])
        const members = yield* Effect.forEach(groups, ({ id }) => all(Users.listInGroup(id, { pageSize: 3 })))
        expect(members[0]).toHaveLength(users.length)
        expect(members[0]).toEqual(expect.arrayContaining(users))
        expect(members[1]?.map(({ name }) => name)).toContain("viewer")

        const favorites = yield* all(Favorites.list(yield* me, { pageSize: 2 }))
        expect(favorites.map(({ label, position }) => [label, position])).toEqual([
          ["My workbook", 0],
          ["My view", 1],
          ["My datasource", 2],
          ["My flow", 3],
          ["My project", 4]
        ])
        expect(favorites[0]?.workbook?.name).toBe("Superstore")
        expect(favorites[4]?.project?.name).toBe("default")
      })
    )
  )

  it.effect("jobs are listed, and get returns one with its content", () =>
    asAdmin(
      Effect.gen(function* () {
        const jobs = yield* all(Jobs.list({ pageSize: 3 }))
        expect(new Set(jobs.map(({ status }) => status))).toEqual(
          new Set(["Success", "Failed", "Cancelled", "InProgress", "Pending"])
        )
        for (const { endedAt, id, startedAt, status } of jobs) {
          const job = yield* Jobs.get(id)
          expect([job.startedAt, job.completedAt]).toEqual([startedAt, endedAt])
          expect(job.finishCode === undefined).toBe(endedAt === undefined)
          expect(job.extractRefreshJob).toMatchObject({
            notes: `${status} as told`,
            workbook: { name: expect.any(String) }
          })
        }
      })
    )
  )

  it.effect("schedules are listed, and the tasks of one", () =>
    asAdmin(
      Effect.gen(function* () {
        const schedules = yield* all(Schedules.list({ pageSize: 2 }))
        expect(schedules.map(({ frequency }) => frequency)).toEqual(["Weekly", "Daily", "Weekly"])
        const [weekly] = schedules
        const scheduleId = weekly?.id ?? Ids.ScheduleId.make("")
        expect(yield* Schedules.get(scheduleId)).toEqual({
          ...weekly,
          frequencyDetails: { start: "06:00:00", intervals: [{ weekDay: "Monday" }, { weekDay: "Friday" }] }
        })
        const tasks = yield* Tasks.list()
        expect(tasks).toHaveLength(6)
        for (const task of tasks) expect(yield* Tasks.get(task.id)).toEqual(task)
        const ofWeekly = yield* all(Tasks.listForSchedule(scheduleId, { pageSize: 2 }))
        expect(ofWeekly.map(({ id }) => id)).toEqual(
          tasks.filter(({ schedule }) => schedule?.id === scheduleId).map(({ id }) => id)
        )
        expect(ofWeekly.map(({ datasource, type, workbook }) => [type, (workbook ?? datasource)?.name])).toContainEqual(
          ["FullRefresh", "Superstore"]
        )
      })
    )
  )

  it.effect("sites are listed, and the site of the session is returned by id, name and content URL", () =>
    asAdmin(
      Effect.gen(function* () {
        const sites = yield* all(Sites.list({ pageSize: 2 }))
        expect(sites.map(({ contentUrl }) => contentUrl)).toEqual(["", "MarketingTeam", "Finance"])
        const marketing = TableauSession.withSite("MarketingTeam")
        const [, own] = sites
        expect(own).toMatchObject({ name: "Marketing Team", revisionLimit: 25, revisionHistoryEnabled: true })
        for (const site of [Sites.get(), Sites.getByName("Marketing Team"), Sites.getByContentUrl("MarketingTeam")]) {
          expect(yield* marketing(site)).toEqual(own)
        }
        expect(yield* Effect.flip(Sites.getByContentUrl("Finance"))).toMatchObject({ _tag: "Forbidden" })
        expect(yield* Effect.flip(Sites.getByName("Nowhere"))).toMatchObject({ _tag: "NotFound", code: "404000" })
        expect(yield* Effect.flip(Sites.getByContentUrl(""))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      })
    )
  )

  it.effect("a list reads from the site where it began", () =>
    asAdmin(
      Effect.gen(function* () {
        const { items, totalAvailable } = yield* TableauSession.withSite("Finance")(Users.list({ pageSize: 2 }))
        expect([totalAvailable, yield* Stream.runCount(items)]).toEqual([5, 5])
        expect((yield* Users.list()).totalAvailable).toBe(6)
      })
    )
  )
})

describe("permissions of the user", () => {
  it.effect("a viewer reads a part of the views, and fails with Forbidden on lists for administrators", () =>
    Effect.gen(function* () {
      const every = yield* Effect.scoped(
        Effect.flatMap(open({ credentials: admin }), (session) =>
          Effect.provideService(all(Views.list({ pageSize: 1000 })), TableauSession, session)
        )
      )
      const seen = yield* all(Views.list({ pageSize: 1000 }))
      expect(seen.length).toBeGreaterThan(0)
      expect(seen.length).toBeLessThan(every.length)
      const forbidden: ReadonlyArray<Call<unknown>> = [Users.list(), Groups.list(), Jobs.list(), Sites.list()]
      for (const call of forbidden) {
        expect(yield* Effect.flip(call)).toMatchObject({ _tag: "Forbidden", acted: "no" })
      }
      expect(yield* all(Favorites.list(yield* me))).toHaveLength(5)
      const [, hers] = yield* all(Groups.listForUser(yield* me))
      expect(hers?.name).toBe("Analysts")
    }).pipe(Effect.provide(session({ credentials: viewer })), Effect.provide(server()))
  )
})
