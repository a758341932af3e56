/**
 * Why no answer came: from what Node, undici or fetch throw to a typed error that holds no secret.
 */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { type Acted, ConnectionFailed, RedirectRefused, TimedOut, TlsFailed } from "../../TableauError.js"
import { type Asked, actedAtMost } from "./exchange.js"

/** What a request that got no answer fails with. */
export type Lost = ConnectionFailed | TlsFailed | TimedOut | RedirectRefused

/** Travels as the cause of the HttpClient's own error, through whatever the user's transform does with it. */
export class OtherOrigin extends Schema.TaggedError<OtherOrigin>("effect-tableau/OtherOrigin")("OtherOrigin", {
  origin: Schema.String
}) {}

/** The proxy answered with another status than success, or there is no connection to it. Nothing reached the server. */
export class AtProxy extends Schema.TaggedError<AtProxy>("effect-tableau/AtProxy")("AtProxy", {
  /** Scheme, host and port, if it is known. */
  proxy: Schema.optional(Schema.String),
  status: Schema.optional(Schema.Int),
  code: Schema.optional(Schema.String),
  detail: Schema.optional(Schema.String)
}) {}

/** A bound of the HttpClient's own was reached. */
export class Overdue extends Schema.TaggedError<Overdue>("effect-tableau/Overdue")("Overdue", {
  phase: Schema.Literal("connect", "firstByte", "stall"),
  /** In milliseconds, if it is known. */
  after: Schema.optional(Schema.Number),
  proxy: Schema.optional(Schema.String)
}) {}

interface Trouble {
  /** Node's, OpenSSL's or undici's. */
  readonly code: string
  readonly message: string
  /** What the system was asked for, such as `connect`. */
  readonly call: unknown
}

/** What is wrapped in what: fetch, undici and AggregateError each put something around the trouble itself. */
const chain = (cause: unknown, depth = 0): ReadonlyArray<unknown> => {
  if (!Predicate.isRecord(cause) || depth > 5) return []
  const inner = Array.isArray(cause["errors"]) ? cause["errors"][0] : cause["cause"]
  return [cause, ...chain(inner, depth + 1)]
}

/** A write that TLS refuses has only `EPROTO` as its code, and OpenSSL's own reason in its text. */
const opensslCode = (code: string, message: string): string => {
  const reason = code === "EPROTO" ? /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] : undefined
  return reason === undefined ? code : `ERR_SSL_${reason.trim().toUpperCase().replaceAll(" ", "_")}`
}

/** The deepest that has a code. */
const troubleOf = (cause: unknown): Trouble | undefined =>
  chain(cause).reduce<Trouble | undefined>((found, error) => {
    if (!Predicate.isRecord(error) || typeof error["code"] !== "string") return found
    const message = String(error["message"] ?? "")
    return { code: opensslCode(error["code"], message), message, call: error["syscall"] }
  }, undefined)

/** The trouble of a connection to a proxy, as the fields of `AtProxy`. */
export const troubleAt = (error: unknown): { readonly code?: string; readonly detail?: string } => {
  const found = troubleOf(error)
  return found === undefined ? {} : { code: found.code, detail: found.message }
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
  // What the server says of us.
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "ClientCertificateRequired",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "ClientCertificateRefused",
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "ClientCertificateRefused",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "ClientCertificateRefused",
  // To TLS 1.2 a client certificate that is missing is one of several things that it has this one alert for.
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "HandshakeRefused",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "OldProtocol",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "OldProtocol",
  ERR_SSL_WRONG_VERSION_NUMBER: "Protocol",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "Protocol",
  ERR_SSL_HTTP_REQUEST: "Protocol"
}

const tlsReason = ({ code, message }: Trouble): TlsFailed["reason"] | undefined => {
  if (code === "ECONNRESET" && message.includes("before secure TLS connection")) return "Protocol"
  return tlsReasons[code] ?? (/^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO$)/.test(code) ? "Other" : undefined)
}

