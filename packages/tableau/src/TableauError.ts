/**
 * The errors of this package, each a class of its own. All hold plain data: the operation, what happened, whether the
 * server acted on the request, and in the message what to do next. None ever holds a token, a password or a request.
 *
 * `BadRequest`, `Conflict`, `Forbidden`, `MethodNotAllowed` and `NotFound` are also tags of `@effect/platform`'s
 * `HttpApiError`: map these before they leave a handler of an `HttpApi`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import {
  BadRequest,
  Conflict,
  DeploymentUnsupported,
  Forbidden,
  MethodNotAllowed,
  NotFound,
  QueryFailed,
  UnfilterableValue,
  UnknownCode,
  VersionUnsupported
} from "./internal/errors/request.js"
import {
  ListIncomplete,
  RateLimited,
  ServerFault,
  UnexpectedResponse,
  UploadMismatch
} from "./internal/errors/server.js"
import {
  MissingScope,
  SessionClosed,
  SessionEvicted,
  SessionExpired,
  SessionPinned,
  SessionStoreBusy,
  SessionStoreUnavailable,
  SignInFailed,
  SiteMismatch,
  SiteSwitchFailed,
  SiteSwitchUnavailable,
  UserMismatch
} from "./internal/errors/session.js"
import { ConnectionFailed, RedirectRefused, TimedOut, TlsFailed } from "./internal/errors/transport.js"

export type { Acted } from "./internal/errors/fields.js"
export type { QueryProblem } from "./internal/errors/request.js"
export {
  BadRequest,
  Conflict,
  ConnectionFailed,
  DeploymentUnsupported,
  Forbidden,
  ListIncomplete,
  MethodNotAllowed,
  MissingScope,
  NotFound,
  QueryFailed,
  RateLimited,
  RedirectRefused,
  ServerFault,
  SessionClosed,
  SessionEvicted,
  SessionExpired,
  SessionPinned,
  SessionStoreBusy,
  SessionStoreUnavailable,
  SignInFailed,
  SiteMismatch,
  SiteSwitchFailed,
  SiteSwitchUnavailable,
  TimedOut,
  TlsFailed,
  UnexpectedResponse,
  UnfilterableValue,
  UnknownCode,
  UploadMismatch,
  UserMismatch,
  VersionUnsupported
}

/**
 * Errors of signing in, of switching sites and of the end of a session.
 *
 * @since 0.1.0
 * @category unions
 */
export type SessionError =
  | SignInFailed
  | SiteMismatch
  | UserMismatch
  | SiteSwitchFailed
  | SiteSwitchUnavailable
  | SessionExpired
  | SessionEvicted
  | SessionClosed
  | SessionPinned
  | SessionStoreUnavailable
  | SessionStoreBusy
  | MissingScope

/**
 * Errors of requests that fail again if they are repeated unchanged.
 *
 * @since 0.1.0
 * @category unions
 */
export type RequestError =
  | BadRequest
  | Forbidden
  | NotFound
  | Conflict
  | MethodNotAllowed
  | VersionUnsupported
  | DeploymentUnsupported
  | QueryFailed
  | UnfilterableValue
  | UnknownCode

/**
 * Errors of the server: overload, failures, and responses that are not Tableau's.
 *
 * @since 0.1.0
 * @category unions
 */
export type ServerError = RateLimited | ServerFault | UnexpectedResponse | ListIncomplete | UploadMismatch

/**
 * Errors of the connection to the server.
 *
 * @since 0.1.0
 * @category unions
 */
export type TransportError = ConnectionFailed | TlsFailed | TimedOut | RedirectRefused

/**
 * The errors of an operation that sends one request.
 *
 * @since 0.1.0
 * @category unions
 */
export type CallError =
  | SessionError
  | BadRequest
  | Forbidden
  | NotFound
  | Conflict
  | MethodNotAllowed
  | VersionUnsupported
  | DeploymentUnsupported
  | UnknownCode
  | RateLimited
  | ServerFault
  | UnexpectedResponse
  | TransportError

/**
 * The errors of a list, and of the stream of its items.
 *
 * @since 0.1.0
 * @category unions
 */
export type ListError = CallError | UnfilterableValue | ListIncomplete

/**
 * The errors of opening a session. `SessionExpired` and `SessionClosed` can occur if the session is shared with others:
 * with the same personal access token on another site.
 *
 * @since 0.1.0
 * @category unions
 */
export type OpenError =
  | SignInFailed
  | SiteMismatch
  | UserMismatch
  | SessionExpired
  | SessionEvicted
  | SessionClosed
  | SessionPinned
  | SessionStoreUnavailable
  | SessionStoreBusy
  | BadRequest
  | Forbidden
  | NotFound
  | Conflict
  | MethodNotAllowed
  | VersionUnsupported
  | UnknownCode
  | RateLimited
  | ServerFault
  | UnexpectedResponse
  | TransportError

/**
 * The errors of switching a session to another site: a session that is `lazy` may have to sign in first.
 *
 * @since 0.1.0
 * @category unions
 */
export type SwitchError = OpenError | SiteSwitchFailed | SiteSwitchUnavailable

