import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { twbx } from "../support/files.js"
import { attribute, client } from "../support/http.js"
import { file, multipart, payload } from "../support/multipart.js"

it.scoped("a published workbook has the views of its file, and its download the same bytes", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, siteId } = yield* client(url)
    const bytes = twbx({ worksheets: ["Sales", "Été 売上"], dashboards: ["Overview"], stories: ["Tale"] })
    const published = yield* request("workbooks", {
      method: "POST",
      ...multipart([
        payload('<tsRequest><workbook name="Été 売上 2026" showTabs="true"/></tsRequest>'),
        file("tableau_workbook", "Book.twbx", bytes)
      ])
    })
    expect([published.status, published.text]).toEqual([201, expect.stringContaining("Été 売上 2026")])
    const id = attribute(published.text, "workbook", "id")
    expect(published.headers.location).toBe(`/api/3.29/sites/${siteId}/workbooks/${id}`)
    const views = yield* request(`workbooks/${id}/views`)
    expect([...views.text.matchAll(/viewUrlName="([^"]*)"/g)].map(([, name]) => name)).toEqual([
      ...["Tale", "Overview", "Sales", "Été売上"]
    ])
  })
)
