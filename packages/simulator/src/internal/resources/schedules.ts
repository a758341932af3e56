import * as Effect from "effect/Effect"
import { maySee } from "../content/access.js"
import type { ExtractRefreshTask, Schedule } from "../content/model.js"
import { referred } from "../content/world.js"
import { type Listing, listReply } from "../lists/listing.js"
import { type Element, element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { ok, type SessionCall } from "../session/call.js"
import { handlers } from "./handler.js"

const summary = (schedule: Schedule): Element =>
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

const details = (schedule: Schedule): Element => ({
  ...summary(schedule),
  children: [
    element("frequencyDetails", { start: schedule.start }, [
      list(
        "intervals",
        schedule.weekDays.map((weekDay) => element("interval", { weekDay }))
      )
    ])
  ]
})

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

/** The content that a task refreshes, if it exists and the user may see it. */
const target = ({ session, site }: SessionCall, task: ExtractRefreshTask): Element | undefined => {
  const workbook = referred(site.workbooks, task.workbookId)
  const datasource = referred(site.datasources, task.datasourceId)
  const item = workbook ?? datasource
  return item !== undefined && maySee(site, session.user, item)
    ? element(workbook === undefined ? "datasource" : "workbook", { id: item.id, name: item.name })
    : undefined
}

const describeTask = (call: SessionCall, task: ExtractRefreshTask): ReadonlyArray<Element> => {
  const refreshed = target(call, task)
  const schedule = referred(call.world.schedules, task.scheduleId)
  if (refreshed === undefined) return []
  const type = task.incremental ? "IncrementExtractTask" : "RefreshExtractTask"
  return [
    element("task", {}, [
      element(
        "extractRefresh",
        { id: task.id, priority: task.priority, consecutiveFailedCount: 0, type, incremental: task.incremental },
        [schedule && summary(schedule), refreshed]
      )
    ])
  ]
}

/** Tasks in the older form that the list of a schedule has. */
const extracts = (call: SessionCall): Listing<ExtractRefreshTask> => ({
  item: "extract",
  list: "extracts",
  describe: (task) =>
    element(
      "extract",
      { id: task.id, priority: task.priority, type: task.incremental ? "IncrementalRefresh" : "FullRefresh" },
      [target(call, task)]
    ),
  parts: { usual: ["id", "priority", "type", "workbook", "datasource"], extra: [] },
  fields: {}
})

const find = ({ parameter, world }: SessionCall<"scheduleId">) =>
  Effect.orElseFail(
    Effect.suspend(() => Effect.fromNullable(world.schedules.find(parameter("scheduleId")))),
    () => Errors.scheduleNotFound
  )

export const signedIn = handlers({
  querySchedules: (call) => listReply(call, schedules, call.world.schedules),
  getSchedule: (call) => Effect.map(find(call), (schedule) => ok(details(schedule))),
  queryExtractRefreshTasks: (call) =>
    Effect.flatMap(find(call), ({ id }) =>
      listReply(
        call,
        extracts(call),
        call.site.tasks,
        (task) => task.scheduleId === id && target(call, task) !== undefined
      )
    ),
  getExtractRefreshTasks: (call) =>
    Effect.sync(() =>
      ok(
        list(
          "tasks",
          [...call.site.tasks.items()].flatMap((task) => describeTask(call, task))
        )
      )
    ),
  getExtractRefreshTask: (call) =>
    Effect.suspend(() => {
      const task = call.site.tasks.find(call.parameter("taskId"))
      const described = task === undefined ? [] : describeTask(call, task)
      return described.length === 0 ? Effect.fail(Errors.taskNotFound) : Effect.succeed(ok(...described))
    })
})
