/**
 * Copies a workbook to another site of the same server, with its tags. The arguments are the name of the workbook, by default
 * `Superstore`, and the site, by default `MarketingTeam`. First it prints what it would do. The password of its databases is in
 * TABLEAU_DATABASE_PASSWORD, and their address in TABLEAU_DATABASE.
 *
 * Tableau Cloud, or another server, needs a second session as `to`: `TableauSession.make({ … })`.
 */
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Filter, Recipes, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const [, , name = "Superstore", site = "MarketingTeam"] = process.argv

const passwords = Config.all({
  serverAddress: Config.string("TABLEAU_DATABASE"),
  password: Config.redacted("TABLEAU_DATABASE_PASSWORD")
}).pipe(Config.option, Config.map(Option.toArray))

const program = Effect.gen(function* () {
  const from = yield* TableauSession
  const { items } = yield* Workbooks.list({ filter: [Filter.eq("name", name)] })
  const { id } = yield* Stream.runHead(items).pipe(
    Effect.flatten,
    Effect.catchTag(
      "NoSuchElementException",
      () => new Cause.NoSuchElementException(`There is no workbook called ${name}`)
    )
  )
  const options: Recipes.CopyOptions = {
    from,
    to: from.withSite(site),
    mode: "overwrite",
    passwords: yield* passwords
  }

  const plan = yield* Recipes.copyWorkbook.dryRun(id, options)
  yield* Console.log(`Will ${plan.action} ${plan.name} on the site ${site}, with the tags [${plan.tags.join(", ")}]`)

  const { connections, copy } = yield* Recipes.copyWorkbook(id, options)
  yield* Console.log(`Copied: ${copy.name} is in the project ${copy.project?.name}`)
  for (const { credentials, serverAddress, type } of connections) {
    if (credentials === "missing") yield* Console.log(`The connection to ${type} at ${serverAddress} has no password`)
    if (credentials === "publishedDatasource") yield* Console.log(`It uses a published data source: copy that, too`)
  }
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide(Session), TableauNode.runMain)
