import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Ids, Projects, TableauSession } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { handwritten } from "../../../../test/support/handwritten.js"
import { admin, open, server, session, viewer } from "../../../../test/support/session.js"

const all = Effect.gen(function* () {
  const { items, totalAvailable } = yield* Projects.list({ pageSize: 2 })
  const projects = [...(yield* Stream.runCollect(items))]
  expect(projects).toHaveLength(totalAvailable)
  return projects
})

const named = (name: string) => Effect.map(all, (projects) => projects.filter((project) => project.name === name))

describe("projects", () => {
  it.effect("are listed with all that the server says of them, also those in others", () =>
    Effect.gen(function* () {
      const projects = yield* all
      const nested = projects.find(({ parentProjectId }) => parentProjectId !== undefined)
      expect(nested).toMatchObject({ contentPermissions: expect.any(String), owner: { id: expect.any(String) } })
      expect(projects.map(({ id }) => id)).toContain(nested?.parentProjectId)
      expect(DateTime.isDateTime(nested?.createdAt)).toBe(true)
      expect(projects.map(({ name }) => name)).toContain("default")
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("are made as they are asked for, and given", () =>
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
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("are changed in what is said, and in nothing else", () =>
    Effect.gen(function* () {
      const top = yield* Projects.create({ name: "Top" })
      const made = yield* Projects.create({ name: "Moving", description: "first" })
      const renamed = yield* Projects.update(made.id, { name: "Moved" })
      expect(renamed).toMatchObject({ id: made.id, name: "Moved", description: "first", owner: made.owner })
      const moved = yield* Projects.update(made.id, {
        parentProjectId: top.id,
        contentPermissions: "LockedToProject",
        description: ""
      })
      expect(moved).toMatchObject({ name: "Moved", parentProjectId: top.id, contentPermissions: "LockedToProject" })
      expect(moved.description).not.toBe("first")
      expect(yield* Projects.update(made.id, {})).toEqual(moved)
      expect(yield* named("Moved")).toEqual([moved])
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("are given to another owner", () =>
    Effect.gen(function* () {
      const { user } = yield* Effect.scoped(Effect.flatMap(open({ credentials: viewer }), ({ current }) => current))
      const made = yield* Projects.create({ name: "Given away" })
      expect(made.owner?.id).not.toBe(user.id)
      expect((yield* Projects.update(made.id, { ownerId: user.id })).owner?.id).toBe(user.id)
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("are deleted with the projects in them", () =>
    Effect.gen(function* () {
      const before = yield* all
      const top = yield* Projects.create({ name: "Top" })
      yield* Projects.create({ name: "In it", parentProjectId: top.id })
      expect(yield* Projects.delete(top.id)).toBeUndefined()
      expect((yield* all).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
      expect(yield* Effect.flip(Projects.delete(top.id))).toMatchObject({
        _tag: "NotFound",
        code: "404005",
        acted: "no"
      })
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("of the same name in the same place conflict, and nothing is made", () =>
    Effect.gen(function* () {
      yield* Projects.create({ name: "Twice" })
      const error = yield* Effect.flip(Projects.create({ name: "Twice" }))
      expect(error).toMatchObject({ _tag: "Conflict", code: "409006", operation: "Projects.create", acted: "no" })
      expect(yield* named("Twice")).toHaveLength(1)
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("are made by those who may", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Projects.create({ name: "Not mine to make" }))
      expect(error).toMatchObject({ _tag: "Forbidden", code: "403004", acted: "no" })
    }).pipe(Effect.provide(session({ credentials: viewer })), Effect.provide(server()))
  )

  it.effect("are made on the site that the program is on", () =>
    Effect.gen(function* () {
      yield* TableauSession.withSite("Finance")(Projects.create({ name: "Ledgers" }))
      expect(yield* named("Ledgers")).toEqual([])
      expect(yield* TableauSession.withSite("Finance")(named("Ledgers"))).toHaveLength(1)
    }).pipe(Effect.provide(session({ credentials: admin })), Effect.provide(server()))
  )

  it.effect("whose id is nothing are not asked for", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const nothing = Ids.ProjectId.make(" ")
      expect(yield* Effect.flip(Projects.delete(nothing))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(yield* Effect.flip(Projects.update(nothing, {}))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(yield* simulator.count("unknown")).toBe(0)
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})

describe("an answer that has nothing to say", () => {
  const deleting = (fault: Fault.Fault) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { id } = yield* Projects.create({ name: "Short-lived" })
      yield* simulator.inject({ operation: "deleteProject", fault })
      return yield* Effect.either(Projects.delete(id))
    }).pipe(Effect.provide(session()), Effect.provide(server()))

  it.effect.each([
    ["200 and no body", Fault.status(200, { body: "empty", when: "after" })],
    ["an element of Tableau's", Fault.raw({ body: '<tsResponse xmlns="http://tableau.com/api"/>', when: "after" })]
  ] as const)("may be %s", ([, fault]) =>
    Effect.gen(function* () {
      expect(yield* deleting(fault)).toMatchObject({ _tag: "Right" })
    })
  )

  it.effect.each([
    ["a login page", Fault.loginPage, { _tag: "UnexpectedResponse", kind: "Html", acted: "unknown" }],
    ["JSON", Fault.raw({ body: "{}" }), { _tag: "UnexpectedResponse", kind: "Json", acted: "unknown" }],
    ["another document", Fault.raw({ body: "<ok/>" }), { _tag: "UnexpectedResponse", kind: "Malformed" }],
    ["half of one", Fault.raw({ body: "<tsResponse>" }), { _tag: "UnexpectedResponse", kind: "Malformed" }],
    ["a refusal under 200", Fault.status(200, { code: "403004" }), { _tag: "Forbidden", code: "403004" }]
  ] as const)("is not %s", ([, fault, error]) =>
    Effect.gen(function* () {
      expect(yield* deleting(fault)).toMatchObject({ _tag: "Left", left: error })
    })
  )
})

it.scoped("a project of a server that says little has an id, and nothing that was made up", () =>
  Effect.gen(function* () {
    const body = (inner: string) => `<tsResponse xmlns="http://tableau.com/api">${inner}</tsResponse>`
    const { asked, url } = yield* handwritten({
      "/api/2.4/serverinfo": { body: body("<serverInfo><restApiVersion>2.4</restApiVersion></serverInfo>") },
      "/api/2.4/auth/signin": {
        body: body('<credentials token="t"><site id="s" contentUrl=""/><user id="u"/></credentials>')
      },
      "/api/2.4/auth/signout": { status: 204 },
      "/api/2.4/sites/s/projects": { status: 201, body: body('<project id="p" updatedAt=""/>') }
    })
    const session = yield* TableauSession.make({ server: url, credentials: admin })
    const made = yield* Effect.provideService(Projects.create({ name: "Sales" }), TableauSession, session)
    expect(made).toEqual({ id: "p" })
    expect(asked.at(-1)).toMatchObject({ method: "POST", body: '<tsRequest><project name="Sales" /></tsRequest>' })
  }).pipe(Effect.provide(server()))
)
