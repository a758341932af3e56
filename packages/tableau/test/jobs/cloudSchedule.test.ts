import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Ids, Tasks } from "effect-tableau"
import { xml } from "../../../../test/support/scriptedServer.js"
import { onServer } from "./polling.js"

type Frequency = Tasks.CloudSchedule["frequency"]

const monday = { weekDay: "Monday" } as const
const friday = { weekDay: "Friday" } as const

const schedule = (
  frequency: Frequency,
  intervals: ReadonlyArray<Tasks.Interval>,
  end?: string,
  start = "06:05:00"
): Tasks.CloudSchedule => ({ frequency, frequencyDetails: { start, end, intervals } })

const valid: ReadonlyArray<Tasks.CloudSchedule> = [
  schedule("Hourly", [{ hours: 1 }, monday], "18:05:00"),
  schedule("Hourly", [{ minutes: 60 }, monday, friday], "05:05:00"),
  ...[2, 4, 6, 8, 12, 24].map((hours) => schedule("Daily", [{ hours }], "18:05:00")),
  schedule("Daily", [{ hours: 24 }]),
  schedule("Daily", [monday, { hours: 24 }, friday]),
  schedule("Weekly", [monday]),
  schedule("Monthly", [{ monthDay: 1 }, { monthDay: 31 }]),
  schedule("Monthly", [{ monthDay: "LastDay" }]),
  ...(["First", "Second", "Third", "Fourth", "Fifth", "LastDay"] as const).map((monthDay) =>
    schedule("Monthly", [{ monthDay, ...monday }])
  )
]

const intervals = "has "

const invalid: ReadonlyArray<readonly [schedule: Tasks.CloudSchedule, problem: string]> = [
  [schedule("Hourly", [{ hours: 1 }], "18:05:00"), intervals],
  [schedule("Hourly", [monday], "18:05:00"), intervals],
  [schedule("Hourly", [{ hours: 2 }, monday], "18:05:00"), intervals],
  [schedule("Hourly", [{ minutes: 30 }, monday], "18:05:00"), intervals],
  [schedule("Hourly", [{ hours: 1 }, { minutes: 60 }, monday], "18:05:00"), intervals],
  [schedule("Hourly", [{ hours: 1, ...monday }], "18:05:00"), intervals],
  [schedule("Hourly", [{ hours: 1 }, monday, monday], "18:05:00"), intervals],
  [schedule("Hourly", [{ hours: 1 }, monday]), "`end` is missing"],
  [schedule("Daily", []), intervals],
  [schedule("Daily", [{ hours: 3 }], "18:05:00"), intervals],
  [schedule("Daily", [{ minutes: 60 }], "18:05:00"), intervals],
  [schedule("Daily", [{ hours: 12 }]), "`end` is missing"],
  [schedule("Daily", [{ hours: 12 }], "18:10:00"), "whole hours after"],
  [schedule("Daily", [{ hours: 12 }], "18:06:00"), "whole hours after"],
  [schedule("Weekly", []), intervals],
  [schedule("Weekly", [monday, friday]), intervals],
  [schedule("Weekly", [{ hours: 24 }]), intervals],
  [schedule("Weekly", [monday], "18:05:00"), "has no `end`"],
  [schedule("Monthly", []), intervals],
  [schedule("Monthly", [monday]), intervals],
  [schedule("Monthly", [{ monthDay: 0 }]), intervals],
  [schedule("Monthly", [{ monthDay: 32 }]), intervals],
  [schedule("Monthly", [{ monthDay: 1.5 }]), intervals],
  [schedule("Monthly", [{ monthDay: 1 }, { monthDay: 1 }]), intervals],
  [schedule("Monthly", [{ monthDay: "First" }]), intervals],
  [schedule("Monthly", [{ monthDay: 1, ...monday }]), intervals],
  [schedule("Monthly", [{ monthDay: "LastDay" }, { monthDay: 1 }]), intervals],
  [
    schedule("Monthly", [
      { monthDay: "First", ...monday },
      { monthDay: "Second", ...monday }
    ]),
    intervals
  ],
  [schedule("Monthly", [{ monthDay: 1 }, { hours: 1 }]), intervals],
  [schedule("Weekly", [monday], undefined, "6:05"), "`start` is a time"],
  [schedule("Weekly", [monday], undefined, "06:03:00"), "`start` is a time"],
  [schedule("Weekly", [monday], undefined, "24:00:00"), "`start` is a time"],
  // JavaScript can pass anything.
  [JSON.parse('{"frequency":"Yearly","frequencyDetails":{"start":"06:05:00","intervals":[]}}'), "`frequency` is"],
  [JSON.parse('{"frequency":"toString","frequencyDetails":{"start":"06:05:00","intervals":[]}}'), "`frequency` is"],
  [
    JSON.parse('{"frequency":"Weekly","frequencyDetails":{"start":"06:05:00","intervals":[{"weekDay":"Mo"}]}}'),
    "a name"
  ]
]

const workbookId = Ids.WorkbookId.make("w1")
const task = Ids.TaskId.make("t1")
const script = { "*": xml('<extractRefresh id="t1"/>') }

describe("schedules of Tableau Cloud", () => {
  it.scoped("each combination of Tableau's table is sent", () =>
    Effect.gen(function* () {
      const all = Effect.forEach(valid, (schedule) => Tasks.create({ workbookId, schedule }), { discard: true })
      const { calls, error } = yield* onServer(all, script)
      expect(error).toBeUndefined()
      expect(calls).toHaveLength(valid.length)
      expect(calls.at(-1)?.body).toBe(
        '<tsRequest><extractRefresh type="FullRefresh"><workbook id="w1" /></extractRefresh><schedule frequency="Monthly">' +
          '<frequencyDetails start="06:05:00"><intervals><interval monthDay="LastDay" weekDay="Monday" /></intervals>' +
          "</frequencyDetails></schedule></tsRequest>"
      )
    })
  )

  it.scoped("each other combination is BadRequest before the request, of a new task and of a change", () =>
    Effect.gen(function* () {
      const all = Effect.forEach(invalid, ([schedule]) =>
        Effect.all([Effect.flip(Tasks.create({ workbookId, schedule })), Effect.flip(Tasks.update(task, { schedule }))])
      )
      const { calls, value } = yield* onServer(all, script)
      expect(calls).toEqual([])
      for (const [index, [, problem]] of invalid.entries()) {
        for (const error of value?.[index] ?? []) {
          expect(error).toMatchObject({ _tag: "BadRequest", acted: "no", detail: expect.stringContaining(problem) })
        }
      }
      expect(value).toHaveLength(invalid.length)
    })
  )

  it.scoped("a change of nothing is BadRequest before the request", () =>
    Effect.gen(function* () {
      const { calls, error } = yield* onServer(Tasks.update(task, {}), script)
      expect(error).toMatchObject({ _tag: "BadRequest", operation: "Tasks.update" })
      expect(calls).toEqual([])
    })
  )

  it.scoped("a change of the content sends no schedule", () =>
    Effect.gen(function* () {
      const changes = { datasourceId: Ids.DatasourceId.make("d1"), type: "IncrementalRefresh" } as const
      const { calls } = yield* onServer(Tasks.update(task, changes), script)
      expect(calls[0]?.body).toBe(
        '<tsRequest><extractRefresh type="IncrementalRefresh"><datasource id="d1" /></extractRefresh></tsRequest>'
      )
    })
  )
})
