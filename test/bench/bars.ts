/** What must hold, as ratios of figures of one run. */

export interface Bar {
  readonly name: string
  readonly limit: number
  /** Whether the limit is the least and not the most. */
  readonly least?: boolean
  /** Absent where it could not be measured. */
  readonly value: number | undefined
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

/** A bar that is measured and holds is ok; what is no number holds nothing. */
export const line = ({ least = false, limit, name, value }: Bar): string => {
  const said = `bar ${name}:`
  const bound = `(limit ${least ? "at least " : ""}${limit})`
  if (value === undefined) return `${said} - ${bound} not measured`
  return `${said} ${value.toFixed(2)} ${bound} ${(least ? value >= limit : value <= limit) ? "ok" : "MISSED"}`
}
