/** The error bodies of Tableau's JSON services. */
import * as Predicate from "effect/Predicate"

/** What the server says in an error body. */
export interface ErrorDetails {
  readonly code?: string | undefined
  readonly summary?: string | undefined
  readonly detail?: string | undefined
}

type Members = Readonly<Record<PropertyKey, unknown>>

const stringOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

const codeOf = (value: unknown): string | undefined =>
  typeof value === "number" && Number.isFinite(value) ? String(value) : stringOf(value)

/** The VizQL Data Service says in `messages` which rule the request breaks. */
const messagesOf = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((message) => typeof message === "string") : []

const fromMembers = (body: Members): ErrorDetails | undefined => {
  const code = codeOf(body["code"]) ?? codeOf(body["errorCode"]) ?? codeOf(body["httpErrorCode"])
  const summary = stringOf(body["summary"]) ?? stringOf(body["error"])
  const message =
    stringOf(body["detail"]) ??
    stringOf(body["message"]) ??
    stringOf(body["errorMessage"]) ??
    stringOf(body["error_description"])
  const detail = [message, ...messagesOf(body["messages"])].filter(Predicate.isNotUndefined).join(" ") || undefined
  return code === undefined && summary === undefined && detail === undefined ? undefined : { code, summary, detail }
}

/**
 * Reads the body of an error response. The services have different forms:
 *
 * - REST: `{"error":{"code","summary","detail"}}`
 * - services under `/api/-`: `{"httpErrorCode","message"}`
 * - Pulse: `{"code","message"}`
 * - VizQL Data Service: `{"errorCode","message","messages"}`
 * - gateway: `{"timestamp","status","error","path"}`
 * - collections and GraphQL: `{"errors":[{"errorCode","errorMessage"}]}`, `{"errors":[{"message"}]}`
 * - OAuth: `{"error","error_description"}`
 */
export const errorDetails = (body: unknown): ErrorDetails | undefined => {
  if (!Predicate.isRecord(body)) return undefined
  if (Predicate.isRecord(body["error"])) return fromMembers(body["error"])
  const errors = body["errors"]
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  return fromMembers(Predicate.isRecord(first) ? first : body)
}

/**
 * Reads the error in the body of a response with status 200: a member `error` beside the data or instead of it, or one
 * of the error bodies with an unmistakable code. A member `code`, or a list of `errors` about single items, can be a
 * part of a result.
 */
export const embeddedError = (body: unknown): ErrorDetails | undefined => {
  if (!Predicate.isRecord(body)) return undefined
  if (Predicate.isRecord(body["error"])) {
    const details = fromMembers(body["error"])
    return details?.code === undefined ? undefined : details
  }
  // 0 stands for no error.
  const isCode = (value: unknown): boolean => !["0", undefined].includes(codeOf(value))
  return isCode(body["errorCode"]) || isCode(body["httpErrorCode"]) ? fromMembers(body) : undefined
}
