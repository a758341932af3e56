/** Turns the errors of Node, undici and fetch into typed errors without secrets. */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import {
  type BadRequest,
  ConnectionFailed,
  RedirectRefused,
  TimedOut,
  TlsFailed,
  type TransportError
} from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import { type RequestContext, uncertainActed } from "./exchange.js"
import { idLimit } from "./serverText.js"

/** The cause of an HttpClient error, which the user's client may wrap. */
export class OtherOrigin extends Schema.TaggedError<OtherOrigin>("effect-tableau/OtherOrigin")("OtherOrigin", {
  origin: Schema.String
}) {}

/** The proxy responded with an error status, or there is no connection to it. Nothing reached the server. */
export class ProxyError extends Schema.TaggedError<ProxyError>("effect-tableau/ProxyError")("ProxyError", {
  /** Scheme, host and port, if they are known. */
  proxy: Schema.optional(Schema.String),
  status: Schema.optional(Schema.Int),
  code: Schema.optional(Schema.String),
  detail: Schema.optional(Schema.String),
  missingIssuer: Schema.optional(Schema.String)
}) {}

/** The cause is the error of a TLS handshake with a server whose chain of certificates ends before a known authority. */
export class MissingIssuer extends Schema.TaggedError<MissingIssuer>("effect-tableau/MissingIssuer")("MissingIssuer", {
  issuer: Schema.String,
  cause: Schema.Defect
}) {}

/** The body of a request has another size than its file states. Nothing was published. */
export class WrongSize extends Schema.TaggedError<WrongSize>("effect-tableau/WrongSize")("WrongSize", {
  detail: Schema.String
}) {}

/** A timeout of the HttpClient expired. */
export class ClientTimeout extends Schema.TaggedError<ClientTimeout>("effect-tableau/ClientTimeout")("ClientTimeout", {
  phase: Schema.Literal("connect", "firstByte", "stall"),
  /** In milliseconds, if it is known. */
  after: Schema.optional(Schema.Number),
  proxy: Schema.optional(Schema.String)
}) {}

interface SystemError {
  /** A code of Node, OpenSSL or undici. */
  readonly code: string
  readonly message: string
  /** The system call, such as `connect`. */
  readonly call: unknown
}

/** The chain of causes, outermost first: fetch, undici and AggregateError each wrap the error. */
const causesOf = (cause: unknown, depth = 0): ReadonlyArray<unknown> => {
  if (!Predicate.isRecord(cause) || depth > 5) return []
  const inner = Array.isArray(cause["errors"]) ? cause["errors"][0] : cause["cause"]
  return [cause, ...causesOf(inner, depth + 1)]
}

/** The code of a TLS error on write is `EPROTO`; its message holds the reason of OpenSSL. */
const opensslCode = (code: string, message: string): string => {
  const reason = code === "EPROTO" ? /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] : undefined
  return reason === undefined ? code : `ERR_SSL_${reason.trim().toUpperCase().replaceAll(" ", "_")}`
}

/** The deepest cause that has a code. */
const rootCause = (cause: unknown): SystemError | undefined =>
  causesOf(cause).reduce<SystemError | undefined>((found, error) => {
    if (!Predicate.isRecord(error) || typeof error["code"] !== "string") return found
    const message = String(error["message"] ?? "")
    return { code: opensslCode(error["code"], message), message, call: error["syscall"] }
  }, undefined)

const missingIssuerOf = (error: unknown): string | undefined =>
  causesOf(error).find((cause) => cause instanceof MissingIssuer)?.issuer

/** The fields of a `ProxyError` for an error of the connection to the proxy. */
export const proxyErrorFields = (error: unknown): Pick<ProxyError, "code" | "detail" | "missingIssuer"> => {
  const found = rootCause(error)
  return found === undefined ? {} : { code: found.code, detail: found.message, missingIssuer: missingIssuerOf(error) }
}

const tlsReasons: Readonly<Record<string, TlsFailed["reason"]>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "SelfSigned",
  SELF_SIGNED_CERT_IN_CHAIN: "SelfSigned",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "UnknownAuthority",
  UNABLE_TO_GET_ISSUER_CERT: "UnknownAuthority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "UnknownAuthority",
  CERT_UNTRUSTED: "UnknownAuthority",
  CERT_HAS_EXPIRED: "Expired",
  CERT_NOT_YET_VALID: "NotYetValid",
  ERR_TLS_CERT_ALTNAME_INVALID: "WrongHost",
  HOSTNAME_MISMATCH: "WrongHost",
  // Alerts of the server about the client certificate.
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "ClientCertificateRequired",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "ClientCertificateRefused",
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "ClientCertificateRefused",
  // TLS 1.2 has one alert for several causes; a missing client certificate is one of them.
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "HandshakeRefused",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "OldProtocol",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "OldProtocol",
  ERR_SSL_WRONG_VERSION_NUMBER: "Protocol",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "Protocol",
  ERR_SSL_HTTP_REQUEST: "Protocol"
}

const tlsReason = ({ code, message }: SystemError): TlsFailed["reason"] | undefined => {
  if (code === "ECONNRESET" && message.includes("before secure TLS connection")) return "Protocol"
  return tlsReasons[code] ?? (/^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO$)/.test(code) ? "Other" : undefined)
}

