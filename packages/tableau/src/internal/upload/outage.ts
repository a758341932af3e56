/** How long an upload waits for a server that is not available. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type CallError, isTransient } from "../../TableauError.js"
import { elapsed } from "../clock.js"
import type { Values } from "./limits.js"

/**
 * The time since the first transient failure after the last acknowledged block. All requests of an upload share it: a
 * restart of the server or of a router takes minutes, which is little beside hours of sending.
 */
export class Outage {
  private since: number | undefined

  constructor(private readonly limits: Values) {}

  end(): void {
    this.since = undefined
  }

  /** Waits before a request is sent again, or fails with its error if that has been done for long enough. */
  wait<E extends CallError>(error: E, resends: number): Effect.Effect<void, E> {
    return Effect.clockWith((clock) => {
      const { delay, maxDelay, maxOutage, maxResends } = this.limits
      const now = elapsed(clock)
      // While a server restarts, it may fail in other ways, too. A 500 alone may be what the server says of this block.
      if (isTransient(error) && error.status !== 500) this.since ??= now
      const retryAfter = error._tag === "RateLimited" ? Duration.toMillis(error.retryAfter ?? 0) : 0
      const wait = Math.max(retryAfter, Math.min(maxDelay, delay * 2 ** resends))
      const isShort = this.since !== undefined && now + wait - this.since <= maxOutage
      // A large block may take longer than the limit until it fails: it is sent some times in any case.
      return isShort || (resends < maxResends && retryAfter <= maxOutage)
        ? Effect.sleep(Duration.millis(wait))
        : Effect.fail(error)
    })
  }
}
