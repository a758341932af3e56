import * as Effect from "effect/Effect"
import { element, list } from "./element.js"
import type { Workbook } from "./model.js"
import { answerPage } from "./query.js"
import { workbookNotFound } from "./refusal.js"
import { ok, type SignedInCall, signedIn } from "./route.js"

const describe =
  ({ origin, site }: SignedInCall) =>
  (workbook: Workbook) => {
    const project = workbook.projectId === undefined ? undefined : site.projects.find(workbook.projectId)
    const owner = workbook.ownerId === undefined ? undefined : site.users.find(workbook.ownerId)
    const root = site.contentUrl === "" ? `${origin}/#` : `${origin}/#/site/${site.contentUrl}`
    return element(
      "workbook",
      {
        id: workbook.id,
        name: workbook.name,
        description: workbook.description,
        contentUrl: workbook.contentUrl,
        webpageUrl: `${root}/workbooks/${workbook.id}`,
        showTabs: workbook.showTabs,
        size: workbook.size,
        createdAt: workbook.createdAt,
        updatedAt: workbook.updatedAt
      },
      [
        project && element("project", { id: project.id, name: project.name }),
        owner && element("owner", { id: owner.id, name: owner.name }),
        list(
          "tags",
          workbook.tags.map((label) => element("tag", { label }))
        )
      ]
    )
  }

export const routes = [
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/workbooks",
    operation: "queryWorkbooksForSite",
    since: "2.0",
    handle: (call) => answerPage(call.query, "workbooks", call.site.workbooks, describe(call))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/workbooks/{workbookId}",
    operation: "queryWorkbook",
    since: "2.0",
    handle: (call) =>
      Effect.suspend(() => {
        const workbook = call.site.workbooks.find(call.parameter("workbookId"))
        return workbook === undefined
          ? Effect.fail(workbookNotFound("The workbook ID in the URI doesn't correspond to an existing workbook."))
          : Effect.succeed(ok(describe(call)(workbook)))
      })
  })
] as const
