/** Errors of the connection to the server. */
import * as Schema from "effect/Schema"
import * as Advice from "./advice.js"
import { formatMessage, transportFields } from "./fields.js"

/**
 * There is no connection to the server, it broke, or a proxy did not connect. The message says what to check for each
 * `reason`.
 *
 * @since 0.1.0
 * @category transport errors
 */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>("effect-tableau/ConnectionFailed")(
  "ConnectionFailed",
  {
    ...transportFields,
    server: Schema.String,
    /** The proxy's address, without user name and password, if the proxy is the cause. */
    proxy: Schema.optional(Schema.String),
    /**
     * `Dns`, `Refused`, `Broken` and `HeadersTooLarge` (the response has more headers than the HttpClient accepts)
     * concern the server. `BrowserFetch`: a browser does not say whether CORS or the connection is the cause. The others
     * concern the proxy: `ProxyUnreachable`, `ProxyAuthentication` (it responded with 407), `ProxyRefused` (it does not
     * allow this server) and `ProxyGateway` (it cannot reach the server).
     */
    reason: Schema.Literal(
      "Dns",
      "Refused",
      "Broken",
      "HeadersTooLarge",
      "BrowserFetch",
      "ProxyUnreachable",
      "ProxyAuthentication",
      "ProxyRefused",
      "ProxyGateway"
    ),
    /** Such as `ECONNREFUSED`. */
    nodeCode: Schema.optional(Schema.String),
    /** True if the server had accepted a sign-in before: then its address is right. */
    isSignedIn: Schema.optional(Schema.Boolean),
    /** What to do, if this package knows more than the cause says. */
    hint: Schema.optional(Schema.String)
  }
) {
  override get message(): string {
    const { advice, event } = Advice.connectionFailed(this)
    return formatMessage(
      this,
      `${event}${this.nodeCode === undefined ? "" : ` (${this.nodeCode})`}`,
      this.hint ?? advice
    )
  }
}

/**
 * There is no secure connection: one side does not accept the other's certificate, or TLS failed in another way. The
 * message says which certificate or setting to change for each `reason`.
 *
 * @since 0.1.0
 * @category transport errors
 */
export class TlsFailed extends Schema.TaggedError<TlsFailed>("effect-tableau/TlsFailed")("TlsFailed", {
  ...transportFields,
  server: Schema.String,
  /** The proxy's address, if TLS failed with the proxy. */
  proxy: Schema.optional(Schema.String),
  /**
   * The first five concern the server's certificate, the next two the client's. `HandshakeRefused`: the server did not
   * say why. `OldProtocol`: it has nothing newer than TLS 1.1. `Protocol`: it does not speak TLS.
   */
  reason: Schema.Literal(
    "UnknownAuthority",
    "SelfSigned",
    "Expired",
    "NotYetValid",
    "WrongHost",
    "ClientCertificateRequired",
    "ClientCertificateRefused",
    "HandshakeRefused",
    "OldProtocol",
    "Protocol",
    "Other"
  ),
  /**
   * The authority whose certificate is missing, as the certificate that it signed names it. Absent if the HttpClient does
   * not report it.
   */
  missingIssuer: Schema.optional(Schema.String),
  /** Such as `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  nodeCode: Schema.String
}) {
  override get message(): string {
    const { advice, event } = Advice.tlsFailed(this)
    const peer = this.proxy === undefined ? this.server : `the proxy ${this.proxy}`
    return formatMessage(this, `no secure connection to ${peer}: ${event} (${this.nodeCode})`, advice)
  }
}

/**
 * The server did not respond within the timeout, or the session's rate limiter had no room until the deadline of the call.
 * Try again, or allow more time.
 *
 * @since 0.1.0
 * @category transport errors
 */
export class TimedOut extends Schema.TaggedError<TimedOut>("effect-tableau/TimedOut")("TimedOut", {
  ...transportFields,
  /** The timeout in milliseconds; absent if it is one of your own HttpClient that does not report it. */
  after: Schema.optional(Schema.Number),
  /**
   * Which timeout of the HttpClient expired: until the connection, until the first byte of the response, or between two
   * parts of the response. `rateLimiter`: the deadline of the call, while it waited for the session's rate limiter. Absent
   * if it was the session's own timeout for the request.
   */
  phase: Schema.optional(Schema.Literal("connect", "firstByte", "stall", "rateLimiter")),
  /** The proxy's address, if the proxy did not respond. */
  proxy: Schema.optional(Schema.String),
  /** What to do, if this package knows more than the cause says. */
  hint: Schema.optional(Schema.String)
}) {
  override get message(): string {
    const { advice, event } = Advice.timedOut(this)
    return formatMessage(this, event, this.hint ?? advice)
  }
}

/**
 * The server responded with a redirect, or a request was about to go to another origin. Redirects are not followed, so
 * that credentials never reach another server. Use the address of Tableau itself as `server`.
 *
 * @since 0.1.0
 * @category transport errors
 */
export class RedirectRefused extends Schema.TaggedError<RedirectRefused>("effect-tableau/RedirectRefused")(
  "RedirectRefused",
  {
    ...transportFields,
    /** The target, without the parts that may hold a secret; absent if the server or the browser does not report it. */
    location: Schema.optional(Schema.String),
    reason: Schema.String
  }
) {
  override get message(): string {
    const to = this.location === undefined ? "" : ` to ${this.location}`
    return formatMessage(
      this,
      `a redirect${to} was not followed: ${this.reason}`,
      "Use the address of Tableau itself as `server`."
    )
  }
}
