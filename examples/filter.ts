/** Filters and sorts on the server, and requests only some fields. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Filter, Sort, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const program = Effect.gen(function* () {
  // Tableau cannot receive commas and ampersands in a filter: the client applies this condition, exactly.
  const exact = Workbooks.stream({ filter: [Filter.eq("name", "O'Brien, A & B")] })
  yield* Stream.runForEach(exact, ({ id, name }) => Console.log(`${id} ${name}`))

  const january = Workbooks.stream({
    filter: [Filter.gte("createdAt", new Date("2024-01-01")), Filter.lt("createdAt", new Date("2024-02-01"))],
    sort: [Sort.desc("size"), Sort.asc("name")],
    fields: ["name", "size"],
    pageSize: 10,
    prefetchPages: 2,
    strict: true,
    onComplete: ({ expected, received }) => Console.log(`Read ${received} of ${expected}`)
  })
  yield* Stream.runForEach(january, ({ name, size }) => Console.log(`${name} ${size} MB`))
})

program.pipe(
  Effect.provide(TableauSession.layerConfig()),
  Effect.provide(TableauNode.layerHttpClient()),
  TableauNode.runMain
)
