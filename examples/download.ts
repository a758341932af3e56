/** Downloads a workbook, and an image of its first view, into a directory: `downloads`, or the path in the argument. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Download, Filter, TableauSession, Views, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const program = Effect.gen(function* () {
  const directory = process.argv[2] ?? "downloads"
  yield* FileSystem.FileSystem.pipe(Effect.flatMap((files) => files.makeDirectory(directory, { recursive: true })))
  const superstore = Workbooks.stream({ filter: [Filter.eq("name", "Superstore")] })
  const { id } = yield* Effect.flatten(Stream.runHead(superstore))

  // Under the name from the server. The file appears when the download is complete.
  const workbook = yield* Workbooks.download(id).pipe(Download.toFile(directory))
  yield* Console.log(`The workbook is in ${workbook}`)

  const [view] = yield* Views.listForWorkbook(id)
  if (view === undefined) return
  const east = { filters: { Region: "East" } }
  const image = yield* Views.image(view.id, east).pipe(Download.toFile(`${directory}/east.png`))
  yield* Console.log(`An image of ${view.name} is in ${image}`)

  // Without a file: counts lines while they are received.
  const lines = Download.stream(Views.data(view.id, east)).pipe(Stream.decodeText(), Stream.splitLines)
  yield* Console.log(`${(yield* Stream.runCount(lines)) - 1} rows are about the East`)
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide([Session, NodeContext.layer]), TableauNode.runMain)
