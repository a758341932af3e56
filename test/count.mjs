/** Prints the failed tests of vitest's report, and the numbers of passed and failed ones. Fails if a test failed, or none passed. */
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
// Named once more at the end: the tests print thousands of lines.
for (const { assertionResults, name } of report?.testResults ?? []) {
  for (const { failureMessages, fullName, status } of assertionResults) {
    if (status === "failed") process.stdout.write(`FAILED ${name} > ${fullName}\n${failureMessages[0] ?? ""}\n`)
  }
}
for (const { message, name } of files) process.stdout.write(`FAILED ${name}\n${message}\n`)
process.stdout.write(`Tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`)
process.exitCode = report?.success === true && passed > 0 && failed === 0 ? 0 : 1
