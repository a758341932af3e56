/**
 * Publishes a workbook with a progress bar of cli-progress, refreshes its extracts and waits. The arguments are the file, by
 * default `sales.twbx`, and the name of a project, by default that of the site. The bar needs
 * `npm i -D cli-progress @types/cli-progress`.
 */
import { type Options, Presets, SingleBar } from "cli-progress"
import * as Cause from "effect/Cause"
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
  const { id } = yield* Stream.runHead(items).pipe(
    Effect.flatten,
    Effect.catchTag(
      "NoSuchElementException",
      () => new Cause.NoSuchElementException(`There is no project called ${projectName}`)
    )
  )
  return id
})

const barOptions: Options = {
  noTTYOutput: true,
  gracefulExit: false,
  format: "{bar} {percentage}% | {value} of {total} MB | ETA: {eta}s",
  formatValue: (value, _options, type) =>
    type === "value" || type === "total" ? (value / 1_000_000).toFixed(1) : String(value)
}

/** A bar on stderr. Without a terminal it is a line every two seconds. */
const progressBar = (total: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const bar = new SingleBar(barOptions, Presets.shades_classic)
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
  }).pipe(
    Effect.scoped,
    // Such as Ctrl-C. The last request may have reached the server.
    Effect.onInterrupt(() =>
      Console.log(
        "Interrupted: nothing is published, unless all was sent. Look for the workbook before you publish it again."
      )
    )
  )
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
