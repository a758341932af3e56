import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Formats an instant as Tableau does: in UTC, without fractions of a second. */
export const write = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

export const now: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, write)
