/** A server of file uploads on loopback: what it does with a block is scripted, and a megabyte has 100 bytes. */
import * as Http from "node:http"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, TableauSession, Upload } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { listening } from "../../../../test/support/listening.js"
import { element, errorDocument, serverInfoDocument, signInDocument, tsResponse } from "../../../../test/support/xml.js"
import * as UploadLimits from "../../src/internal/upload/limits.js"
import { type Limits, values } from "../../src/internal/upload/limits.js"

/** A small megabyte and few blocks, so that tests of boundaries are fast. */
export const small: typeof Limits.Service = {
  ...values,
  megabyte: 100,
  defaultBlock: 400,
  maxBlock: 1600,
  maxBlocks: 8,
  maxOutage: 2000,
  delay: 1,
  maxDelay: 100
}

export interface Append {
  /** Counted from 1, over all uploads. */
  readonly number: number
  readonly uploadSessionId: string
  readonly sequence: number | undefined
  readonly token: string | undefined
}

/**
 * What happens instead of an ordinary response: the connection ends before the body is read, while it is read, or after the
 * block is stored; no response at all; another response; or the block is stored, and the server accepts no connection for
 * some milliseconds.
 */
export type Fault =
  | "before"
  | "during"
  | "after"
  | "silence"
  | { readonly status: number; readonly code: string; readonly isStored?: boolean; readonly retryAfter?: string }
  | { readonly downFor: number; readonly isAcknowledged: boolean }

export interface ServerOptions {
  readonly fault?: (append: Append) => Fault | undefined
  /** What it does with a number that it has. */
  readonly repeated?: "replace" | "append" | "refuse"
  readonly maxFileChunkCount?: number
  readonly apiVersion?: string
  /** Milliseconds before the response to a block. */
  readonly latency?: number
  /** Milliseconds before the response to the beginning of an upload. */
  readonly beginLatency?: number
  /** The status of that response. By default 201. */
  readonly beginStatus?: number
  /** Bytes of a block that it loses without an error. */
  readonly loses?: (append: Append) => boolean
  /** Whether it loses all blocks that it has, before it stores this one. */
  readonly forgets?: (append: Append) => boolean
  /** What it says that it holds. */
  readonly says?: (held: number) => number | undefined
}

export interface Block {
  readonly sequence: number | undefined
  readonly bytes: Buffer
}

const partOf = (body: Buffer, name: string): { readonly headers: string; readonly bytes: Buffer } => {
  const text = body.toString("latin1")
  const boundary = text.slice(0, text.indexOf("\r\n"))
  const start = text.indexOf(`name="${name}"`)
  const headersEnd = text.indexOf("\r\n\r\n", start)
  const end = text.indexOf(`\r\n${boundary}`, headersEnd + 4 - 2)
  return { headers: text.slice(start, headersEnd), bytes: body.subarray(headersEnd + 4, Math.max(headersEnd + 4, end)) }
}

