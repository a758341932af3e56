/** The options of operations that render a view or a workbook, as query parameters. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { type InvalidInput, invalidInput, isInvalidInput, type Query } from "./request.js"
import * as ViewFilter from "./viewFilter.js"

export interface Options extends ViewFilter.Selection {
  readonly language?: string | undefined
  readonly maxAge?: Duration.DurationInput | undefined
  readonly vizWidth?: number | undefined
  readonly vizHeight?: number | undefined
}

const minutesOf = (duration: Duration.DurationInput): number | undefined =>
  // `decodeUnknown`, because JavaScript and casts can pass what is not a duration.
  Option.getOrUndefined(Option.map(Duration.decodeUnknown(duration), Duration.toMinutes))

const isPositiveInteger = (value: number | undefined): boolean => Number.isSafeInteger(value) && Number(value) > 0

/** The query parameters that all of these operations share, and `more`. */
export const parameters = (options: Options, more: Query = {}): Query | InvalidInput => {
  const { language, maxAge, vizHeight, vizWidth } = options
  if ((vizWidth === undefined) !== (vizHeight === undefined)) {
    return invalidInput("vizWidth and vizHeight go together: give both, or neither.")
  }
  if (vizWidth !== undefined && !(isPositiveInteger(vizWidth) && isPositiveInteger(vizHeight))) {
    return invalidInput("vizWidth and vizHeight are pixels: whole numbers from 1.")
  }
  const minutes = maxAge === undefined ? undefined : minutesOf(maxAge)
  if (maxAge !== undefined && !isPositiveInteger(minutes)) {
    return invalidInput("maxAge must be whole minutes, and at least one.")
  }
  const selection = ViewFilter.parameters(options)
  return isInvalidInput(selection)
    ? selection
    : { language, ...more, maxAge: minutes, vizWidth, vizHeight, ...selection }
}
