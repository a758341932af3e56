/** Files that are published. */
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"

export const folder = Effect.acquireRelease(
  Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "workflow-"))),
  (path) => Effect.promise(() => Fs.rm(path, { recursive: true, force: true }))
)

export const document = (view: string) =>
  `<?xml version="1.0" encoding="utf-8"?><workbook version="18.1"><worksheets><worksheet name="${view}"/></worksheets></workbook>`

/** A file that is published. */
export const file = (name: string, content = document("One")) =>
  Effect.gen(function* () {
    const path = Path.join(yield* folder, name)
    yield* Effect.promise(() => Fs.writeFile(path, content))
    return path
  })
