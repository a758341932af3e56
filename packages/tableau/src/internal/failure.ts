/**
 * Why no answer came: from what Node, undici or fetch throw to a typed error that holds no secret.
 */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { ConnectionFailed, RedirectRefused, TlsFailed } from "../TableauError.js"
import { type Asked, actedAtMost } from "./classify.js"

/** What a request that got no answer fails with. */
export type Lost = ConnectionFailed | TlsFailed | RedirectRefused

/** Travels as the cause of the HttpClient's own error, through whatever the user's transform does with it. */
export class OtherOrigin extends Schema.TaggedError<OtherOrigin>("effect-tableau/OtherOrigin")("OtherOrigin", {
  origin: Schema.String
}) {}

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
  EPROTO: "Protocol"
}

const tlsReason = (code: string, message: string): TlsFailed["reason"] | undefined => {
  if (code === "ECONNRESET" && message.includes("before secure TLS connection")) return "Protocol"
  if (code.startsWith("ERR_SSL_")) return "Protocol"
  return tlsReasons[code] ?? (/^(?:CERT_|ERR_TLS_)/.test(code) ? "Other" : undefined)
}

interface Trouble {
  readonly code: string
  readonly message: string
}

/** Node's own code, however deep fetch, undici or an AggregateError have wrapped it. */
const trouble = (cause: unknown, depth = 0): Trouble | undefined => {
  if (!Predicate.isRecord(cause) || depth > 5) return undefined
  const inner = Array.isArray(cause["errors"]) ? cause["errors"][0] : cause["cause"]
  const { code, message } = cause
  return trouble(inner, depth + 1) ?? (typeof code === "string" ? { code, message: String(message ?? "") } : undefined)
}

const neverSent = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

const connectionReason = (code: string | undefined): ConnectionFailed["reason"] => {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "Dns"
  return code === "ECONNREFUSED" ? "Refused" : "Broken"
}

/** The HttpClient's error holds the request with its headers: only the trouble beneath it leaves this function. */
export const failed = (asked: Asked, error: HttpClientError.HttpClientError): Lost => {
  const { operation, url } = asked
  if (error.cause instanceof OtherOrigin) {
    return new RedirectRefused({
      operation,
      acted: "no",
      location: error.cause.origin,
      reason: "a request of this session may go to its own server only (see `transformClient`)"
    })
  }
  const { code, message } = trouble(error.cause) ?? { code: undefined, message: "" }
  const reason = code === undefined ? undefined : tlsReason(code, message)
  if (code !== undefined && reason !== undefined) {
    return new TlsFailed({ operation, acted: "no", server: url.origin, reason, nodeCode: code })
  }
  const acted = code !== undefined && neverSent.has(code) ? "no" : actedAtMost(asked)
  return new ConnectionFailed({ operation, acted, server: url.origin, reason: connectionReason(code), nodeCode: code })
}
