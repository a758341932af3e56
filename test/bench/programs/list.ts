/** All workbooks of a site, by this package. */
import * as DateTime from "effect/DateTime"
import { runList } from "./listing.js"
import { report, Tally, Usage } from "./reporting.js"

const tally = new Tally()
const usage = new Usage()
report(() => ({ items: tally.items, sum: tally.sum, ...usage.facts }))

runList(usage, ({ createdAt, name, size, tags }) =>
  tally.add(name, size, createdAt && DateTime.toEpochMillis(createdAt), tags?.length ?? 0)
)
