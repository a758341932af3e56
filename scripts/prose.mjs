/**
 * Finds words that the glossary in CONTRIBUTING.md replaces, in comments, docstrings, test names and Markdown. Fails when
 * a line has one and is not in prose.allow.json, or when an entry there matches nothing any more.
 *
 *   npm run prose [-- PATH ...]
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"

const words = [
  ...[
    "answers?",
    "answered",
    "nobody",
    "somebody",
    "whoever",
    "who asks",
    "surely",
    "a text",
    "texts",
    "told",
    "tells"
  ],
  ...["refusals?", "packed", "unpacked", "the way of", "by the way", "is had", "what may pass", "moments?", "odd"],
  ...[
    "a bound",
    "bounds",
    "dies",
    "died",
    "dead",
    "had come",
    "comes again",
    "what comes",
    "whereabouts",
    "hastened",
    "heeds?"
  ],
  "leaf"
]
const replaced = new RegExp(`\\b(${words.join("|")})\\b`, "i")
const comment = /^\s*(\/\/|\*|\/\*\*)/
const test = String.raw`\b(it|describe|test|onSession|onSimulator|onScript)(\.[a-zA-Z]+)*\(`
const testName = new RegExp(String.raw`(${test}|\)\()\s*["'\`]`)
const testBegin = new RegExp(`${test}$`)

const paths = process.argv.slice(2)
// CONTRIBUTING.md is left out: it has the glossary.
const everything = [
  "packages",
  "examples",
  "test",
  "scripts",
  "docs",
  "README.md",
  "SECURITY.md",
  ":(glob)*.ts",
  ":(glob)*.mjs",
  ":(glob)*.jsonc",
  ".changeset",
  ".github"
]
const listed = execFileSync("git", ["ls-files", "-z", "--", ...(paths.length > 0 ? paths : everything)], {
  encoding: "utf8"
})
const files = listed
  .split("\0")
  .filter((file) => /\.(ts|mts|mjs|jsonc|md)$/.test(file) && !file.endsWith("CHANGELOG.md") && existsSync(file))

const allowed = JSON.parse(readFileSync(new URL("prose.allow.json", import.meta.url), "utf8")).map((entry) => ({
  ...entry,
  used: false
}))

let found = 0
for (const file of files) {
  const lines = readFileSync(file, "utf8").split("\n")
  for (const [index, text] of lines.entries()) {
    if (!replaced.test(text)) continue
    const isName = testName.test(text) || testBegin.test(lines[index - 1] ?? "")
    if (!file.endsWith(".md") && !comment.test(text) && !isName) continue
    const entry = allowed.find((entry) => entry.file === file && text.includes(entry.text))
    if (entry === undefined) {
      found += 1
      process.stdout.write(`${file}:${index + 1}:${text}\n`.slice(0, 180).replace(/\n?$/, "\n"))
    } else {
      entry.used = true
    }
  }
}

const problems = allowed.filter(({ reason }) => !reason).map(({ file, text }) => `No reason: ${file}: ${text}`)
if (paths.length === 0) {
  problems.push(...allowed.filter(({ used }) => !used).map(({ file, text }) => `Matches nothing: ${file}: ${text}`))
}
for (const problem of problems) process.stdout.write(`scripts/prose.allow.json: ${problem}\n`)
process.stdout.write(`${found} lines, ${allowed.length} allowed\n`)
process.exitCode = found === 0 && problems.length === 0 ? 0 : 1
