import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it, vi } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Download, TableauSession, Workbooks } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { io } from "../../../../test/support/io.js"
import { keyOf, scriptedServer } from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { bytesOf, from, type Respond, read, someWorkbook } from "./downloading.js"

const backends: ReadonlyArray<readonly [name: string, client: Layer.Layer<HttpClient.HttpClient>]> = [
  ["undici", NodeHttpClient.layerUndici],
  ["node:http", NodeHttpClient.layer],
  ["fetch", FetchHttpClient.layer]
]

describe.each(backends)("over %s", (_, client) => {
  it.scoped("content has the bytes that the server sent, and is requested uncompressed", () =>
    Effect.gen(function* () {
      const sent = Buffer.from(
        FastCheck.sample(FastCheck.uint8Array({ minLength: 200_000, maxLength: 200_000 }), 1)[0] ?? []
      )
      let headers: unknown
      const download = yield* from((response, request) => {
        headers = request.headers
        response.writeHead(200, { "content-length": sent.length })
        response.end(sent)
      }, client)
      const { content, contentType, fileName, size } = yield* download
      expect((yield* bytesOf(content)).equals(sent)).toBe(true)
      expect({ contentType, fileName, size }).toEqual({ contentType: undefined, fileName: "w", size: 200_000 })
      expect(headers).toMatchObject({ accept: "*/*", "accept-encoding": "identity" })
      expect(yield* Effect.flip(bytesOf(content))).toMatchObject({
        _tag: "BadRequest",
        operation: "Workbooks.download"
      })
    })
  )

  it.scoped("content that ends early fails with ConnectionFailed", () =>
    Effect.gen(function* () {
      const early: ReadonlyArray<Respond> = [
        (response) => {
          response.writeHead(200, { "content-length": 100_000 })
          response.write("PK".repeat(10_000), () => response.socket?.end())
        },
        (response) => {
          response.writeHead(200)
          response.write("PK".repeat(10_000), () => response.socket?.end())
        },
        (response) => {
          response.writeHead(200)
          response.write("PK".repeat(10_000), () => response.socket?.resetAndDestroy())
        }
      ]
      for (const respond of early) {
        const download = yield* from(respond, client)
        expect(yield* Effect.flip(Stream.runDrain(Download.stream(download)))).toMatchObject({
          _tag: "ConnectionFailed",
          operation: "Workbooks.download",
          reason: "Broken",
          acted: "no"
        })
      }
    })
  )

  it.scoped("content that is read after its scope fails with BadRequest, and is not cut silently", () =>
    Effect.gen(function* () {
      const download = yield* from((response) => {
        response.writeHead(200)
        for (let times = 0; times < 500; times++) response.write("PK".repeat(5000))
        response.end()
      }, client)
      const { content } = yield* Effect.scoped(download)
      const late = { _tag: "BadRequest", operation: "Workbooks.download", acted: "no" }
      expect(yield* Effect.flip(bytesOf(content))).toMatchObject(late)
      const scope = yield* Scope.make()
      const begun = yield* Scope.extend(download, scope)
      const closing = Stream.tap(begun.content, () => Scope.close(scope, Exit.void))
      expect(yield* Effect.flip(Stream.runDrain(closing))).toMatchObject(late)
    })
  )

  it.scoped("gzip content is decompressed by fetch, and UnexpectedResponse over other clients", () =>
    Effect.gen(function* () {
      const compressed = gzipSync("PK".repeat(5000))
      const download = yield* from((response) => {
        response.writeHead(200, { "content-encoding": "gzip", "content-length": compressed.length })
        response.end(compressed)
      }, client)
      const result = yield* Effect.either(bytesOf(Download.stream(download)))
      if (Either.isRight(result)) expect(result.right.toString()).toBe("PK".repeat(5000))
      else expect(result.left).toMatchObject({ _tag: "UnexpectedResponse", kind: "Other", acted: "no" })
      expect(Either.isRight(result)).toBe(client === FetchHttpClient.layer)
    })
  )

  it.scoped("content with another Content-Encoding is decompressed or UnexpectedResponse", () =>
    Effect.gen(function* () {
      const plain = "PK".repeat(5000)
      const decompressed = client === FetchHttpClient.layer ? ["br", "deflate", "gzip, br", "gzip"] : []
      const encodings = {
        br: brotliCompressSync(plain),
        deflate: deflateSync(plain),
        // A gzip file, compressed again for the transfer.
        gzip: gzipSync(gzipSync(plain)),
        // A frame with four uncompressed bytes.
        zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 4, 0x21, 0, 0, ...Buffer.from("PKPK")]),
        compress: plain,
        "gzip, br": brotliCompressSync(gzipSync(plain))
      }
      let sent: [encoding: string, bytes: string | Buffer] = ["", ""]
      const download = yield* from((response) => {
        response.writeHead(200, { "content-encoding": sent[0], "content-type": "application/octet-stream" })
        response.end(sent[1])
      }, client)
      for (sent of Object.entries(encodings)) {
        if (decompressed.includes(sent[0])) {
          const bytes = yield* bytesOf(Download.stream(download))
          expect(bytes.toString(), sent[0]).toBe((sent[0] === "gzip" ? gzipSync(plain) : plain).toString())
          continue
        }
        expect(yield* Effect.flip(bytesOf(Download.stream(download))), sent[0]).toMatchObject({
          _tag: "UnexpectedResponse",
          kind: "Other",
          acted: "no",
          detail: expect.stringContaining(`(${sent[0]})`)
        })
      }
      // These mean no compression, though most are no valid names.
      for (const encoding of ["identity", "utf-8", "none", "binary"]) {
        sent = [encoding, plain]
        expect((yield* bytesOf(Download.stream(download))).toString(), encoding).toBe(plain)
      }
    })
  )

  it.scoped("content without bytes fails with UnexpectedResponse", () =>
    Effect.gen(function* () {
      const download = yield* from((response) => response.writeHead(200, { "content-length": 0 }).end(), client)
      expect(yield* Effect.flip(Effect.scoped(download))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Empty" })
    })
  )

  it.scoped("data without bytes is an empty file, unless its end is unknown", () =>
    Effect.gen(function* () {
      const headers: ReadonlyArray<Record<string, string>> = [
        { "content-type": "text/csv;charset=utf-8", "content-length": "0" },
        { "content-type": "text/csv", "transfer-encoding": "chunked" },
        { "content-type": "text/csv", connection: "close" }
      ]
      let sent: Record<string, string> | undefined
      const download = yield* from((response) => {
        if (sent?.connection === undefined) response.writeHead(200, sent).end()
        else response.socket?.end("HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\n")
      }, client)
      const results: Array<Either.Either<number, unknown>> = []
      for (sent of headers) results.push(yield* Effect.either(Stream.runCount(Download.stream(download))))
      expect(results.slice(0, 2)).toEqual([Either.right(0), Either.right(0)])
      expect(results[2]).toMatchObject({ _tag: "Left", left: { _tag: "UnexpectedResponse", kind: "Empty" } })
      sent = headers[0]
      expect(yield* Effect.scoped(download)).toMatchObject({ size: 0, fileName: "w.csv" })
    })
  )

  it.scoped("a second run of content fails, and the first one continues", () =>
    Effect.gen(function* () {
      let rest = () => {}
      const download = yield* from((response) => {
        response.writeHead(200)
        response.write("begin ")
        rest = () => response.end("and end")
      }, client)
      const { content } = yield* download
      const pieces: Array<string> = []
      yield* Stream.runForEach(content, (bytes) =>
        Effect.gen(function* () {
          if (pieces.length === 0) {
            expect(yield* Effect.flip(Stream.runDrain(content))).toMatchObject({ _tag: "BadRequest" })
            rest()
          }
          pieces.push(Buffer.from(bytes).toString())
        })
      )
      expect(pieces.join("")).toBe("begin and end")
    })
  )

  it.scoped("an interrupted download closes the connection to the server", () =>
    Effect.gen(function* () {
      const left = yield* Deferred.make<void>()
      const download = yield* from((response) => {
        response.on("close", () => Deferred.unsafeDone(left, Effect.void))
        response.writeHead(200, { "content-length": 1_000_000 })
        response.write("PK".repeat(1000))
      }, client)
      // The scope stays open: the end of the stream must be enough.
      const { content } = yield* download
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(Stream.runForEach(content, () => Deferred.succeed(begun, undefined)))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(left)
    })
  )

  it.scoped("content is received no faster than it is consumed, and never buffered whole", () =>
    Effect.gen(function* () {
      const total = 200 * 1024 * 1024
      const chunk = Buffer.alloc(64 * 1024, "PK")
      let sent = 0
      const download = yield* from((response) => {
        response.writeHead(200, { "content-length": total })
        const pour = () => {
          while (sent < total) {
            sent += chunk.length
            if (!response.write(chunk)) return
          }
          response.end()
        }
        response.on("drain", pour)
        pour()
      }, client)
      const limit = 32 * 1024 * 1024
      let taken = 0
      yield* Stream.runForEach(Download.stream(download), (bytes) =>
        Effect.gen(function* () {
          if (taken === 0) {
            // While the consumer waits the server can send only what fits into the network's buffers.
            for (let before = -1; before !== sent; yield* io) before = sent
            expect(sent).toBeLessThan(limit)
          }
          taken += bytes.length
          if (sent - taken > limit) return yield* Effect.dieMessage(`${sent} bytes sent, ${taken} consumed`)
        })
      )
      expect([taken, sent]).toEqual([total, total])
    })
  )
})

