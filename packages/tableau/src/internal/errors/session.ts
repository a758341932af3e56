/** Errors of signing in, of switching sites and of the end of a session. */
import * as Schema from "effect/Schema"
import { formatMessage, sessionFields } from "./fields.js"

/**
 * The server refused the sign-in (401001): the credentials are wrong, the site does not exist, or the user may not
 * enter it. Check the three. Never retried, because repeated failures can lock an account.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SignInFailed extends Schema.TaggedError<SignInFailed>("effect-tableau/SignInFailed")("SignInFailed", {
  ...sessionFields,
  server: Schema.String,
  site: Schema.String,
  /** The kind of the credentials that were used. */
  credentialType: Schema.Literal("PersonalAccessToken", "Password", "JsonWebToken")
}) {
  override get message(): string {
    const wrong = {
      PersonalAccessToken: "the name or the value of the personal access token is wrong, or it has expired",
      Password: "the user name or the password is wrong",
      JsonWebToken:
        "the JWT is not accepted (client id, secret id or secret value, an app that is disabled, the user name and its case, or a clock that is wrong: `ServerInfo.diagnose` compares them)"
    }[this.credentialType]
    const where = this.site === "" ? "the Default site" : `site "${this.site}"`
    return formatMessage(
      this,
      `signing in to ${where} of ${this.server} was refused`,
      this.code === "401001"
        ? `Tableau has one response for three causes: ${wrong ?? ""}; there is no such site (its content URL is what follows /site/ in the browser; that of the Default site is ""); or the user may not enter it.`
        : ""
    )
  }
}

/**
 * The server signed in or switched to another site than the requested one. The session was signed out again: check
 * `site`.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SiteMismatch extends Schema.TaggedError<SiteMismatch>("effect-tableau/SiteMismatch")("SiteMismatch", {
  ...sessionFields,
  /** The content URL of the requested site. */
  expected: Schema.String,
  /** The content URL of the site of the session, as the server says. */
  actual: Schema.String
}) {
  override get message(): string {
    return formatMessage(
      this,
      `site "${this.expected}" was requested, the session is on site "${this.actual}"`,
      "Check `site`."
    )
  }
}

/**
 * The server signed in another user than the one to impersonate, such as the administrator. The session was signed out
 * again. Something between this program and Tableau may have removed the user from the request.
 *
 * @since 0.1.0
 * @category session errors
 */
export class UserMismatch extends Schema.TaggedError<UserMismatch>("effect-tableau/UserMismatch")("UserMismatch", {
  ...sessionFields,
  /** The id of the user to impersonate. */
  expected: Schema.String,
  /** The id of the user that the server signed in. */
  actual: Schema.String
}) {
  override get message(): string {
    return formatMessage(
      this,
      `user ${this.expected} was to be impersonated, the server signed in user ${this.actual}`,
      "Something between this program and Tableau may have changed the request."
    )
  }
}

