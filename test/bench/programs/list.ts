/** All workbooks of a site, by this package. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { given, givenNumber, report, Tally } from "./reporting.js"

const tally = new Tally()
let took = 0
report(() => ({ items: tally.items, sum: tally.sum, took }))

const program = Effect.gen(function* () {
  const start = performance.now()
  const { items } = yield* Workbooks.list({
    pageSize: givenNumber("PAGE_SIZE"),
    prefetchPages: givenNumber("PAGES_AHEAD"),
    strict: true
  })
  yield* Stream.runForEach(items, ({ createdAt, name, size, tags }) =>
    Effect.sync(() => tally.add(name, size, createdAt && DateTime.toEpochMillis(createdAt), tags?.length ?? 0))
  )
  took = performance.now() - start
})

program.pipe(
  Effect.provide(
    TableauSession.layer({
      server: given("SERVER"),
      credentials: Credentials.password({ username: "admin", password: Redacted.make("admin-password") })
    })
  ),
  Effect.provide(TableauNode.layerHttpClient()),
  NodeRuntime.runMain
)
