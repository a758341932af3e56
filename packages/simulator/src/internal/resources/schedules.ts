import * as Effect from "effect/Effect"
import { maySee } from "../content/access.js"
import type { ExtractRefreshTask, Schedule } from "../content/model.js"
import { referred } from "../content/world.js"
import { answerList, type Listing } from "../lists/listing.js"
import { type Element, element, list } from "../protocol/element.js"
import { scheduleNotFound, taskNotFound } from "../protocol/errorResponse.js"
import { ok, type SignedInCall, signedIn } from "../session/call.js"

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

const whole = (schedule: Schedule): Element => ({
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

/** What a task refreshes, if it is still there and the user may see it. */
const target = ({ session, site }: SignedInCall, task: ExtractRefreshTask): Element | undefined => {
  const workbook = referred(site.workbooks, task.workbookId)
  const datasource = referred(site.datasources, task.datasourceId)
  const item = workbook ?? datasource
  return item !== undefined && maySee(site, session.user, item)
    ? element(workbook === undefined ? "datasource" : "workbook", { id: item.id, name: item.name })
    : undefined
}

const describeTask = (call: SignedInCall, task: ExtractRefreshTask): ReadonlyArray<Element> => {
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

/** The same tasks in the older form that a schedule lists them in. */
const extracts = (call: SignedInCall): Listing<ExtractRefreshTask> => ({
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

export const routes = [
  signedIn({
    verb: "GET",
    path: "/schedules",
    operation: "querySchedules",
    since: "2.2",
    scope: "tableau:schedules:read",
    handle: (call) => answerList(call, schedules, call.world.schedules)
  }),
  signedIn({
    verb: "GET",
    path: "/schedules/{scheduleId}",
    operation: "getSchedule",
    since: "3.8",
    scope: "tableau:schedules:read",
    handle: (call) =>
      Effect.suspend(() => {
        const schedule = call.world.schedules.find(call.parameter("scheduleId"))
        return schedule === undefined ? Effect.fail(scheduleNotFound) : Effect.succeed(ok(whole(schedule)))
      })
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/schedules/{scheduleId}/extracts",
    operation: "queryExtractRefreshTasks",
    since: "2.2",
    scope: "tableau:tasks:read",
    handle: (call) =>
      Effect.suspend(() => {
        const schedule = call.world.schedules.find(call.parameter("scheduleId"))
        return schedule === undefined
          ? Effect.fail(scheduleNotFound)
          : answerList(
              call,
              extracts(call),
              call.site.tasks,
              (task) => task.scheduleId === schedule.id && target(call, task) !== undefined
            )
      })
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/tasks/extractRefreshes",
    operation: "getExtractRefreshTasks",
    since: "2.6",
    scope: "tableau:tasks:read",
    handle: (call) =>
      Effect.sync(() =>
        ok(
          list(
            "tasks",
            [...call.site.tasks.items()].flatMap((task) => describeTask(call, task))
          )
        )
      )
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/tasks/extractRefreshes/{taskId}",
    operation: "getExtractRefreshTask",
    since: "2.6",
    scope: "tableau:tasks:read",
    handle: (call) =>
      Effect.suspend(() => {
        const task = call.site.tasks.find(call.parameter("taskId"))
        const described = task === undefined ? [] : describeTask(call, task)
        return described.length === 0 ? Effect.fail(taskNotFound) : Effect.succeed(ok(...described))
      })
  })
] as const
