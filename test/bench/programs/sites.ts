/** Lists the workbooks of two sites with one token, at once or one after the other. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import { runOnSession } from "./listing.js"
import { givenNumber, report, Tally, Usage } from "./reporting.js"

const tally = new Tally()
const usage = new Usage()
let switches = 0
report(() => ({ items: tally.items, sum: tally.sum, switches, ...usage.facts }))

const list = Effect.gen(function* () {
  const { items } = yield* Workbooks.list({ pageSize: givenNumber("PAGE_SIZE") })
  yield* Stream.runForEach(items, ({ createdAt, name, size, tags }) =>
    Effect.sync(() => tally.add(name, size, createdAt && DateTime.toEpochMillis(createdAt), tags?.length ?? 0))
  )
})

Effect.gen(function* () {
  usage.start()
  const sites = ["MarketingTeam", "Finance"]
  yield* Effect.forEach(sites, (site) => TableauSession.withSite(site)(list), {
    concurrency: givenNumber("CONCURRENCY"),
    discard: true
  })
  usage.stop()
  for (const { metricKey, metricState } of yield* Metric.snapshot) {
    const isSwitches = metricKey.name === "tableau_site_switches" && MetricState.isCounterState(metricState)
    if (isSwitches) switches = Number(metricState.count)
  }
}).pipe(runOnSession)
