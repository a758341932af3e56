import type * as Clock from "effect/Clock"

/** Milliseconds by the monotonic clock: for durations. It is not a time of day. */
export const elapsed = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)
