/** Errors of the server: overload, failures, and responses that are not Tableau's. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { formatMessage, serverFields } from "./fields.js"

/**
 * Too many requests (429). Wait for `retryAfter` and try again. The session does that by itself for short waits.
 *
 * @since 0.1.0
 * @category server errors
 */
export class RateLimited extends Schema.TaggedError<RateLimited>("effect-tableau/RateLimited")("RateLimited", {
  ...serverFields,
  /** How long to wait, if the server said so in `Retry-After`. */
  retryAfter: Schema.optional(Schema.DurationFromMillis)
}) {
  override get message(): string {
    const wait = this.retryAfter === undefined ? "a while" : `${Math.ceil(Duration.toSeconds(this.retryAfter))} seconds`
    return formatMessage(this, "the server allows fewer requests", `Wait ${wait} and try again.`)
  }
}

/**
 * The server, or a gateway in front of it, failed (5xx). Try again later; if it persists, ask its administrator.
 *
 * @since 0.1.0
 * @category server errors
 */
export class ServerFault extends Schema.TaggedError<ServerFault>("effect-tableau/ServerFault")("ServerFault", {
  ...serverFields,
  /** What to do, if this package knows more than the response says. */
  hint: Schema.optional(Schema.String)
}) {
  override get message(): string {
    return formatMessage(
      this,
      "the server, or a gateway in front of it, failed",
      this.hint !== undefined
        ? this.hint
        : this.status === 501
          ? "The server does not implement this operation: it cannot succeed."
          : "Try again later; if it persists, ask its administrator."
    )
  }
}

/**
 * The response is not one of Tableau's APIs, or it cannot be read. `kind` says what it is, the message what to do.
 *
 * @since 0.1.0
 * @category server errors
 */
export class UnexpectedResponse extends Schema.TaggedError<UnexpectedResponse>("effect-tableau/UnexpectedResponse")(
  "UnexpectedResponse",
  {
    ...serverFields,
    /**
     * `Html` and `Json`: something in front of the server, or another port of it, responded. `MalformedItem`: one item of
     * a response that is valid otherwise.
     */
    kind: Schema.Literal("Empty", "Html", "Json", "Malformed", "MalformedItem", "TooLarge", "Other")
  }
) {
  override get message(): string {
    const [event, advice] = {
      Empty: ["the response is empty", "Something between this program and Tableau may have cut it."],
      Html: [
        "the response is a web page",
        "A single sign-on or a proxy may stand in front of the server: let requests to the REST API (/api) pass it."
      ],
      Json: [
        "the response is JSON of another service",
        "Is this the port of the REST API? The port of TSM, 8850, is not."
      ],
      Malformed: [
        "the response is not a valid response of Tableau",
        "Something between this program and Tableau may have cut or changed it."
      ],
      MalformedItem: ["an item of the response cannot be read", ""],
      TooLarge: [
        "the response is larger than this package reads",
        "Request less at a time, with a smaller `pageSize`."
      ],
      Other: ["the response is not one of Tableau's REST API", "Check the address."]
    }[this.kind]
    return formatMessage(this, event ?? "", advice)
  }
}

/**
 * A list in strict mode ended with fewer items than the server counted: some were deleted while it was read, or moved
 * from a page that was still unread to one that had been read. Read the list again.
 *
 * @since 0.1.0
 * @category server errors
 */
export class ListIncomplete extends Schema.TaggedError<ListIncomplete>("effect-tableau/ListIncomplete")(
  "ListIncomplete",
  {
    ...serverFields,
    /** The highest number of items that the server counted. */
    expected: Schema.Int,
    /** Items that were received and read, without duplicates. */
    received: Schema.Int,
    /** Items that were received again. */
    duplicates: Schema.Int,
    /** Items that could not be read. */
    malformed: Schema.Int
  }
) {
  override get message(): string {
    return formatMessage(
      this,
      `${this.received} of ${this.expected} items were received (${this.duplicates} were duplicates, ${this.malformed} could not be read)`,
      this.received + this.malformed >= this.expected
        ? "The log has a warning for each item that could not be read. Without `strict` the list ends without them."
        : "The list changed while it was read, or the server counts wrongly: read it again. If this happens each time, the server may return fewer items per page than it says: request a smaller pageSize."
    )
  }
}

/**
 * An upload was not used, because what the server says that it holds does not fit what was sent: a block may be missing or
 * be there twice. The file was uploaded again as often as possible. Nothing was published. Try again, with another
 * `blockSize` or over a better connection.
 *
 * @since 0.1.0
 * @category server errors
 */
export class UploadMismatch extends Schema.TaggedError<UploadMismatch>("effect-tableau/UploadMismatch")(
  "UploadMismatch",
  {
    ...serverFields,
    /** The bytes that were sent. */
    sent: Schema.Number,
    /** What the server says that it holds, in whole megabytes, if it says it. */
    acknowledged: Schema.optional(Schema.Number)
  }
) {
  override get message(): string {
    const held = this.acknowledged === undefined ? "does not say what it holds" : `holds ${this.acknowledged} MB`
    return formatMessage(
      this,
      `the upload was not used: ${this.sent} bytes were sent, and the server ${held}`,
      "Nothing was published. Try again, with another `blockSize` or over a better connection."
    )
  }
}
