/**
 * Holds what goes over the wire against Tableau's own schema, wherever this module is imported or a setup file: every
 * true answer of the simulator, and every request of our client. The schema is not part of the repository; without it
 * nothing is checked.
 */
import { subscribe } from "node:diagnostics_channel"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Schema from "effect/Schema"
import { XmlDocument, XsdValidator } from "libxml2-wasm"
import { afterAll, expect } from "vitest"

const file = (name: string) => fileURLToPath(new URL(`../../../shared/protocol/${name}`, import.meta.url))

const load = (name: string): ((xml: string) => string | undefined) => {
  const schema = XmlDocument.fromBuffer(readFileSync(file(name)))
  const validator = XsdValidator.fromDoc(schema)
  return (xml) => {
    try {
      const document = XmlDocument.fromString(xml)
      try {
        validator.validate(document)
        return undefined
      } finally {
        document.dispose()
      }
    } catch (error) {
      return String(error)
    }
  }
}

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

if (existsSync(file("ts-api_3_29.xsd"))) {
  const strict = load("ts-api_3_29.xsd")
  const lenient = load("ts-api_3_29.lenient.xsd")
  const problems: Array<string> = []
  const counts = { answers: 0, requests: 0 }
  const valid = new Set<string>()
  const check = (what: string, xml: string, ...schemas: ReadonlyArray<typeof strict>) => {
    if (valid.has(xml)) return
    valid.add(xml)
    for (const validate of schemas) {
      const problem = validate(xml)
      if (problem !== undefined) problems.push(`${what}: ${problem}\n${xml}`)
    }
  }
  subscribe("effect-tableau-simulator:answer", (message) => {
    const { body, headers, operation } = Schema.decodeUnknownSync(Answer)(message)
    if (!headers["content-type"]?.includes("xml")) return
    counts.answers += 1
    check(`answer to ${operation}`, body, lenient, ...(lenientOnly.has(operation) ? [] : [strict]))
  })
  subscribe("effect-tableau-simulator:request", (message) => {
    const { body, userAgent } = Schema.decodeUnknownSync(Request)(message)
    if (!userAgent?.includes("effect-tableau/")) return
    counts.requests += 1
    check("request", inNamespace(body), strict)
  })
  afterAll(() => {
    const { answers, requests } = counts
    if (answers + requests > 0) {
      process.stdout.write(`checked against Tableau's schema: ${answers} answers, ${requests} requests\n`)
    }
    expect(problems).toEqual([])
  })
}
