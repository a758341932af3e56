/** Errors of requests that have had no effect, whatever happened to another request. */
import {
  type CallError,
  ConnectionFailed,
  RedirectRefused,
  ServerFault,
  TimedOut,
  TlsFailed,
  UnexpectedResponse,
  UnknownCode
} from "../../TableauError.js"

/** The error of one request as that of another one, which was not sent or has had no effect. */
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
