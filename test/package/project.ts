/** An empty project in which the packed client is installed. Everything else resolves to the repository's modules. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export const project = join(root, "test/.generated/package")
