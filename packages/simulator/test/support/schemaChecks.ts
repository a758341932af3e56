/**
 * A setup file of all tests: validates every normal response of the simulator, and every request of our client, against
 * Tableau's schema. Without the schema nothing is validated.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import * as Schema from "effect/Schema"
import { afterAll, expect } from "vitest"
import { schemas, type Validate } from "./schemas.js"

/** The strict schema is wrong for these: it has no pages for the list, or requires a build as `restApiVersion`. */
const lenientOnly = new Set(["queryViewsForSite", "queryJobs", "getFavoritesForUser", "serverInfo"])

/** Documented values and elements that neither schema has. They are validated as what the schema has in their place. */
const withoutSchema: ReadonlyArray<readonly [RegExp, string]> = [
  [/( name="[^"]*") incremental="true"(?=\/><\/extractRefreshJob>)/, "$1"],
  [
    /<extractCreationJob>(.*)<jobLuid>[^<]*<\/jobLuid><\/extractCreationJob>/,
    "<extractRefreshJob>$1</extractRefreshJob>"
  ],
  [/<\/extractRefresh><schedule .*<\/schedule>/, "</extractRefresh>"],
  [/(?<= nextRunAt="[\dT:-]+)-0700"/g, '-07:00"'],
  [/ (?:hours="24"|minutes="60")/g, ' hours="12"'],
  [/ monthDay="(?:First|Second|Third|Fourth|Fifth)"/g, ' monthDay="1"'],
  [/ type="(?:CreateExtract|UpdateUploadedFile)"/, ' type="RefreshExtract"']
]

/** The same of requests, as Tableau's pages of these operations document them. */
const requestsWithoutSchema: ReadonlyArray<readonly [RegExp, string]> = [
  [/<\/extractRefresh><schedule .*<\/schedule>/, "</extractRefresh>"],
  // The schema has `connections` in a workbook only, and `connectionLuids` without the change of these connections.
  [/(<datasource [^>]*>)<connections>.*<\/connections>/, "$1"],
  [/<\/flow><connections>.*<\/connections>/, "</flow>"],
  [/<\/connectionLuids><connection [^>]*\/>/, "</connectionLuids>"],
  // All parts of a change of a task are optional, and an incremental refresh has no others. The schema requires the content.
  [
    /(<extractRefresh (?:incremental|type)="[^"]*") ?\/>/,
    '$1><workbook id="00000000-0000-0000-0000-000000000000"/></extractRefresh>'
  ]
]

const inSchema = (body: string, rules = withoutSchema): string =>
  rules.reduce((text, [from, to]) => text.replace(from, to), body)

const Response = Schema.Struct({
  operation: Schema.String,
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  body: Schema.String
})

const Request = Schema.Struct({ userAgent: Schema.optional(Schema.String), body: Schema.String })

/** Bodies of our client have the namespace or not. The schema requires it. */
const inNamespace = (body: string) =>
  body.includes("xmlns=") ? body : body.replace("<tsRequest", '<tsRequest xmlns="http://tableau.com/api"')

if (schemas !== undefined) {
  const { lenient, strict } = schemas
  const problems: Array<string> = []
  const counts = { responses: 0, requests: 0 }
  const valid = new Set<string>()
  const check = (what: string, xml: string, ...against: ReadonlyArray<Validate>) => {
    if (valid.has(xml)) return
    valid.add(xml)
    for (const validate of against) {
      const problem = validate(xml)
      if (problem !== undefined) problems.push(`${what}: ${problem}\n${xml}`)
    }
  }
  const onResponse = (message: unknown) => {
    const { body, headers, operation } = Schema.decodeUnknownSync(Response)(message)
    if (!headers["content-type"]?.includes("xml")) return
    counts.responses += 1
    check(`response to ${operation}`, inSchema(body), lenient, ...(lenientOnly.has(operation) ? [] : [strict]))
  }
  const onRequest = (message: unknown) => {
    const { body, userAgent } = Schema.decodeUnknownSync(Request)(message)
    // Changes of rows are JSON.
    if (!userAgent?.includes("effect-tableau/") || body.startsWith("{")) return
    counts.requests += 1
    check("request", inNamespace(inSchema(body, requestsWithoutSchema)), strict)
  }
  subscribe("effect-tableau-simulator:response", onResponse)
  subscribe("effect-tableau-simulator:request", onRequest)
  afterAll(() => {
    // The next test file in this process subscribes again.
    unsubscribe("effect-tableau-simulator:response", onResponse)
    unsubscribe("effect-tableau-simulator:request", onRequest)
    const { responses, requests } = counts
    if (responses + requests > 0) {
      process.stdout.write(`checked against Tableau's schema: ${responses} responses, ${requests} requests\n`)
    }
    expect(problems).toEqual([])
  })
}
