/** Scenarios of the operations that publish and change content, and of the jobs that they start. */
import * as Effect from "effect/Effect"
import { Datasources, Filter, Jobs, type Operation, Workbooks } from "effect-tableau"
import { times } from "./cell.js"
import { type Effectful, emptied, struckBy } from "./kinds.js"
import { first, type Scenario, scenario } from "./scenario.js"

const workbook = first(Workbooks.list())
/** One that has an extract. */
const datasource = first(Datasources.list({ filter: [Filter.eq("hasExtracts", true)] }))

/** A part of the server's state: a string that each change adds to it, and how often it is there without one. */
const added = (path: string, part: string, before = 0): Scenario["seen"] => ({
  path,
  times: (text) => times(part)(text) - before
})

/** A site with five workbooks has five refresh jobs. */
const refreshed = added("/jobs?pageSize=1000", 'jobType="refresh_extracts"', 5)

/** A change whose response is a job. */
const started = <A>(
  operation: Operation.Any,
  item: Effectful<A>,
  start: (item: A) => Effectful<Jobs.Job>,
  type: string,
  other: Partial<Scenario> = {}
) =>
  scenario(
    operation.spec.name,
    struckBy(operation),
    "write",
    type,
    (strike) =>
      Effect.gen(function* () {
        const value = yield* item
        yield* strike
        return (yield* start(value)).type
      }),
    { again: operation.spec.idempotent, ...other }
  )

/** In the order of their modules. */
export const contentOperations: ReadonlyArray<Scenario> = [
  started(Workbooks.refresh, workbook, ({ id }) => Workbooks.refresh(id), "RefreshExtract", { seen: refreshed }),
  started(Datasources.refresh, datasource, ({ id }) => Datasources.refresh(id), "RefreshExtract", { seen: refreshed }),
  emptied(
    Jobs.cancel,
    Effect.flatMap(workbook, ({ id }) => Workbooks.refresh(id)),
    () => Effect.void,
    ({ id }) => Jobs.cancel(id)
  )
]
