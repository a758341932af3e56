import type { CallError } from "../../TableauError.js"
import { isLasting } from "../errors/lasting.js"

/**
 * Whether the next poll of a job may succeed. A server that restarts refuses connections for minutes, and gateways in front
 * of it send what they like: after a sign-in the address is known to be right, and web pages and redirects to them count
 * as transient failures, too.
 */
export const isTransient = (error: CallError, hasSignedIn: boolean): boolean => {
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
      return hasSignedIn && error.kind !== "TooLarge"
    case "RedirectRefused":
      return hasSignedIn
    default:
      return error.status === 408
  }
}
