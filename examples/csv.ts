/** Writes all workbooks of the site to a CSV file: `workbooks.csv`, or the path in the argument. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

/** All fields but the id may be absent: then the cell is empty. Dates are ISO 8601 in UTC. */
const columns: Readonly<Record<string, (workbook: Workbooks.Workbook) => string | undefined>> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  project: ({ project }) => project?.name,
  owner: ({ owner }) => owner?.name ?? owner?.id,
  createdAt: ({ createdAt }) => createdAt && DateTime.formatIso(createdAt),
  updatedAt: ({ updatedAt }) => updatedAt && DateTime.formatIso(updatedAt),
  tags: ({ tags }) => tags?.map(({ label }) => label).join(", ")
}

const cell = (text = "") => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

const row = (cells: ReadonlyArray<string | undefined>) => `${cells.map(cell).join(",")}\r\n`

const program = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const file = process.argv[2] ?? "workbooks.csv"
  const { items, totalAvailable } = yield* Workbooks.list({ pageSize: 1000 })
  const rows = Stream.map(items, (workbook) => row(Object.values(columns).map((column) => column(workbook))))
  yield* Stream.make(row(Object.keys(columns))).pipe(
    Stream.concat(rows),
    Stream.encodeText,
    Stream.run(files.sink(file))
  )
  yield* Console.log(`${totalAvailable} workbooks are in ${file}`)
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide([Session, NodeContext.layer]), TableauNode.runMain)
