/** The same blocks by curl: requests of the same form and size, on one connection, from files. */
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Spoilt } from "../bench/processes.js"

/** Whether this machine has curl. */
export const isInstalled = Effect.map(
  Effect.option(Command.exitCode(Command.make("curl", "--version"))),
  Option.exists((code) => code === 0)
)

const boundary = "a-boundary-of-the-benchmark"

const start = `--${boundary}\r\nContent-Disposition: name="request_payload"\r\nContent-Type: text/xml\r\n\r\n\r\n--${boundary}\r\nContent-Disposition: name="tableau_file"; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\n`
const end = `\r\n--${boundary}--\r\n`

/** The bodies in the file are of its first blocks, and are sent again for the others: a copy of all of it is not needed. */
const kept = 32

/** Writes the bodies of the first blocks of a file, and returns their paths. */
const writeBodies = (folder: string, file: string, block: number, blocks: number) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const encoder = new TextEncoder()
    return yield* Effect.forEach(Array.from({ length: Math.min(kept, blocks) }), (_, index) => {
      const path = `${folder}/body-${index}`
      const content = files.stream(file, { offset: index * block, bytesToRead: block, chunkSize: 1024 * 1024 })
      return Effect.as(
        Stream.make(encoder.encode(start)).pipe(
          Stream.concat(content),
          Stream.concat(Stream.make(encoder.encode(end))),
          Stream.run(files.sink(path))
        ),
        path
      )
    })
  })

const request = (url: string, init: RequestInit) =>
  Effect.tryPromise({
    try: () => fetch(url, { method: "POST", ...init }).then((response) => response.text()),
    catch: (error) => new Spoilt({ message: `${url}: ${error}` })
  })

/** The first match of a pattern in what the server sent. */
const found = (text: string, pattern: RegExp) =>
  Effect.mapError(
    Option.fromNullable(pattern.exec(text)?.[1]),
    () => new Spoilt({ message: `The server sent ${text} without ${pattern}` })
  )

/** A new upload: the URL to which blocks are appended, and the token of its session. */
const newUpload = (server: string) =>
  Effect.gen(function* () {
    const api = `${server}/api/3.29`
    const body =
      '<tsRequest><credentials name="admin" password="admin-password"><site contentUrl=""/></credentials></tsRequest>'
    const signedIn = yield* request(`${api}/auth/signin`, { body, headers: { "content-type": "text/xml" } })
    const token = yield* found(signedIn, /token="([^"]*)"/)
    const uploads = `${api}/sites/${yield* found(signedIn, /<site id="([^"]*)"/)}/fileUploads`
    const started = yield* request(uploads, { headers: { "x-tableau-auth": token } })
    const upload = yield* found(started, /uploadSessionId="([^"]*)"/)
    return { token, url: `${uploads}/${encodeURIComponent(upload)}` }
  })

/** The seconds in a line of `times`, such as `0m1.250s 0m0.480s`: user and system. */
const secondsIn = (line: string): number =>
  [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0
  )

/** Sends a file of this size in blocks of this size: CPU and wall time in milliseconds. */
export const send = (options: {
  readonly server: string
  readonly folder: string
  readonly file: string
  readonly size: number
  readonly block: number
}) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const blocks = Math.ceil(options.size / options.block)
    const bodies = yield* writeBodies(options.folder, options.file, options.block, blocks)
    const { token, url } = yield* newUpload(options.server)
    const transfers = Array.from({ length: blocks }, (_, index) =>
      [
        `url = "${url}"`,
        `upload-file = "${bodies[index % bodies.length]}"`,
        `header = "X-Tableau-Auth: ${token}"`,
        `header = "Content-Type: multipart/mixed; boundary=${boundary}"`,
        'header = "Expect:"',
        'output = "/dev/null"',
        'write-out = "%{http_code}\\n"',
        "silent",
        "show-error"
      ].join("\n")
    )
    const config = `${options.folder}/curl`
    yield* files.writeFileString(config, transfers.join("\nnext\n"))
    // The second line of `times` is that of the ended processes.
    const command = Command.make("sh", "-c", `curl --disable --config "$0" && times`, config)
    const before = performance.now()
    const output = yield* Command.lines(Command.stderr(command, "inherit"))
    const took = performance.now() - before
    const statuses = output.slice(0, -2)
    if (statuses.length !== blocks || statuses.some((status) => status !== "200")) {
      return yield* new Spoilt({ message: `curl printed:\n${output.join("\n")}` })
    }
    return { cpu: secondsIn(output.at(-1) ?? "") * 1000, took }
  })
