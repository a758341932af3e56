/** What runs on each runtime: lists and a publication from the disk, by the client that the command line names. */
export const program = `import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, Datasources, TableauSession, Views, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

declare const process: { readonly argv: ReadonlyArray<string> }
const [client, server = "", path = ""] = process.argv.slice(2)

const credentials = Credentials.password({ username: "admin", password: Redacted.make("admin-password") })

const options = client === "with an option" ? { connections: 4 } : {}

const Session = TableauSession.layer({ server, credentials }).pipe(
  Layer.provide(client === "FetchHttpClient" ? FetchHttpClient.layer : TableauNode.layerHttpClient(options))
)

const main = Effect.gen(function* () {
  const { items, totalAvailable } = yield* Workbooks.list({ pageSize: 50 })
  const listed = yield* Stream.runCount(items)
  const views = yield* Stream.runCount(Stream.take(Views.stream({ pageSize: 10 }), 10))
  const { name } = yield* Datasources.publish(yield* TableauNode.file(path), { mode: "overwrite" })
  yield* Console.log(\`\${totalAvailable} workbooks, \${listed} listed, \${views} views, \${name} published\`)
})

main.pipe(Effect.provide(Session), TableauNode.runMain)
`
