import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Ids, Projects, TableauSession } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { scriptedServer, xml } from "../../../../test/support/scriptedServer.js"
import { admin, onSession, open, server, session, viewer } from "../../../../test/support/session.js"
import { element } from "../../../../test/support/xml.js"

const all = Effect.gen(function* () {
  const { items, totalAvailable } = yield* Projects.list({ pageSize: 2 })
  const projects = [...(yield* Stream.runCollect(items))]
  expect(projects).toHaveLength(totalAvailable)
  return projects
})

const named = (name: string) => Effect.map(all, (projects) => projects.filter((project) => project.name === name))

describe("Projects", () => {
  onSession("Projects.list returns nested projects, with owner, permissions and timestamps", () =>
    Effect.gen(function* () {
      const projects = yield* all
      const nested = projects.find(({ parentProjectId }) => parentProjectId !== undefined)
      expect(nested).toMatchObject({ contentPermissions: expect.any(String), owner: { id: expect.any(String) } })
      expect(projects.map(({ id }) => id)).toContain(nested?.parentProjectId)
      expect(DateTime.isDateTime(nested?.createdAt)).toBe(true)
      expect(projects.map(({ name }) => name)).toContain("default")
    })
  )

  onSession("Projects.create returns the new project with the requested properties, whatever their characters", () =>
    Effect.gen(function* () {
      const parent = yield* Projects.create({ name: "Accounts" })
      expect(parent).toMatchObject({ name: "Accounts", contentPermissions: "ManagedByOwner" })
      expect(parent.parentProjectId).toBeUndefined()
      const child = yield* Projects.create({
        name: `O'Brien & "Söhne" <売上>`,
        description: "two\nlines",
        parentProjectId: parent.id,
        contentPermissions: "LockedToProjectWithoutNested"
      })
      expect(child).toMatchObject({
        name: `O'Brien & "Söhne" <売上>`,
        description: "two\nlines",
        parentProjectId: parent.id,
        contentPermissions: "LockedToProjectWithoutNested"
      })
      expect(child.createdAt).toEqual(DateTime.unsafeMake(0))
      expect(yield* named(child.name ?? "")).toEqual([child])
    })
  )

  onSession("Projects.update changes the given properties and no others", () =>
    Effect.gen(function* () {
      const top = yield* Projects.create({ name: "Top" })
      const created = yield* Projects.create({ name: "Moving", description: "first" })
      const renamed = yield* Projects.update(created.id, { name: "Moved" })
      expect(renamed).toMatchObject({ id: created.id, name: "Moved", description: "first", owner: created.owner })
      const moved = yield* Projects.update(created.id, {
        parentProjectId: top.id,
        contentPermissions: "LockedToProject",
        description: ""
      })
      expect(moved).toMatchObject({ name: "Moved", parentProjectId: top.id, contentPermissions: "LockedToProject" })
      expect(moved.description).not.toBe("first")
      expect(yield* Projects.update(created.id, {})).toEqual(moved)
      expect(yield* named("Moved")).toEqual([moved])
    })
  )

  onSession("Projects.update moves a project to another owner", () =>
    Effect.gen(function* () {
      const { user } = yield* Effect.scoped(Effect.flatMap(open({ credentials: viewer }), ({ current }) => current))
      const created = yield* Projects.create({ name: "Transferred" })
      expect(created.owner?.id).not.toBe(user.id)
      expect((yield* Projects.update(created.id, { ownerId: user.id })).owner?.id).toBe(user.id)
    })
  )

  onSession("Projects.delete removes a project with its nested projects, and fails with NotFound the second time", () =>
    Effect.gen(function* () {
      const before = yield* all
      const top = yield* Projects.create({ name: "Top" })
      yield* Projects.create({ name: "Nested", parentProjectId: top.id })
      expect(yield* Projects.delete(top.id)).toBeUndefined()
      expect((yield* all).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
      expect(yield* Effect.flip(Projects.delete(top.id))).toMatchObject({
        _tag: "NotFound",
        code: "404005",
        acted: "no"
      })
    })
  )

  onSession(
    "Projects.create fails with Conflict, and creates nothing, when the name exists under the same parent",
    () =>
      Effect.gen(function* () {
        yield* Projects.create({ name: "Twice" })
        const error = yield* Effect.flip(Projects.create({ name: "Twice" }))
        expect(error).toMatchObject({ _tag: "Conflict", code: "409006", operation: "Projects.create", acted: "no" })
        expect(yield* named("Twice")).toHaveLength(1)
      })
  )

  onSession("Projects.create fails with Forbidden for a viewer", { session: { credentials: viewer } }, () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Projects.create({ name: "Not allowed" }))
      expect(error).toMatchObject({ _tag: "Forbidden", code: "403004", acted: "no" })
    })
  )

  onSession(
    "Projects.create inside withSite adds the project to that site only",
    { session: { credentials: admin } },
    () =>
      Effect.gen(function* () {
        yield* TableauSession.withSite("Finance")(Projects.create({ name: "Ledgers" }))
        expect(yield* named("Ledgers")).toEqual([])
        expect(yield* TableauSession.withSite("Finance")(named("Ledgers"))).toHaveLength(1)
      })
  )

  onSession("Projects.update and Projects.delete fail with BadRequest, and send nothing, for a blank id", (simulator) =>
    Effect.gen(function* () {
      const blank = Ids.ProjectId.make(" ")
      expect(yield* Effect.flip(Projects.delete(blank))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(yield* Effect.flip(Projects.update(blank, {}))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(yield* simulator.count("unknown")).toBe(0)
    })
  )
})

