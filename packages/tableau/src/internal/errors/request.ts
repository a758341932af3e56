/** Errors of requests that fail again if they are repeated unchanged. */
import * as Schema from "effect/Schema"
import { adviceOf } from "./advice.js"
import { formatMessage, requestFields } from "./fields.js"

/**
 * The request is not valid: the server responded with 400, or this package found it before anything was sent. `detail`
 * says what to change.
 *
 * @since 0.1.0
 * @category request errors
 */
export class BadRequest extends Schema.TaggedError<BadRequest>("effect-tableau/BadRequest")("BadRequest", {
  ...requestFields,
  /** What to check, if this package knows more than the response says. */
  hint: Schema.optional(Schema.String)
}) {
  override get message(): string {
    return formatMessage(this, "the request is not valid", this.hint ?? adviceOf(this.code))
  }
}

/**
 * The user may not do this (403). Ask for the permission, or use another user.
 *
 * @since 0.1.0
 * @category request errors
 */
export class Forbidden extends Schema.TaggedError<Forbidden>("effect-tableau/Forbidden")("Forbidden", {
  ...requestFields,
  /** What to do, if this package knows more than the response says. */
  hint: Schema.optional(Schema.String)
}) {
  override get message(): string {
    if (this.status === undefined) return formatMessage(this, "this session may not do this", "Nothing was sent.")
    const advice = adviceOf(this.code)
    // Of the codes with an advice of their own, none is only about permissions.
    return advice === undefined
      ? formatMessage(
          this,
          "the signed-in user may not do this",
          this.hint ?? "Ask for the permission, or use another user."
        )
      : formatMessage(this, "the server refused this", this.hint ?? advice)
  }
}

/**
 * The object does not exist on this site, or the user may not see it (404). Check the id and the site.
 *
 * @since 0.1.0
 * @category request errors
 */
export class NotFound extends Schema.TaggedError<NotFound>("effect-tableau/NotFound")("NotFound", {
  ...requestFields,
  /** What to do, if this package knows more than the response says. */
  hint: Schema.optional(Schema.String)
}) {
  override get message(): string {
    const advice = this.hint ?? adviceOf(this.code) ?? "It is not on this site, or the user may not see it."
    return formatMessage(this, "not found", advice)
  }
}

/**
 * The request conflicts with an object that exists (409), such as another one of the same name. Read what is there,
 * and change the request.
 *
 * @since 0.1.0
 * @category request errors
 */
export class Conflict extends Schema.TaggedError<Conflict>("effect-tableau/Conflict")("Conflict", {
  ...requestFields,
  /** What to do, if this package knows more than the response says. */
  hint: Schema.optional(Schema.String)
}) {
  override get message(): string {
    const advice = this.hint ?? adviceOf(this.code)
    return advice === undefined
      ? formatMessage(
          this,
          "it conflicts with an existing object",
          "Another object with the same name or key may exist: read it, and change the request."
        )
      : formatMessage(this, "it conflicts with what the server has or does", advice)
  }
}

/**
 * The server does not allow the method (405, or Tableau's code 405000). Usually the address is `http://` and the server
 * redirects to `https://`, which would turn a POST into a GET. Then use `suggestedUrl` as `server`. No credential was
 * sent.
 *
 * @since 0.1.0
 * @category request errors
 */
export class MethodNotAllowed extends Schema.TaggedError<MethodNotAllowed>("effect-tableau/MethodNotAllowed")(
  "MethodNotAllowed",
  {
    ...requestFields,
    /** The address to use as `server`, if the server redirected to it. */
    suggestedUrl: Schema.optional(Schema.String)
  }
) {
  override get message(): string {
    return this.suggestedUrl === undefined
      ? formatMessage(
          this,
          "the server does not allow the method",
          "The two known causes: an http:// address of a server that requires https://, and a Tableau Cloud address without its pod (use the host that the browser shows, such as 10ax.online.tableau.com)."
        )
      : formatMessage(
          this,
          "the server redirects to another address, which would turn the POST into a GET",
          `No credentials were sent there. Use ${this.suggestedUrl} as \`server\`.`
        )
  }
}

/**
 * The operation needs another API version than the session uses. Nothing was sent. Leave `apiVersion` out to use the
 * server's own version, or upgrade the server.
 *
 * @since 0.1.0
 * @category request errors
 */
export class VersionUnsupported extends Schema.TaggedError<VersionUnsupported>("effect-tableau/VersionUnsupported")(
  "VersionUnsupported",
  {
    ...requestFields,
    /** The first API version that has the operation, such as `3.23`. */
    required: Schema.String,
    /** The API version of the session. */
    actual: Schema.String,
    /** The API version that removed the operation, if the session has this version or a later one. */
    removed: Schema.optional(Schema.String)
  }
) {
  override get message(): string {
    if (this.removed !== undefined) {
      return formatMessage(
        this,
        `API version ${this.actual} no longer has this operation: it was removed with ${this.removed}`,
        "Nothing was sent. Pin an earlier `apiVersion`, or use the operation that replaced it."
      )
    }
    return formatMessage(
      this,
      `this needs API version ${this.required}, the session has ${this.actual}`,
      "Nothing was sent. Leave `apiVersion` out to use the server's own, or upgrade the server."
    )
  }
}

/**
 * The operation exists only on Tableau Server, or only on Tableau Cloud, and the session is on the other one. Nothing
 * was sent.
 *
 * @since 0.1.0
 * @category request errors
 */
export class DeploymentUnsupported extends Schema.TaggedError<DeploymentUnsupported>(
  "effect-tableau/DeploymentUnsupported"
)("DeploymentUnsupported", {
  ...requestFields,
  required: Schema.Literal("Server", "Cloud"),
  actual: Schema.Literal("Server", "Cloud")
}) {
  override get message(): string {
    return formatMessage(
      this,
      `only Tableau ${this.required} has this operation, and the session is on Tableau ${this.actual}`,
      "Nothing was sent."
    )
  }
}

/**
 * Tableau cannot compare the field with this value, and the client cannot do it in its place. Nothing was sent: change
 * the filter as `detail` says.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_filtering_and_sorting.htm
 * @since 0.1.0
 * @category request errors
 */
export class UnfilterableValue extends Schema.TaggedError<UnfilterableValue>("effect-tableau/UnfilterableValue")(
  "UnfilterableValue",
  { ...requestFields, field: Schema.String }
) {
  override get message(): string {
    return formatMessage(this, `${this.field} cannot be filtered like this`)
  }
}

/**
 * A problem that the Metadata API reports for a query, beside its data or instead of it.
 *
 * @since 0.1.0
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
 * The Metadata API responded to a query with problems and without data. `problems` says what to change in the query.
 *
 * @since 0.1.0
 * @category request errors
 */
export class QueryFailed extends Schema.TaggedError<QueryFailed>("effect-tableau/QueryFailed")("QueryFailed", {
  ...requestFields,
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
    return formatMessage(this, "the query failed", this.problems.map(({ message }) => message).join(" "))
  }
}

/**
 * The server responded with a status that this package does not know. `code`, `summary` and `detail` hold everything
 * that the server said.
 *
 * @since 0.1.0
 * @category request errors
 */
export class UnknownCode extends Schema.TaggedError<UnknownCode>("effect-tableau/UnknownCode")(
  "UnknownCode",
  requestFields
) {
  override get message(): string {
    return formatMessage(this, "the server responded with an error that is not known here")
  }
}
