/** Errors of requests that have no effect before another request. */
import {
  type CallError,
  ConnectionFailed,
  isTransient,
  RedirectRefused,
  ServerFault,
  TimedOut,
  TlsFailed,
  UnexpectedResponse,
  UnknownCode
} from "../../TableauError.js"

/** The error of a part of an upload as an error of the whole: the server has published nothing. */
export const withoutEffect = (error: CallError): CallError => {
  if (error.acted === "no") return error
  const acted = "no"
  switch (error._tag) {
    case "ConnectionFailed":
      return new ConnectionFailed({ ...error, acted })
    case "RedirectRefused":
      return new RedirectRefused({ ...error, acted })
    case "ServerFault":
      return new ServerFault({ ...error, acted })
    case "TimedOut":
      return new TimedOut({ ...error, acted })
    case "TlsFailed":
      return new TlsFailed({ ...error, acted })
    case "UnexpectedResponse":
      return new UnexpectedResponse({ ...error, acted })
    case "UnknownCode":
      return new UnknownCode({ ...error, acted })
    default:
      return error
  }
}

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
