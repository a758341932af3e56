import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { type Content, Simulator } from "effect-tableau-simulator"
import { server } from "../../../../test/support/session.js"

export const sites = ["", "Marketing", "Finance", "Sales"] as const
export const size = 30

/** The name of each workbook contains its site. */
const content: Content.Content = {
  users: [
    { name: "ana", password: "secret", siteRole: "ServerAdministrator" },
    { name: "bob", password: "secret", sites: ["", "Marketing"] }
  ],
  sites: sites.map((contentUrl) => ({
    contentUrl,
    workbooks: Array.from({ length: size }, (_, index) => ({ name: `${contentUrl}/${index}` }))
  }))
}

export const user = (username: string) => Credentials.password({ username, password: Redacted.make("secret") })
export const ana = { credentials: user("ana") }
export const here = server({ content })

export const { withSite, switchSite } = TableauSession

export const names = (items: Iterable<Workbooks.Workbook>) => Array.from(items, ({ name = "" }) => name)

export const collect = Effect.flatMap(Workbooks.list({ pageSize: 10 }), ({ items }) => Stream.runCollect(items))

/** The site of the first workbook of a list. */
export const siteOfList = Effect.map(
  Workbooks.list({ pageSize: 10 }).pipe(Effect.flatMap(({ items }) => Stream.runHead(items))),
  (found) => Option.match(found, { onNone: () => "nowhere", onSome: ({ name = "" }) => name.split("/")[0] ?? "" })
)

/** The names of all workbooks of a site. */
export const allOf = (site: string) => Array.from({ length: size }, (_, index) => `${site}/${index}`)

/**
 * Checks that each request had a token of the site in its path. The server responds with 403 to a request on another
 * site, and with 401 to a token that a switch has replaced.
 */
export const expectNoneOnWrongSite = Effect.gen(function* () {
  const simulator = yield* Simulator
  const ids = new Map<string, string>()
  for (const { operation, path, site = "?", status } of yield* simulator.requests) {
    if (operation !== "queryWorkbooksForSite") continue
    expect([site, status]).toEqual([site, 200])
    const [, id = ""] = /\/sites\/([^/]+)/.exec(path) ?? []
    expect(ids.get(site) ?? id).toBe(id)
    ids.set(site, id)
  }
  expect(new Set(ids.values()).size).toBe(ids.size)
})
