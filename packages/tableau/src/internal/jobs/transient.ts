import type { CallError } from "../../TableauError.js"
import { isLasting } from "../errors/lasting.js"

/**
 * Whether the next poll of a job may succeed. A server that restarts refuses connections for minutes, and gateways in front
 * of it send what they like: after a first response of Tableau the address is known to be right, and web pages count as
 * transient failures, too.
 */
export const isTransient = (error: CallError, hasResponded: boolean): boolean => {
  switch (error._tag) {
    case "ConnectionFailed":
      return !isLasting(error, true)
    case "RateLimited":
    case "SessionExpired":
    case "TimedOut":
      return true
    case "ServerFault":
      return error.status !== 501
    case "UnexpectedResponse":
      return hasResponded && error.kind !== "TooLarge"
    default:
      return error.status === 408
  }
}
