/** Prints figures. */
import * as Console from "effect/Console"

export type Cell = string | number | undefined

const written = (cell: Cell): string =>
  typeof cell === "string" ? cell : cell === undefined ? "-" : cell.toFixed(cell < 100 ? 2 : 0)

/** Prints a table whose first column is a name; the others are numbers. */
export const table = (title: string, head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<Cell>>) => {
  const lines = [head, ...rows.map((row) => row.map(written))]
  const widths = head.map((_, column) => Math.max(...lines.map((row) => (row[column] ?? "").length)))
  const printed = lines.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
  )
  return Console.log(`\n${title}\n${printed.join("\n")}`)
}
