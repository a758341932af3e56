import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { maySee } from "../content/access.js"
import type { Datasource, ExtractRefreshTask, TaskSchedule, Workbook } from "../content/model.js"
import { referred } from "../content/world.js"
import { type Listing, listReply } from "../lists/listing.js"
import * as Dates from "../protocol/dates.js"
import { attribute, child, children, type Element, element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { noContent, ok, type Reply, type SessionCall } from "../session/call.js"
import { mayManage, refreshTarget } from "./extracts.js"
import { handlers } from "./handler.js"
import * as Jobs from "./jobs.js"
import * as Schedules from "./schedules.js"

type Target = { readonly workbook: Workbook } | { readonly datasource: Datasource }

/** The content that a task refreshes, if it exists and the user may see it. */
const targetOf = (
  { session, site }: SessionCall,
  task: Pick<ExtractRefreshTask, "workbookId" | "datasourceId">
): Target | undefined => {
  const workbook = referred(site.workbooks, task.workbookId)
  const datasource = referred(site.datasources, task.datasourceId)
  const item = workbook ?? datasource
  if (item === undefined || !maySee(site, session.user, item)) return undefined
  if (workbook !== undefined) return { workbook }
  return datasource && { datasource }
}

const itemOf = (target: Target): Workbook | Datasource => ("workbook" in target ? target.workbook : target.datasource)

const describeTarget = (target: Target): Element => {
  const { id, name } = itemOf(target)
  return element("workbook" in target ? "workbook" : "datasource", { id, name })
}

/** On Cloud a task has a schedule of its own, which has no id in the list of tasks. */
const ownSchedule = (call: SessionCall, task: ExtractRefreshTask): Element | undefined => {
  if (task.schedule !== undefined) {
    const { details, frequency, nextRunAt } = task.schedule
    return element("schedule", { frequency, nextRunAt }, [details])
  }
  const schedule = referred(call.world.schedules, task.scheduleId)
  if (schedule === undefined) return undefined
  return call.info.cloud ? Schedules.withoutId(schedule) : Schedules.summary(schedule)
}

const describe = (task: ExtractRefreshTask, parts: ReadonlyArray<Element | undefined>): Element =>
  element(
    "extractRefresh",
    {
      id: task.id,
      priority: task.priority,
      consecutiveFailedCount: 0,
      type: task.incremental ? "IncrementExtractTask" : "RefreshExtractTask",
      incremental: task.incremental
    },
    parts
  )

const describeTask = (call: SessionCall, task: ExtractRefreshTask): ReadonlyArray<Element> => {
  const target = targetOf(call, task)
  return target === undefined
    ? []
    : [element("task", {}, [describe(task, [ownSchedule(call, task), describeTarget(target)])])]
}

/** Tasks in the older form that the list of a schedule has. */
const extracts = (call: SessionCall): Listing<ExtractRefreshTask> => ({
  item: "extract",
  list: "extracts",
  describe: (task) => {
    const target = targetOf(call, task)
    return element(
      "extract",
      { id: task.id, priority: task.priority, type: task.incremental ? "IncrementalRefresh" : "FullRefresh" },
      [target && describeTarget(target)]
    )
  },
  parts: { usual: ["id", "priority", "type", "workbook", "datasource"], extra: [] },
  fields: {}
})

interface Found {
  readonly task: ExtractRefreshTask
  readonly target: Target
}

/** A task whose content the user may see. */
const find = (call: SessionCall<"taskId">): Effect.Effect<Found, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const task = call.site.tasks.find(call.parameter("taskId"))
    const target = task && targetOf(call, task)
    return task === undefined || target === undefined
      ? Effect.fail(Errors.taskNotFound)
      : Effect.succeed({ task, target })
  })

/** A task that the user may change. */
const findOwn = (call: SessionCall<"taskId">): Effect.Effect<Found, Errors.ErrorResponse> =>
  Effect.filterOrFail(
    find(call),
    ({ target }) => mayManage(call, itemOf(target)),
    () => Errors.updateForbidden("The user may not change this task.")
  )

/** The content that an `<extractRefresh>` names. */
const givenTarget = (call: SessionCall, refresh: Element): Effect.Effect<Target, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const workbookId = attribute(child(refresh, "workbook"), "id")
    const datasourceId = attribute(child(refresh, "datasource"), "id")
    if (workbookId === undefined && datasourceId === undefined) {
      return Effect.fail(Errors.badRequest("The <extractRefresh> names neither a workbook nor a data source."))
    }
    const target = targetOf(call, { workbookId, datasourceId })
    if (target === undefined) {
      return Effect.fail(workbookId === undefined ? Errors.datasourceNotFound : Errors.workbookNotFound)
    }
    return mayManage(call, itemOf(target))
      ? Effect.succeed(target)
      : Effect.fail(Errors.updateForbidden("The user may not refresh this content."))
  })

