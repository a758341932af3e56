/**
 * What can go wrong, each as a type of its own. All hold plain data: what happened, on which operation, whether the
 * server acted on the request, and in the message what to do next. None ever holds a token, a password or a request.
 *
 * `BadRequest`, `Conflict`, `Forbidden`, `MethodNotAllowed` and `NotFound` are also tags of `@effect/platform`'s
 * `HttpApiError`: map these before they leave a handler of an `HttpApi`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Whether the server acted on the request: only a request that it surely did not act on may be sent again blindly.
 *
 * @since 0.1.0
 * @category models
 */
export type Acted = "no" | "yes" | "unknown"

const fields = {
  /** The operation, such as `Workbooks.list`. */
  operation: Schema.String,
  /** The HTTP status, where there was an answer. */
  status: Schema.optional(Schema.Int),
  /** Tableau's code of six digits. Its first three are mostly, not always, the status. */
  code: Schema.optional(Schema.String),
  summary: Schema.optional(Schema.String),
  detail: Schema.optional(Schema.String),
  acted: Schema.Literal("no", "yes", "unknown")
}

const session = { ...fields, category: Schema.tag("session") }
const request = { ...fields, category: Schema.tag("request") }
const server = { ...fields, category: Schema.tag("server") }
const transport = { ...fields, category: Schema.tag("transport") }

interface Fields {
  readonly operation: string
  readonly status?: number | undefined
  readonly code?: string | undefined
  readonly summary?: string | undefined
  readonly detail?: string | undefined
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** Operation and event, what the server said, and what to do next. */
const tell = (error: Fields, what: string, advice = ""): string => {
  const numbers = [error.status && `status ${error.status}`, error.code && `code ${error.code}`].filter(Boolean)
  const said = [error.summary, error.detail].filter(Boolean).join(": ")
  // Only Tableau gives codes; without one the detail is our own.
  const told = said === "" ? "" : sentence(error.code === undefined ? said : `Tableau said: ${said}`)
  const happened = numbers.length === 0 ? what : `${what} (${numbers.join(", ")})`
  return [`${error.operation}: ${sentence(happened)}`, told, advice].filter((text) => text !== "").join(" ")
}

/**
 * The server did not let us in (401001). Never retried: repeated refusals can lock an account.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SignInFailed extends Schema.TaggedError<SignInFailed>("effect-tableau/SignInFailed")("SignInFailed", {
  ...session,
  server: Schema.String,
  site: Schema.String,
  /** The way that was tried. */
  by: Schema.Literal("PersonalAccessToken", "Password", "JsonWebToken")
}) {
  override get message(): string {
    const wrong = {
      PersonalAccessToken: "the name or the value of the personal access token is wrong, or it has expired",
      Password: "the user name or the password is wrong",
      JsonWebToken:
        "the JWT is not accepted (client id, secret id or secret value, an app that is disabled, the user name and its case, or a clock that is wrong: `ServerInfo.diagnose` compares them)"
    }[this.by]
    const where = this.site === "" ? "the Default site" : `site "${this.site}"`
    return tell(
      this,
      `signing in to ${where} of ${this.server} was refused`,
      this.code === "401001"
        ? `Tableau has one answer for three causes: ${wrong ?? ""}; there is no such site (its content URL is what follows /site/ in the browser; that of the Default site is ""); or the user may not enter it.`
        : ""
    )
  }
}

