/** Limits for ratios of figures from one run. */

export interface Bar {
  readonly name: string
  readonly limit: number
  /** Whether the limit is a minimum. */
  readonly least?: boolean
  /** Undefined if it was not measured. */
  readonly value: number | undefined
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

/** One line with value, limit and whether it holds. NaN never holds. */
export const line = ({ least = false, limit, name, value }: Bar): string => {
  const label = `bar ${name}:`
  const limits = `(limit ${least ? "at least " : ""}${limit})`
  if (value === undefined) return `${label} - ${limits} not measured`
  return `${label} ${value.toFixed(2)} ${limits} ${(least ? value >= limit : value <= limit) ? "ok" : "MISSED"}`
}
