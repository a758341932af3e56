import { expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Content, Simulator } from "effect-tableau-simulator"
import { attribute, code, send, signIn } from "../support/http.js"

const content: Content.Content = {
  users: [
    { name: "ana", password: "secret", siteRole: "SiteAdministratorCreator" },
    { name: "ben", password: "hidden", siteRole: "Viewer", sites: ["Sales"] }
  ],
  personalAccessTokens: [{ name: "ci", secret: "s3cret", user: "ana" }],
  sites: [
    {
      contentUrl: "Sales",
      projects: [{ name: "Plans" }, { name: "Secret", parent: "Plans", restricted: true }],
      workbooks: [
        { name: "Forecast", project: "Plans", views: ["2024", "2025"], tags: ["draft"], owner: "ben" },
        { name: "Takeover", project: "Secret" }
      ],
      datasources: [{ name: "Orders" }],
      flows: [{ name: "Clean" }],
      groups: [{ name: "Team", users: ["ben"] }]
    },
    { contentUrl: "", workbooks: [] }
  ]
}

layer(Simulator.layer({ content }))("declared content", (it) => {
  const list = (path: string, who: { readonly name: string; readonly password: string }) =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const { siteId, token } = yield* signIn(url, who, "sales")
      return yield* send(`${url}/api/3.29/sites/${siteId}/${path}`, { token })
    })
  const ana = { name: "ana", password: "secret" }
  const ben = { name: "ben", password: "hidden" }

  it.effect("declared content replaces the demo content", () =>
    Effect.gen(function* () {
      const { text } = yield* list("workbooks", ana)
      expect([...text.matchAll(/<workbook id="[^"]*" name="([^"]*)"/g)].map(([, name]) => name)).toEqual([
        "Forecast",
        "Takeover"
      ])
      expect(text).toContain('<tag label="draft"/>')
      const id = attribute(text, "workbook", "id")
      const views = yield* list(`workbooks/${id}/views`, ana)
      expect([...views.text.matchAll(/contentUrl="([^"]*)"/g)].map(([, url]) => url)).toEqual([
        "Forecast/sheets/2024",
        "Forecast/sheets/2025"
      ])
      expect((yield* list("datasources", ana)).text).toContain('name="Orders"')
      expect((yield* list("flows", ana)).text).toContain('name="Clean"')
      expect((yield* list("projects", ana)).text).toContain('name="default"')
      const groups = yield* list("groups?filter=name:eq:Team&fields=_all_", ana)
      expect(attribute(groups.text, "group", "userCount")).toBe("1")
    })
  )

  it.effect("a restricted project hides its workbooks from users", () =>
    Effect.gen(function* () {
      const { text } = yield* list("workbooks", ben)
      expect(text).toContain('name="Forecast"')
      expect(text).not.toContain("Takeover")
    })
  )

  it.effect("users, tokens and sites that are not declared cannot sign in", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      yield* signIn(url, { personalAccessTokenName: "ci", personalAccessTokenSecret: "s3cret" })
      const refused = yield* Effect.flip(signIn(url, ben))
      expect(refused.message).toContain("401001")
      const demo = yield* Effect.flip(signIn(url))
      expect(demo.message).toContain("401001")
    })
  )

  it.effect("the list of jobs is empty", () =>
    Effect.gen(function* () {
      const response = yield* list("jobs", ana)
      expect([response.status, code(response), attribute(response.text, "pagination", "totalAvailable")]).toEqual([
        200,
        "",
        "0"
      ])
    })
  )

  it.effect("Simulator.make fails with StartFailed for names that are not declared", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Effect.scoped(
          Simulator.make({
            content: {
              users: [{ name: "ana", sites: ["Nowhere"] }],
              personalAccessTokens: [{ name: "ci", secret: "s", user: "bob" }],
              sites: [{ contentUrl: "", workbooks: [{ name: "A", project: "Plan", owner: "carol" }] }]
            }
          })
        )
      )
      expect(error.message).toContain("the site '' has no project 'Plan'")
      expect(error.message).toContain("the token 'ci' belongs to an unknown user: 'bob'")
      expect(error.message).toContain("the user 'ana' is on an unknown site: 'Nowhere'")
    })
  )
})
