/** Which errors are transient: jobs, uploads, workflows and programs decide by it whether they wait. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Ids, Jobs, TableauError } from "effect-tableau"

const fields = { operation: "Workbooks.list", acted: "unknown" } as const

const connection = (reason: TableauError.ConnectionFailed["reason"], nodeCode?: string) =>
  new TableauError.ConnectionFailed({ ...fields, server: "https://tableau.example.com", reason, nodeCode })

const page = (kind: TableauError.UnexpectedResponse["kind"], status?: number) =>
  new TableauError.UnexpectedResponse({ ...fields, kind, status })

const transient: ReadonlyArray<readonly [name: string, error: TableauError.TableauError]> = [
  ["a refused connection", connection("Refused", "ECONNREFUSED")],
  ["a lost connection", connection("Broken", "ECONNRESET")],
  ["a failure without a cause in a browser", connection("BrowserFetch")],
  ["a proxy that is down", connection("ProxyUnreachable")],
  ["a proxy that does not reach the server", connection("ProxyGateway")],
  ["a name server that is down", connection("Dns", "EAI_AGAIN")],
  ["429", new TableauError.RateLimited({ ...fields, status: 429 })],
  ["a timeout", new TableauError.TimedOut(fields)],
  ["a session that expired", new TableauError.SessionExpired({ ...fields, status: 401 })],
  ["a busy session store", new TableauError.SessionStoreBusy(fields)],
  ["a session store that is down", new TableauError.SessionStoreUnavailable(fields)],
  ["500", new TableauError.ServerFault({ ...fields, status: 500 })],
  ["503", new TableauError.ServerFault({ ...fields, status: 503 })],
  ["408", new TableauError.UnknownCode({ ...fields, status: 408 })],
  ["a page of a gateway with status 502", page("Html", 502)]
]

const afterKnown: ReadonlyArray<readonly [name: string, error: TableauError.TableauError]> = [
  ["a name that is not found", connection("Dns", "ENOTFOUND")],
  ["a web page", page("Html", 200)],
  ["a response that was cut", page("Malformed", 200)],
  ["a redirect", new TableauError.RedirectRefused({ ...fields, status: 302, reason: "Redirects are not followed" })]
]

const lasting: ReadonlyArray<readonly [name: string, error: unknown]> = [
  ["a closed HttpClient", connection("Broken", "UND_ERR_CLOSED")],
  ["a destroyed HttpClient", connection("Broken", "UND_ERR_DESTROYED")],
  ["a proxy that requires a password", connection("ProxyAuthentication")],
  ["a proxy that does not allow the server", connection("ProxyRefused")],
  ["too large headers", connection("HeadersTooLarge")],
  ["501", new TableauError.ServerFault({ ...fields, status: 501 })],
  ["a too large response", page("TooLarge", 200)],
  ["an item that cannot be read", page("MalformedItem", 200)],
  ["403", new TableauError.Forbidden({ ...fields, status: 403 })],
  ["404", new TableauError.NotFound({ ...fields, status: 404 })],
  ["an evicted session", new TableauError.SessionEvicted(fields)],
  ["a closed session", new TableauError.SessionClosed(fields)],
  [
    "a certificate that expired",
    new TableauError.TlsFailed({ ...fields, server: "s", reason: "Expired", nodeCode: "CERT_HAS_EXPIRED" })
  ],
  ["a job that failed", new Jobs.JobFailed({ ...fields, acted: "yes", job: { id: Ids.JobId.make("j1") }, notes: [] })],
  ["an error of another package", new Error("503")]
]

describe("isTransient", () => {
  it.each(transient)("%s is transient, also if the address is not known to be right", (_, error) => {
    expect(TableauError.isTransient(error)).toBe(true)
    expect(TableauError.isTransient(error, { isAddressKnown: false })).toBe(true)
  })

  it.each(afterKnown)("%s is transient unless the address may be wrong", (_, error) => {
    expect(TableauError.isTransient(error)).toBe(true)
    expect(TableauError.isTransient(error, { isAddressKnown: false })).toBe(false)
  })

  it.each(lasting)("%s is not transient", (_, error) => {
    expect(TableauError.isTransient(error)).toBe(false)
  })

  it.effect("an error that was stored as JSON is as transient as before", () =>
    Effect.gen(function* () {
      const stored = Schema.parseJson(TableauError.schema)
      for (const [, error] of [...transient, ...afterKnown]) {
        const read = yield* Effect.flatMap(Schema.encode(stored)(error), Schema.decode(stored))
        expect(TableauError.isTransient(read)).toBe(true)
      }
    })
  )
})
