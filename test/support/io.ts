import * as Effect from "effect/Effect"

/** Until what is on the sockets was read by whoever waits for it: for what must not happen, and has no event. */
export const io = Effect.repeatN(
  Effect.async<void>((resume) => {
    setTimeout(() => resume(Effect.void), 1)
  }),
  20
)
