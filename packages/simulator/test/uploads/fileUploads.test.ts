import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { attribute, client } from "../support/http.js"
import { block } from "../support/multipart.js"

it.scoped("blocks are added to an upload, and each response has the total in whole megabytes", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request } = yield* client(url)
    const started = yield* request("fileUploads", { method: "POST" })
    expect([started.status, attribute(started.text, "fileUpload", "fileSize")]).toEqual([201, "0"])
    const id = attribute(started.text, "fileUpload", "uploadSessionId")
    const append = (bytes: Uint8Array) => request(`fileUploads/${id}`, { method: "PUT", ...block(bytes) })
    const sizes = []
    for (const megabytes of [0.001, 1.9, 1, 2]) {
      const { status, text } = yield* append(Buffer.alloc(megabytes * 1024 * 1024, "\r\n--"))
      expect(status).toBe(200)
      sizes.push(attribute(text, "fileUpload", "fileSize"))
    }
    expect(sizes).toEqual(["1", "1", "2", "4"])
  })
)
