import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import { facts, names } from "../src/internal/operations.js"
import { isSimulated } from "../src/internal/resources/handlers.js"

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const rows = [
  ["method", "request", "since", "scope"],
  ...names.filter(isSimulated).map((operation) => {
    const [request, since, access, deployment = ""] = facts(operation)
    const [verb, path] = request.split(" ")
    return [operation, `${verb} \`${path}\``, since, access.startsWith("no ") ? access : `\`${access}\``, deployment]
  })
]

const widths = [0, 1, 2, 3].map((column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))

const line = (cells: ReadonlyArray<string>, filler: string) =>
  `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width, filler)).join(" | ")} |`

const [head = [], ...body] = rows.map((row) => line(row, " "))

const routeTable = [head, line([], "-"), ...body].join("\n")

/** The README with its generated parts made anew. `vitest run -u` writes them. */
const generated = (readme: string) =>
  readme
    .replace(/(?<=## In tests[^`]*```ts\n)[\s\S]*?(?=\n```)/, () =>
      readFileSync(path("example.test.ts"), "utf8").trim()
    )
    .replace(/\n(?:<!-- routes -->|\| method +\|)[\s\S]*$/, () => `\n${routeTable}\n`)

it("the README shows an example that runs, and the routes that there are", async () => {
  const readme = path("../README.md")
  await expect(generated(readFileSync(readme, "utf8"))).toMatchFileSnapshot(readme)
})
