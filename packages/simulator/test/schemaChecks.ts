/**
 * Holds what goes over the wire against Tableau's own schema, in each file of tests, as a setup file: every true answer
 * of the simulator, and every request of our client. Without the schema nothing is checked.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import * as Schema from "effect/Schema"
import { afterAll, expect } from "vitest"
import { schemas, type Validate } from "./schemas.js"

/** Where the strict schema is itself wrong: it has no such list in pages, or wants `restApiVersion` to be a build. */
const lenientOnly = new Set(["queryViewsForSite", "queryJobs", "getFavoritesForUser", "serverInfo"])

const Answer = Schema.Struct({
  operation: Schema.String,
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  body: Schema.String
})

const Request = Schema.Struct({ userAgent: Schema.optional(Schema.String), body: Schema.String })

/** Bodies of our client come without the namespace or with it; the schema wants it. */
const inNamespace = (body: string) =>
  body.includes("xmlns=") ? body : body.replace("<tsRequest", '<tsRequest xmlns="http://tableau.com/api"')

if (schemas !== undefined) {
  const { lenient, strict } = schemas
  const problems: Array<string> = []
  const counts = { answers: 0, requests: 0 }
  const valid = new Set<string>()
  const check = (what: string, xml: string, ...against: ReadonlyArray<Validate>) => {
    if (valid.has(xml)) return
    valid.add(xml)
    for (const validate of against) {
      const problem = validate(xml)
      if (problem !== undefined) problems.push(`${what}: ${problem}\n${xml}`)
    }
  }
  const onAnswer = (message: unknown) => {
    const { body, headers, operation } = Schema.decodeUnknownSync(Answer)(message)
    if (!headers["content-type"]?.includes("xml")) return
    counts.answers += 1
    check(`answer to ${operation}`, body, lenient, ...(lenientOnly.has(operation) ? [] : [strict]))
  }
  const onRequest = (message: unknown) => {
    const { body, userAgent } = Schema.decodeUnknownSync(Request)(message)
    if (!userAgent?.includes("effect-tableau/")) return
    counts.requests += 1
    check("request", inNamespace(body), strict)
  }
  subscribe("effect-tableau-simulator:response", onAnswer)
  subscribe("effect-tableau-simulator:request", onRequest)
  afterAll(() => {
    // The next file of tests in this process counts its own.
    unsubscribe("effect-tableau-simulator:response", onAnswer)
    unsubscribe("effect-tableau-simulator:request", onRequest)
    const { answers, requests } = counts
    if (answers + requests > 0) {
      process.stdout.write(`checked against Tableau's schema: ${answers} answers, ${requests} requests\n`)
    }
    expect(problems).toEqual([])
  })
}