/**
 * The server signed us in to another site than the one asked for. The session was signed out again.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SiteMismatch extends Schema.TaggedError<SiteMismatch>("effect-tableau/SiteMismatch")("SiteMismatch", {
  ...session,
  asked: Schema.String,
  got: Schema.String
}) {
  override get message(): string {
    return tell(this, `asked for site "${this.asked}", the server answered for site "${this.got}"`, "Check `site`.")
  }
}

/**
 * The server did not let the session move to another site: there is no such site, or the user may not enter it
 * (401003). The session is where it was.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SiteSwitchFailed extends Schema.TaggedError<SiteSwitchFailed>("effect-tableau/SiteSwitchFailed")(
  "SiteSwitchFailed",
  { ...session, site: Schema.String }
) {
  override get message(): string {
    return tell(
      this,
      `the session could not switch to site "${this.site}"`,
      "There is no such site, or the user may not enter it: check its content URL. The session is where it was."
    )
  }
}

/**
 * Tableau Cloud does not switch sites.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SiteSwitchUnavailable extends Schema.TaggedError<SiteSwitchUnavailable>(
  "effect-tableau/SiteSwitchUnavailable"
)("SiteSwitchUnavailable", { ...session, site: Schema.String }) {
  override get message(): string {
    return tell(
      this,
      `Tableau Cloud cannot switch to site "${this.site}"`,
      "Provide a second TableauSession layer that signs in to that site, with a token of its own."
    )
  }
}

/**
 * The server has ended the session: by its idle limit, its maximum length, a restart, or because somebody signed in
 * with the same personal access token.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SessionExpired extends Schema.TaggedError<SessionExpired>("effect-tableau/SessionExpired")(
  "SessionExpired",
  session
) {
  override get message(): string {
    return tell(
      this,
      "the server has ended the session",
      "It was idle for too long, reached its maximum length, or its personal access token signed in elsewhere: open a new session."
    )
  }
}

/**
 * Renewed twice in a row, the session was ended again within a minute each time: somebody else signs in with the same
 * credentials. Nothing more is sent until that minute has passed.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SessionEvicted extends Schema.TaggedError<SessionEvicted>("effect-tableau/SessionEvicted")(
  "SessionEvicted",
  session
) {
  override get message(): string {
    return tell(
      this,
      "the session was renewed twice and ended again within a minute each time",
      "A personal access token holds one session: if another program uses the same one, give each program a token of its own, or use a connected app. With another way to sign in, ask an administrator what ends the sessions."
    )
  }
}

/**
 * The session was signed out by this program. Nothing was sent.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SessionClosed extends Schema.TaggedError<SessionClosed>("effect-tableau/SessionClosed")(
  "SessionClosed",
  session
) {
  override get message(): string {
    return tell(this, "the session was signed out before", "Nothing was sent. Use the session inside its scope.")
  }
}

/**
 * The JWT that signed in does not grant a scope that the operation needs. Tableau has no code of its own for that: it
 * says 401002 as for a session that has ended, or 403.
 *
 * @see https://help.tableau.com/current/online/en-us/connected_apps_scopes.htm
 * @since 0.1.0
 * @category session errors
 */
export class MissingScope extends Schema.TaggedError<MissingScope>("effect-tableau/MissingScope")("MissingScope", {
  ...session,
  /** Such as `tableau:content:read`. */
  scope: Schema.String
}) {
  override get message(): string {
    return tell(
      this,
      `the JWT that signed in does not grant ${this.scope}`,
      "Add it to the `scopes` of the credentials."
    )
  }
}

/**
 * The request is wrong: told by the server (400), or by us before anything was sent.
 *
 * @since 0.1.0
 * @category request errors
 */
export class BadRequest extends Schema.TaggedError<BadRequest>("effect-tableau/BadRequest")("BadRequest", request) {
  override get message(): string {
    return tell(this, "the request is not valid")
  }
}

/**
 * The user may not do this (403).
 *
 * @since 0.1.0
 * @category request errors
 */
export class Forbidden extends Schema.TaggedError<Forbidden>("effect-tableau/Forbidden")("Forbidden", request) {
  override get message(): string {
    return tell(this, "the signed-in user may not do this", "Ask for the permission, or use another user.")
  }
}

/**
 * There is no such thing on this site, or the user may not see it (404).
 *
 * @since 0.1.0
 * @category request errors
 */
export class NotFound extends Schema.TaggedError<NotFound>("effect-tableau/NotFound")("NotFound", request) {
  override get message(): string {
    return tell(this, "not found", "It is not on this site, or the user may not see it.")
  }
}

/**
 * What is there stands in the way (409), such as another thing of the same name.
 *
 * @since 0.1.0
 * @category request errors
 */
export class Conflict extends Schema.TaggedError<Conflict>("effect-tableau/Conflict")("Conflict", request) {
  override get message(): string {
    return tell(this, "it conflicts with what is there", "Look at what is there, and try again with what it leaves.")
  }
}

/**
 * Tableau's 405000. Most often the address is `http://` and the server redirects to `https://`, so that a POST would
 * arrive as a GET: then `suggestedUrl` is the address to use, and no credential was sent.
 *
 * @since 0.1.0
 * @category request errors
 */