describe("the response to Projects.delete", () => {
  const deleting = (fault: Fault.Fault) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { id } = yield* Projects.create({ name: "Short-lived" })
      yield* simulator.inject({ operation: "deleteProject", fault })
      return yield* Effect.either(Projects.delete(id))
    }).pipe(Effect.provide(session()), Effect.provide(server()))

  it.effect.each([
    ["a 200 response without a body", Fault.status(200, { body: "empty", when: "after" })],
    ["an empty tsResponse", Fault.raw({ body: '<tsResponse xmlns="http://tableau.com/api"/>', when: "after" })]
  ] as const)("Projects.delete succeeds after %s", ([, fault]) =>
    Effect.gen(function* () {
      expect(yield* deleting(fault)).toMatchObject({ _tag: "Right" })
    })
  )

  it.effect.each([
    ["a login page", Fault.loginPage, { _tag: "UnexpectedResponse", kind: "Html", acted: "unknown" }],
    ["a JSON response", Fault.raw({ body: "{}" }), { _tag: "UnexpectedResponse", kind: "Json", acted: "unknown" }],
    [
      "a document that is not a tsResponse",
      Fault.raw({ body: "<ok/>" }),
      { _tag: "UnexpectedResponse", kind: "Malformed" }
    ],
    ["a truncated document", Fault.raw({ body: "<tsResponse>" }), { _tag: "UnexpectedResponse", kind: "Malformed" }],
    ["an error response with status 200", Fault.status(200, { code: "403004" }), { _tag: "Forbidden", code: "403004" }]
  ] as const)("Projects.delete fails after %s", ([, fault, error]) =>
    Effect.gen(function* () {
      expect(yield* deleting(fault)).toMatchObject({ _tag: "Left", left: error })
    })
  )
})

it.scoped("Projects.create returns only an id when the server sends nothing else", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* scriptedServer(
      { "POST /sites/s/projects": { ...xml(element("project", { id: "p", updatedAt: "" })), status: 201 } },
      { restApiVersion: "2.4" }
    )
    const session = yield* TableauSession.make({ server: url, credentials: admin })
    const created = yield* Effect.provideService(Projects.create({ name: "Sales" }), TableauSession, session)
    expect(created).toEqual({ id: "p" })
    expect(calls.map(({ body }) => body)).toEqual(['<tsRequest><project name="Sales" /></tsRequest>'])
  }).pipe(Effect.provide(layerHttpClient))
)

it.scoped("Projects.update sends the owner as an element and the other properties as attributes", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* scriptedServer({ "PUT /sites/s/projects/p": xml(element("project", { id: "p" })) })
    const session = yield* TableauSession.make({ server: url, credentials: admin })
    const change = {
      name: "Sales",
      description: "",
      parentProjectId: Ids.ProjectId.make("top"),
      contentPermissions: "ManagedByOwner",
      ownerId: Ids.UserId.make("u2")
    } as const
    yield* Effect.provideService(Projects.update(Ids.ProjectId.make("p"), change), TableauSession, session)
    expect(calls.map(({ body }) => body)).toEqual([
      '<tsRequest><project name="Sales" description="" parentProjectId="top" contentPermissions="ManagedByOwner"><owner id="u2" /></project></tsRequest>'
    ])
  }).pipe(Effect.provide(layerHttpClient))
)
