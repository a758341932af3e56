/**
 * Backs up a project with those below it into a folder, and restores it if there is a third argument:
 *
 *   node --import tsx examples/backup.ts Sales backups/sales
 *   node --import tsx examples/backup.ts Sales backups/sales "Restored Sales"
 *
 * Both go on where an earlier run was interrupted.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Filter, Projects, Recipes, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const [, , name = "Sales", directory = "backups", target] = process.argv

const projectId = (name: string) =>
  Effect.gen(function* () {
    const { items } = yield* Projects.list({ filter: [Filter.eq("name", name)] })
    const { id } = yield* Stream.runHead(items).pipe(
      Effect.flatten,
      Effect.catchTag(
        "NoSuchElementException",
        () => new Cause.NoSuchElementException(`There is no project called ${name}`)
      )
    )
    return id
  })

const print = (items: ReadonlyArray<Recipes.BackupResultItem | Recipes.RestoreResultItem>) =>
  Effect.forEach(items, (item) =>
    Console.log(`${item.type} ${item.name}: ${item.outcome === "failed" ? item.error.message : item.outcome}`)
  )

const program = Effect.gen(function* () {
  const from = yield* projectId(name)
  // A backup can take hours: a name that does not exist is an error before it.
  const to = target === undefined ? undefined : yield* projectId(target)
  const { items } = yield* Recipes.backupProject(from, { directory, nested: true })
  yield* print(items)
  if (to === undefined) return
  const restored = yield* Recipes.restoreProject(to, { directory, mode: "overwrite" })
  yield* print(restored.items)
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide([Session, NodeContext.layer]), TableauNode.runMain)
