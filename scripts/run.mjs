/**
 * Runs npm scripts one after the other, all of them even when one fails, and fails when one failed: `npm run ci` and
 * `npm run test:slow` name them.
 */
import { spawnSync } from "node:child_process"

const failed = process.argv.slice(2).filter((name) => {
  process.stdout.write(`\n== npm run ${name}\n`)
  const { signal, status } = spawnSync("npm", ["run", "--silent", name], {
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32"
  })
  // An interrupt ends all of it, not one step.
  if (signal !== null) process.kill(process.pid, signal)
  return status !== 0
})

process.stdout.write(failed.length === 0 ? "\n== all passed\n" : `\n== failed: ${failed.join(", ")}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
