/** Content that is published on the simulator and read back, and changes of connections and content that are refused early. */
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import {
  Datasources,
  Download,
  Flows,
  Ids,
  Projects,
  type TableauError,
  type TableauSession,
  Upload,
  Workbooks
} from "effect-tableau"
import { xml } from "../../../../test/support/scriptedServer.js"
import { onSession } from "../../../../test/support/session.js"
import { onScript } from "./onScript.js"
import { soon } from "./publishing.js"
import { site, test, value } from "./requestTests.js"

const document = (view: string) =>
  Upload.bytes(
    "Umsätze – 売上.twb",
    new TextEncoder().encode(
      `<?xml version="1.0" encoding="utf-8"?><workbook version="18.1"><worksheets><worksheet name="${view}"/></worksheets></workbook>`
    )
  )

describe("on the simulator", () => {
  onSession("a workbook is published under the name of its file, and its bytes are downloaded again", () =>
    Effect.gen(function* () {
      const file = document("One")
      const published = yield* Workbooks.publish(file, {})
      expect(published.name).toBe("Umsätze – 売上")
      const content = yield* Stream.mkString(Stream.decodeText(Download.stream(Workbooks.download(published.id))))
      expect(content).toBe(yield* Stream.mkString(Stream.decodeText(file.content)))
    })
  )

  onSession("a workbook that exists is replaced only if the mode says so, and keeps its id", () =>
    Effect.gen(function* () {
      const first = yield* Workbooks.publish(document("One"), { upload: { singleRequestLimit: 0 } })
      const error = yield* Effect.flip(Workbooks.publish(document("Two"), {}))
      expect(String(error)).toContain('`mode: "overwrite"`')
      expect(error).toMatchObject({ acted: "no" })
      const second = yield* Workbooks.publish(document("Two"), { mode: "overwrite" })
      expect(second.id).toBe(first.id)
    })
  )

  onSession("a job publishes a data source, which is found, and whose bytes are downloaded again", () =>
    Effect.gen(function* () {
      const file = Upload.bytes("orders.hyper", new Uint8Array([72, 121, 112, 101, 0, 255]))
      const published = yield* soon(
        Datasources.publish(file, { name: "Orders of today", asJob: true, upload: { singleRequestLimit: 2 } })
      )
      expect(published.name).toBe("Orders of today")
      const bytes = yield* Stream.runCollect(Download.stream(Datasources.download(published.id)))
      expect(Buffer.concat([...bytes])).toEqual(Buffer.from([72, 121, 112, 101, 0, 255]))
      // The same again replaces it.
      const again = yield* soon(Datasources.publish(file, { name: "Orders of today", mode: "overwrite", asJob: true }))
      expect(again.id).toBe(published.id)
    })
  )

  onSession("a job publishes over a workbook whose name differs in case and spaces, and returns it", () =>
    Effect.gen(function* () {
      const first = yield* Workbooks.publish(document("One"), { name: "Sales of March" })
      const again = yield* soon(
        Workbooks.publish(document("Two"), { name: " sales of march ", mode: "overwrite", asJob: true })
      )
      expect(again.id).toBe(first.id)
      const spaced = yield* soon(Workbooks.publish(document("One"), { name: "New one ", asJob: true }))
      expect(spaced.name).toBe("New one")
    })
  )

  onSession("a job publishes to the default project, not to a nested one that has its name", () =>
    Effect.gen(function* () {
      const { items } = yield* Projects.list()
      const parent = Option.getOrThrow(yield* Stream.runHead(items))
      const nested = yield* Projects.create({ name: "Default", parentProjectId: parent.id })
      const inNested = yield* Workbooks.publish(document("One"), { name: "Twice", projectId: nested.id })
      const other = yield* soon(Workbooks.publish(document("Two"), { name: "Twice", asJob: true }))
      expect(other.id).not.toBe(inNested.id)
      expect(other.project?.id).not.toBe(nested.id)
    })
  )

  onSession("a flow is published and deleted", () =>
    Effect.gen(function* () {
      const flow = yield* Flows.publish(Upload.bytes("Clean.tfl", new Uint8Array([1, 2, 3])), { description: "Cleans" })
      expect(yield* Flows.get(flow.id)).toMatchObject({ id: flow.id, name: "Clean" })
      yield* Flows.delete(flow.id)
      expect(yield* Effect.flip(Flows.get(flow.id))).toMatchObject({ _tag: "NotFound" })
    })
  )
})

const workbook = Ids.WorkbookId.make("w1")
const datasource = Ids.DatasourceId.make("d1")
const flow = Ids.FlowId.make("f1")
const connection = Ids.ConnectionId.make("c1")

