/**
 * All workbooks of a site by this package, and meanwhile either the live heap after a collection each so many workbooks, or
 * the longest time for which the event loop is blocked.
 */
import { setImmediate } from "node:timers"
import * as DateTime from "effect/DateTime"
import { runList } from "./listing.js"
import { cpu, givenNumber, report, Tally, Usage } from "./reporting.js"

const tally = new Tally()
const usage = new Usage()
const collectEvery = givenNumber("COLLECT_EVERY")
const heaps: Array<number> = []
let block = 0
let blockCpu = 0

report(() => {
  const sorted = [...heaps].sort((left, right) => left - right)
  const heap = sorted[sorted.length >> 1] ?? 0
  return { items: tally.items, sum: tally.sum, ...usage.facts, heap, mostHeap: sorted.at(-1) ?? 0, block, blockCpu }
})

let last = performance.now()
let lastCpu = cpu()
/** In each turn of the event loop: how long the last one took. */
const watch = (): void => {
  const [now, used] = [performance.now(), cpu()]
  if (usage.running) {
    block = Math.max(block, now - last)
    blockCpu = Math.max(blockCpu, used - lastCpu)
  }
  last = now
  lastCpu = used
  setImmediate(watch).unref()
}
if (collectEvery === 0) watch()

runList(usage, ({ createdAt, name, size, tags }) => {
  tally.add(name, size, createdAt && DateTime.toEpochMillis(createdAt), tags?.length ?? 0)
  if (collectEvery > 0 && tally.items % collectEvery === 0) {
    globalThis.gc?.()
    heaps.push(process.memoryUsage().heapUsed / 2 ** 20)
  }
})
