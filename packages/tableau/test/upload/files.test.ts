import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { FileUploads, Progress, Upload } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { listening } from "../../../../test/support/listening.js"
import { serverInfoDocument, signInDocument, tsResponse } from "../../../../test/support/xml.js"
import { type Append, bytesOf, onServer, streamed, uploadServer } from "./uploadServer.js"

const failureOf = <A, E>(exit: Exit.Exit<A, E>): E | undefined =>
  Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "uploads-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

/** A file of the disk in a folder of its own. */
const fileOf = (bytes: Uint8Array, name = "Été 売上.hyper") =>
  Effect.map(folder, (path) => {
    const file = Path.join(path, name)
    Fs.writeFileSync(file, bytes)
    return file
  })

/** The open files of this process that lie below a folder. */
const openFiles = (path: string): ReadonlyArray<string> =>
  Fs.readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = Fs.readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(Path.dirname(path)) ? [target] : []
    } catch {
      return []
    }
  })

describe("a file of the disk", () => {
  it.scopedLive.each([1, 399, 400, 401, 1900])("of %i bytes arrives, and is closed", (size) =>
    Effect.gen(function* () {
      const running = yield* uploadServer()
      const path = yield* fileOf(bytesOf(size))
      const file = yield* TableauNode.file(path)
      expect([file.name, file.size]).toEqual(["Été 売上.hyper", size])
      const { uploadSessionId } = yield* onServer(FileUploads.upload(file), running.url)
      expect(running.content(uploadSessionId).equals(bytesOf(size))).toBe(true)
      expect(openFiles(path)).toEqual([])
    })
  )

  it.scopedLive("its stream has the same bytes", () =>
    Effect.gen(function* () {
      const bytes = bytesOf(2 ** 18 + 5)
      const file = yield* TableauNode.file(yield* fileOf(bytes))
      const chunks = yield* Stream.runCollect(file.content)
      expect(Buffer.concat([...chunks]).equals(bytes)).toBe(true)
    })
  )

  it.scopedLive("it can have another name", () =>
    Effect.gen(function* () {
      const file = yield* TableauNode.file(yield* fileOf(bytesOf(1)), { name: "other.tdsx" })
      expect(file.name).toBe("other.tdsx")
    })
  )

  it.scopedLive("a missing file and a folder fail before anything is sent", () =>
    Effect.gen(function* () {
      const path = yield* folder
      expect(yield* Effect.flip(TableauNode.file(Path.join(path, "none")))).toMatchObject({
        _tag: "SystemError",
        reason: "NotFound"
      })
      expect(yield* Effect.flip(TableauNode.file(path))).toMatchObject({ _tag: "BadArgument" })
    })
  )

  const changes: ReadonlyArray<readonly [name: string, change: (path: string) => void]> = [
    ["becomes longer", (path) => Fs.appendFileSync(path, "more")],
    ["becomes shorter", (path) => Fs.truncateSync(path, 1000)],
    [
      "is written to",
      (path) => {
        const file = Fs.openSync(path, "r+")
        Fs.writeSync(file, "other", 0)
        Fs.closeSync(file)
      }
    ],
    [
      "is written to, with its time set back",
      (path) => {
        const reference = `${path}.time`
        execFileSync("touch", ["-r", path, reference])
        const file = Fs.openSync(path, "r+")
        Fs.writeSync(file, "other", 0)
        Fs.closeSync(file)
        execFileSync("touch", ["-r", reference, path])
      }
    ],
    ["gets other permissions", (path) => Fs.chmodSync(path, 0o400)],
    [
      "is replaced",
      (path) => {
        const { atime, mtime } = Fs.statSync(path)
        Fs.writeFileSync(`${path}.new`, bytesOf(1900))
        Fs.utimesSync(`${path}.new`, atime, mtime)
        Fs.renameSync(`${path}.new`, path)
      }
    ]
  ]

  it.scopedLive.each(changes)("that %s while it is read fails with FileChanged, and is closed", ([, change]) =>
    Effect.gen(function* () {
      const path = yield* fileOf(bytesOf(1900))
      const running = yield* uploadServer({
        fault: ({ number }: Append) => {
          if (number === 2) change(path)
          return undefined
        }
      })
      const file = yield* TableauNode.file(path)
      const error = yield* Effect.flip(onServer(FileUploads.upload(file), running.url))
      expect(error).toMatchObject({ _tag: "FileChanged", path })
      expect(openFiles(path)).toEqual([])
    })
  )

  it.scopedLive("that changed before it is read fails without a block", () =>
    Effect.gen(function* () {
      const path = yield* fileOf(bytesOf(1900))
      const file = yield* TableauNode.file(path)
      Fs.appendFileSync(path, "more")
      const running = yield* uploadServer()
      const error = yield* Effect.flip(onServer(FileUploads.upload(file), running.url))
      expect(error).toBeInstanceOf(Upload.FileChanged)
      expect(running.appends).toEqual([])
    })
  )

  it.scopedLive("that a named pipe has replaced before it is read fails without a block", () =>
    Effect.gen(function* () {
      const running = yield* uploadServer()
      const path = yield* fileOf(bytesOf(1000))
      const file = yield* TableauNode.file(path)
      Fs.rmSync(path)
      execFileSync("mkfifo", [path])
      // If opening the pipe waits, nothing ends it but a process that writes to the pipe.
      const writer = setTimeout(() => Fs.writeFileSync(path, ""), 5000)
      const started = Date.now()
      const exit = yield* Effect.exit(onServer(FileUploads.upload(file), running.url))
      clearTimeout(writer)
      expect(failureOf(exit)).toMatchObject({ _tag: "FileChanged", path, detail: "it is no regular file now." })
      expect(Date.now() - started).toBeLessThan(5000)
      expect(running.appends).toEqual([])
      expect(openFiles(path)).toEqual([])
    })
  )

  it.scopedLive("an interruption closes it, and leaves no other file", () =>
    Effect.gen(function* () {
      const path = yield* fileOf(bytesOf(1900))
      const running = yield* uploadServer({ fault: () => "silence" })
      const file = yield* TableauNode.file(path)
      const fiber = yield* Effect.fork(onServer(FileUploads.upload(file, { concurrency: 2 }), running.url))
      while (running.inFlight() < 2) yield* Effect.sleep("5 millis")
      expect(openFiles(path).length).toBe(1)
      yield* Fiber.interrupt(fiber)
      expect(openFiles(path)).toEqual([])
      expect(Fs.readdirSync(Path.dirname(path))).toEqual([Path.basename(path)])
    })
  )
})