describe("changes that cannot be sent", () => {
  // JavaScript can pass anything.
  const empty = JSON.parse('""')
  type Change = Effect.Effect<unknown, TableauError.CallError, TableauSession>
  const refused: ReadonlyArray<readonly [string, Change, detail: string]> = [
    ["no change of a connection", Workbooks.updateConnection(workbook, connection, {}), "There is no change"],
    ["only undefined", Datasources.updateConnection(datasource, connection, { userName: undefined }), "no change"],
    ["no change of a flow's connection", Flows.updateConnection(flow, connection, {}), "There is no change"],
    ["no change of several", Workbooks.updateConnections(workbook, [connection], {}), "There is no change"],
    ["no connection", Datasources.updateConnections(datasource, [], { userName: "a" }), "There is no connection"],
    ["no connection of a flow", Flows.updateConnections(flow, [], { userName: "a" }), "There is no connection"],
    ["no change of a workbook", Workbooks.update(workbook, {}), "There is nothing to change."],
    ["no view to accelerate", Workbooks.update(workbook, { acceleratedViews: [] }), "There is nothing to change."],
    ["no change of a data source", Datasources.update(datasource, { name: undefined }), "There is nothing to change."],
    ["no change of a flow", Flows.update(flow, {}), "There is nothing to change."],
    ["an empty project", Workbooks.update(workbook, { name: "a", projectId: empty }), 'projectId is ""'],
    ["an empty owner", Datasources.update(datasource, { ownerId: empty }), 'ownerId is ""'],
    ["an empty project of a flow", Flows.update(flow, { projectId: empty }), 'projectId is ""'],
    ["revision 0", Workbooks.deleteRevision(workbook, 0), "revisions are counted from 1"],
    ["half a revision", Datasources.deleteRevision(datasource, 1.5), "revisions are counted from 1"]
  ]
  for (const [what, change, detail] of refused) {
    test(`${what} fails with BadRequest, and nothing is sent`, () =>
      Effect.gen(function* () {
        const { calls, exit } = yield* onScript(Effect.flip(change), {})
        expect(value(exit)).toMatchObject({ _tag: "BadRequest", acted: "no", detail: expect.stringContaining(detail) })
        expect(calls).toEqual([])
      }))
  }

  const later: ReadonlyArray<readonly [string, Change, apiVersion: string, required: string]> = [
    [
      "authenticationType",
      Workbooks.updateConnection(workbook, connection, { authenticationType: "oauth" }),
      "3.26",
      "3.27"
    ],
    [
      "authenticationType of a flow",
      Flows.updateConnection(flow, connection, { authenticationType: "oauth" }),
      "3.27",
      "3.28"
    ],
    ["description", Workbooks.update(workbook, { description: "d" }), "3.19", "3.20"],
    [
      "dataFreshnessPolicy",
      Workbooks.update(workbook, { description: "d", dataFreshnessPolicy: { option: "SiteDefault" } }),
      "3.21",
      "3.22"
    ]
  ]
  for (const [what, change, apiVersion, required] of later) {
    test(`${what} fails with VersionUnsupported on ${apiVersion}`, () =>
      Effect.gen(function* () {
        const { calls, exit } = yield* onScript(Effect.flip(change), {}, { apiVersion })
        expect(value(exit)).toMatchObject({ _tag: "VersionUnsupported", required, acted: "no" })
        expect(calls).toEqual([])
      }))
  }
})

describe("changes of later versions", () => {
  test("a workbook is described, accelerated and refreshed as the options say", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Effect.all([
          Workbooks.update(workbook, {
            description: "",
            acceleratedViews: [Ids.ViewId.make("v1")],
            dataAccelerationConfig: { accelerationEnabled: true, accelerateNow: false },
            dataFreshnessPolicy: { option: "FreshEvery", freshEverySchedule: { frequency: "Hours", value: 4 } }
          }),
          Workbooks.update(workbook, {
            dataFreshnessPolicy: {
              option: "FreshAt",
              freshAtSchedule: {
                frequency: "Week",
                time: "08:15:00",
                timezone: "Europe/Vienna",
                intervals: [{ weekDay: "Monday" }, { weekDay: "Friday" }]
              }
            }
          })
        ]),
        { "PUT /sites/s/workbooks/w1": xml('<workbook id="w1"/>') }
      )
      expect(value(exit)).toHaveLength(2)
      expect(calls.map(({ line }) => line)).toEqual(Array.from({ length: 2 }, () => `PUT ${site}/workbooks/w1`))
      expect(calls.map(({ body }) => body)).toEqual([
        '<tsRequest><workbook description=""><views><view id="v1" /></views><dataAccelerationConfig ' +
          'accelerationEnabled="true" accelerateNow="false" /><dataFreshnessPolicy option="FreshEvery">' +
          '<freshEverySchedule frequency="Hours" value="4" /></dataFreshnessPolicy></workbook></tsRequest>',
        '<tsRequest><workbook><dataFreshnessPolicy option="FreshAt"><freshAtSchedule frequency="Week" time="08:15:00" ' +
          'timezone="Europe/Vienna"><intervals><interval weekDay="Monday" /><interval weekDay="Friday" /></intervals>' +
          "</freshAtSchedule></dataFreshnessPolicy></workbook></tsRequest>"
      ])
    }))
})
