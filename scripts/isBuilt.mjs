/** Whether the build of a package is newer than its sources and than what builds it, and has no other files. */
import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** The last change in a folder: of a file, or of the list of files. */
const lastChange = (folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce(
    (latest, file) => Math.max(latest, modified(join(folder, file))),
    modified(folder)
  )

/** Whether a file of `dist` is written by the build: that of a module, or the file with the code of all. */
const isOfBuild = (directory) => (file) =>
  /^internal\/package\.js(\.map)?$/.test(file) ||
  existsSync(join(directory, "src", file.replace(/(\.js|\.d\.ts)(\.map)?$/, ".ts")))

export const isBuilt = (directory) => {
  const dist = join(directory, "dist")
  const build = fileURLToPath(new URL("build.mjs", import.meta.url))
  return (
    modified(join(dist, "index.js")) > Math.max(lastChange(join(directory, "src")), modified(build)) &&
    readdirSync(dist, { recursive: true, encoding: "utf8" })
      .map((file) => file.replaceAll("\\", "/"))
      .every(isOfBuild(directory))
  )
}
