/** Processes whose session is on another site than a workflow. */
import { describe, expect } from "@effect/vitest"
import * as Workflow from "@effect/workflow/Workflow"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Ids, TableauSession } from "effect-tableau"
import { TableauWorkflow } from "effect-tableau-workflow"
import { executed, inMemory, logTo, workbookId } from "./support/setting.js"
import { throughTime } from "./support/time.js"

describe("a refresh on another site than that of the session", () => {
  inMemory(
    "executed by this process is WrongSite at once, and nothing is sent or stored",
    { session: { site: "Other" } },
    (simulator) =>
      Effect.gen(function* () {
        const given = { site: "", id: Ids.WorkbookId.make("w"), key: "k" }
        const before = (yield* simulator.requests).length
        const error = yield* Effect.flip(TableauWorkflow.refreshWorkbook.execute(given))
        expect(error).toMatchObject({ _tag: "WrongSite", expected: "", actual: "Other", isStored: false })
        expect(error.message).toContain("This call stored nothing")
        expect((yield* simulator.requests).length).toBe(before)
        const executionId = yield* TableauWorkflow.refreshWorkbook.executionId(given)
        expect(yield* TableauWorkflow.refreshWorkbook.poll(executionId)).toBeUndefined()
      })
  )

  inMemory(
    "stored, waits with a warning each time, and goes on when the session is on its site",
    { session: { site: "Other" } },
    (simulator) =>
      Effect.gen(function* () {
        const session = yield* TableauSession
        const id = yield* Effect.provideService(workbookId("Forecast"), TableauSession, session.withSite(""))
        const execution = executed(TableauWorkflow.refreshWorkbook, { site: "", id, key: "k" })
        const lines: Array<string> = []
        const warnings = () =>
          lines.filter((line) => line.includes('for "", and the session of this process is on "Other"'))
        const correction = Effect.repeat(Effect.sleep("1 minute"), { until: () => warnings().length > 2 }).pipe(
          Effect.andThen(session.switchSite(""))
        )
        const both = Effect.all([execution, correction], { concurrency: "unbounded" }).pipe(logTo(lines))
        const [result] = yield* throughTime(simulator, both)
        expect(result).toMatchObject({ start: "started" })
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
      })
  )

  inMemory(
    "stored, is WrongSite at the deadline, and nothing is sent",
    { session: { site: "Other" }, workflows: { deadline: "10 minutes" } },
    (simulator) =>
      Effect.gen(function* () {
        const execution = executed(TableauWorkflow.refreshWorkbook, {
          site: "",
          id: Ids.WorkbookId.make("w"),
          key: "k"
        })
        const before = (yield* simulator.requests).length
        const error = yield* throughTime(simulator, Effect.flip(execution))
        expect(error).toMatchObject({ _tag: "WrongSite", expected: "", actual: "Other", isStored: true })
        // Correcting the session does not change the result.
        expect(error.message).toContain("take another `key`")
        expect((yield* simulator.requests).length).toBe(before)
      })
  )

  inMemory(
    "executed by another workflow, waits too, as that one would keep the failure",
    { session: { site: "Other" }, workflows: { deadline: "10 minutes" } },
    (simulator) =>
      Effect.gen(function* () {
        const Nightly = Workflow.make({
          name: "Nightly",
          payload: { key: Schema.String },
          success: TableauWorkflow.Refreshed,
          error: TableauWorkflow.RefreshError,
          idempotencyKey: ({ key }) => key
        })
        const layer = Nightly.toLayer(({ key }) =>
          TableauWorkflow.refreshWorkbook.execute({ site: "", id: Ids.WorkbookId.make("w"), key })
        )
        const before = yield* Clock.currentTimeMillis
        const execution = Effect.provide(executed(Nightly, { key: "monday" }), layer)
        const error = yield* throughTime(simulator, Effect.flip(execution))
        expect(error).toMatchObject({ _tag: "WrongSite", isStored: true })
        expect((yield* Clock.currentTimeMillis) - before).toBeGreaterThanOrEqual(10 * 60_000)
      })
  )
})
