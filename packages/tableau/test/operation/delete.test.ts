import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Datasources, Ids, TableauSession, Workbooks } from "effect-tableau"
import { errorResponse, noContent, scriptedServer } from "../../../../test/support/scriptedServer.js"
import { admin, onSession } from "../../../../test/support/session.js"

it.scoped.each([
  ["Workbooks.delete", "workbooks", "404006", Workbooks.delete(Ids.WorkbookId.make("x"))],
  ["Datasources.delete", "datasources", "404004", Datasources.delete(Ids.DatasourceId.make("x"))]
] as const)(
  "%s sends one request without a body, and fails with NotFound for an unknown id",
  ([name, path, code, del]) =>
    Effect.gen(function* () {
      const { calls, url } = yield* scriptedServer({
        [`DELETE /sites/s/${path}/x`]: [noContent, errorResponse(404, code)]
      })
      const session = yield* TableauSession.make({ server: url, credentials: admin })
      const deleted = Effect.provideService(del, TableauSession, session)
      expect(yield* deleted).toBeUndefined()
      expect(yield* Effect.flip(deleted)).toMatchObject({ _tag: "NotFound", code, operation: name, acted: "no" })
      expect(calls.map(({ body, line }) => [line, body])).toEqual([
        [`DELETE /api/3.29/sites/s/${path}/x`, ""],
        [`DELETE /api/3.29/sites/s/${path}/x`, ""]
      ])
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
)

onSession("Workbooks.delete and Datasources.delete remove the item, which is then not found", () =>
  Effect.gen(function* () {
    const workbook = yield* Effect.flatten(Stream.runHead(Workbooks.stream()))
    yield* Workbooks.delete(workbook.id)
    expect(yield* Effect.flip(Workbooks.get(workbook.id))).toMatchObject({ _tag: "NotFound", code: "404006" })
    const datasource = yield* Effect.flatten(Stream.runHead(Datasources.stream()))
    yield* Datasources.delete(datasource.id)
    expect(yield* Effect.flip(Datasources.get(datasource.id))).toMatchObject({ _tag: "NotFound", code: "404004" })
  })
)
