/** Mistakes that the compiler must find: each `@ts-expect-error` says which one, and fails if there is none. */
import type * as DateTime from "effect/DateTime"
import { Credentials, Filter, Flows, Groups, Ids, Operation, Response, Sort, Views, Workbooks } from "effect-tableau"

declare const utc: DateTime.Utc

export const inArguments = [
  // @ts-expect-error A string is not an id.
  Workbooks.get("6d13b0ca-043d-4d42-8c9d-3f3313ea3a00"),
  // @ts-expect-error The id of a site is not the id of a workbook.
  Workbooks.get(Ids.SiteId.make("1")),
  // @ts-expect-error The id of a group is not the id of a user.
  Groups.listForUser(Ids.GroupId.make("1")),
  // @ts-expect-error A permission rule needs a user or a group.
  Views.addPermissions(Ids.ViewId.make("1"), [{ capabilities: [] }]),
  // @ts-expect-error A secret must be Redacted.
  Credentials.personalAccessToken({ name: "nightly", value: "secret" })
]

export const inLists = [
  // @ts-expect-error Workbooks have no such field.
  Workbooks.list({ filter: [Filter.eq("shoeSize", "46")] }),
  // @ts-expect-error The field belongs to jobs.
  Workbooks.list({ filter: [Filter.eq("jobType", "x")] }),
  // @ts-expect-error A name has no order.
  Workbooks.list({ filter: [Filter.gte("name", "S")] }),
  // @ts-expect-error A name cannot be searched.
  Workbooks.list({ filter: [Filter.has("name", "S")] }),
  // @ts-expect-error A string is not a date.
  Workbooks.list({ filter: [Filter.gte("createdAt", "2026-03-01")] }),
  // @ts-expect-error A date cannot be compared with several dates.
  Workbooks.list({ filter: [Filter.in("createdAt", [utc])] }),
  // @ts-expect-error A string is not a number.
  Workbooks.list({ filter: [Filter.eq("size", "1")] }),
  // @ts-expect-error Tags cannot be sorted by.
  Workbooks.list({ sort: [Sort.asc("tags")] }),
  // @ts-expect-error Workbooks have no such field.
  Workbooks.list({ sort: [Sort.asc("shoeSize")] }),
  // @ts-expect-error Workbooks have no such field.
  Workbooks.list({ fields: ["shoeSize"] }),
  // @ts-expect-error The owner has no such field.
  Workbooks.list({ fields: ["owner.shoeSize"] }),
  // @ts-expect-error Flows have no choice of fields.
  Flows.list({ fields: ["name"] })
]

// In declarations of operations

const facts = { name: "x", since: "2.0", scope: "tableau:content:read" } as const

export const missingPlaceholder = Operation.make({
  ...facts,
  request: "GET /sites/{siteId}/things/{thingId}",
  // @ts-expect-error thingId is missing.
  input: (id: string) => ({ id }),
  response: Response.empty
})

export const misspelledPart = Operation.make({
  ...facts,
  request: "GET /sites/{siteId}/things/{thingId}",
  // @ts-expect-error xlm is not a part of a request.
  input: (thingId: string) => ({ thingId, xlm: {} }),
  response: Response.empty
})

export const wrongValue = Operation.make({
  ...facts,
  request: "GET /sites/{siteId}/things/{thingId}",
  // @ts-expect-error A query parameter is a scalar.
  input: (thingId: string) => ({ thingId, query: { a: { b: 1 } } }),
  response: Response.empty
})

export const untypedParameter = Operation.make({
  ...facts,
  request: "GET /sites/{siteId}/things/{thingId}",
  // @ts-expect-error The parameter `all` has no type.
  input: (thingId: string, all = false) => ({ thingId, query: { all: all === true } }),
  response: Response.empty
})

export const twoBodies = Operation.make({
  ...facts,
  request: "POST /sites/{siteId}/things",
  // @ts-expect-error A request has one body.
  input: (name: string) => ({ xml: { thing: { name } }, json: { name } }),
  response: Response.empty
})

export const wrongMethod = Operation.make({
  ...facts,
  // @ts-expect-error There is no such method.
  request: "FETCH /sites/{siteId}/things",
  input: () => ({}),
  response: Response.empty
})

export const wrongScope = Operation.make({
  ...facts,
  request: "GET /sites/{siteId}/things",
  // @ts-expect-error A scope begins with "tableau:".
  scope: "content:read",
  input: () => ({}),
  response: Response.empty
})

export const misspelledPartOfGeneric = Operation.generic(
  { ...facts, request: "POST /sites/{siteId}/things" },
  (send) => (name: string) =>
    // @ts-expect-error jsn is not a part of a request.
    send({ jsn: { name } }, Response.empty)
)

// A list in one response has no stream.
// @ts-expect-error It is not an operation that returns a listing.
export const streamOfOneResponse = Operation.stream(Views.listForWorkbook)