export class MethodNotAllowed extends Schema.TaggedError<MethodNotAllowed>("effect-tableau/MethodNotAllowed")(
  "MethodNotAllowed",
  { ...request, suggestedUrl: Schema.optional(Schema.String) }
) {
  override get message(): string {
    return this.suggestedUrl === undefined
      ? tell(
          this,
          "the server does not allow the method",
          "The two known causes: an http:// address of a server that wants https://, and a Tableau Cloud address without its pod (use the host that the browser shows, such as 10ax.online.tableau.com)."
        )
      : tell(
          this,
          "the server redirects to another address, which would turn the POST into a GET",
          `No credentials were sent there. Use ${this.suggestedUrl} as \`server\`.`
        )
  }
}

/**
 * The operation came with a later API version than the server's, or than the one that was pinned. Nothing was sent.
 *
 * @since 0.1.0
 * @category request errors
 */
export class VersionUnsupported extends Schema.TaggedError<VersionUnsupported>("effect-tableau/VersionUnsupported")(
  "VersionUnsupported",
  { ...request, need: Schema.String, have: Schema.String }
) {
  override get message(): string {
    return tell(
      this,
      `this needs API version ${this.need}, the session has ${this.have}`,
      "Nothing was sent. Leave `apiVersion` out to use the server's own, or upgrade the server."
    )
  }
}

/**
 * Tableau has no way to compare with this value, and it cannot be made up for here. Nothing was sent.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_filtering_and_sorting.htm
 * @since 0.1.0
 * @category request errors
 */
export class UnfilterableValue extends Schema.TaggedError<UnfilterableValue>("effect-tableau/UnfilterableValue")(
  "UnfilterableValue",
  { ...request, field: Schema.String }
) {
  override get message(): string {
    return tell(this, `${this.field} cannot be filtered like this`)
  }
}

/**
 * An answer with a status that we do not know, with everything that the server said.
 *
 * @since 0.1.0
 * @category request errors
 */
export class UnknownCode extends Schema.TaggedError<UnknownCode>("effect-tableau/UnknownCode")("UnknownCode", request) {
  override get message(): string {
    return tell(this, "the server refused with a code that is not known here")
  }
}

/**
 * Too many requests (429).
 *
 * @since 0.1.0
 * @category server errors
 */
export class RateLimited extends Schema.TaggedError<RateLimited>("effect-tableau/RateLimited")("RateLimited", {
  ...server,
  /** Milliseconds to wait, if the server said so. */
  retryAfter: Schema.optional(Schema.Number)
}) {
  override get message(): string {
    const wait = this.retryAfter === undefined ? "a while" : `${Math.ceil(this.retryAfter / 1000)} seconds`
    return tell(this, "the server wants fewer requests", `Wait ${wait} and try again.`)
  }
}

/**
 * The server, or a gateway before it, failed (5xx).
 *
 * @since 0.1.0
 * @category server errors
 */
export class ServerFault extends Schema.TaggedError<ServerFault>("effect-tableau/ServerFault")("ServerFault", server) {
  override get message(): string {
    return tell(
      this,
      "the server, or a gateway before it, failed",
      "Try again later; if it lasts, ask its administrator."
    )
  }
}

/**
 * What came is not an answer of Tableau's REST API.
 *
 * @since 0.1.0
 * @category server errors
 */
export class UnexpectedResponse extends Schema.TaggedError<UnexpectedResponse>("effect-tableau/UnexpectedResponse")(
  "UnexpectedResponse",
  { ...server, kind: Schema.Literal("Empty", "Html", "Json", "Malformed", "OddItem", "TooLarge", "Other") }
) {
  override get message(): string {
    const [what, advice] = {
      Empty: ["the answer is empty", "Something between this program and Tableau may have cut it."],
      Html: [
        "a web page came instead of an answer",
        "A single sign-on or a proxy may stand before the server: let the REST API (/api) pass it."
      ],
      Json: ["JSON came instead of an answer", "Is this the REST API's port? The one of TSM, 8850, is not."],
      Malformed: [
        "the answer is not valid XML of Tableau",
        "Something between this program and Tableau may have cut or changed it."
      ],
      OddItem: ["an item of the answer cannot be read", ""],
      TooLarge: ["the answer is larger than is read", "Ask for less at a time, with a smaller `pageSize`."],
      Other: ["the answer is not one of Tableau's REST API", "Check the address."]
    }[this.kind]
    return tell(this, what ?? "", advice)
  }
}

