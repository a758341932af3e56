/** Before the tests of what is published: builds the packages, and unpacks the client as npm would install it. */
import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { project, root } from "./project.js"

const modified = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** The last change in a folder: of a file, or of the list of files. */
const lastChange = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce(
    (latest, file) => Math.max(latest, modified(join(folder, file))),
    modified(folder)
  )

const isBuilt = (): boolean =>
  ["tableau", "simulator"].every((name) => {
    const directory = join(root, "packages", name)
    const sources = [lastChange(join(directory, "src")), modified(join(root, "scripts/build.mjs"))]
    return modified(join(directory, "dist/index.js")) > Math.max(...sources)
  })

export default (): void => {
  const run = (directory: string, command: string, ...args: ReadonlyArray<string>) =>
    execFileSync(command, args, { cwd: directory, stdio: ["ignore", "pipe", "inherit"] })
  if (!isBuilt()) run(root, process.execPath, "scripts/build.mjs")
  const installed = join(project, "node_modules/effect-tableau")
  rmSync(project, { recursive: true, force: true })
  mkdirSync(installed, { recursive: true })
  run(join(root, "packages/tableau"), "npm", "pack", "--silent", "--pack-destination", project)
  const [tarball = ""] = readdirSync(project).filter((file) => file.endsWith(".tgz"))
  run(project, "tar", "-xzf", tarball, "--strip-components=1", "-C", installed)
}
