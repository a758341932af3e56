/** Mistakes that a compiler has to find. */
import { Operation, Response } from "effect-tableau"

const facts = { name: "x", since: "2.0", scope: "tableau:content:read" } as const

export const missing = Operation.make({
  ...facts,
  request: "GET /sites/{siteId}/things/{thingId}",
  // @ts-expect-error: thingId is missing
  input: (id: string) => ({ id }),
  response: Response.empty
})

export const misspelled = Operation.make({
  ...facts,
  request: "GET /sites/{siteId}/things/{thingId}",
  // @ts-expect-error: xlm is no part of a request
  input: (thingId: string) => ({ thingId, xlm: {} }),
  response: Response.empty
})

export const wrongType = Operation.make({
  ...facts,
  request: "GET /sites/{siteId}/things/{thingId}",
  // @ts-expect-error: a query has scalars
  input: (thingId: string) => ({ thingId, query: { a: { b: 1 } } }),
  response: Response.empty
})

export const untyped = Operation.make({
  ...facts,
  request: "GET /sites/{siteId}/things/{thingId}",
  // @ts-expect-error: `all` has no type
  input: (thingId: string, all = false) => ({ thingId, query: { all: all === true } }),
  response: Response.empty
})

export const wrongLine = Operation.make({
  ...facts,
  // @ts-expect-error: no such method
  request: "FETCH /sites/{siteId}/things",
  input: () => ({}),
  response: Response.empty
})

export const generic = Operation.generic(
  { ...facts, request: "POST /sites/{siteId}/things" },
  (send) => (name: string) =>
    // @ts-expect-error: jsn is no part of a request
    send({ jsn: { name } }, Response.empty)
)
