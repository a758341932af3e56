/**
 * Refreshes everything in a project that has extracts, four items at a time, waits, and prints a summary. The project is
 * the argument, by default `default`. It fails if a refresh failed, so that a scheduler notices.
 */
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Datasources, Filter, Jobs, Projects, TableauError, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const projectName = process.argv[2] ?? "default"

class RefreshesFailed extends Data.TaggedError("RefreshesFailed")<{ readonly message: string }> {}

interface Item {
  readonly name: string
  readonly start: Effect.Effect<Jobs.Job, TableauError.CallError, TableauSession>
}

const inProject = { filter: [Filter.eq("projectName", projectName), Filter.eq("hasExtracts", true)] }

// A refresh that runs already is joined.
const datasources = Stream.map(Datasources.stream(inProject), ({ id, name = id }) => ({
  name,
  start: Datasources.refreshOrJoin(id)
}))

const workbooks = Stream.map(Workbooks.stream(inProject), ({ id, name = id }) => ({
  name,
  start: Workbooks.refreshOrJoin(id)
}))

const refreshAll = <E>(items: Stream.Stream<Item, E, TableauSession>) =>
  items.pipe(
    Stream.mapEffect(
      ({ name, start }) =>
        start.pipe(
          Effect.flatMap((job) => Jobs.await(job, { deadline: "2 hours" })),
          Effect.as({ name, error: undefined }),
          // One failure does not keep the others from being refreshed. A session that has ended does.
          Effect.catchIf(
            (error) => !TableauError.isSessionError(error),
            (error) => Effect.succeed({ name, error })
          ),
          Effect.tap(({ error }) => Console.log(`${error === undefined ? "Refreshed" : "Not refreshed:"} ${name}`))
        ),
      { concurrency: 4, unordered: true }
    ),
    Stream.runCollect
  )

const program = Effect.gen(function* () {
  // With a name that does not exist, both lists are empty.
  const { items } = yield* Projects.list({ filter: [Filter.eq("name", projectName)] })
  if (Option.isNone(yield* Stream.runHead(items))) {
    return yield* new RefreshesFailed({ message: `There is no project called ${projectName}` })
  }
  // The workbooks may use the data sources: these are refreshed before the first workbook.
  const results = [...(yield* refreshAll(datasources)), ...(yield* refreshAll(workbooks))]
  const failed = results.flatMap(({ error }) => error ?? [])
  for (const { message } of failed) yield* Console.log(message)
  const summary = `${results.length - failed.length} of ${results.length} were refreshed in the project ${projectName}`
  if (failed.length > 0) return yield* new RefreshesFailed({ message: summary })
  yield* Console.log(summary)
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide(Session), TableauNode.runMain)
