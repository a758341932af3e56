/**
 * Publishes a workbook with a progress bar of cli-progress, refreshes its extracts and waits. The arguments are the file, by
 * default `sales.twbx`, and the name of a project, by default that of the site.
 */
import { Presets, SingleBar } from "cli-progress"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Filter, Jobs, Projects, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const [, , path = "sales.twbx", projectName] = process.argv

const project = Effect.gen(function* () {
  if (projectName === undefined) return undefined
  const { items } = yield* Projects.list({ filter: [Filter.eq("name", projectName)] })
  return (yield* Effect.flatten(Stream.runHead(items))).id
})

/** A bar on stderr. Without a terminal it is a line every two seconds. */
const progressBar = (total: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const bar = new SingleBar({ noTTYOutput: true, gracefulExit: false }, Presets.shades_classic)
      bar.start(total, 0)
      return bar
    }),
    (bar) => Effect.sync(() => bar.stop())
  )

const program = Effect.gen(function* () {
  const file = yield* TableauNode.file(path)
  const projectId = yield* project
  const workbook = yield* Effect.gen(function* () {
    const bar = yield* progressBar(file.size ?? 0)
    return yield* Workbooks.publish(file, {
      projectId,
      mode: "overwrite",
      // What the server has acknowledged.
      upload: { onProgress: ({ bytes }) => Effect.sync(() => bar.update(bytes)) }
    })
  }).pipe(Effect.scoped)
  yield* Console.log(`Published ${workbook.name}: ${workbook.webpageUrl ?? workbook.id}`)

  const job = yield* Workbooks.refreshOrJoin(workbook.id)
  yield* Jobs.watch(job, { deadline: "2 hours" }).pipe(
    Stream.runForEach(({ completedAt, progress = 0 }) =>
      Console.log(completedAt === undefined ? `The refresh is at ${progress} %` : "It is refreshed")
    )
  )
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide(Session), TableauNode.runMain)
