/** Schedules of tasks on Tableau Cloud. The public module is `Tasks.ts`. */

/**
 * A day of the week.
 *
 * @since 0.1.0
 * @category models
 */
export type WeekDay = "Sunday" | "Monday" | "Tuesday" | "Wednesday" | "Thursday" | "Friday" | "Saturday"

/**
 * One property of a schedule: a day, or the time from one run to the next. Only `monthDay` and `weekDay` occur together.
 *
 * @since 0.1.0
 * @category models
 */
export interface Interval {
  readonly hours?: number | undefined
  readonly minutes?: number | undefined
  readonly weekDay?: WeekDay | undefined
  /** From 1 to 31, `LastDay`, or with a `weekDay` also `First` to `Fifth`. */
  readonly monthDay?: number | "LastDay" | "First" | "Second" | "Third" | "Fourth" | "Fifth" | undefined
}

/**
 * When a task of Tableau Cloud runs.
 *
 * - `Hourly`: one interval of `hours: 1` or `minutes: 60`, and one `weekDay` for each day
 * - `Daily`: one interval of `hours` (2, 4, 6, 8, 12 or 24), and one `weekDay` for each day, if not all
 * - `Weekly`: one `weekDay`
 * - `Monthly`: one or more days as `monthDay`, or `LastDay`, or one interval such as
 *   `{ monthDay: "First", weekDay: "Monday" }`
 *
 * @since 0.1.0
 * @category models
 */
export interface CloudSchedule {
  readonly frequency: "Hourly" | "Daily" | "Weekly" | "Monthly"
  readonly frequencyDetails: {
    /** The time of day, in steps of five minutes, for example `06:05:00`. */
    readonly start: string
    /** Whole hours after `start`. For `Hourly`, and for `Daily` with less than 24 hours. */
    readonly end?: string | undefined
    readonly intervals: ReadonlyArray<Interval>
  }
}

const weekDays: ReadonlyArray<unknown> = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday"
] satisfies ReadonlyArray<WeekDay>

const ordinals: ReadonlyArray<unknown> = ["First", "Second", "Third", "Fourth", "Fifth", "LastDay"]

const isDayOfMonth = (day: unknown): boolean =>
  typeof day === "number" && Number.isInteger(day) && day >= 1 && day <= 31

/** The minutes since midnight of `HH:MM:SS`, if Tableau accepts that time. */
const minutesOf = (time: string | undefined): number | undefined => {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5][05]):00$/.exec(time ?? "") ?? []
  return hours === undefined || minutes === undefined ? undefined : Number(hours) * 60 + Number(minutes)
}

const propertiesOf = (interval: Interval): ReadonlyArray<string> =>
  Object.entries(interval).flatMap(([name, value]) => (value === undefined ? [] : [name]))

interface Rule {
  readonly isValid: (intervals: ReadonlyArray<Interval>) => boolean
  readonly intervals: string
  readonly end: (intervals: ReadonlyArray<Interval>) => "required" | "optional" | "none"
}

/** Whether each interval has one property, and all but one of them are different days of the week. */
const isEvery = (intervals: ReadonlyArray<Interval>, isPeriod: (interval: Interval) => boolean): boolean => {
  const days = intervals.filter(({ weekDay }) => weekDay !== undefined).map(({ weekDay }) => weekDay)
  const periods = intervals.filter(({ weekDay }) => weekDay === undefined)
  return (
    intervals.every((interval) => propertiesOf(interval).length === 1) &&
    periods.length === 1 &&
    periods.every(isPeriod) &&
    new Set(days).size === days.length
  )
}

const rules: Readonly<Record<CloudSchedule["frequency"], Rule>> = {
  Hourly: {
    isValid: (intervals) =>
      isEvery(intervals, ({ hours, minutes }) => hours === 1 || minutes === 60) && intervals.length > 1,
    intervals: "one interval of `hours: 1` or `minutes: 60`, and one `weekDay` for each day on which it runs",
    end: () => "required"
  },
  Daily: {
    isValid: (intervals) => isEvery(intervals, ({ hours = 0 }) => [2, 4, 6, 8, 12, 24].includes(hours)),
    intervals: "one interval of `hours` (2, 4, 6, 8, 12 or 24), and at most one `weekDay` for each day",
    end: (intervals) => (intervals.some(({ hours }) => hours === 24) ? "optional" : "required")
  },
  Weekly: {
    isValid: ([interval = {}, ...others]) =>
      others.length === 0 && propertiesOf(interval).length === 1 && interval.weekDay !== undefined,
    intervals: "exactly one `weekDay`",
    end: () => "none"
  },
  Monthly: {
    isValid: (intervals) => {
      const [{ monthDay, weekDay } = { monthDay: undefined, weekDay: undefined }, ...others] = intervals
      if (intervals.some(({ hours, minutes }) => hours !== undefined || minutes !== undefined)) return false
      if (others.length === 0 && weekDay !== undefined) return ordinals.includes(monthDay)
      if (others.length === 0 && monthDay === "LastDay") return true
      const days = intervals.map(({ monthDay }) => monthDay)
      return (
        intervals.length > 0 &&
        intervals.every((interval) => interval.weekDay === undefined && isDayOfMonth(interval.monthDay)) &&
        new Set(days).size === days.length
      )
    },
    intervals:
      '`monthDay`s from 1 to 31, or `LastDay` alone, or one interval such as `{ monthDay: "First", weekDay: "Monday" }`',
    end: () => "none"
  }
}

/** Why Tableau Cloud would refuse a schedule. */
export const problemOf = ({ frequency, frequencyDetails }: CloudSchedule): string | undefined => {
  if (!Object.hasOwn(rules, frequency)) return "`frequency` is Hourly, Daily, Weekly or Monthly."
  const { end, intervals, start } = frequencyDetails
  const rule = rules[frequency]
  if (intervals.some(({ weekDay }) => weekDay !== undefined && !weekDays.includes(weekDay))) {
    return "`weekDay` is a name such as Sunday."
  }
  if (!rule.isValid(intervals)) return `A schedule with the frequency ${frequency} has ${rule.intervals}.`
  const from = minutesOf(start)
  if (from === undefined) return "`start` is a time in steps of five minutes, such as 06:05:00."
  const endIs = rule.end(intervals)
  if (end === undefined) {
    return endIs === "required" ? "`end` is missing: the time of day after which the task does not run." : undefined
  }
  if (endIs === "none") return `A schedule with the frequency ${frequency} has no \`end\`.`
  const to = minutesOf(end)
  return to === undefined || (to - from) % 60 !== 0
    ? "`end` is whole hours after `start`, such as 18:05:00."
    : undefined
}

/** The element of a request. */
export const element = ({ frequency, frequencyDetails: { end, intervals, start } }: CloudSchedule) => ({
  frequency,
  frequencyDetails: {
    start,
    end,
    intervals: {
      interval: intervals.map(({ hours, minutes, monthDay, weekDay }) => ({ hours, minutes, monthDay, weekDay }))
    }
  }
})
