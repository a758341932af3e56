import * as DateTime from "effect/DateTime"
import type { Instant } from "../Filter.js"

export const isInstant = (value: unknown): value is Instant => value instanceof Date || DateTime.isDateTime(value)

/** Milliseconds since the epoch; `NaN` for an invalid `Date`. */
export const millisOf = (instant: Instant): number =>
  instant instanceof Date ? instant.getTime() : DateTime.toEpochMillis(instant)
