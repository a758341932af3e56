/** The requests of the client in tableau-mcp, which asks for JSON and publishes in XML. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { twb, twbx } from "../support/files.js"
import { client } from "../support/http.js"
import { block, multipart, payload } from "../support/multipart.js"

const accept = { accept: "application/json" }

it.scoped("a workbook is uploaded, published by its upload session, found, downloaded and deleted", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request } = yield* client(url)
    for (const [type, content] of [
      ["twb", twb({ worksheets: ["Sheet 1"], dashboards: ["Overview"] })],
      ["twbx", twbx({ worksheets: ["Sheet 1"], dashboards: ["Overview"] })]
    ] as const) {
      const name = `Generated ${type}`
      const started = yield* request("fileUploads", {
        method: "POST",
        headers: { ...accept, "content-type": "application/x-www-form-urlencoded" }
      })
      const { fileUpload } = JSON.parse(started.text)
      expect([started.status, fileUpload.fileSize]).toEqual([201, "0"])
      const chunk = block(content)
      const appended = yield* request(`fileUploads/${fileUpload.uploadSessionId}`, {
        method: "PUT",
        body: chunk.body,
        headers: { ...chunk.headers, ...accept }
      })
      expect(JSON.parse(appended.text)).toEqual({ fileUpload: { ...fileUpload, fileSize: "1" } })
      const commit = multipart([payload(`<tsRequest><workbook name="${name}" showTabs="true"></workbook></tsRequest>`)])
      const published = yield* request(
        `workbooks?uploadSessionId=${encodeURIComponent(fileUpload.uploadSessionId)}&workbookType=${type}&overwrite=true`,
        { method: "POST", body: commit.body, headers: { ...commit.headers, ...accept } }
      )
      expect(published.status).toBe(201)
      const { workbook } = JSON.parse(published.text)
      expect(workbook).toMatchObject({
        ...{ name, contentUrl: `Generated${type}`, showTabs: true, size: "1", tags: {}, project: { name: "default" } },
        views: {
          view: [
            { name: "Overview", tags: {}, createdAt: expect.any(String), updatedAt: expect.any(String) },
            { name: "Sheet 1", viewUrlName: "Sheet1" }
          ]
        }
      })
      const list = yield* request(`workbooks?filter=name:eq:Generated+${type}`, { headers: accept })
      expect(JSON.parse(list.text).workbooks.workbook).toHaveLength(1)
      const download = yield* request(`workbooks/${workbook.id}/content`)
      expect(Buffer.compare(download.bytes, Buffer.from(content))).toBe(0)
      expect((yield* request(`workbooks/${workbook.id}`, { method: "DELETE", headers: accept })).status).toBe(204)
    }
  })
)

it.scoped("an error of a publication is JSON, too", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request } = yield* client(url)
    const commit = multipart([payload('<tsRequest><workbook name="a"/></tsRequest>')])
    const response = yield* request("workbooks?uploadSessionId=1:A-0:0&workbookType=twb", {
      method: "POST",
      body: commit.body,
      headers: { ...commit.headers, ...accept }
    })
    expect([response.status, JSON.parse(response.text)]).toMatchObject([404, { error: { code: "404015" } }])
  })
)
