import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Tableau's dates are whole seconds in UTC. */
export const write = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

export const now: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, write)
