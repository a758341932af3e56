import * as Effect from "effect/Effect"

/** Waits until the sockets have delivered their data, for events that must not happen. */
export const io = Effect.repeatN(
  Effect.async<void>((resume) => {
    setTimeout(() => resume(Effect.void), 1)
  }),
  20
)