const timeoutCodes: Readonly<Record<string, ClientTimeout["phase"]>> = {
  UND_ERR_CONNECT_TIMEOUT: "connect",
  UND_ERR_HEADERS_TIMEOUT: "firstByte",
  UND_ERR_BODY_TIMEOUT: "stall"
}

const timeoutPhase = ({ call, code }: SystemError): ClientTimeout["phase"] | undefined =>
  code === "ETIMEDOUT" && call === "connect" ? "connect" : timeoutCodes[code]

/** A connection that was refused, or a host name without an address: nothing was sent. */
const isNeverSent = ({ call, code }: SystemError): boolean =>
  call === "connect" || call === "getaddrinfo" || ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED"].includes(code)

const connectionReason = (code: string | undefined): ConnectionFailed["reason"] => {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "Dns"
  if (code === "UND_ERR_HEADERS_OVERFLOW" || code === "HPE_HEADER_OVERFLOW") return "HeadersTooLarge"
  return code === "ECONNREFUSED" ? "Refused" : "Broken"
}

const proxyReason = (status: number | undefined): ConnectionFailed["reason"] => {
  if (status === undefined) return "ProxyUnreachable"
  if (status === 407) return "ProxyAuthentication"
  return status >= 500 ? "ProxyGateway" : "ProxyRefused"
}

/** undici's ProxyAgent, which the user's client may use, reports the status only in the message. */
const tunnelStatus = (error: SystemError | undefined): number | undefined => {
  const status = /^Proxy response \((\d{3})\)/.exec(error?.message ?? "")?.[1]
  return status === undefined ? undefined : Number(status)
}

/** How Chromium, Firefox and Safari begin the message of each failed `fetch`: they hide the cause from the page. */
const browserMessage = /^(?:Failed to fetch|NetworkError when attempting to fetch|Load failed)/

const isBrowserFetch = (cause: unknown): boolean =>
  causesOf(cause).some((error) => error instanceof TypeError && browserMessage.test(error.message))

/** Builds the error from the root cause only, because the HttpClient's error holds the request with its headers. */
export const transportError = (
  request: RequestContext,
  error: Pick<HttpClientError.HttpClientError, "cause">
): TransportError | BadRequest => {
  const { operation } = request
  const server = request.url.origin
  const isSignedIn = request.isSignedIn || undefined
  const systemError = rootCause(error.cause)

  const timedOut = ({ after, phase, proxy }: Pick<ClientTimeout, "after" | "phase" | "proxy">): TimedOut =>
    new TimedOut({ operation, acted: phase === "connect" ? "no" : uncertainActed(request), phase, after, proxy })

  const tlsFailed = (fields: Pick<TlsFailed, "reason" | "acted" | "nodeCode" | "missingIssuer" | "proxy">): TlsFailed =>
    new TlsFailed({ operation, server, ...fields })

  for (const cause of causesOf(error.cause)) {
    if (cause instanceof OtherOrigin) {
      return new RedirectRefused({
        operation,
        acted: "no",
        location: request.sanitize(cause.origin, idLimit),
        reason: "a request of this session may go to its own server only (see `transformClient`)"
      })
    }
    if (cause instanceof ClientTimeout) return timedOut(cause)
    if (cause instanceof WrongSize) return badRequest(operation, cause.detail)
    if (cause instanceof ProxyError) {
      const { code, detail = "", missingIssuer, proxy, status } = cause
      const reason = code === undefined ? undefined : tlsReason({ code, message: detail, call: undefined })
      if (code !== undefined && reason !== undefined) {
        return tlsFailed({ reason, acted: "no", nodeCode: code, missingIssuer, proxy })
      }
      const fields = { operation, acted: "no", server, proxy, status, nodeCode: code } as const
      return new ConnectionFailed({ ...fields, reason: proxyReason(status) })
    }
  }
  const status = tunnelStatus(systemError)
  if (status !== undefined) {
    return new ConnectionFailed({ operation, acted: "no", server, status, reason: proxyReason(status) })
  }
  if (systemError === undefined) {
    const reason = isBrowserFetch(error.cause) ? "BrowserFetch" : "Broken"
    return new ConnectionFailed({ operation, acted: uncertainActed(request), server, reason, isSignedIn })
  }
  const phase = timeoutPhase(systemError)
  if (phase !== undefined) return timedOut({ phase, after: undefined, proxy: undefined })
  const reason = tlsReason(systemError)
  // An OpenSSL error without a reason here may have occurred after the request was sent.
  const isLate = reason === "Other" && /^E(?:RR_SSL_|PROTO$)/.test(systemError.code)
  if (reason !== undefined) {
    const acted = isLate ? uncertainActed(request) : "no"
    const missingIssuer = missingIssuerOf(error.cause)
    return tlsFailed({ reason, acted, nodeCode: systemError.code, missingIssuer, proxy: undefined })
  }
  return new ConnectionFailed({
    operation,
    acted: isNeverSent(systemError) ? "no" : uncertainActed(request),
    server,
    reason: connectionReason(systemError.code),
    isSignedIn,
    nodeCode: systemError.code
  })
}
