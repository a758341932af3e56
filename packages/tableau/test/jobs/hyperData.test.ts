import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Datasources, Ids, Operation, type TableauError, TableauSession, Upload } from "effect-tableau"
import { errorResponse, xml, xmlDocument } from "../../../../test/support/scriptedServer.js"
import { element, signInDocument } from "../../../../test/support/xml.js"
import { onServer } from "./polling.js"

const d1 = Ids.DatasourceId.make("d1")
const c1 = Ids.ConnectionId.make("c1")
const update = "PATCH /sites/s/datasources/d1/data"
const started = xml(element("job", { id: "j1" }))

const old: Datasources.DataAction = {
  action: "delete",
  "target-table": "t",
  condition: { op: "lt", "target-col": "year", const: { type: "integer", v: 2020 } }
}
const insert: Datasources.DataAction = { action: "insert", "source-table": "s", "target-table": "t" }

describe("updates of Hyper data", () => {
  it.scoped("a request whose response is lost is sent again with the same id, and each call has another one", () =>
    Effect.gen(function* () {
      const script = { [update]: [{ ending: "reset" } as const, started] }
      const twice = Effect.repeatN(Datasources.updateData(d1, { actions: [old] }), 1)
      const { calls, value } = yield* onServer(twice, script, { retry: {} })
      expect(value).toMatchObject({ id: "j1" })
      const [first, second, third] = calls.map(({ headers }) => headers["requestid"])
      expect(calls).toHaveLength(3)
      expect(first).toMatch(/^[0-9a-f]{32}$/)
      expect(second).toBe(first)
      expect(third).not.toBe(first)
    })
  )

  it.scoped("a requestId of the caller is sent", () =>
    Effect.gen(function* () {
      const options = { actions: [old], requestId: "nightly-2026-01-31" }
      const { calls } = yield* onServer(Datasources.updateData(d1, options), { [update]: started })
      expect(calls[0]?.headers["requestid"]).toBe("nightly-2026-01-31")
    })
  )

  it.scoped("a file is uploaded first, and the request names its upload", () =>
    Effect.gen(function* () {
      const fileUpload = xml(element("fileUpload", { uploadSessionId: "1:2-3:0", fileSize: 1 }))
      const script = {
        "POST /sites/s/fileUploads": fileUpload,
        "PUT /sites/s/fileUploads/{id}": fileUpload,
        [update]: started,
        "PATCH /sites/s/datasources/d1/connections/c1/data": started
      }
      const options = { actions: [insert], file: Upload.bytes("rows.hyper", new Uint8Array([1, 2, 3])) }
      const { lines, value } = yield* onServer(Datasources.updateData(d1, options), script)
      expect(value).toMatchObject({ id: "j1" })
      expect(lines.at(-1)).toBe(`${update}?uploadSessionId=1%3A2-3%3A0`)
      const connection = yield* onServer(Datasources.updateConnectionData(d1, c1, options), script)
      expect(connection.lines).toHaveLength(lines.length)
      expect(connection.lines.at(-1)).toContain("/connections/c1/data?uploadSessionId=1%3A2-3%3A0")
    })
  )

  it.scoped("the error of a file is the error of the call, and no row is changed", () =>
    Effect.gen(function* () {
      const fileUpload = xml(element("fileUpload", { uploadSessionId: "1:2-3:0", fileSize: 1 }))
      const script = { "POST /sites/s/fileUploads": fileUpload, [update]: started }
      const broken = Upload.file({ name: "rows.hyper", content: Stream.fail("unreadable" as const) })
      const updating: Effect.Effect<unknown, TableauError.TableauError | "unreadable", TableauSession> =
        Datasources.updateData(d1, { actions: [insert], file: broken })
      const { error, lines } = yield* onServer(updating, script)
      expect(error).toBe("unreadable")
      expect(lines.filter((line) => line.startsWith("PATCH"))).toEqual([])
    })
  )

  const uploadSessionId = Ids.UploadSessionId.make("1:2-3:0")
  const file = Upload.bytes("rows.hyper", new Uint8Array([1]))
  const bySource = { op: "eq", "target-col": "id", "source-col": "id" } as const
  const invalid: ReadonlyArray<readonly [name: string, Datasources.UpdateDataOptions, problem: string]> = [
    ["no action", { actions: [], file }, "`actions` is empty"],
    ["an empty id", { actions: [old], requestId: " " }, "`requestId` is empty"],
    ["a source without a file", { actions: [insert] }, "there is no file with it"],
    ["a file and an upload", { actions: [insert], file, uploadSessionId }, "exclude each other"],
    [
      "a condition on a source that is missing",
      { actions: [{ ...old, condition: { op: "and", args: [bySource] } }], file },
      "the action has no source table"
    ]
  ]
  it.scoped.each(invalid)("%s is BadRequest before anything is sent", ([, options, problem]) =>
    Effect.gen(function* () {
      for (const call of [Datasources.updateData(d1, options), Datasources.updateConnectionData(d1, c1, options)]) {
        const { calls, error } = yield* onServer(call, { "*": started })
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no", detail: expect.stringContaining(problem) })
        expect(calls).toEqual([])
      }
    })
  )

  it.scoped("what cannot be sent after an upload fails before it", () =>
    Effect.gen(function* () {
      // JavaScript can pass anything.
      const empty: Ids.DatasourceId = JSON.parse('""')
      const options = { actions: [insert], file }
      for (const call of [
        Datasources.updateData(empty, options),
        Datasources.updateConnectionData(d1, JSON.parse('""'), options),
        Datasources.updateData(d1, { ...options, requestId: "a\nb" })
      ]) {
        const { calls, error } = yield* onServer(call, { "*": started })
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(calls).toEqual([])
      }
      const { calls, error } = yield* onServer(
        Datasources.updateData(d1, options),
        { "*": started },
        { apiVersion: "3.11" }
      )
      expect(error).toMatchObject({ _tag: "VersionUnsupported", operation: "Datasources.updateData" })
      expect(calls).toEqual([])
    })
  )

  it.scoped("an update stays on its site when the session is switched during the upload", () =>
    Effect.gen(function* () {
      const upload = xml(element("fileUpload", { uploadSessionId: "1:2-3:0", fileSize: 1 }))
      const signedInToOther = xmlDocument(signInDocument({ siteId: "t", contentUrl: "other" }))
      const call = Effect.gen(function* () {
        const session = yield* TableauSession
        const content = Stream.unwrap(
          Effect.as(Effect.orDie(session.switchSite("other")), Stream.make(new Uint8Array([1])))
        )
        return yield* Datasources.updateData(d1, { actions: [insert], file: Upload.file({ name: "a.hyper", content }) })
      })
      const { calls } = yield* onServer(call, {
        "POST /auth/switchSite": ({ body }) =>
          body.includes('contentUrl="other"') ? signedInToOther : xmlDocument(signInDocument()),
        "POST /auth/signin": xmlDocument(signInDocument()),
        "POST /sites/s/fileUploads": upload,
        "PUT /sites/s/fileUploads/{id}": upload,
        [update]: started
      })
      expect(calls.filter(({ method }) => method === "PATCH").map(({ path }) => path)).toEqual([
        "/api/3.29/sites/s/datasources/d1/data"
      ])
    })
  )

  it.scoped("an update while another one is queued says to wait", () =>
    Effect.gen(function* () {
      const { error } = yield* onServer(Datasources.updateData(d1, { actions: [old] }), {
        [update]: errorResponse(409, "409094")
      })
      expect(error).toMatchObject({ _tag: "Conflict", code: "409094" })
      expect(String(error)).toContain("wait until its job has ended")
    })
  )

  it("the scopes are those of the update and of uploads", () => {
    expect(Operation.scopes(Datasources.updateData)).toEqual([
      "tableau:hyper_data:update",
      "tableau:file_uploads:create"
    ])
  })
})
