/** The facts of a response that are known before its body. */
import type { IncomingResponse, ResponseHead } from "./exchange.js"

/**
 * Headers that may hold the server's id of the request. Tableau documents none: these are the usual ones of servers,
 * gateways and tracers.
 */
const requestIdHeaders = ["x-request-id", "x-tableau-request-id", "x-correlation-id", "x-b3-traceid"]

const maxRequestIdLength = 200

/** An id that a log can hold: printable ASCII only, and not longer than any real one. */
const requestIdOf = (header: IncomingResponse["header"]): string | undefined => {
  for (const name of requestIdHeaders) {
    const id = header(name)
    if (id === undefined) continue
    const printable = id
      .slice(0, maxRequestIdLength)
      .replaceAll(/[^ -~]/g, "")
      .trim()
    if (printable !== "") return printable
  }
  return undefined
}

export const headOf = (status: number, header: IncomingResponse["header"]): ResponseHead => ({
  status,
  location: header("location"),
  retryAfter: header("retry-after"),
  contentType: header("content-type") ?? "",
  date: header("date"),
  requestId: requestIdOf(header)
})
