/**
 * `.ci/run` runs a test once more if it fails, because its machine is shared: a process that gets no CPU for seconds is late.
 * Each such test is listed with its first failure, and has to be mended. `npm test` runs each test once.
 */
import { appendFileSync } from "node:fs"
import { afterEach } from "vitest"

const list = process.env["TEST_RERUNS"]

if (list !== undefined) {
  afterEach(({ task }) => {
    const { errors = [], retryCount = 0 } = task.result ?? {}
    if (retryCount > 0) appendFileSync(list, `${task.file.name} > ${task.name}: ${errors[0]?.message}\n`)
  })
}