/**
 * A list in strict mode has ended with fewer items than the server counted: some were deleted while it was read, or
 * moved from a page that was still to come to one that had been read.
 *
 * @since 0.1.0
 * @category server errors
 */
export class ListIncomplete extends Schema.TaggedError<ListIncomplete>("effect-tableau/ListIncomplete")(
  "ListIncomplete",
  {
    ...server,
    expected: Schema.Int,
    seen: Schema.Int,
    duplicates: Schema.Int,
    odd: Schema.Int
  }
) {
  override get message(): string {
    return tell(
      this,
      `${this.seen} of ${this.expected} items came (${this.duplicates} came again, ${this.odd} could not be read)`,
      this.seen + this.odd >= this.expected
        ? "Why each could not be read is a warning in the log. Without `strict` the list ends without them."
        : "The list changed while it was read, or the server counts wrongly: read it again. If that is so each time, the server may give fewer items with a page than it says: ask for it with a smaller pageSize."
    )
  }
}

/**
 * There is no connection to the server, or it broke; or a proxy before it does not let us through.
 *
 * @since 0.1.0
 * @category transport errors
 */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>("effect-tableau/ConnectionFailed")(
  "ConnectionFailed",
  {
    ...transport,
    server: Schema.String,
    /** The proxy's address, without user name and password, if the proxy is the trouble. */
    proxy: Schema.optional(Schema.String),
    /**
     * `Dns`, `Refused` and `Broken` are about the server. Of the proxy: `ProxyUnreachable`, `ProxyAuthentication` (it
     * answered 407), `ProxyRefused` (it may not be asked for this server) and `ProxyGateway` (it does not get there).
     */
    reason: Schema.Literal(
      "Dns",
      "Refused",
      "Broken",
      "ProxyUnreachable",
      "ProxyAuthentication",
      "ProxyRefused",
      "ProxyGateway"
    ),
    /** Such as `ECONNREFUSED`. */
    nodeCode: Schema.optional(Schema.String)
  }
) {
  override get message(): string {
    const proxy = this.proxy === undefined ? "the proxy" : `the proxy ${this.proxy}`
    const noProxy = `If ${this.server} is to be reached without it, name its host in \`noProxy\` or NO_PROXY.`
    const [what, advice] = {
      Dns: [`the host of ${this.server} is not known`, "Check the address, and the DNS or VPN of this machine."],
      Refused: [`nothing listens at ${this.server}`, "Check host and port, and that the server runs."],
      Broken: [
        `the connection to ${this.server} broke`,
        `${this.acted === "no" ? "Try again." : "Whether the server acted on the request is not known."} If it happens each time, ${
          this.server.startsWith("http:")
            ? "the port may be one that speaks TLS: use https://."
            : "the server may want another client certificate (`clientCertificate` of TableauNode.layerHttpClient)."
        }`
      ],
      ProxyUnreachable: [
        `${proxy} cannot be reached`,
        `Check its address (\`proxy\` of TableauNode.layerHttpClient, or HTTPS_PROXY and HTTP_PROXY). ${noProxy}`
      ],
      ProxyAuthentication: [
        `${proxy} wants a user name and a password, or does not accept the ones it got`,
        "Give them to TableauNode.layerHttpClient({ proxy: { url, username, password } }). Only proxies that accept Basic authentication can be used."
      ],
      ProxyRefused: [
        `${proxy} refused to connect to ${this.server}`,
        `Ask its administrator to allow CONNECT to this host and port. ${noProxy}`
      ],
      ProxyGateway: [
        `${proxy} could not connect to ${this.server}`,
        `Check host and port of the server, as the proxy sees them. ${noProxy}`
      ]
    }[this.reason]
    return tell(this, `${what ?? ""}${this.nodeCode === undefined ? "" : ` (${this.nodeCode})`}`, advice)
  }
}

/**
 * No secure connection: one side does not accept the other's certificate, or TLS failed in another way.
 *
 * @since 0.1.0
 * @category transport errors
 */