export const uploadServer = (options: ServerOptions = {}) =>
  Effect.gen(function* () {
    const uploads = new Map<string, Array<Block>>()
    const appends: Array<Append & { readonly size: number }> = []
    let tokens = 0
    let begun = 0
    let inFlight = 0
    let mostInFlight = 0

    const ordered = (blocks: ReadonlyArray<Block>) =>
      [...blocks].sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0)).map(({ bytes }) => bytes)
    const content = (uploadSessionId: string) => Buffer.concat(ordered(uploads.get(uploadSessionId) ?? []))

    const send = (
      response: Http.ServerResponse,
      status: number,
      body: string,
      headers: Http.OutgoingHttpHeaders = {}
    ) => void response.writeHead(status, { "content-type": "application/xml", ...headers }).end(body)

    /** Accepts no connection for some milliseconds. */
    const goDown = (millis: number) => {
      server.close(() => {
        if (Number.isFinite(millis)) setTimeout(() => server.listen(port, "127.0.0.1"), millis)
      })
    }

    const store = (append: Append, bytes: Buffer): boolean => {
      const blocks = uploads.get(append.uploadSessionId) ?? []
      if (options.forgets?.(append) === true) blocks.length = 0
      if (options.loses?.(append) === true) return true
      const known = blocks.findIndex(({ sequence }) => sequence !== undefined && sequence === append.sequence)
      const block = { sequence: append.sequence, bytes }
      if (known >= 0 && options.repeated === "refuse") return false
      if (known >= 0 && options.repeated === "replace") blocks[known] = block
      else blocks.push(block)
      return true
    }

    const onAppend = (request: Http.IncomingMessage, response: Http.ServerResponse, url: URL) => {
      const sequence = url.searchParams.get("sequenceID")
      const token = request.headers["x-tableau-auth"]
      const append: Append = {
        number: appends.length + 1,
        uploadSessionId: decodeURIComponent(url.pathname.split("/").at(-1) ?? ""),
        sequence: sequence === null ? undefined : Number(sequence),
        token: typeof token === "string" ? token : undefined
      }
      const position = appends.push({ ...append, size: 0 }) - 1
      const fault = options.fault?.(append)
      if (fault === "before") return void request.socket.resetAndDestroy()
      inFlight += 1
      mostInFlight = Math.max(mostInFlight, inFlight)
      const chunks: Array<Buffer> = []
      response.on("close", () => {
        inFlight -= 1
      })
      request.on("data", (chunk: Buffer) => {
        chunks.push(chunk)
        if (fault === "during") request.socket.resetAndDestroy()
      })
      request.on("end", () => {
        if (fault === "during") return
        const { bytes } = partOf(Buffer.concat(chunks), "tableau_file")
        appends[position] = { ...append, size: bytes.length }
        const respond = () => {
          if (fault === "silence") return
          if (typeof fault === "object" && "status" in fault) {
            if (fault.isStored === true) store(append, bytes)
            const { retryAfter } = fault
            const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter }
            return send(response, fault.status, errorDocument(fault.code), headers)
          }
          if (!uploads.has(append.uploadSessionId)) return send(response, 404, errorDocument("404015"))
          if (!store(append, bytes)) return send(response, 400, errorDocument("400017"))
          if (fault === "after") return void request.socket.resetAndDestroy()
          if (typeof fault === "object") {
            goDown(fault.downFor)
            if (!fault.isAcknowledged) return void request.socket.resetAndDestroy()
            response.setHeader("connection", "close")
          }
          const held = Math.max(1, Math.floor(content(append.uploadSessionId).length / small.megabyte))
          const fileSize = options.says === undefined ? held : options.says(held)
          send(response, 200, tsResponse(element("fileUpload", { uploadSessionId: append.uploadSessionId, fileSize })))
        }
        if (options.latency === undefined) respond()
        else setTimeout(respond, options.latency)
      })
    }

    const server = Http.createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://127.0.0.1")
      if (request.method === "PUT" && url.pathname.includes("/fileUploads/")) return onAppend(request, response, url)
      request.resume()
      request.on("end", () => {
        if (url.pathname.endsWith("/serverinfo")) {
          return send(response, 200, serverInfoDocument({ restApiVersion: options.apiVersion ?? "3.29" }))
        }
        if (url.pathname.endsWith("/signin")) {
          tokens += 1
          return send(response, 200, signInDocument({ token: `token${tokens}` }))
        }
        if (url.pathname.endsWith("/signout")) return void response.writeHead(204).end()
        begun += 1
        const uploadSessionId = `1234:0A${begun}-0:0`
        uploads.set(uploadSessionId, [])
        const { maxFileChunkCount } = options
        const fileUpload = element("fileUpload", { uploadSessionId, fileSize: 0, maxFileChunkCount })
        const { beginLatency = 0, beginStatus = 201 } = options
        const body = beginStatus === 201 ? tsResponse(fileUpload) : errorDocument(`${beginStatus}000`)
        setTimeout(() => send(response, beginStatus, body), beginLatency)
      })
    })
    const port = yield* listening(server)
    return {
      url: `http://127.0.0.1:${port}`,
      uploads,
      appends,
      content,
      begun: () => begun,
      inFlight: () => inFlight,
      mostInFlight: () => mostInFlight,
      sizes: () => appends.map(({ size }) => size)
    }
  })

/** Runs an effect on a session with the server, with the small limits. */
export const onServer = <A, E, R>(
  effect: Effect.Effect<A, E, R | TableauSession>,
  url: string,
  given: Partial<TableauSession.Options> = {},
  limits: Partial<typeof Limits.Service> = {}
) =>
  effect.pipe(
    Effect.provideService(UploadLimits.Limits, { ...small, ...limits }),
    Effect.provide(
      TableauSession.layer({
        server: url,
        credentials: Credentials.password({ username: "admin", password: Redacted.make("secret") }),
        ...given
      })
    ),
    Effect.provide(layerHttpClient),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

/** Bytes of which no two blocks are equal. */
export const bytesOf = (size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  let state = 1
  for (let index = 0; index < size; index += 1) {
    state = (state * 1103515245 + 12345) % 2147483648
    bytes[index] = state >> 16
  }
  return bytes
}

/** A file of a stream, in chunks that do not fit the blocks. */
export const streamed = (
  bytes: Uint8Array,
  options: { readonly size?: number | undefined; readonly replayable?: boolean; readonly chunk?: number } = {}
): Upload.File => {
  const { chunk = 37 } = options
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, index) =>
    bytes.subarray(index * chunk, (index + 1) * chunk)
  )
  return Upload.file({ name: "Été 売上.hyper", content: Stream.fromIterable(chunks), ...options })
}
