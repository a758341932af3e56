/** What messages of errors say: advice of a code does not contradict it. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Datasources, Extracts, Ids, Jobs, type TableauError, TableauSession, Tasks, Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { errorResponse, type ScriptedResponse } from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { onScript } from "./onScript.js"
import { failure, test, value } from "./requestTests.js"

type Failing = Effect.Effect<unknown, TableauError.CallError | TableauError.UploadMismatch, TableauSession>

const workbook = Ids.WorkbookId.make("w1")
const refresh = Workbooks.refresh(workbook)
const create = Tasks.create({
  workbookId: workbook,
  schedule: { frequency: "Daily", frequencyDetails: { start: "03:00:00", intervals: [{ hours: 24 }] } }
})
const update = Tasks.update(Ids.TaskId.make("t1"), { type: "FullRefresh" })
const add = Tasks.addWorkbookToSchedule(Ids.ScheduleId.make("s1"), workbook)
const updateData = Datasources.updateData(Ids.DatasourceId.make("d1"), {
  actions: [
    {
      action: "delete",
      "target-table": "t",
      condition: { op: "lt", "target-col": "year", const: { type: "integer", v: 2020 } }
    }
  ]
})

const permission = "signed-in user may not do this"

const advised: ReadonlyArray<readonly [Failing, ScriptedResponse, says: string, doesNotSay: string]> = [
  [refresh, errorResponse(403, "403104"), "has no extract: there is nothing to refresh", permission],
  [Jobs.cancel(Ids.JobId.make("j1")), errorResponse(403, "403091"), "The job has ended", permission],
  [Extracts.createForWorkbook(workbook), errorResponse(409, "409068"), "has an extract already", "same name or key"],
  [updateData, errorResponse(404, "404008"), "not live to a Hyper file", "It is not on this site"],
  [refresh, errorResponse(404, "404001"), "does not have this operation", "It is not on this site"],
  [create, errorResponse(404, "404001"), "Only Tableau Cloud has this operation", "It is not on this site"],
  [add, errorResponse(404, "404001"), "Only Tableau Server has this operation", "It is not on this site"]
]

describe("advice of a code", () => {
  for (const [call, reply, says, doesNotSay] of advised) {
    test(`an error says "${says}" and not "${doesNotSay}"`, () =>
      Effect.gen(function* () {
        const { exit } = yield* onScript(call, { "*": reply })
        const message = String(failure(exit))
        expect(message).toContain(says)
        expect(message).not.toContain(doesNotSay)
      }))
  }

  test("an error without advice of its own keeps that of its kind", () =>
    Effect.gen(function* () {
      for (const [reply, says] of [
        [errorResponse(403, "403004"), permission],
        [errorResponse(404, "404006"), "It is not on this site"],
        [errorResponse(409, "409006"), "same name or key"]
      ] as const) {
        const { exit } = yield* onScript(refresh, { "*": reply })
        expect(String(failure(exit))).toContain(says)
      }
    }))
})

describe("extract refresh tasks of Tableau Cloud", () => {
  test("they are neither created nor changed on a server that is known to be Tableau Server", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Effect.all([Effect.flip(create), Effect.flip(update)]),
        {},
        { deployment: "Server" }
      )
      const error = { _tag: "DeploymentUnsupported", required: "Cloud", actual: "Server", acted: "no" }
      expect(value(exit)).toMatchObject([error, error])
      expect(calls).toEqual([])
    }))

  test("the error says where the operation exists when the deployment is not certain", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const session = TableauSession.layer({ server: url, credentials: admin })
      const errors = yield* Effect.provide(Effect.all([Effect.flip(create), Effect.flip(update)]), session)
      for (const error of errors) expect(String(error)).toContain("Only Tableau Cloud has this operation")
    }))
})

describe("a connection that breaks", () => {
  const broken: ScriptedResponse = { ending: "reset" }
  const hint = "the port may be one that speaks TLS"

  test("the error suspects TLS before a sign-in, and not after it", () =>
    Effect.gen(function* () {
      const before = yield* Effect.flip(onScript(refresh, { "POST /auth/signin": broken }))
      expect(String(before)).toContain(hint)
      const after = yield* onScript(refresh, { "POST /sites/s/workbooks/w1/refresh": broken })
      expect(failure(after.exit)).toMatchObject({ _tag: "ConnectionFailed", acted: "unknown", isSignedIn: true })
      expect(String(failure(after.exit))).not.toContain(hint)
      expect(String(failure(after.exit))).toContain("Whether the server acted on the request is not known.")
    }))
})

it("JobTimedOut says how long the job was awaited, in a unit that fits", () => {
  const job = { id: Ids.JobId.make("j1") }
  for (const [millis, says] of [
    [200, "200 milliseconds"],
    [1500, "1.5 seconds"],
    [600_000, "600 seconds"]
  ] as const) {
    const error = new Jobs.JobTimedOut({ operation: "Jobs.await", acted: "yes", job, after: Duration.millis(millis) })
    expect(error.message).toContain(`had not ended after ${says}.`)
  }
})