describe("a block that is slow and moves", () => {
  it.scopedLive("is not cut by the timeout of requests", () =>
    Effect.gen(function* () {
      const send = (response: Http.ServerResponse, body: string) =>
        void response.writeHead(200, { "content-type": "application/xml" }).end(body)
      const megabyte = 2 ** 20
      const size = 32 * megabyte
      let received = 0
      const port = yield* listening(
        Http.createServer((request, response) => {
          const { method, url = "" } = request
          if (method === "PUT") {
            request.on("data", (chunk: Buffer) => {
              received += chunk.length
              request.pause()
              setTimeout(() => request.resume(), 5)
            })
            request.on("end", () =>
              send(response, tsResponse(`<fileUpload uploadSessionId="1:2-0:0" fileSize="${size / megabyte}"/>`))
            )
            return
          }
          request.resume()
          if (url.endsWith("serverinfo")) send(response, serverInfoDocument())
          else if (url.endsWith("signin")) send(response, signInDocument())
          else send(response, tsResponse('<fileUpload uploadSessionId="1:2-0:0" fileSize="0"/>'))
        })
      )
      const options = { megabyte, maxBlock: size, defaultBlock: size, maxResends: 0, maxOutage: 0, maxRestarts: 0 }
      const started = Date.now()
      yield* onServer(
        FileUploads.upload(Upload.bytes("x.hyper", new Uint8Array(size))),
        `http://127.0.0.1:${port}`,
        { requestTimeout: "2 seconds", retry: { deadline: "2 seconds" } },
        options
      )
      expect(received).toBeGreaterThan(size)
      // Otherwise the test shows nothing.
      expect(Date.now() - started).toBeGreaterThan(2000)
    })
  )
})

describe("progress as a stream", () => {
  it.scopedLive("has each block and ends with the result", () =>
    Effect.gen(function* () {
      const running = yield* uploadServer()
      const events = Progress.stream((onProgress) =>
        FileUploads.upload(streamed(bytesOf(1000), { size: 1000 }), { onProgress })
      )
      const [last, ...progress] = [...(yield* onServer(Stream.runCollect(events), running.url))].reverse()
      expect(progress.reverse()).toEqual([334, 668, 1000].map((bytes) => ({ _tag: "Progress", bytes, total: 1000 })))
      expect(last).toMatchObject({ _tag: "Done", value: { uploadSessionId: "1234:0A1-0:0" } })
    })
  )

  it.scopedLive("fails with the error of the upload", () =>
    Effect.gen(function* () {
      const running = yield* uploadServer({ fault: () => ({ status: 400, code: "400016" }) })
      const events = Progress.stream((onProgress) => FileUploads.upload(streamed(bytesOf(1000)), { onProgress }))
      const exit = yield* Effect.exit(onServer(Stream.runDrain(events), running.url))
      expect(failureOf(exit)).toMatchObject({ _tag: "BadRequest", code: "400016" })
    })
  )

  it.scopedLive("the end of the stream ends the upload", () =>
    Effect.gen(function* () {
      const running = yield* uploadServer({ latency: 20 })
      const events = Progress.stream((onProgress) => FileUploads.upload(streamed(bytesOf(2000)), { onProgress }))
      yield* onServer(Stream.runDrain(Stream.take(events, 1)), running.url)
      expect(running.appends.length).toBeLessThan(4)
      yield* Effect.sleep("40 millis")
      expect(running.inFlight()).toBe(0)
    })
  )

  it.live("a slow consumer misses events and not the result", () =>
    Effect.gen(function* () {
      const events = Progress.stream((onProgress) =>
        Effect.as(
          Effect.forEach(
            Array.from({ length: 100 }, (_, bytes) => bytes),
            (bytes) => onProgress({ bytes, total: 100 })
          ),
          "result"
        )
      )
      const seen = [...(yield* Stream.runCollect(Stream.tap(events, () => Effect.sleep("1 millis"))))]
      expect(seen.length).toBeLessThan(50)
      expect(seen.at(-1)).toEqual({ _tag: "Done", value: "result" })
    })
  )
})
