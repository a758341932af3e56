import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Fault, Simulator } from "effect-tableau-simulator"
import { attribute, client, type Response, total } from "../support/http.js"
import { block, multipart, payload } from "../support/multipart.js"

const blockSize = 1e6

/** A simulator, and an upload of one block. */
const upload = Effect.gen(function* () {
  const simulator = yield* Simulator.make()
  const { request } = yield* client(simulator.url)
  const started = yield* request("fileUploads", { method: "POST" })
  const id = attribute(started.text, "fileUpload", "uploadSessionId")
  const append = request(`fileUploads/${id}`, { method: "PUT", ...block(Buffer.alloc(blockSize, "x")) })
  const commit = request(`datasources?uploadSessionId=${id}&datasourceType=hyper`, {
    method: "POST",
    ...multipart([payload('<tsRequest><datasource name="Uploaded"/></tsRequest>')])
  })
  const found = Effect.map(request("datasources?filter=name:eq:Uploaded"), total)
  return { ...simulator, append, commit, found }
})

const fileSize = ({ text }: Response) => attribute(text, "fileUpload", "fileSize")

const during = { requestBytes: 1000 } as const

it.scoped("a fault in the middle of a block leaves the upload without the block", () =>
  Effect.gen(function* () {
    const { append, commit, found, inject } = yield* upload
    yield* inject({ operation: "appendToFileUpload", fault: Fault.reset({ when: during }) })
    yield* Effect.flip(append)
    yield* inject({ operation: "appendToFileUpload", fault: Fault.status(503, { when: during }) })
    expect((yield* append).status).toBe(503)
    expect((yield* commit).status).toBe(400)
    expect(yield* found).toBe(0)
  })
)

it.scoped("Fault.hang in the middle of a request stops the server from reading it", () =>
  Effect.gen(function* () {
    const { append, awaitSeen, inject } = yield* upload
    yield* inject({ operation: "appendToFileUpload", fault: Fault.hang({ when: during }) })
    const stalled = yield* Effect.fork(append)
    yield* awaitSeen("appendToFileUpload")
    yield* Fiber.interrupt(stalled)
    expect(fileSize(yield* append)).toBe("1")
  })
)

it.scoped("a request that is held in the middle is processed afterwards as a whole", () =>
  Effect.gen(function* () {
    const { append, commit, inject } = yield* upload
    for (const requestBytes of [0, 1, 1000, blockSize, 10 * blockSize]) {
      const [reached, gate] = [yield* Deferred.make<void>(), yield* Effect.makeLatch()]
      const held = Effect.andThen(Deferred.succeed(reached, undefined), gate.await)
      yield* inject({ operation: "appendToFileUpload", fault: Fault.hold(held, { when: { requestBytes } }) })
      const pending = yield* Effect.fork(append)
      yield* Deferred.await(reached)
      yield* gate.open
      expect([requestBytes, (yield* Fiber.join(pending)).status]).toEqual([requestBytes, 200])
    }
    const published = yield* commit
    expect(attribute(published.text, "datasource", "size")).toBe("5")
  })
)

it.scoped("a fault after a block or a commit leaves what the request has changed", () =>
  Effect.gen(function* () {
    const { append, commit, found, inject } = yield* upload
    yield* inject({ operation: "appendToFileUpload", fault: Fault.reset({ when: "after" }) })
    yield* Effect.flip(append)
    yield* append
    // The block was stored twice: two megabytes in decimal are one in whole megabytes.
    expect(fileSize(yield* append)).toBe("2")
    yield* inject({ operation: "publishDataSource", fault: Fault.status(504, { when: "after", body: "html" }) })
    expect((yield* commit).status).toBe(504)
    expect(yield* found).toBe(1)
    expect((yield* commit).status).toBe(404)
  })
)

it.scoped("a fault before a commit leaves the upload, which can be published then", () =>
  Effect.gen(function* () {
    const { append, commit, found, inject } = yield* upload
    yield* append
    yield* inject({ operation: "publishDataSource", fault: Fault.reset() })
    yield* Effect.flip(commit)
    yield* inject({ operation: "publishDataSource", fault: Fault.status(503, { when: { requestBytes: 10 } }) })
    expect((yield* commit).status).toBe(503)
    expect(yield* found).toBe(0)
    expect((yield* commit).status).toBe(201)
    expect(yield* found).toBe(1)
  })
)
