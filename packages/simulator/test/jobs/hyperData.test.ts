import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { attribute, client, code, errorOf, ids, total, viewer } from "../support/http.js"

const condition = { op: "eq", "target-col": "Region", const: { type: "string", v: "East" } }
const remove = { action: "delete", "target-table": "Extract", condition }
const insert = { action: "insert", "source-table": "new", "target-table": "Extract" }

const setting = Effect.gen(function* () {
  yield* TestClock.setTime(Date.UTC(2026, 0, 31))
  const { url } = yield* Simulator.make()
  const admin = yield* client(url)
  const vera = yield* client(url, viewer)
  const [datasource = ""] = ids(yield* admin.request("datasources?filter=type:eq:hyper"), "datasource")
  const patch = (body: unknown, options: { by?: typeof vera; path?: string; requestId?: string } = {}) =>
    (options.by ?? admin).request(options.path ?? `datasources/${datasource}/data`, {
      method: "PATCH",
      body: JSON.stringify(body),
      headers: {
        "content-type": "application/json",
        ...(options.requestId === undefined ? {} : { RequestID: options.requestId })
      }
    })
  return { ...admin, vera, datasource, patch }
})

const upload = ({ request }: Pick<Effect.Effect.Success<typeof setting>, "request">) =>
  Effect.gen(function* () {
    const started = yield* request("fileUploads", { method: "POST" })
    const id = encodeURIComponent(attribute(started.text, "fileUpload", "uploadSessionId"))
    const part = (name: string, content: string) =>
      `--b\r\nContent-Disposition: form-data; name="${name}"; filename="file"\r\n\r\n${content}\r\n`
    const appended = yield* request(`fileUploads/${id}`, {
      method: "PUT",
      body: `${part("request_payload", "")}${part("tableau_file", "rows")}--b--\r\n`,
      headers: { "content-type": "multipart/mixed; boundary=b" }
    })
    expect(appended.status).toBe(200)
    return id
  })

it.scoped("rows of a Hyper data source are changed by a job, once for each request id within 24 hours", () =>
  Effect.gen(function* () {
    const all = yield* setting
    const { datasource, patch, request } = all
    const path = `datasources/${datasource}/data?uploadSessionId=${yield* upload(all)}`
    const first = yield* patch({ actions: [insert, remove] }, { path, requestId: "r1" })
    expect([first.status, attribute(first.text, "job", "type")]).toEqual([202, "UpdateUploadedFile"])
    expect(first.text).toMatch(
      /<updateUploadedFileJob><datasource id=.*<connectionLuid>[^<]+<\/connectionLuid><notes\/>/
    )
    const job = attribute(first.text, "job", "id")
    const count = Effect.map(request("jobs?filter=jobType:eq:update_uploaded_file"), total)
    const repeat = Effect.map(patch({ actions: [insert, remove] }, { path, requestId: "r1" }), ({ text }) =>
      attribute(text, "job", "id")
    )
    expect([yield* repeat, yield* count]).toEqual([job, 1])
    // The rows were sent once: another request needs an upload of its own.
    expect(code(yield* patch({ actions: [remove] }, { requestId: "r2" }))).toBe("409094")
    yield* TestClock.adjust("1 second")
    expect(errorOf(yield* patch({ actions: [insert] }, { path, requestId: "r2" }))).toEqual([404, "404015"])
    expect(attribute((yield* request(`jobs/${job}`)).text, "job", "finishCode")).toBe("0")
    expect(attribute((yield* request(`datasources/${datasource}`)).text, "datasource", "updatedAt")).toBe(
      "2026-01-31T00:00:01Z"
    )
    expect([yield* repeat, yield* count]).toEqual([job, 1])
  })
)

it.scoped("a request id is forgotten after 24 hours", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ idleLimit: "3 days" })
    const { request } = yield* client(url)
    const [datasource = ""] = ids(yield* request("datasources?filter=type:eq:hyper"), "datasource")
    const send = Effect.map(
      request(`datasources/${datasource}/data`, {
        method: "PATCH",
        body: JSON.stringify({ actions: [remove] }),
        headers: { "content-type": "application/json", requestid: "r" }
      }),
      ({ text }) => attribute(text, "job", "id")
    )
    const first = yield* send
    yield* TestClock.adjust("23 hours")
    expect(yield* send).toBe(first)
    yield* TestClock.adjust("61 minutes")
    expect(yield* send).not.toBe(first)
  })
)

it.scoped("a change of rows that cannot be made is refused", () =>
  Effect.gen(function* () {
    const { datasource, patch, request, vera } = yield* setting
    const [live = ""] = ids(yield* request("datasources?filter=type:eq:postgres"), "datasource")
    const [connection = ""] = ids(yield* request(`datasources/${datasource}/connections`), "connection")
    const at = (path: string) => ({ path: `datasources/${path}` })
    const delete_ = { actions: [remove] }
    expect(errorOf(yield* patch(delete_, at(`${live}/data`)))).toEqual([404, "404008"])
    expect(errorOf(yield* patch(delete_, at("x/data")))).toEqual([404, "404004"])
    expect(errorOf(yield* patch(delete_, at(`${datasource}/connections/x/data`)))).toEqual([404, "404020"])
    expect(errorOf(yield* patch(delete_, { by: vera }))).toEqual([403, "403032"])
    for (const [body, expected] of [
      [{}, "400000"],
      [{ actions: [] }, "400000"],
      [{ actions: [{ action: "explode" }] }, "400008"],
      [{ actions: [{ ...insert, "target-table": undefined }] }, "400008"],
      [{ actions: [{ ...remove, condition: undefined }] }, "400008"],
      [{ actions: [{ ...remove, condition: { ...condition, op: "like" } }] }, "400008"],
      [{ actions: [{ ...remove, condition: { ...condition, "source-col": "r" } }] }, "400008"],
      [{ actions: [{ ...remove, condition: { op: "and", args: [] } }] }, "400008"],
      [{ actions: [{ ...remove, condition: { op: "and", args: [condition, { op: "eq" }] } }] }, "400008"],
      // A source table needs an upload.
      [{ actions: [insert] }, "400008"]
    ] as const) {
      expect(errorOf(yield* patch(body))).toEqual([400, expected])
    }
    const xml = yield* request(`datasources/${datasource}/data`, { method: "PATCH", body: "<tsRequest/>" })
    expect(errorOf(xml)).toEqual([400, "400000"])
    const group = { op: "or", args: [condition, { op: "and", args: [condition] }] }
    const changed = yield* patch(
      { actions: [{ ...remove, condition: group }] },
      at(`${datasource}/connections/${connection}/data`)
    )
    expect(changed.text).toContain(`<connectionLuid>${connection}</connectionLuid>`)
  })
)
