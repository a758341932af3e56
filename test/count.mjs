/** Prints the numbers of passed and failed tests in vitest's report. Fails if a test failed, or none passed. */
import { readFileSync } from "node:fs"

const read = (path) => {
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch {
    return undefined
  }
}

const report = read(process.argv[2] ?? "test/.report.json")
const passed = report?.numPassedTests ?? 0
// A file that could not be loaded, or whose hooks failed, has no failed test.
const files = (report?.testResults ?? []).filter(
  ({ assertionResults, status }) => status === "failed" && !assertionResults.some((test) => test.status === "failed")
)
const failed = (report?.numFailedTests ?? 0) + files.length
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
process.stdout.write(`Tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`)
process.exitCode = report?.success === true && passed > 0 && failed === 0 ? 0 : 1
