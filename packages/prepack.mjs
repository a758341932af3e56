/**
 * Before npm packs a package, in its folder: a clean build if the present one is older than its sources, the licence, and
 * the README, for the client that of the repository.
 *
 * Links within the README stay. Pages of docs/ without links of their own are published too. All other links to files lead
 * to the repository once package.json has its URL in `repository`, which CONTRIBUTING.md asks for; until then they are
 * replaced by their text.
 */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { isBuilt } from "../scripts/isBuilt.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const { repository } = JSON.parse(readFileSync("package.json", "utf8"))
const url = repository?.url.replace(/^git\+/, "").replace(/\.git$/, "")
const relativeLink = /\[([^\]]+)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)/g

if (!isBuilt("."))
  execFileSync(process.execPath, [join(root, "scripts/build.mjs"), basename(process.cwd())], { stdio: "inherit" })
cpSync(join(root, "LICENSE"), "LICENSE")
rmSync("docs", { recursive: true, force: true })

const [source = "README.md"] = process.argv.slice(2)
const text = readFileSync(source, "utf8").replaceAll(relativeLink, (link, name, path, fragment = "") => {
  const file = resolve(source, "..", path)
  if (existsSync(path)) return link
  const inRepository = relative(root, file)
  if (/^docs\/.*\.md$/.test(inRepository) && existsSync(file) && !readFileSync(file, "utf8").match(relativeLink)) {
    cpSync(file, inRepository)
    return link
  }
  return url === undefined ? name : `[${name}](${url}/blob/main/${inRepository}${fragment})`
})
if (source !== "README.md") writeFileSync("README.md", text)
