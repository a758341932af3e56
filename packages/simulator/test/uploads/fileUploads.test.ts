import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Fault, Simulator } from "effect-tableau-simulator"
import { admin, attribute, client, errorOf, ids, send, speak, viewer } from "../support/http.js"
import { block, file, multipart, payload } from "../support/multipart.js"

type Client = Effect.Effect.Success<ReturnType<typeof client>>

const start = (request: Client["request"]) =>
  Effect.map(request("fileUploads", { method: "POST" }), ({ text }) => attribute(text, "fileUpload", "uploadSessionId"))

const append = (request: Client["request"], id: string, content: string | Uint8Array, sequenceId?: number) =>
  request(`fileUploads/${id}${sequenceId === undefined ? "" : `?sequenceID=${sequenceId}`}`, {
    method: "PUT",
    ...block(content)
  })

let published = 0

/** Publishes an upload, and downloads the result. */
const commit = ({ request }: Client, id: string) =>
  Effect.gen(function* () {
    published += 1
    const response = yield* request(`datasources?uploadSessionId=${encodeURIComponent(id)}&datasourceType=hyper`, {
      method: "POST",
      ...multipart([payload(`<tsRequest><datasource name="Upload ${published}"/></tsRequest>`)])
    })
    if (response.status !== 201) return errorOf(response)
    return (yield* request(`datasources/${attribute(response.text, "datasource", "id")}/content`)).text
  })

it.scoped("blocks without a number are joined as they arrive, and responses have the total in whole megabytes", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const started = yield* session.request("fileUploads", { method: "POST" })
    expect([started.status, attribute(started.text, "fileUpload", "fileSize")]).toEqual([201, "0"])
    const id = attribute(started.text, "fileUpload", "uploadSessionId")
    expect(id).toMatch(/^\d+:[0-9A-F]{32}-\d+:\d+$/)
    const contents = [1000, 1.9e6, 1024 * 1024, 2e6].map((size, index) => Buffer.alloc(size, `${index}\r\n--`))
    const sizes = []
    for (const [index, content] of contents.entries()) {
      // Clients send the colons of the id as they are, or encoded.
      const { status, text } = yield* append(session.request, index % 2 === 0 ? id : encodeURIComponent(id), content)
      sizes.push([status, attribute(text, "fileUpload", "fileSize")])
    }
    expect(sizes).toEqual([
      [200, "1"],
      [200, "1"],
      [200, "2"],
      [200, "4"]
    ])
    expect((yield* commit(session, id)) === Buffer.concat(contents).toString()).toBe(true)
    // The upload is over.
    expect(yield* commit(session, id)).toEqual([404, "404015"])
    expect(errorOf(yield* append(session.request, id, "more"))).toEqual([404, "404015"])
  })
)

it.scoped("numbered blocks are joined by their numbers, whatever the order of arrival", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const id = yield* start(session.request)
    const numbers = [7, 0, 900_000_000_000, 3, 12]
    yield* Effect.forEach(numbers, (number) => append(session.request, id, `<${number}>`, number), {
      concurrency: "unbounded"
    })
    expect(yield* commit(session, id)).toBe("<0><3><7><12><900000000000>")
    const other = yield* start(session.request)
    expect(
      errorOf(yield* session.request(`fileUploads/${other}?sequenceID=x`, { method: "PUT", ...block("a") }))
    ).toEqual([400, "400008"])
  })
)

it.scoped("the option repeatedSequenceId decides what a block with the number of another does", () =>
  Effect.gen(function* () {
    for (const [repeatedSequenceId, status, content] of [
      [undefined, 200, "a-second-c"],
      ["replace", 200, "a-second-c"],
      ["append", 200, "a-first-second-c"],
      ["refuse", 400, "a-first-c"]
    ] as const) {
      const { url } = yield* Simulator.make({ repeatedSequenceId })
      const session = yield* client(url)
      const id = yield* start(session.request)
      for (const [number, text] of [
        [1, "a-"],
        [2, "first-"],
        [3, "c"]
      ] as const) {
        yield* append(session.request, id, text, number)
      }
      const repeated = yield* append(session.request, id, "second-", 2)
      expect([repeatedSequenceId, repeated.status]).toEqual([repeatedSequenceId, status])
      expect(yield* commit(session, id)).toBe(content)
    }
  })
)

it.scoped("before API 3.27 a sequenceID has no effect", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const id = yield* start(session.request)
    for (const [number, text] of [
      [2, "first "],
      [1, "second"]
    ] as const) {
      const path = `${url}/api/3.26/sites/${session.siteId}/fileUploads/${id}?sequenceID=${number}`
      yield* send(path, { token: session.token, method: "PUT", ...block(text) })
    }
    expect(yield* commit(session, id)).toBe("first second")
  })
)

