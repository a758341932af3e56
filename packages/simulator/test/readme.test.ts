import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import { facts, names, type Operation } from "../src/internal/operations/table.js"
import { isSimulated } from "../src/internal/resources/handlers.js"

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const toRow = (operation: Operation) => {
  const [request, since, access, deployment = ""] = facts(operation)
  const [verb, path] = request.split(" ")
  return [operation, `${verb} \`${path}\``, since, access.startsWith("no ") ? access : `\`${access}\``, deployment]
}

const table = (rows: ReadonlyArray<ReadonlyArray<string>>) => {
  const [head = []] = rows
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>, filler: string) =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width, filler)).join(" | ")} |`
  const [first, ...rest] = rows.map((row) => line(row, " "))
  return [first, line([], "-"), ...rest].join("\n")
}

const others = names.filter((operation) => !isSimulated(operation))

const operations = `${table([
  ["operation", "request", "since", "scope", "only on"],
  ...names.filter(isSimulated).map(toRow)
])}

<details>
<summary>The ${others.length} operations that are not simulated</summary>

${others.map((operation) => `\`${operation}\``).join(", ")}

</details>`

/** The README with its generated parts. `vitest run -u` writes them. */
const generated = (readme: string) =>
  readme
    .replace(/(?<=## In tests[^`]*```ts\n)[\s\S]*?(?=\n```)/, () =>
      readFileSync(path("example.test.ts"), "utf8").trim()
    )
    .replace(/\n\| (?:method|operation) +\|[\s\S]*$/, () => `\n${operations}\n`)

it("the README contains the tested example and the table of operations", async () => {
  const readme = path("../README.md")
  await expect(generated(readFileSync(readme, "utf8"))).toMatchFileSnapshot(readme)
})
