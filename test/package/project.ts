/** An empty project in which the packages are installed from their tarballs. Everything else resolves to the repository's modules. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export const project = join(root, "test/.generated/package")

export const packages = [
  { name: "effect-tableau", directory: "packages/tableau" },
  { name: "effect-tableau-simulator", directory: "packages/simulator" },
  { name: "effect-tableau-redis", directory: "packages/redis" },
  { name: "effect-tableau-workflow", directory: "packages/workflow" }
] as const

/** Where the tarball of a package is. */
export const tarball = (name: string): string =>
  join(
    project,
    readdirSync(project).find((file) => file.startsWith(name) && /^-\d.*\.tgz$/.test(file.slice(name.length))) ?? ""
  )