describe("content", () => {
  it.scoped("XML content is a file or an error by its root element, also in small chunks", () =>
    Effect.gen(function* () {
      const begin = `\ufeff<?xml version='1.0' encoding='utf-8' ?>\r\n\r\n`
      const workbook = `${begin}<!-- <tsResponse><error code="404006"/> -->\r\n<workbook>${"<x/>".repeat(50_000)}</workbook>`
      const errorResponse = `${begin}<!-- <workbook> -->\r\n<tsResponse xmlns="http://tableau.com/api"><error code="404006"/></tsResponse>`
      let sent = workbook
      const download = yield* from((response) => {
        response.writeHead(200, {
          "content-type": "application/xml",
          "content-disposition": `name="tableau_workbook"; filename="a.twb"`
        })
        const pieces = [...sent.slice(0, 150), sent.slice(150)]
        const next = (index: number): void => {
          const piece = pieces[index]
          if (piece === undefined) response.end()
          else response.write(piece, () => setImmediate(next, index + 1))
        }
        next(0)
      })
      const { content, fileName } = yield* download
      expect((yield* bytesOf(content)).toString()).toBe(workbook)
      expect(fileName).toBe("a.twb")
      sent = errorResponse
      expect(yield* Effect.flip(download)).toMatchObject({ _tag: "NotFound", code: "404006" })
    })
  )

  it.scoped("a download that begins in small chunks decodes each of them once", () =>
    Effect.gen(function* () {
      const starts = ["<!--", "<?x ", "   ", "<!DOCTYPE "]
      let sent = Buffer.alloc(0)
      const inBytes = (client: HttpClient.HttpClient) =>
        HttpClient.transform(client, (response, request) => {
          const bytes = Stream.toReadableStream(Stream.fromIterable(Array.from(sent, (byte) => Uint8Array.of(byte))))
          return request.url.endsWith("/content")
            ? Effect.succeed(HttpClientResponse.fromWeb(request, new Response(bytes)))
            : response
        })
      const { url } = yield* scriptedServer({ [keyOf(Workbooks.download)]: {} })
      const signedIn = yield* TableauSession.make({ server: url, credentials: admin, transformClient: inBytes })
      const decode = vi.spyOn(TextDecoder.prototype, "decode")
      yield* Effect.addFinalizer(() => Effect.sync(() => decode.mockRestore()))
      for (const start of starts) {
        sent = Buffer.from(`${start}${" ".repeat(5000)}`)
        decode.mockClear()
        const download = Effect.provideService(Workbooks.download(someWorkbook), TableauSession, signedIn)
        yield* Effect.scoped(download)
        // Once for each byte until the file is known to be one, and a few times for anything else.
        expect(decode.mock.calls.length, start).toBeLessThan(4200)
      }
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.scoped("UTF-16 text is a file, and an HTML page or an error response in UTF-16 is not", () =>
    Effect.gen(function* () {
      let sent: Buffer = Buffer.alloc(0)
      const download = yield* from((response) => {
        response.writeHead(200, { "content-type": "application/octet-stream" })
        // The byte order mark is split between two chunks.
        response.write(sent.subarray(0, 1), () => setImmediate(() => response.end(sent.subarray(1))))
      })
      const forms: ReadonlyArray<(text: string) => Buffer> = [
        (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
        (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16()
      ]
      for (const form of forms) {
        for (const text of ["Region\tÉté\r\n", `<?xml version="1.0" encoding="utf-16"?><workbook/>`]) {
          sent = form(text)
          expect((yield* bytesOf(Download.stream(download))).equals(sent)).toBe(true)
        }
        sent = form(" <!-- x -->\r\n<html><body>Sign in, s'il vous plaît</body></html>")
        expect(yield* Effect.flip(download)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
        sent = form('<tsResponse xmlns="http://tableau.com/api"><error code="404006"/></tsResponse>')
        expect(yield* Effect.flip(download)).toMatchObject({ _tag: "NotFound", code: "404006" })
      }
    })
  )

  it.scoped(
    "content shorter or longer than Content-Length fails with ConnectionFailed, also when the HttpClient does not check it",
    () =>
      Effect.gen(function* () {
        let length = 0
        const { url } = yield* scriptedServer({ [keyOf(Workbooks.download)]: {} })
        const lax = (client: HttpClient.HttpClient) =>
          HttpClient.transform(client, (response, request) => {
            const headers = { "content-length": String(length) }
            return request.url.endsWith("/content")
              ? Effect.succeed(HttpClientResponse.fromWeb(request, new Response("PK..", { headers })))
              : response
          })
        const signedIn = yield* TableauSession.make({ server: url, credentials: admin, transformClient: lax })
        const download = Effect.provideService(read(Workbooks.download(someWorkbook)), TableauSession, signedIn)
        length = 4
        expect((yield* download).toString()).toBe("PK..")
        for (length of [3, 5]) {
          const error = yield* Effect.flip(download)
          expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "Broken", acted: "no" })
          expect(error.message).toContain(`announced ${length} bytes, and 4 were received`)
        }
      }).pipe(Effect.provide(layerHttpClient))
  )

  it.scoped("an error response without end is not read to its end", () =>
    Effect.gen(function* () {
      const left = yield* Deferred.make<void>()
      const download = yield* from((response) => {
        response.on("close", () => Deferred.unsafeDone(left, Effect.void))
        response.writeHead(200, { "content-type": "application/xml" })
        const pour = () => {
          while (!response.destroyed && response.write(`<tsResponse>${" ".repeat(64 * 1024)}`)) {
            // Until the socket is full.
          }
        }
        response.on("drain", pour)
        pour()
      })
      expect(yield* Effect.flip(download)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
      yield* Deferred.await(left)
    })
  )
})
