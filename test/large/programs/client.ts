/**
 * Publishes a file as a data source on a session, and downloads it if `SHA256` is set: CPU and time from the first byte to
 * the last, and memory over that of the idle session. It writes no file.
 */
import { createHash } from "node:crypto"
import { setTimeout } from "node:timers/promises"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, Datasources, Download, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { given, givenNumber, Usage } from "../../bench/programs/reporting.js"

const megabytes = (bytes: number): number => bytes / 2 ** 20

/** The most that the process has had so far, in MB. */
const peak = (): number => process.resourceUsage().maxRSS / 1024

const program = Effect.gen(function* () {
  // The code of a call is loaded and has run.
  yield* Datasources.list({ pageSize: 1 })
  yield* Effect.promise(() => setTimeout(1000))
  const idle = megabytes(process.memoryUsage.rss())
  const file = yield* TableauNode.file(given("FILE"))
  const upload = new Usage()
  upload.start()
  const { id } = yield* Datasources.publish(file, {
    mode: "overwrite",
    upload: { blockSize: givenNumber("BLOCK"), concurrency: givenNumber("CONCURRENCY") }
  })
  upload.stop()
  const published = peak()
  const hash = createHash("sha256")
  const download = new Usage()
  const expected = process.env["SHA256"]
  let bytes = 0
  if (expected !== undefined) {
    download.start()
    yield* Stream.runForEach(Download.stream(Datasources.download(id)), (chunk) =>
      Effect.sync(() => {
        bytes += chunk.length
        hash.update(chunk)
      })
    )
    download.stop()
  }
  const same = hash.digest("hex") === expected ? 1 : 0
  yield* Datasources.delete(id)
  return {
    idle,
    published,
    downloaded: peak(),
    cpu: upload.facts["listCpu"],
    took: upload.facts["took"],
    downloadTook: download.facts["took"],
    bytes,
    same
  }
})

program.pipe(
  Effect.tap((facts) => Effect.sync(() => process.stdout.write(`${JSON.stringify(facts)}\n`))),
  Effect.provide(
    TableauSession.layer({
      server: given("SERVER"),
      credentials: Credentials.password({ username: "admin", password: Redacted.make("admin-password") })
    })
  ),
  Effect.provide(TableauNode.layerHttpClient()),
  NodeRuntime.runMain
)