export class TlsFailed extends Schema.TaggedError<TlsFailed>("effect-tableau/TlsFailed")("TlsFailed", {
  ...transport,
  server: Schema.String,
  /** The proxy's address, if it is the proxy that TLS failed with. */
  proxy: Schema.optional(Schema.String),
  /**
   * The first five are about the server's certificate, the next two about the client's. `HandshakeRefused`: the server
   * did not say why. `OldProtocol`: it has nothing newer than TLS 1.1. `Protocol`: what it speaks is not TLS.
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
  /** Such as `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  nodeCode: Schema.String
}) {
  override get message(): string {
    const trust =
      'Give the certificate of its authority (or its own) to TableauNode.layerHttpClient({ ca: "company.pem" }) of "effect-tableau/node".'
    const identity =
      'TableauNode.layerHttpClient({ clientCertificate: { cert: "client.pem", key: "client.key" } }) of "effect-tableau/node"'
    const [what, advice] = {
      UnknownAuthority: ["its certificate is signed by an authority that Node does not know", trust],
      SelfSigned: ["its certificate, or one in its chain, is self-signed", trust],
      Expired: ["its certificate has expired", "Ask the server's administrator to renew it."],
      NotYetValid: ["its certificate is not valid yet", "Check the clock of this machine."],
      WrongHost: ["its certificate is for another host", "Use the host name that the certificate names as `server`."],
      ClientCertificateRequired: ["it wants a client certificate", `Give one to ${identity}.`],
      ClientCertificateRefused: [
        "it does not accept the client certificate",
        `Check that the one given to ${identity} is valid and of an authority that the server knows.`
      ],
      HandshakeRefused: [
        "it refused the handshake and does not say why",
        `Most often it wants a client certificate: give one to ${identity}. Or it has only ciphers that are too old: then its administrator has to allow newer ones.`
      ],
      OldProtocol: [
        "it speaks only a version of TLS that is too old to be safe",
        "Ask the server's administrator to enable TLS 1.2 or 1.3."
      ],
      Protocol: [
        "it does not speak the TLS that Node wants",
        this.proxy === undefined
          ? "If this port speaks plain HTTP, write http:// before the address."
          : "If the proxy's port speaks plain HTTP, write http:// before its address, also for servers with https://."
      ],
      Other: ["TLS failed", "Check the certificate and the TLS settings of the server."]
    }[this.reason]
    const peer = this.proxy === undefined ? this.server : `the proxy ${this.proxy}`
    return tell(this, `no secure connection to ${peer}: ${what ?? ""} (${this.nodeCode})`, advice)
  }
}

/**
 * The server took longer than the bound.
 *
 * @since 0.1.0
 * @category transport errors
 */
export class TimedOut extends Schema.TaggedError<TimedOut>("effect-tableau/TimedOut")("TimedOut", {
  ...transport,
  /** The bound, in milliseconds; absent if it is one of an HttpClient of yours that does not say it. */
  after: Schema.optional(Schema.Number),
  /**
   * Which of the HttpClient's bounds it was: to connect, until the answer begins, or a silence in the middle of it. Absent
   * if it was the session's own bound for the whole request.
   */
  phase: Schema.optional(Schema.Literal("connect", "firstByte", "stall")),
  /** The proxy's address, if it is the proxy that was waited for. */
  proxy: Schema.optional(Schema.String)
}) {
  override get message(): string {
    const bound = this.after === undefined ? "in time" : `within ${this.after} milliseconds`
    const more = "of TableauNode.layerHttpClient"
    const through = this.proxy === undefined ? "" : ` through the proxy ${this.proxy}`
    const [what, advice] =
      this.phase === undefined
        ? [`no answer ${bound}`, "Try again, or allow more time."]
        : {
            connect: [
              `no connection${through} ${bound}`,
              `Check host and port; a firewall may swallow what is sent, or the way out leads through a proxy (\`proxy\` ${more}). On a slow network allow more in \`timeouts.connect\`.`
            ],
            firstByte: [
              `the answer did not begin ${bound}`,
              `Try again, or allow more in \`timeouts.firstByte\` ${more}.`
            ],
            stall: [
              `the answer stopped in the middle, and did not go on ${bound}`,
              `Try again, or allow more in \`timeouts.stall\` ${more}.`
            ]
          }[this.phase]
    return tell(this, what ?? "", advice)
  }
}

/**
 * The server answered with a redirect, or a request was about to go to another origin. Redirects are never followed:
 * what was sent with the request could reach somebody else.
 *
 * @since 0.1.0
 * @category transport errors
 */
export class RedirectRefused extends Schema.TaggedError<RedirectRefused>("effect-tableau/RedirectRefused")(
  "RedirectRefused",
  {
    ...transport,
    /** Where to, without what may hold a secret; absent if the server did not say, or a browser does not show it. */
    location: Schema.optional(Schema.String),
    reason: Schema.String
  }
) {
  override get message(): string {
    const to = this.location === undefined ? "" : ` to ${this.location}`
    return tell(
      this,
      `a redirect${to} was not followed: ${this.reason}`,
      "Use the address of Tableau itself as `server`."
    )
  }
}

/**
 * The operation exists only on Tableau Server, or only on Tableau Cloud. Nothing was sent.
 *
 * @since 0.2.0
 * @category request errors
 */
export class DeploymentUnsupported extends Schema.TaggedError<DeploymentUnsupported>(
  "effect-tableau/DeploymentUnsupported"
)("DeploymentUnsupported", {
  ...request,
  required: Schema.Literal("Server", "Cloud"),
  actual: Schema.Literal("Server", "Cloud")
}) {
  override get message(): string {
    return tell(this, `only Tableau ${this.required} has this operation, and the session is on Tableau ${this.actual}`)
  }
}

/**
 * A problem that the Metadata API reports for a query, beside its data or instead of it.
 *
 * @since 0.2.0
 * @category models
 */
export interface QueryProblem {
  readonly message: string
  /** Such as `NODE_LIMIT_EXCEEDED`. */
  readonly code?: string | undefined
  readonly severity?: string | undefined
  readonly path?: ReadonlyArray<string | number> | undefined
}

/**
 * The Metadata API answered a query with problems and without data.
 *
 * @since 0.2.0
 * @category request errors
 */
export class QueryFailed extends Schema.TaggedError<QueryFailed>("effect-tableau/QueryFailed")("QueryFailed", {
  ...request,
  problems: Schema.Array(
    Schema.Struct({
      message: Schema.String,
      code: Schema.optional(Schema.String),
      severity: Schema.optional(Schema.String),
      path: Schema.optional(Schema.Array(Schema.Union(Schema.String, Schema.Number)))
    })
  )
}) {
  override get message(): string {
    return tell(this, "the query was refused", this.problems.map(({ message }) => message).join(" "))
  }
}

/**
 * What one request of a signed-in session fails with.
 *
 * @since 0.2.0
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
 * What a list fails with.
 *
 * @since 0.2.0
 * @category unions
 */
export type ListError = CallError | UnfilterableValue | ListIncomplete

/**
 * @since 0.1.0
 * @category unions
 */
export type SessionError =
  | SignInFailed
  | SiteMismatch
  | SiteSwitchFailed
  | SiteSwitchUnavailable
  | SessionExpired
  | SessionEvicted
  | SessionClosed
  | MissingScope

/**
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
 * @since 0.1.0
 * @category unions
 */
export type ServerError = RateLimited | ServerFault | UnexpectedResponse | ListIncomplete

/**
 * @since 0.1.0
 * @category unions
 */
export type TransportError = ConnectionFailed | TlsFailed | TimedOut | RedirectRefused

/**
 * Everything that this package fails with.
 *
 * @since 0.1.0
 * @category unions
 */
export type TableauError = SessionError | RequestError | ServerError | TransportError

/**
 * What an operation of a signed-in session fails with.
 *
 * @since 0.1.0
 * @category unions
 */
export type OperationError = SessionError | RequestError | ServerError | TransportError

const tableauError = Schema.is(
  Schema.Union(
    SignInFailed,
    SiteMismatch,
    SiteSwitchFailed,
    SiteSwitchUnavailable,
    SessionExpired,
    SessionEvicted,
    SessionClosed,
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
    ConnectionFailed,
    TlsFailed,
    TimedOut,
    RedirectRefused
  )
)

/**
 * Whether it is an error of this package.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTableauError = (error: unknown): error is TableauError => tableauError(error)

/**
 * Whether the session is the trouble: signing in, switching, or its end.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isSessionError = (error: unknown): error is SessionError =>
  isTableauError(error) && error.category === "session"

/**
 * Whether the request is the trouble: sent again as it is, it would fail again.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isRequestError = (error: unknown): error is RequestError =>
  isTableauError(error) && error.category === "request"

/**
 * Whether the server is the trouble.
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
 * Whether the way to the server is the trouble.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTransportError = (error: unknown): error is TransportError =>
  isTableauError(error) && error.category === "transport"