it.scoped("an upload belongs to its user and its site, and needs a site role that publishes", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const id = yield* start(session.request)
    const elsewhere = yield* client(url, admin, "MarketingTeam")
    expect(errorOf(yield* append(elsewhere.request, id, "a"))).toEqual([404, "404015"])
    const added = yield* session.post("users", '<user name="cassie" siteRole="Creator"/>')
    yield* session.put(`users/${attribute(added.text, "user", "id")}`, '<user password="pw"/>')
    const cassie = yield* client(url, { name: "cassie", password: "pw" })
    expect(errorOf(yield* append(cassie.request, id, "a"))).toEqual([404, "404015"])
    const vera = yield* client(url, viewer)
    expect(errorOf(yield* vera.request("fileUploads", { method: "POST" }))).toEqual([403, "403015"])
    expect(errorOf(yield* append(vera.request, id, "a"))).toEqual([403, "403007"])
    expect((yield* append(session.request, id, "a")).status).toBe(200)
  })
)

it.scoped("a block that is malformed or too large is refused, and the upload stays as it was", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ blockLimit: 1000, maxFileChunkCount: 2 })
    const session = yield* client(url)
    const id = yield* start(session.request)
    const put = (body: { readonly body: Uint8Array; readonly headers: Readonly<Record<string, string>> }) =>
      Effect.map(session.request(`fileUploads/${id}`, { method: "PUT", ...body }), errorOf)
    const whole = block("x".repeat(1000))
    expect(yield* put(block("x".repeat(1001)))).toEqual([400, "400016"])
    expect(yield* put(block(""))).toEqual([400, "400020"])
    expect(yield* put(multipart([payload("")]))).toEqual([400, "400020"])
    expect(yield* put(multipart([payload("<tsRequest/>"), file("tableau_file", "file", "x")]))).toEqual([400, "400019"])
    const two = multipart([payload(""), file("tableau_file", "file", "x"), file("tableau_file", "file", "y")])
    expect(yield* put(two)).toEqual([400, "400019"])
    expect(yield* put({ ...whole, body: whole.body.subarray(0, 900) })).toEqual([400, "400000"])
    expect(yield* put({ ...whole, headers: { "content-type": "application/octet-stream" } })).toEqual([400, "400000"])
    const chunked = yield* speak(
      url,
      `PUT /api/3.29/sites/${session.siteId}/fileUploads/${id} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n` +
        `X-Tableau-Auth: ${session.token}\r\nContent-Type: ${whole.headers["content-type"]}\r\n` +
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    expect(chunked).toContain('code="400019"')
    expect(yield* put(whole)).toEqual([200, ""])
    const last = yield* append(session.request, id, "y")
    expect(attribute(last.text, "fileUpload", "maxFileChunkCount")).toBe("2")
    expect(errorOf(yield* append(session.request, id, "z"))).toEqual([403, "403016"])
    expect(yield* commit(session, id)).toBe(`${"x".repeat(1000)}y`)
  })
)

/** A folder for temporary files of this test only. */
const temporary = Effect.acquireRelease(
  Effect.sync(() => {
    const before = process.env["TMPDIR"]
    const folder = mkdtempSync(join(tmpdir(), "uploads-test-"))
    process.env["TMPDIR"] = folder
    return { before, folder }
  }),
  ({ before, folder }) =>
    Effect.sync(() => {
      if (before === undefined) delete process.env["TMPDIR"]
      else process.env["TMPDIR"] = before
      rmSync(folder, { recursive: true })
    })
)

it.scoped("the folder of uploads is created for the first file, and removed when the simulator ends", () =>
  Effect.gen(function* () {
    const { folder } = yield* temporary
    const files = () => readdirSync(folder).map((name) => readdirSync(join(folder, name)).length)
    const scope = yield* Scope.make()
    const { inject, url } = yield* Scope.extend(Simulator.make(), scope)
    const session = yield* client(url)
    const id = yield* start(session.request)
    expect(files()).toEqual([])
    yield* append(session.request, id, "a", 1)
    expect(files()).toEqual([1])
    // What is replaced, refused or interrupted leaves no file.
    yield* append(session.request, id, "b", 1)
    const refused = multipart([payload("x"), file("tableau_file", "file", "x")])
    yield* session.request(`fileUploads/${id}`, { method: "PUT", ...refused })
    yield* inject({ operation: "appendToFileUpload", fault: Fault.reset({ when: { requestBytes: 1000 } }) })
    yield* Effect.flip(append(session.request, id, Buffer.alloc(1e6)))
    expect(files()).toEqual([1])
    expect(yield* commit(session, id)).toBe("b")
    const [datasource = ""] = ids(
      yield* session.request(`datasources?filter=name:eq:Upload+${published}`),
      "datasource"
    )
    expect((yield* session.remove(`datasources/${datasource}`)).status).toBe(204)
    expect(files()).toEqual([0])
    // The files of content are removed with its project.
    const project = yield* session.post("projects", '<project name="Temporary"/>')
    const projectId = attribute(project.text, "project", "id")
    yield* session.request("flows", {
      method: "POST",
      ...multipart([
        payload(`<tsRequest><flow name="Steps"><project id="${projectId}"/></flow></tsRequest>`),
        file("tableau_flow", "a.tfl", "steps")
      ])
    })
    expect(files()).toEqual([1])
    yield* session.remove(`projects/${projectId}`)
    expect(files()).toEqual([0])
    yield* append(session.request, yield* start(session.request), "c")
    expect(files()).toEqual([1])
    yield* Scope.close(scope, Exit.void)
    expect(files()).toEqual([])
  })
)
