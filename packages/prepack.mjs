// Before npm packs a package, in its folder: the licence and, for the client, the README of the whole.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"

const [readme] = process.argv.slice(2)

if (existsSync("dist/index.js")) {
  copyFileSync("../../LICENSE", "LICENSE")
  if (readme !== undefined) {
    // A link to a file that is not published is replaced by its text.
    const text = readFileSync(readme, "utf8").replaceAll(/\[([^\]]+)\]\((?!https?:)([^)]+)\)/g, (link, name, file) =>
      existsSync(file) ? link : name
    )
    writeFileSync("README.md", text)
  }
} else {
  process.stderr.write("There is no dist to pack. At the root of the repository: npm run build\n")
  process.exitCode = 1
}