const idsOf = (target: Target) => ({
  workbookId: "workbook" in target ? target.workbook.id : undefined,
  datasourceId: "datasource" in target ? target.datasource.id : undefined
})

const types: Readonly<Record<string, boolean>> = {
  FullRefresh: false,
  IncrementalRefresh: true,
  // Tableau's reference has both names.
  IncrementalExtract: true
}

const incrementalOf = (refresh: Element): Effect.Effect<boolean | undefined, Errors.ErrorResponse> => {
  const type = attribute(refresh, "type")
  if (type === undefined) return Effect.succeed(undefined)
  const incremental = types[type]
  return incremental === undefined
    ? Effect.fail(Errors.badRequest(`The type of a task must be one of ${Object.keys(types).join(", ")}.`))
    : Effect.succeed(incremental)
}

const minutesOf = (time: string | undefined): number | undefined => {
  const [, hours = "", minutes = ""] = /^([01]\d|2[0-3]):([0-5]\d):00(?:Z|[+-]\d\d:?\d\d)?$/.exec(time ?? "") ?? []
  return hours === "" ? undefined : 60 * Number(hours) + Number(minutes)
}

const weekDays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
const ordinals = ["First", "Second", "Third", "Fourth", "Fifth", "LastDay"]

/** The problem of the intervals of a schedule, by its frequency. */
const problemOf = (frequency: string, details: Element): string | undefined => {
  const intervals = children(child(details, "intervals"), "interval")
  const start = minutesOf(attribute(details, "start"))
  const end = attribute(details, "end")
  const given = (name: string) => intervals.flatMap((interval) => attribute(interval, name) ?? [])
  const hours = given("hours")
  const days = given("weekDay")
  const monthDays = given("monthDay")
  if (start === undefined || start % 5 !== 0) return "start must be a time in steps of five minutes."
  const endMinutes = minutesOf(end)
  if (end !== undefined && (endMinutes === undefined || (endMinutes - start) % 60 !== 0)) {
    return "end must be a whole number of hours after start."
  }
  if (days.some((day) => !weekDays.includes(day))) return "weekDay must be the name of a day."
  switch (frequency) {
    case "Hourly":
      if (hours.length + given("minutes").length !== 1) return "an hourly schedule has one interval of one hour."
      if (hours.some((value) => value !== "1") || given("minutes").some((value) => value !== "60")) {
        return "the interval of an hourly schedule is one hour."
      }
      return end === undefined ? "an hourly schedule has an end." : undefined
    case "Daily":
      if (hours.length !== 1 || !["2", "4", "6", "8", "12", "24"].includes(hours[0] ?? "")) {
        return "a daily schedule has one interval of 2, 4, 6, 8, 12 or 24 hours."
      }
      return hours[0] !== "24" && end === undefined ? "a daily schedule of less than 24 hours has an end." : undefined
    case "Weekly":
      return days.length === 1 && intervals.length === 1 ? undefined : "a weekly schedule has one week day."
    case "Monthly": {
      if (monthDays.length === 0) return "a monthly schedule has days of the month."
      if (days.length > 0) {
        return intervals.length === 1 && monthDays.every((day) => ordinals.includes(day))
          ? undefined
          : "a week day of a month has one interval."
      }
      if (monthDays.length === 1 && monthDays[0] === "LastDay") return undefined
      return monthDays.every((day) => /^(?:[1-9]|[12]\d|3[01])$/.test(day)) ? undefined : "monthDay is 1 to 31."
    }
    default:
      return "frequency must be Hourly, Daily, Weekly or Monthly."
  }
}

/** As Tableau Cloud writes the next run of a task: with an offset without a colon. */
const withOffset = (millis: number): string =>
  `${new Date(millis - 7 * 60 * 60 * 1000).toISOString().slice(0, 19)}-0700`

/** The schedule that a request gives a task for itself. */
const givenSchedule = (
  root: Element,
  before: TaskSchedule | undefined
): Effect.Effect<TaskSchedule | undefined, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const given = child(root, "schedule")
    if (given === undefined) return before
    const frequency = attribute(given, "frequency") ?? before?.frequency ?? ""
    const details = child(given, "frequencyDetails") ?? before?.details
    if (details === undefined) return yield* Errors.invalidSchedule("The schedule has no <frequencyDetails>.")
    const problem = problemOf(frequency, details)
    if (problem !== undefined) return yield* Errors.invalidSchedule(`In the schedule, ${problem}`)
    const now = yield* Clock.currentTimeMillis
    const date = Dates.write(now)
    const intervals = list("intervals", children(child(details, "intervals"), "interval"))
    return {
      frequency,
      details: element("frequencyDetails", { start: attribute(details, "start"), end: attribute(details, "end") }, [
        intervals
      ]),
      createdAt: before?.createdAt ?? date,
      updatedAt: date,
      nextRunAt: withOffset(now + 60 * 60 * 1000)
    }
  })

