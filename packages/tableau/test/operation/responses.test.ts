/** What operations make of responses that are incomplete, malformed or repeated. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { type Name, respond } from "./operations.js"
import { paged } from "./resources/sample.js"

const lists: ReadonlyArray<readonly [operation: Name, list: string, item: string]> = [
  ["Sites.list", "sites", "site"],
  ["Projects.list", "projects", "project"],
  ["Workbooks.list", "workbooks", "workbook"],
  ["Views.list", "views", "view"],
  ["Datasources.list", "datasources", "datasource"],
  ["Flows.list", "flows", "flow"],
  ["Users.list", "users", "user"],
  ["Groups.list", "groups", "group"],
  ["Jobs.list", "backgroundJobs", "backgroundJob"],
  ["Schedules.list", "schedules", "schedule"]
]

describe("lists", () => {
  it.effect.each(lists)("%s drops a malformed item and logs it", ([operation, list, item]) =>
    Effect.gen(function* () {
      const body = paged(3, `<${list}><${item} id="1"/><${item} name="no id"/><${item} id="3"/></${list}>`)
      const { logged, result } = yield* respond(operation, body)
      expect(result).toMatchObject({ totalAvailable: 3, items: [{ id: "1" }, { id: "3" }] })
      expect(logged).toEqual([`${operation}: left out item 2 of page 1, <${item}>: ${item} has no id`])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect.each(lists)("%s fails when the response has no pagination", ([operation, list, item]) =>
    Effect.gen(function* () {
      const { error } = yield* respond(operation, `<${list}><${item} id="1"/></${list}>`)
      expect(error).toContain("tsResponse has no pagination")
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a list ends after ten pages without new items when the server repeats the same page", () =>
    Effect.gen(function* () {
      const { calls, result } = yield* respond(
        "Workbooks.list",
        paged(250, '<workbooks><workbook id="1"/></workbooks>')
      )
      expect([calls.length, result]).toEqual([11, { totalAvailable: 250, items: [{ id: "1" }] }])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a list of items without ids ends when the server repeats the same page", () =>
    Effect.gen(function* () {
      const favorite = (id: string) => `<favorite label="a"><workbook id="${id}"/></favorite>`
      const body = paged(1, `<favorites>${favorite("1")}${favorite("2")}</favorites>`).replace('"100"', '"2"')
      const { calls, result } = yield* respond("Favorites.list", body)
      expect([calls.length, result]).toMatchObject([
        2,
        { items: [{ workbook: { id: "1" } }, { workbook: { id: "2" } }] }
      ])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("equal items without any id are not duplicates", () =>
    Effect.gen(function* () {
      const favorites = paged(2, '<favorites><favorite label="a"/><favorite label="a"/></favorites>')
      expect((yield* respond("Favorites.list", favorites)).result).toMatchObject({
        items: [{ label: "a" }, { label: "a" }]
      })
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a list without pages drops a malformed item and logs it", () =>
    Effect.gen(function* () {
      const { logged, result } = yield* respond(
        "Tasks.list",
        '<tasks><task><extractRefresh id="1"/></task><task><dataAcceleration id="2"/></task></tasks>'
      )
      expect(result).toEqual([{ id: "1" }])
      expect(logged).toEqual(["Tasks.list: left out item 2, <task>: task has no extractRefresh"])
    }).pipe(Effect.provide(layerHttpClient))
  )
})

it.effect.each(["Flows.permissions", "Flows.addPermissions"] as const)(
  "%s fails when one of the rules is malformed, because the others mean something else without it",
  (operation) =>
    Effect.gen(function* () {
      const { error, logged } = yield* respond(
        operation,
        `<permissions><granteeCapabilities><user id="u"/><capabilities><capability name="Read"/>
         <capability name="Write" mode="Allow"/></capabilities></granteeCapabilities></permissions>`
      )
      expect(error).toContain(
        `${operation}: an item of the response cannot be read. It is item 1, <granteeCapabilities>: capability has no mode.`
      )
      expect(logged).toEqual([])
    }).pipe(Effect.provide(layerHttpClient))
)
