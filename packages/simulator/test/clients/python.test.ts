/** The requests of Tableau's Python client (TSC 0.40), with the bytes that it sends. */
import { randomBytes } from "node:crypto"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { twbx } from "../support/files.js"
import { attribute, client, errorOf, ids, type Options, type Response } from "../support/http.js"

const headers = { "User-Agent": "Tableau Server Client/0.40", Accept: "*/*", "Accept-Encoding": "gzip, deflate" }

interface File {
  readonly part: string
  readonly name: string
  readonly content: Uint8Array
}

/** The multipart body of urllib3. Names are raw UTF-8, and the payload has an empty file name. */
const body = (payload: string, file?: File): Options => {
  const boundary = randomBytes(16).toString("hex")
  const field = (name: string, fileName: string, type: string, content: string | Uint8Array) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\n` +
        `Content-Type: ${type}\r\n\r\n`
    ),
    Buffer.from(content),
    Buffer.from("\r\n")
  ]
  return {
    method: "POST",
    headers: { ...headers, "Content-Type": `multipart/mixed; boundary=${boundary}` },
    body: Buffer.concat([
      ...field("request_payload", "", "text/xml", payload),
      ...(file === undefined ? [] : field(file.part, file.name, "application/octet-stream", file.content)),
      Buffer.from(`--${boundary}--\r\n`)
    ])
  }
}

const item = (name: string, projectId: string) =>
  `<tsRequest><workbook name="${name}" showTabs="false"><project id="${projectId}" /></workbook></tsRequest>`

const book = twbx({ worksheets: ["Sheet 1"] })

const session = Effect.gen(function* () {
  const { url } = yield* Simulator.make({ jobWait: "5 seconds", jobRun: "5 seconds" })
  const { request } = yield* client(url)
  const [projectId = ""] = ids(yield* request("projects"), "project")
  const publish = (name: string, query = "") =>
    request(
      `workbooks?workbookType=twbx${query}`,
      body(item(name, projectId), { part: "tableau_workbook", name: "Été 売上.twbx", content: book })
    )
  const download = (id: string) => request(`workbooks/${id}/content`, { headers })
  /** `jobs.wait_for_job`: asks until there is a `completedAt`. */
  const waitForJob = (started: Response) =>
    Effect.gen(function* () {
      const path = `jobs/${attribute(started.text, "job", "id")}`
      for (let polls = 1; ; polls += 1) {
        const { text } = yield* request(path, { headers })
        if (attribute(text, "job", "completedAt") !== "")
          return { polls, finishCode: attribute(text, "job", "finishCode") }
        yield* TestClock.adjust("4 seconds")
      }
    })
  return { request, projectId, publish, download, waitForJob }
})

it.scoped(
  "publish_small: a workbook is published, found, downloaded and deleted, and a second CreateNew is refused",
  () =>
    Effect.gen(function* () {
      const { download, publish, request } = yield* session
      const published = yield* publish("Small")
      expect(published.status).toBe(201)
      const id = attribute(published.text, "workbook", "id")
      expect(attribute((yield* request(`workbooks/${id}`, { headers })).text, "workbook", "name")).toBe("Small")
      const downloaded = yield* download(id)
      expect(Buffer.compare(downloaded.bytes, book)).toBe(0)
      // The client takes the name from the quoted form.
      expect(downloaded.headers["content-disposition"]).toBe('name="tableau_workbook"; filename="Small.twbx"')
      const again = yield* publish("Small")
      expect(again.status).toBe(409)
      expect(again.text).toMatch(/<error code="409\d{3}"><summary>[^<]+<\/summary><detail>[^<]+<\/detail>/)
      const removed = yield* request(`workbooks/${id}`, { method: "DELETE", headers })
      expect([removed.status, removed.headers["content-type"]]).toEqual([204, undefined])
      expect(errorOf(yield* request(`workbooks/${id}`, { headers }))).toEqual([404, "404006"])
    })
)

it.scoped("publish_in_chunks: a workbook is published by an upload session, and its download has the same bytes", () =>
  Effect.gen(function* () {
    const { download, projectId, request } = yield* session
    const started = yield* request("fileUploads", {
      method: "POST",
      headers: { ...headers, "Content-Type": "text/xml" }
    })
    const upload = attribute(started.text, "fileUpload", "uploadSessionId")
    for (let at = 0; at < book.length; at += 200) {
      const chunk = body("", { part: "tableau_file", name: "file", content: book.subarray(at, at + 200) })
      const appended = yield* request(`fileUploads/${upload}`, { ...chunk, method: "PUT" })
      expect([appended.status, attribute(appended.text, "fileUpload", "fileSize")]).toEqual([200, "1"])
    }
    const query = `workbookType=twbx&overwrite=true&uploadSessionId=${upload}`
    const published = yield* request(`workbooks?${query}`, body(item("Chunks", projectId)))
    expect(published.status).toBe(201)
    expect(Buffer.compare((yield* download(attribute(published.text, "workbook", "id"))).bytes, book)).toBe(0)
  })
)

it.scoped("publish_as_job: the response is a job, and the workbook is in the list when it is complete", () =>
  Effect.gen(function* () {
    const { publish, request, waitForJob } = yield* session
    const started = yield* publish("As job", "&asJob=true")
    expect(attribute(started.text, "job", "mode")).toBe("Asynchronous")
    expect(yield* waitForJob(started)).toEqual({ polls: 4, finishCode: "0" })
    const found = yield* request("workbooks?filter=name%3Aeq%3AAs+job&pageNumber=1&pageSize=100", { headers })
    expect(ids(found, "workbook")).toHaveLength(1)
  })
)

it.scoped("refresh_and_wait: a second refresh is a conflict while the first waits or runs", () =>
  Effect.gen(function* () {
    const { publish, request, waitForJob } = yield* session
    const id = attribute((yield* publish("Refreshed")).text, "workbook", "id")
    const refresh = request(`workbooks/${id}/refresh`, {
      method: "POST",
      headers: { ...headers, "Content-Type": "text/xml" },
      body: "<tsRequest />"
    })
    const started = yield* refresh
    expect(started.status).toBe(202)
    expect(errorOf(yield* refresh)).toEqual([409, "409093"])
    expect(yield* waitForJob(started)).toMatchObject({ finishCode: "0" })
    expect((yield* refresh).status).toBe(202)
  })
)

it.scoped("data sources always have a mode, and hyper files their type", () =>
  Effect.gen(function* () {
    const { projectId, request } = yield* session
    const publish = (mode: string, content: string) =>
      request(
        `datasources?datasourceType=hyper&${mode}=true`,
        body(`<tsRequest><datasource name="Rows"><project id="${projectId}" /></datasource></tsRequest>`, {
          part: "tableau_datasource",
          name: "rows.hyper",
          content: Buffer.from(content)
        })
      )
    const created = yield* publish("createnew", "one ")
    expect(created.status).toBe(201)
    expect((yield* publish("createnew", "x")).status).toBe(409)
    expect((yield* publish("append", "two")).status).toBe(201)
    const id = attribute(created.text, "datasource", "id")
    const download = yield* request(`datasources/${id}/content?includeExtract=False`, { headers })
    expect(download.text).toBe("one two")
    expect((yield* publish("overwrite", "three")).status).toBe(201)
  })
)
