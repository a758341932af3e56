import * as Effect from "effect/Effect"
import type { Schedule } from "../content/model.js"
import { type Listing, listReply } from "../lists/listing.js"
import { type Element, element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { ok, type SessionCall } from "../session/call.js"
import { handlers } from "./handler.js"

export const summary = (schedule: Schedule): Element =>
  element("schedule", {
    id: schedule.id,
    name: schedule.name,
    state: schedule.state,
    priority: schedule.priority,
    createdAt: schedule.createdAt,
    updatedAt: schedule.updatedAt,
    type: schedule.type,
    frequency: schedule.frequency,
    nextRunAt: schedule.nextRunAt,
    executionOrder: schedule.executionOrder
  })

const frequencyDetails = (schedule: Schedule): Element =>
  element("frequencyDetails", { start: schedule.start }, [
    list(
      "intervals",
      schedule.weekDays.map((weekDay) => element("interval", { weekDay }))
    )
  ])

const details = (schedule: Schedule): Element => ({ ...summary(schedule), children: [frequencyDetails(schedule)] })

/** As a task of Tableau Cloud has it. */
export const withoutId = (schedule: Schedule): Element =>
  element("schedule", { frequency: schedule.frequency, nextRunAt: schedule.nextRunAt }, [frequencyDetails(schedule)])

const schedules: Listing<Schedule> = {
  item: "schedule",
  list: "schedules",
  describe: summary,
  parts: {
    usual: [
      ...["id", "name", "state", "priority", "createdAt", "updatedAt", "type", "frequency", "nextRunAt"],
      "executionOrder"
    ],
    extra: []
  },
  fields: {}
}

export const find = ({ parameter, world }: SessionCall<"scheduleId">) =>
  Effect.orElseFail(
    Effect.suspend(() => Effect.fromNullable(world.schedules.find(parameter("scheduleId")))),
    () => Errors.scheduleNotFound
  )

export const signedIn = handlers({
  querySchedules: (call) => listReply(call, schedules, call.world.schedules),
  getSchedule: (call) => Effect.map(find(call), (schedule) => ok(details(schedule)))
})
