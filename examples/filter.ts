/** Finds workbooks on the server instead of reading all: by filter and sort, with only the fields that are wanted. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Filter, Sort, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const program = Effect.gen(function* () {
  // Commas and ampersands have no way to Tableau: what comes is checked here, and is exactly this.
  const exact = yield* Workbooks.list({ filter: [Filter.eq("name", "O'Brien, A & B")] })
  yield* Stream.runForEach(exact.items, ({ id, name }) => Console.log(`${id} ${name}`))

  const january = yield* Workbooks.list({
    filter: [
      Filter.gte("createdAt", DateTime.unsafeMake("2024-01-01")),
      Filter.lt("createdAt", DateTime.unsafeMake("2024-02-01"))
    ],
    sort: [Sort.desc("size"), Sort.asc("name")],
    fields: ["name", "size"],
    pageSize: 10,
    prefetchPages: 2,
    strict: true,
    onComplete: ({ expected, received }) => Console.log(`Read ${received} of ${expected}`)
  })
  yield* Stream.runForEach(january.items, ({ name, size }) => Console.log(`${name} ${size} MB`))
})

program.pipe(
  Effect.provide(TableauSession.layerConfig()),
  Effect.provide(TableauNode.layerHttpClient()),
  NodeRuntime.runMain
)