const overdueCodes: Readonly<Record<string, Overdue["phase"]>> = {
  UND_ERR_CONNECT_TIMEOUT: "connect",
  UND_ERR_HEADERS_TIMEOUT: "firstByte",
  UND_ERR_BODY_TIMEOUT: "stall"
}

const overduePhase = ({ call, code }: Trouble): Overdue["phase"] | undefined =>
  code === "ETIMEDOUT" && call === "connect" ? "connect" : overdueCodes[code]

/** A connection that was refused, or a name without an address: nothing can have been sent. */
const neverSent = ({ call, code }: Trouble): boolean =>
  call === "connect" || call === "getaddrinfo" || ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED"].includes(code)

const connectionReason = (code: string | undefined): ConnectionFailed["reason"] => {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "Dns"
  return code === "ECONNREFUSED" ? "Refused" : "Broken"
}

const proxyReason = (status: number | undefined): ConnectionFailed["reason"] => {
  if (status === undefined) return "ProxyUnreachable"
  if (status === 407) return "ProxyAuthentication"
  return status >= 500 ? "ProxyGateway" : "ProxyRefused"
}

/** undici's own ProxyAgent, which a user may have brought, says the status in words only. */
const statusOfTunnel = (trouble: Trouble | undefined): number | undefined => {
  const status = /^Proxy response \((\d{3})\)/.exec(trouble?.message ?? "")?.[1]
  return status === undefined ? undefined : Number(status)
}

/** The HttpClient's error holds the request with its headers: only the trouble beneath it leaves this function. */
export const failed = (asked: Asked, error: HttpClientError.HttpClientError): Lost => {
  const { operation } = asked
  const server = asked.url.origin
  const causes = chain(error.cause)
  const trouble = troubleOf(error.cause)

  const overdue = ({ after, phase, proxy }: Pick<Overdue, "after" | "phase" | "proxy">): TimedOut =>
    new TimedOut({ operation, acted: phase === "connect" ? "no" : actedAtMost(asked), phase, after, proxy })

  const untrusted = (reason: TlsFailed["reason"], acted: Acted, nodeCode: string, proxy?: string): TlsFailed =>
    new TlsFailed({ operation, acted, server, proxy, reason, nodeCode })

  for (const cause of causes) {
    if (cause instanceof OtherOrigin) {
      return new RedirectRefused({
        operation,
        acted: "no",
        location: cause.origin,
        reason: "a request of this session may go to its own server only (see `transformClient`)"
      })
    }
    if (cause instanceof Overdue) return overdue(cause)
    if (cause instanceof AtProxy) {
      const { code, detail = "", proxy, status } = cause
      const reason = code === undefined ? undefined : tlsReason({ code, message: detail, call: undefined })
      if (code !== undefined && reason !== undefined) return untrusted(reason, "no", code, proxy)
      const at = { operation, acted: "no", server, proxy, status, nodeCode: code } as const
      return new ConnectionFailed({ ...at, reason: proxyReason(status) })
    }
  }
  const status = statusOfTunnel(trouble)
  if (status !== undefined) {
    return new ConnectionFailed({ operation, acted: "no", server, status, reason: proxyReason(status) })
  }
  if (trouble === undefined) {
    return new ConnectionFailed({ operation, acted: actedAtMost(asked), server, reason: "Broken" })
  }
  const phase = overduePhase(trouble)
  if (phase !== undefined) return overdue({ phase, after: undefined, proxy: undefined })
  const reason = tlsReason(trouble)
  // What OpenSSL says and has no name here may have come before the request or after it.
  const late = reason === "Other" && /^E(?:RR_SSL_|PROTO$)/.test(trouble.code)
  if (reason !== undefined) return untrusted(reason, late ? actedAtMost(asked) : "no", trouble.code)
  const acted = neverSent(trouble) ? "no" : actedAtMost(asked)
  return new ConnectionFailed({
    operation,
    acted,
    server,
    reason: connectionReason(trouble.code),
    nodeCode: trouble.code
  })
}