/**
 * The server did not switch to another site (401003): the site does not exist, or the user may not enter it. Check its
 * content URL. The session stays on its site.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SiteSwitchFailed extends Schema.TaggedError<SiteSwitchFailed>("effect-tableau/SiteSwitchFailed")(
  "SiteSwitchFailed",
  { ...sessionFields, site: Schema.String }
) {
  override get message(): string {
    return formatMessage(
      this,
      `the session could not switch to site "${this.site}"`,
      "There is no such site, or the user may not enter it: check its content URL. The session stays on its site."
    )
  }
}

/**
 * Tableau Cloud cannot switch sites. Open a second session for the other site.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SiteSwitchUnavailable extends Schema.TaggedError<SiteSwitchUnavailable>(
  "effect-tableau/SiteSwitchUnavailable"
)("SiteSwitchUnavailable", { ...sessionFields, site: Schema.String }) {
  override get message(): string {
    return formatMessage(
      this,
      `Tableau Cloud cannot switch to site "${this.site}"`,
      "Provide a second TableauSession layer that signs in to that site, with a token of its own."
    )
  }
}

/**
 * The server ended the session: it reached its idle limit or its maximum length, the server restarted, or another
 * program signed in with the same personal access token. Open a new session.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SessionExpired extends Schema.TaggedError<SessionExpired>("effect-tableau/SessionExpired")(
  "SessionExpired",
  sessionFields
) {
  override get message(): string {
    return formatMessage(
      this,
      "the server has ended the session",
      "It was idle for too long, reached its maximum length, or its personal access token signed in elsewhere: open a new session."
    )
  }
}

/**
 * The session was renewed twice in a row and ended again within a minute each time: another program uses the same
 * credentials. Give each program a token of its own. Nothing more is sent until that minute has passed. With a
 * `SessionStore`, its option `evictionWindow` is that time.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SessionEvicted extends Schema.TaggedError<SessionEvicted>("effect-tableau/SessionEvicted")(
  "SessionEvicted",
  sessionFields
) {
  override get message(): string {
    return formatMessage(
      this,
      "the session was renewed twice and ended again within a minute each time",
      "A personal access token has one session at a time: if another program uses the same token, give each program a token of its own, use a connected app, or share the session by effect-tableau-redis, whose layer is provided to that of the session. With other credentials, ask an administrator what ends the sessions."
    )
  }
}

/**
 * This program has signed out of the session. Nothing was sent: use the session inside its scope.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SessionClosed extends Schema.TaggedError<SessionClosed>("effect-tableau/SessionClosed")(
  "SessionClosed",
  sessionFields
) {
  override get message(): string {
    return formatMessage(
      this,
      "the session was signed out before",
      "Nothing was sent. Use the session inside its scope."
    )
  }
}

/**
 * The session is shared with other processes through a `SessionStore`, and stays on its site. Use another personal access
 * token for the other site, or a connected app, whose sessions need not be shared.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SessionPinned extends Schema.TaggedError<SessionPinned>("effect-tableau/SessionPinned")("SessionPinned", {
  ...sessionFields,
  /** The content URL of the requested site. */
  site: Schema.String,
  /** The content URL of the site of the session. */
  pinnedTo: Schema.String
}) {
  override get message(): string {
    return formatMessage(
      this,
      `the session is shared with other processes and stays on site "${this.pinnedTo}": it cannot move to site "${this.site}"`,
      "A personal access token has one session, on one site. Use another personal access token for this site, or a connected app."
    )
  }
}

/**
 * The `SessionStore` could not be reached, was too slow, or refused a command, until the deadline. Nothing was sent to
 * Tableau. `detail` has the last failure.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SessionStoreUnavailable extends Schema.TaggedError<SessionStoreUnavailable>(
  "effect-tableau/SessionStoreUnavailable"
)("SessionStoreUnavailable", sessionFields) {
  override get message(): string {
    return formatMessage(
      this,
      "the store of the shared session is not available",
      "Check that the store is running and reachable, and the user and password in its address. To sign in without it, which ends the session of other processes, set its option `onStoreFailure`."
    )
  }
}

/**
 * Another process held the lease of the shared session until the deadline: its sign-in takes long, or several processes
 * failed one after the other. The `SessionStore` itself works.
 *
 * @since 0.1.0
 * @category session errors
 */
export class SessionStoreBusy extends Schema.TaggedError<SessionStoreBusy>("effect-tableau/SessionStoreBusy")(
  "SessionStoreBusy",
  sessionFields
) {
  override get message(): string {
    return formatMessage(
      this,
      "another process was renewing the shared session until the deadline",
      "Try again later, or raise `deadline`."
    )
  }
}

/**
 * The JWT that signed in does not grant a scope that the operation needs. Add the scope to the credentials and to the
 * connected app. Tableau has no error code for this: it responds with 401002, as for an expired session, or 403.
 *
 * @see https://help.tableau.com/current/online/en-us/connected_apps_scopes.htm
 * @since 0.1.0
 * @category session errors
 */
export class MissingScope extends Schema.TaggedError<MissingScope>("effect-tableau/MissingScope")("MissingScope", {
  ...sessionFields,
  /** Such as `tableau:content:read`. */
  scope: Schema.String
}) {
  override get message(): string {
    return formatMessage(
      this,
      `the JWT that signed in does not grant ${this.scope}`,
      "Add it to the `scopes` of the credentials."
    )
  }
}