/**
 * All errors of this package.
 *
 * @since 0.1.0
 * @category unions
 */
export type TableauError = SessionError | RequestError | ServerError | TransportError

/**
 * The Schema of all errors of this package. They encode to JSON, without stack traces, and decode to the same classes: for
 * queues, databases and other processes.
 *
 * @example
 * ```ts
 * import { TableauError } from "effect-tableau"
 * import * as Schema from "effect/Schema"
 *
 * const toJson = Schema.encode(Schema.parseJson(TableauError.schema))
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const schema = Schema.Union(
  SignInFailed,
  SiteMismatch,
  UserMismatch,
  SiteSwitchFailed,
  SiteSwitchUnavailable,
  SessionExpired,
  SessionEvicted,
  SessionClosed,
  SessionPinned,
  SessionStoreUnavailable,
  SessionStoreBusy,
  MissingScope,
  BadRequest,
  Forbidden,
  NotFound,
  Conflict,
  MethodNotAllowed,
  VersionUnsupported,
  DeploymentUnsupported,
  QueryFailed,
  UnfilterableValue,
  UnknownCode,
  RateLimited,
  ServerFault,
  UnexpectedResponse,
  ListIncomplete,
  UploadMismatch,
  ConnectionFailed,
  TlsFailed,
  TimedOut,
  RedirectRefused
)

const tableauError = Schema.is(schema)

/**
 * Returns whether a value is an error of this package.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTableauError = (error: unknown): error is TableauError => tableauError(error)

/**
 * Returns whether the session is the cause: signing in, switching sites, or the end of the session.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isSessionError = (error: unknown): error is SessionError =>
  isTableauError(error) && error.category === "session"

/**
 * Returns whether the request is the cause. It fails again if it is repeated unchanged.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isRequestError = (error: unknown): error is RequestError =>
  isTableauError(error) && error.category === "request"

/**
 * Returns whether the server is the cause.
 *
 * @example
 * ```ts
 * import { TableauError, Workbooks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const patient = Workbooks.list().pipe(Effect.retry({ times: 3, while: TableauError.isServerError }))
 * ```
 *
 * @since 0.1.0
 * @category predicates
 */
export const isServerError = (error: unknown): error is ServerError =>
  isTableauError(error) && error.category === "server"

/**
 * Returns whether the connection to the server is the cause.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTransportError = (error: unknown): error is TransportError =>
  isTableauError(error) && error.category === "transport"

/** The HttpClient was closed. */
const closedCodes: ReadonlySet<string | undefined> = new Set(["UND_ERR_CLOSED", "UND_ERR_DESTROYED"])

/** A proxy or a limit of the HttpClient: waiting changes nothing. */
const lastingReasons: ReadonlySet<string> = new Set(["HeadersTooLarge", "ProxyAuthentication", "ProxyRefused"])

/** The server, or a gateway in front of it, is busy, overloaded or disconnected. */
const busyStatuses: ReadonlySet<number | undefined> = new Set([408, 502, 503, 504])

/**
 * Returns whether the cause may pass without any change by you: the server is down, busy or restarts, the network or the
 * store of a shared session cannot be reached, or the session has expired. Errors of credentials, permissions and requests
 * do not pass, and neither do those of an `HttpClient` that was closed or of an API that the server does not have (501).
 *
 * It does not say whether the request may be repeated: the server may have acted on it. That is safe only if `acted` is
 * `"no"`, or if the request is one that may be repeated in any case.
 *
 * A wrong `server` looks like an outage: a name that is not found, a web page, a redirect. By default they are taken for an
 * outage. With `isAddressKnown: false`, before anything has shown that the address is right, they are not.
 *
 * @example
 * ```ts
 * import { TableauError, Workbooks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 * import * as Schedule from "effect/Schedule"
 * import * as Stream from "effect/Stream"
 *
 * const names = Workbooks.list().pipe(
 *   Effect.flatMap(({ items }) => Stream.runCollect(items)),
 *   // A list only reads: it may be repeated in any case.
 *   Effect.retry({ schedule: Schedule.spaced("1 minute"), times: 60, while: TableauError.isTransient })
 * )
 * ```
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTransient = (
  error: unknown,
  { isAddressKnown = true }: { readonly isAddressKnown?: boolean | undefined } = {}
): boolean => {
  if (!isTableauError(error)) return false
  switch (error._tag) {
    case "RateLimited":
    case "SessionExpired":
    case "SessionStoreBusy":
    case "SessionStoreUnavailable":
    case "TimedOut":
      return true
    case "ConnectionFailed": {
      const { nodeCode, reason } = error
      if (closedCodes.has(nodeCode) || lastingReasons.has(reason)) return false
      return isAddressKnown || nodeCode !== "ENOTFOUND"
    }
    case "ServerFault":
      return error.status !== 501
    case "RedirectRefused":
      return isAddressKnown
    case "UnexpectedResponse":
      return (
        busyStatuses.has(error.status) ||
        (isAddressKnown && error.kind !== "TooLarge" && error.kind !== "MalformedItem")
      )
    default:
      return busyStatuses.has(error.status)
  }
}
