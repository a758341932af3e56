/** How something is to be made into a file: what the options of several operations are in a query. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { BadRequest, UnfilterableValue } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import type * as Parts from "./input.js"
import type { QueryParameters } from "./run.js"
import * as ViewFilter from "./viewFilter.js"

export interface Wanted extends ViewFilter.Given {
  readonly maxAge?: Duration.DurationInput | undefined
  readonly vizWidth?: number | undefined
  readonly vizHeight?: number | undefined
}

const minutesOf = (operation: string, maxAge: Duration.DurationInput): Either.Either<number, BadRequest> => {
  const minutes = Option.getOrUndefined(Option.map(Duration.decodeUnknown(maxAge), Duration.toMinutes))
  return minutes !== undefined && Number.isSafeInteger(minutes) && minutes >= 1
    ? Either.right(minutes)
    : Either.left(badRequest(operation, "maxAge must be whole minutes, and at least one."))
}

const pixels = (size: number | undefined): boolean => size === undefined || (Number.isSafeInteger(size) && size > 0)

/** What is the same whatever is made; `more` is what is not. */
export const query = (
  operation: string,
  { filters, maxAge, parameters, vizHeight, vizWidth }: Wanted,
  more: QueryParameters = {}
): Either.Either<QueryParameters, BadRequest | UnfilterableValue> =>
  Either.gen(function* () {
    if ((vizWidth === undefined) !== (vizHeight === undefined)) {
      return yield* Either.left(badRequest(operation, "vizWidth and vizHeight go together: give both, or neither."))
    }
    if (!pixels(vizWidth) || !pixels(vizHeight)) {
      return yield* Either.left(badRequest(operation, "vizWidth and vizHeight are pixels: whole numbers from 1 on."))
    }
    return {
      ...more,
      maxAge: maxAge === undefined ? undefined : yield* minutesOf(operation, maxAge),
      vizWidth,
      vizHeight,
      ...(yield* ViewFilter.encode(operation, { filters, parameters }))
    }
  })

/** The query of an operation that renders, or why there is none. */
export const parameters = (wanted: Wanted, more?: QueryParameters): Parts.Query | Parts.Refusal =>
  Either.match(query("", wanted, more), {
    onLeft: (error) => ({
      refused: error.detail ?? "",
      field: error._tag === "UnfilterableValue" ? error.field : undefined
    }),
    onRight: (sent) => sent
  })
