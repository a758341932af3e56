/** A program that lists all workbooks of a site by this package, with one function for each workbook. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { given, givenNumber, type Usage } from "./reporting.js"

/** Runs a program on a session on the server. */
export const runOnSession = <E>(program: Effect.Effect<void, E, TableauSession>): void =>
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

export const runList = (usage: Usage, use: (workbook: Workbooks.Workbook) => void): void =>
  Effect.gen(function* () {
    usage.start()
    const { items } = yield* Workbooks.list({
      pageSize: givenNumber("PAGE_SIZE"),
      prefetchPages: givenNumber("PAGES_AHEAD"),
      strict: true
    })
    yield* Stream.runForEach(items, (workbook) => Effect.sync(() => use(workbook)))
    usage.stop()
  }).pipe(runOnSession)
