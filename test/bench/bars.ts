/** The bars: ratios of figures from one run, each with the value that is required and the value to aim for. */

/** The middle value, or the mean of the two middle ones; NaN if there is none. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

/** The median of the ratios of figures that belong together. */
export const medianRatio = (ones: ReadonlyArray<number>, others: ReadonlyArray<number>): number =>
  median(ones.map((value, run) => value / (others[run] ?? Number.NaN)))

/** Undefined if one of the figures is. */
export const quotient = (value: number | undefined, by: number | undefined): number | undefined =>
  value === undefined || by === undefined ? undefined : value / by

/** Undefined if one of the figures is. */
export const largest = (values: ReadonlyArray<number | undefined>): number | undefined =>
  values.includes(undefined) ? undefined : Math.max(...values.map((value) => value ?? Number.NaN))

export interface Bar {
  readonly title: string
  readonly required: number
  readonly aim?: number
  /** Whether both are minima. */
  readonly least?: boolean
}

/** CPU unless stated otherwise. */
export const bars = {
  call: { title: "small call / HttpClient on undici", required: 1, aim: 0.75 },
  tracedCall: { title: "small call with a tracer / HttpClient on undici", required: 1.2, aim: 0.9 },
  sharedCall: { title: "small call with a shared session / without", required: 1.1 },
  foreignCall: { title: "small call through a foreign HttpClient / that HttpClient", required: 1.8, aim: 1.4 },
  atOnce: { title: "200 at once, calls per second of CPU / HttpClient", required: 1.2, aim: 2, least: true },
  decodeBare: { title: "bytes to model / bare loop, worst of 10, 100, 1000 per page", required: 1.1, aim: 0.9 },
  decodePython: { title: "bytes to model / Python, worst of 10, 100, 1000 per page", required: 0.2, aim: 0.13 },
  block: { title: "longest block of the event loop, response of 30 MB, ms", required: 50 },
  programBare: { title: "10,000 at 0 ms, whole program / bare loop", required: 2.1, aim: 1.9 },
  bundleBare: { title: "10,000 at 0 ms, as a bundle / bare loop", required: 1.5, aim: 1.35 },
  programPython: { title: "10,000 at 0 ms, whole program / Python", required: 0.95, aim: 0.85 },
  bundlePython: { title: "10,000 at 0 ms, as a bundle / Python", required: 0.65, aim: 0.55 },
  aheadPython: { title: "10,000 at 50 ms, eight ahead, wall time / Python", required: 0.28, aim: 0.22 },
  ahead: { title: "sequential / eight ahead at 50 ms, wall time", required: 5.2, aim: 6, least: true },
  sites: { title: "two sites at once / one after the other, 100 ms, wall time", required: 1.1 },
  start: { title: "start with all imports / what it must load of Effect", required: 1.3, aim: 1.15 },
  longList: { title: "300,000 items, CPU of the list / Python", required: 0.2, aim: 0.15 },
  peak: { title: "peak memory under a heap limit, 1,000,000 / 10,000", required: 1.2, aim: 1.1 },
  liveHeap: { title: "live heap after a collection, 1,000,000 / 10,000", required: 1.15, aim: 1.05 }
} as const satisfies Readonly<Record<string, Bar>>

type Name = keyof typeof bars

/** The value of each bar that a part measures; undefined if it was not possible. */
export type Values = Readonly<Partial<Record<Name, number | undefined>>>

const holds = (least: boolean, limit: number, value: number): boolean => (least ? value >= limit : value <= limit)

/** The cells of a row: title, value, required, aim, verdict. NaN never holds. */
export const row = ({ aim, least = false, required, title }: Bar, value: number | undefined): ReadonlyArray<string> => {
  const limit = (of: number | undefined) => (of === undefined ? "" : `${least ? "at least " : ""}${of}`)
  const verdict =
    value === undefined
      ? "not measured"
      : !holds(least, required, value)
        ? "MISSED"
        : aim !== undefined && holds(least, aim, value)
          ? "ok, aim met"
          : "ok"
  return [title, value === undefined ? "-" : value.toFixed(2), limit(required), limit(aim), verdict]
}

/** The rows of what was measured, in the order of the table. */
export const rows = (values: Values): ReadonlyArray<ReadonlyArray<string>> => {
  const measured = new Map(Object.entries(values))
  return Object.entries(bars)
    .filter(([name]) => measured.has(name))
    .map(([name, bar]) => row(bar, measured.get(name)))
}
