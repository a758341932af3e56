/** Which failures may pass: requests, uploads and jobs decide by it whether to try again. */
import type { TableauError } from "../../TableauError.js"
import type { ConnectionFailed } from "./transport.js"

/** The HttpClient was closed. */
const closedCodes: ReadonlySet<string | undefined> = new Set(["UND_ERR_CLOSED", "UND_ERR_DESTROYED"])

/** A proxy or a limit of the HttpClient: waiting changes nothing. */
const lastingReasons: ReadonlySet<string> = new Set(["HeadersTooLarge", "ProxyAuthentication", "ProxyRefused"])

/**
 * Whether a connection will fail again. After a response the address is known to be right, and a name that is not found
 * means that the network is down.
 */
export const isLasting = ({ nodeCode, reason }: ConnectionFailed, hasResponded: boolean): boolean =>
  closedCodes.has(nodeCode) || lastingReasons.has(reason) || (nodeCode === "ENOTFOUND" && !hasResponded)

const transientStatuses: ReadonlySet<number | undefined> = new Set([408, 502, 503, 504])

/** Whether the same request may succeed later. `hasResponded` says whether the server has responded before. */
export const isTransient = (error: TableauError, hasResponded: boolean): boolean => {
  switch (error._tag) {
    case "ConnectionFailed":
      return !isLasting(error, hasResponded)
    case "RateLimited":
    case "TimedOut":
      return true
    default:
      return transientStatuses.has(error.status)
  }
}
