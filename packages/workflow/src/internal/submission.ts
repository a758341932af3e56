/** What is checked before a workflow is stored. */
import { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TableauSession } from "effect-tableau"
import { WrongSite } from "./errors.js"
import { isSameSite } from "./run.js"

/** The sessions that engines of this process run workflows with. Who executes a workflow has the engine, but no session. */
const sessions = new WeakMap<WorkflowEngine["Type"], TableauSession.Service>()

export const remember: Effect.Effect<void, never, WorkflowEngine | TableauSession> = Effect.gen(function* () {
  sessions.set(yield* WorkflowEngine, yield* TableauSession)
})

/**
 * Fails if this process has its session on another site. A workflow that executes another one is stored already: it would keep
 * the failure, and another process may go on with it.
 */
export const onSite = (workflow: string, expected: string): Effect.Effect<void, WrongSite, WorkflowEngine> =>
  Effect.gen(function* () {
    const session = sessions.get(yield* WorkflowEngine)
    const parent = yield* Effect.serviceOption(WorkflowInstance)
    if (session === undefined || Option.isSome(parent)) return
    const actual = yield* session.contentUrl
    if (!isSameSite(actual, expected)) {
      return yield* new WrongSite({ workflow, expected, actual, isStored: false })
    }
  })
