import type * as Clock from "effect/Clock"

/** Milliseconds by a clock that nobody sets: what it says tells how long something took, and no time of day. */
export const elapsed = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)
