import { Ids, type Schedules } from "effect-tableau"
import { firstPage, one, paged, type SamplesOf } from "./sample.js"

export const samples: SamplesOf<typeof Schedules> = {
  list: {
    args: [],
    request: `GET /api/3.29/schedules?${firstPage}`,
    response: paged(1, '<schedules><schedule id="1" nextRunAt=""/></schedules>'),
    result: one({ id: "1" }),
    files: { schedule_get: 4 }
  },
  get: {
    args: [Ids.ScheduleId.make("sc1")],
    request: "GET /api/3.29/schedules/sc1",
    response: `<schedule id="sc1"><frequencyDetails start="06:00:00"><intervals><interval hours="2"/><interval minutes="15"/>
      <interval monthDay="LastDay"/></intervals></frequencyDetails></schedule>`,
    result: {
      id: "sc1",
      frequencyDetails: { start: "06:00:00", intervals: [{ hours: 2 }, { minutes: 15 }, { monthDay: "LastDay" }] }
    },
    files: {
      schedule_get_by_id: 1,
      schedule_get_daily_id: 1,
      schedule_get_hourly_id: 1,
      schedule_get_monthly_id: 1,
      schedule_create_daily: 1,
      schedule_create_hourly: 1,
      schedule_create_monthly: 1,
      schedule_create_weekly: 1,
      schedule_update: 1
    }
  }
}
