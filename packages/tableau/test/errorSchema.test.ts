/** Errors as JSON, for queues and databases. */
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Ids, Jobs, TableauError } from "effect-tableau"

const classes = [...TableauError.schema.members, ...Jobs.JobError.members]

const Errors = Schema.parseJson(Schema.Union(TableauError.schema, Jobs.JobError))

/** The fields that all errors have. */
const common = {
  operation: FastCheck.string(),
  acted: FastCheck.constantFrom("no", "yes", "unknown"),
  status: FastCheck.integer({ min: 100, max: 599 }),
  code: FastCheck.string(),
  detail: FastCheck.string({ unit: "binary" })
}

const job = {
  id: Ids.JobId.make("j1"),
  type: "RefreshExtract",
  completedAt: DateTime.unsafeMake("2026-11-28T20:28:53Z"),
  extractRefreshJob: { notes: "No disk", workbook: { id: Ids.WorkbookId.make("w1"), name: "Sales" } }
}

/** The fields that some classes need beside the common ones. */
const more: Readonly<Record<string, object>> = {
  SignInFailed: { server: "s", site: "", credentialType: "Password" },
  SiteMismatch: { expected: "a", actual: "b" },
  UserMismatch: { expected: "a", actual: "b" },
  SiteSwitchFailed: { site: "a" },
  SiteSwitchUnavailable: { site: "a" },
  SessionPinned: { site: "a", pinnedTo: "b" },
  MissingScope: { scope: "tableau:content:read" },
  VersionUnsupported: { required: "3.28", actual: "3.27" },
  DeploymentUnsupported: { required: "Cloud", actual: "Server" },
  QueryFailed: { problems: [{ message: "m", path: ["a", 1] }] },
  UnfilterableValue: { field: "name" },
  RateLimited: { retryAfter: Duration.seconds(30) },
  UnexpectedResponse: { kind: "Html" },
  ListIncomplete: { expected: 3, received: 2, duplicates: 0, malformed: 1 },
  UploadMismatch: { sent: 10, acknowledged: 2 },
  ConnectionFailed: { server: "s", reason: "Refused", nodeCode: "ECONNREFUSED" },
  TlsFailed: { server: "s", reason: "Expired", nodeCode: "CERT_HAS_EXPIRED" },
  TimedOut: { after: 1000, phase: "stall" },
  RedirectRefused: { reason: "another host" },
  JobFailed: { job, notes: ["No disk"] },
  JobCancelled: { job, notes: [] },
  JobTimedOut: { job, after: Duration.hours(2), lastError: "e" }
}

describe("errors as JSON", () => {
  it("the schema has every error class that the package exports", () => {
    const exported = Object.values({ ...TableauError, ...Jobs }).filter(
      (value) => typeof value === "function" && value.prototype instanceof Error
    )
    expect(new Set<unknown>(classes)).toEqual(new Set<unknown>(exported))
    expect(classes.length).toBeGreaterThan(30)
  })

  it.each(classes.map((Class) => [Class._tag, Class] as const))(
    "%s decodes to the same class, fields and message",
    (tag, Class) => {
      FastCheck.assert(
        FastCheck.property(FastCheck.record(common, { requiredKeys: ["operation", "acted"] }), (fields) => {
          const error: unknown = Reflect.construct(Class, [{ ...fields, ...more[tag] }])
          const decoded = Schema.decodeSync(Errors)(Schema.encodeUnknownSync(Errors)(error))
          expect(decoded).toBeInstanceOf(Class)
          expect(decoded).toEqual(error)
          expect(decoded.message).toBe(error instanceof Error ? error.message : undefined)
        }),
        { numRuns: 50 }
      )
    }
  )
})
