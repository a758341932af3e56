/** Backs up a project. The manifest of the backup has what is complete, so that the activity can run again. */
import * as Effect from "effect/Effect"
import { type Ids, Recipes } from "effect-tableau"
import { unavailable } from "./files.js"
import { patiently, type Run } from "./run.js"
import { BackedUp, BackupError } from "./schemas.js"

interface Payload {
  readonly project: Ids.ProjectId
  readonly folder: string
  readonly nested?: boolean | undefined
  readonly includeExtract?: boolean | undefined
}

export const backup = (run: Run, { folder, includeExtract, nested, project }: Payload) =>
  patiently(run, {
    name: "backup",
    success: BackedUp,
    error: BackupError,
    execute: run.onSite(
      Effect.andThen(
        run.log(`begins, in ${JSON.stringify(folder)}`),
        Recipes.backupProject(project, { directory: folder, nested, includeExtract })
      ).pipe(
        Effect.catchTags({
          BadArgument: (error) => unavailable(folder)(error),
          SystemError: (error) => unavailable(folder)(error)
        }),
        Effect.map(({ absent, items }) => ({
          folder,
          downloaded: items.filter(({ outcome }) => outcome === "downloaded").length,
          kept: items.filter(({ outcome }) => outcome === "kept").length,
          failed: items.flatMap((item) =>
            item.outcome === "failed"
              ? [{ type: item.type, id: item.id, name: item.name, message: item.error.message }]
              : []
          ),
          absent: absent.length
        }))
      )
    )
  }).pipe((workflow) => run.logged(workflow))
