import { readdirSync, readFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import { type Exported, operations } from "./operations.js"

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

/** Tableau's page of each operation, from the docstring of its statement. */
const pages = new Map<string, string>(
  readdirSync(path("src"))
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      [
        ...readFileSync(path(`src/${file}`), "utf8").matchAll(
          /@see (https:\S+)\n(?: \* @[^\n]*\n)* \*\/\n(?:export )?const (\w+?)_? =/g
        )
      ].map(([, page = "", name]) => [`${basename(file, ".ts")}.${name}`, page] as const)
    )
)

const streamOf = ({ name }: Exported) => operations.find(({ isStream, spec }) => isStream && spec.name === name)?.name

const row = (operation: Exported): ReadonlyArray<string> => {
  const { deployment = "", idempotent, method, path, scopes, since, until } = operation.spec
  const page = pages.get(operation.name)
  const stream = streamOf(operation)
  return [
    `${page === undefined ? `\`${operation.name}\`` : `[\`${operation.name}\`](${page})`}${stream === undefined ? "" : `, \`${stream}\``}`,
    `\`${method} ${path}\``,
    until === undefined ? since : `${since}, removed with ${until}`,
    deployment,
    scopes === "none" ? "none: not with a JWT" : operation.scopes.map((scope) => `\`${scope}\``).join(", "),
    idempotent ? "yes" : "no"
  ]
}

const budgets = ["refreshes", "jobPolls", "publishes", "exports"] as const

const limited = (budget: (typeof budgets)[number]) =>
  operations
    .filter(({ isStream, spec }) => !isStream && spec.budget === budget)
    .map(({ name }) => `\`${name}\``)
    .join(", ")

const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`

const document = `# Operations

<!-- Written by packages/tableau/test/operation/reference.test.ts with \`vitest run -u\`. -->

Each name links to Tableau's page. A list has a second function, which returns its items as a stream.

- **Request**: a path that does not begin with \`/api/\` follows \`/api/{version}\`. The session fills in \`{siteId}\`.
- **Since**: the first REST API version that has the operation.
- **Only on**: Tableau Server or Tableau Cloud, if not on both.
- **Scope**: what a connected app must grant. \`Operation.scopes\` returns the scopes of several operations.
- **Repeated**: whether the session sends the request again when it is unknown whether the server acted on it. Other
  requests are repeated only if the server has not acted on them.

${line(["Operation", "Request", "Since", "Only on", "Scope", "Repeated"])}
| --- | --- | --- | --- | --- | --- |
${operations
  .filter(({ isStream }) => !isStream)
  .map((operation) => line(row(operation)))
  .join("\n")}

## Budgets

With a rate limiter each request takes 1 of the budget \`calls\`. These take 1 of another one, too:

${budgets.map((budget) => `- \`${budget}\`: ${limited(budget)}`).join("\n")}
`

it("docs/OPERATIONS.md lists every operation with its facts", async () => {
  await expect(document).toMatchFileSnapshot(path("../../docs/OPERATIONS.md"))
})