/** A task and beside it its schedule, as the requests that create and change tasks have them. */
const withSchedule = (task: ExtractRefreshTask, target: Target): Reply => {
  const { schedule } = task
  const described = describe(task, [describeTarget(target)])
  if (schedule === undefined) return ok(described)
  const { createdAt, details, frequency, nextRunAt, updatedAt } = schedule
  return ok(described, element("schedule", { id: task.id, createdAt, updatedAt, frequency, nextRunAt }, [details]))
}

/** The `<extractRefresh>` of a request. */
const givenRefresh = (
  call: SessionCall
): Effect.Effect<{ readonly root: Element; readonly refresh: Element | undefined }, Errors.ErrorResponse> =>
  Effect.map(call.payload, (root) => ({ root, refresh: child(root, "extractRefresh") }))

/** Adds a task for some content to a schedule of the server. */
const addToSchedule = (kind: "workbook" | "datasource") => (call: SessionCall<"scheduleId">) =>
  Effect.gen(function* () {
    const schedule = yield* Schedules.find(call)
    const refresh = child(child(yield* call.payload, "task"), "extractRefresh")
    if (refresh === undefined || child(refresh, kind) === undefined) {
      return yield* Errors.badRequest(`The body has no <task> with an <extractRefresh> of a ${kind}.`)
    }
    const target = yield* givenTarget(call, refresh)
    if (schedule.type !== "Extract") return yield* Errors.wrongSchedule
    const task = call.site.tasks.add((id) => ({
      id,
      priority: schedule.priority,
      incremental: false,
      scheduleId: schedule.id,
      ...idsOf(target)
    }))
    return ok(...describeTask(call, task))
  })

export const signedIn = handlers({
  queryExtractRefreshTasks: (call) =>
    Effect.flatMap(Schedules.find(call), ({ id }) =>
      listReply(
        call,
        extracts(call),
        call.site.tasks,
        (task) => task.scheduleId === id && targetOf(call, task) !== undefined
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
  getExtractRefreshTask: (call) => Effect.map(find(call), ({ task }) => ok(...describeTask(call, task))),
  createExtractRefreshTask: (call) =>
    Effect.gen(function* () {
      const { refresh, root } = yield* givenRefresh(call)
      if (refresh === undefined) return yield* Errors.badRequest("The <extractRefresh> element is missing.")
      const target = yield* givenTarget(call, refresh)
      const incremental = (yield* incrementalOf(refresh)) ?? false
      const schedule = yield* givenSchedule(root, undefined)
      if (schedule === undefined) return yield* Errors.invalidSchedule("The <schedule> element is missing.")
      const task = call.site.tasks.add((id) => ({ id, priority: 50, incremental, schedule, ...idsOf(target) }))
      return withSchedule(task, target)
    }),
  updateExtractRefreshTask: (call) =>
    Effect.gen(function* () {
      const { target, task } = yield* findOwn(call)
      const { refresh, root } = yield* givenRefresh(call)
      const named = refresh !== undefined && (child(refresh, "workbook") ?? child(refresh, "datasource")) !== undefined
      const changedTarget = named ? yield* givenTarget(call, refresh) : target
      const changed = {
        ...task,
        incremental: (refresh && (yield* incrementalOf(refresh))) ?? task.incremental,
        schedule: yield* givenSchedule(root, task.schedule),
        ...idsOf(changedTarget)
      }
      call.site.tasks.replace(task.id, changed)
      return withSchedule(changed, changedTarget)
    }),
  deleteExtractRefreshTask: (call) =>
    Effect.map(findOwn(call), ({ task }) => {
      call.site.tasks.remove(task.id)
      return noContent
    }),
  runExtractRefreshTask: (call) =>
    Effect.gen(function* () {
      const { target, task } = yield* find(call)
      yield* call.payload
      const job = yield* refreshTarget(call, target, task.incremental)
      // The response of a task does not describe the work of the job.
      return ok({ ...Jobs.describe(call.site, job), children: [] })
    }),
  addWorkbookToSchedule: addToSchedule("workbook"),
  addDataSourceToSchedule: addToSchedule("datasource")
})
