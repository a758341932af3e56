/** A workflow of the tests: each step creates a project, and between the steps it waits in the database. */
import * as Activity from "@effect/workflow/Activity"
import * as DurableClock from "@effect/workflow/DurableClock"
import * as Workflow from "@effect/workflow/Workflow"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Projects, TableauError } from "effect-tableau"

export const steps = Workflow.make({
  name: "steps",
  payload: { key: Schema.String, count: Schema.Int, waitMillis: Schema.Int },
  /** The ids of the processes that ran the steps. */
  success: Schema.Array(Schema.Int),
  error: TableauError.schema,
  idempotencyKey: ({ key }) => key
})

export const layer = steps.toLayer(
  Effect.fnUntraced(function* ({ count, key, waitMillis }) {
    const processes: Array<number> = []
    for (let n = 1; n <= count; n++) {
      const process = yield* Activity.make({
        name: `step ${n}`,
        success: Schema.Int,
        error: TableauError.schema,
        execute: Projects.create({ name: `${key} ${n}` }).pipe(
          // The process that created it was killed.
          Effect.catchTag("Conflict", () => Effect.void),
          Effect.as(globalThis.process.pid)
        )
      })
      processes.push(process)
      yield* DurableClock.sleep({ name: `wait ${n}`, duration: waitMillis, inMemoryThreshold: "1 millis" })
    }
    return processes
  })
)
