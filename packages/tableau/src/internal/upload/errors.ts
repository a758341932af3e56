/** Errors of requests that have no effect before another request. */
import { type CallError, isTransient } from "../../TableauError.js"

/**
 * Whether it would happen again: a server, or a gateway in front of it, has refused a request, or it was not sent for a reason
 * that waiting does not change.
 */
export const isRefusal = (error: CallError): boolean => {
  const { _tag, acted, status = 0 } = error
  const isClientError = status >= 400 && status < 500
  // A page with such a status comes from a gateway that refuses the request.
  if (isTransient(error, { isAddressKnown: _tag !== "UnexpectedResponse" || !isClientError })) return false
  return acted === "no" || isClientError
}

/** Whether the server may still be working on a request that has failed. */
export const mayStillArrive = ({ _tag, status }: CallError): boolean =>
  _tag === "TimedOut" || status === 408 || status === 502 || status === 503 || status === 504
