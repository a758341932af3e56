/** What a value that cannot be read costs: itself, or its item if the value is required. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Users } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { keyOf, xml } from "../../../../test/support/scriptedServer.js"
import { pagination } from "../../../../test/support/xml.js"
import { onScript } from "./onScript.js"
import { respond } from "./operations.js"
import { paged } from "./resources/sample.js"

describe("a value that cannot be read", () => {
  it.effect("items keep their other values, and a warning names each item and each property", () =>
    Effect.gen(function* () {
      const body = paged(
        5,
        `<users><user id="1" name="a" lastLogin="2023-04-31T10:00:00Z"/>
         <user id="2" name="b" lastLogin="soon"/><user id="3" name="c" lastLogin=""/>
         <user name="d"/><user id="5" name="e" lastLogin="2024-06-01T25:00:00Z"/></users>`
      )
      const { logged, result } = yield* respond("Users.list", body)
      expect(result).toEqual({
        totalAvailable: 5,
        items: [
          { id: "1", name: "a" },
          { id: "2", name: "b" },
          { id: "3", name: "c" },
          { id: "5", name: "e" }
        ]
      })
      expect(logged).toEqual([
        'Users.list: a value is absent in item 1 of page 1, <user id="1">: user: lastLogin cannot be read',
        'Users.list: a value is absent in item 2 of page 1, <user id="2">: user: lastLogin cannot be read',
        "Users.list: left out item 4 of page 1, <user>: user has no id",
        'Users.list: a value is absent in item 5 of page 1, <user id="5">: user: lastLogin cannot be read'
      ])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a single resource is returned without the value, in a nested element too", () =>
    Effect.gen(function* () {
      const { logged, result } = yield* respond(
        "Workbooks.get",
        '<workbook id="w" name="a" size="1 MB" showTabs="yes"><owner id="o" lastLogin="0000-00-00T00:00:00Z"/><tags><tag/></tags></workbook>'
      )
      expect(result).toEqual({ id: "w", name: "a", owner: { id: "o" }, tags: [] })
      expect(logged).toEqual([
        "Workbooks.get: left out item 1, <tag>: tag has no label",
        'Workbooks.get: a value is absent in <workbook id="w">: workbook: size cannot be read; workbook: showTabs cannot be read; owner: lastLogin cannot be read'
      ])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a single resource without an id, and a list whose pagination cannot be read, fail", () =>
    Effect.gen(function* () {
      expect((yield* respond("Workbooks.get", '<workbook name="a"/>')).error).toContain("workbook has no id")
      const { error } = yield* respond(
        "Users.list",
        '<pagination pageNumber="1" pageSize="100" totalAvailable="many"/><users><user id="1"/></users>'
      )
      expect(error).toContain("pagination: totalAvailable cannot be read")
    }).pipe(Effect.provide(layerHttpClient))
  )

  const twoUsers = xml(
    pagination({ total: 2 }),
    '<users><user id="1" lastLogin="never"/><user id="2" lastLogin="2024-06-01T10:00:00Z"/></users>'
  )

  it.effect("a strict list is complete when a value of an item cannot be read", () =>
    Effect.gen(function* () {
      const strict = Stream.runCollect(Users.stream({ strict: true }))
      const { exit } = yield* onScript(
        Effect.map(strict, (users) => [...users].map(({ id }) => id)),
        { [keyOf(Users.list)]: twoUsers }
      )
      expect(yield* exit).toEqual(["1", "2"])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect('a list with malformedItems "fail" fails with the item and the property', () =>
    Effect.gen(function* () {
      const { exit } = yield* onScript(Effect.flip(Users.list({ malformedItems: "fail" })), {
        [keyOf(Users.list)]: twoUsers
      })
      expect(yield* exit).toMatchObject({
        _tag: "UnexpectedResponse",
        kind: "MalformedItem",
        detail:
          'It is item 1 of page 1, <user id="1">: user: lastLogin cannot be read. With malformedItems: "skip" the list continues without the value.'
      })
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("permissions fail as a whole", () =>
    Effect.gen(function* () {
      const { error } = yield* respond(
        "Workbooks.permissions",
        `<permissions><workbook id="w"/><granteeCapabilities><user id="u"/><capabilities><capability name="Read" mode="Deny"/>
         <capability mode="Allow"/></capabilities></granteeCapabilities></permissions>`
      )
      expect(error).toContain("<granteeCapabilities>: capability has no name")
    }).pipe(Effect.provide(layerHttpClient))
  )
})

describe("a character that XML forbids", () => {
  const names: ReadonlyArray<readonly [written: string, read: string]> = [
    ["Sales&#11;2024", "Sales\uFFFD2024"],
    ["Sales\u00022024", "Sales\uFFFD2024"],
    ["Sales \uFFFE", "Sales \uFFFD"],
    ["Sales &#xDBFF;&#xDFFF;", "Sales \u{10FFFF}"],
    ["&#xD83D;&#xDE00; Sales", "\u{1F600} Sales"],
    ["Sales &#55356; &#57263;", "Sales \uFFFD \uFFFD"],
    ["&#x0;", "\uFFFD"],
    ["&#xFFFFFF;", "\uFFFD"]
  ]
  it.effect.each(names)("the name %j is read as %j, and all other items are read", ([written, read]) =>
    Effect.gen(function* () {
      const { logged, result } = yield* respond(
        "Views.list",
        paged(2, `<views><view id="1" name="a"/><view id="2" name="${written}"/></views>`)
      )
      expect(result).toMatchObject({
        items: [
          { id: "1", name: "a" },
          { id: "2", name: read }
        ]
      })
      expect(logged).toEqual([])
      const error = yield* respond("Workbooks.get", {
        ...xml(`<error code="404006"><summary>${written}</summary></error>`),
        status: 404
      })
      expect(error.error).toContain("404006")
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a reference that is not well-formed still fails", () =>
    Effect.gen(function* () {
      for (const written of ["&#xG;", "&#;", "&nbsp;", "&", "&#x1"]) {
        const { error } = yield* respond("Views.list", paged(1, `<views><view id="1" name="${written}"/></views>`))
        expect(error).toContain("a reference that is malformed, unknown, or not allowed")
      }
    }).pipe(Effect.provide(layerHttpClient))
  )
})
