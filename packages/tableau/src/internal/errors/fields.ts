/** The fields and the message format that all error classes share. */
import * as Schema from "effect/Schema"

/**
 * Whether the server acted on the request. A request is safe to repeat only if this is `"no"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Acted = "no" | "yes" | "unknown"

const fields = {
  /** The operation, such as `Workbooks.list`. */
  operation: Schema.String,
  /** The HTTP status, if there was a response. */
  status: Schema.optional(Schema.Int),
  /** Tableau's error code of six digits. Its first three digits are usually, but not always, the status. */
  code: Schema.optional(Schema.String),
  summary: Schema.optional(Schema.String),
  detail: Schema.optional(Schema.String),
  /** The server's id of the request, if the response has one: an administrator finds the request in the logs by it. */
  requestId: Schema.optional(Schema.String),
  acted: Schema.Literal("no", "yes", "unknown")
}

export const sessionFields = { ...fields, category: Schema.tag("session") }
export const requestFields = { ...fields, category: Schema.tag("request") }
export const serverFields = { ...fields, category: Schema.tag("server") }
export const transportFields = { ...fields, category: Schema.tag("transport") }
export const jobFields = { ...fields, category: Schema.tag("job") }

/** The fields that all errors have, beside `category`. */
interface Fields {
  readonly operation: string
  readonly status?: number | undefined
  readonly code?: string | undefined
  readonly summary?: string | undefined
  readonly detail?: string | undefined
  readonly requestId?: string | undefined
}

/** The common fields of an error, to build a more specific one. */
export const fieldsOf = ({
  acted,
  code,
  detail,
  operation,
  requestId,
  status,
  summary
}: Fields & { readonly acted: Acted }) => ({ acted, code, detail, operation, requestId, status, summary })

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** Joins the operation, what happened, what the server said and what to do next. */
export const formatMessage = (error: Fields, event: string, advice = ""): string => {
  const ids = [
    error.status && `status ${error.status}`,
    error.code && `code ${error.code}`,
    error.requestId && `request ${error.requestId}`
  ].filter(Boolean)
  const details = [error.summary, error.detail].filter(Boolean).join(": ")
  // Only errors with a code have Tableau's own words; without a code the detail is written by this package.
  const cause = details === "" ? "" : sentence(error.code === undefined ? details : `Tableau said: ${details}`)
  const happened = ids.length === 0 ? event : `${event} (${ids.join(", ")})`
  return [`${error.operation}: ${sentence(happened)}`, cause, advice].filter((text) => text !== "").join(" ")
}
