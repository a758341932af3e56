/**
 * Every fault of a server in four kinds of requests. A row is a fault with the expected outcomes, by rules that do not depend
 * on how the client classifies responses. `runCell` runs a cell over a socket.
 */
import { gzipSync } from "node:zlib"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { TableauError } from "effect-tableau"
import { Fault } from "effect-tableau-simulator"

/** The kinds of requests. `list` is the first page and a later one, `signOut` one after a success and one after a failure. */
export const columns = ["signIn", "list", "write", "signOut"] as const

export type Column = (typeof columns)[number]

/** The expected outcome of a cell. */
export interface Due {
  readonly ends: "success" | TableauError.TableauError["_tag"]
  /** Fields of the error. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
  /** Whether the log says that a session may be left. */
  readonly warns: boolean
  /** Whether a session is left: only where the client cannot prevent it. */
  readonly leaves: boolean
  /** Whether the request is sent again, although requests of users are not. */
  readonly resent?: boolean | undefined
}

export interface Row {
  readonly name: string
  /** The constructor of the fault. */
  readonly of: keyof typeof Fault
  readonly fault: (server: string) => Fault.Fault
  /** The cells in which the server acts. */
  readonly acts: ReadonlyArray<Column>
  /** The cells in which the session is renewed and the request sent again. */
  readonly again: ReadonlyArray<Column>
  readonly due: Readonly<Record<Column, Due>>
  /** How far the clock moves; `timeout` until the client times out. By default it stands still. */
  readonly time?: "timeout" | Duration.DurationInput | undefined
  /** How many of the five workbooks are received if the first page fails, and if the second does. By default all. */
  readonly items?: readonly [number, number] | undefined
}

/** A secret in the location of a redirect, which must not be printed. */
export const secretOfRedirect = "hush-hush"

type Rule = (acts: boolean) => Row["due"]

const success: Due = { ends: "success", warns: false, leaves: false }

const everywhere = (due: Due): Row["due"] => ({ signIn: due, list: due, write: due, signOut: due })

/** No error. */
const fine: Rule = () => everywhere(success)

type Tag = TableauError.TableauError["_tag"]
type Fields = NonNullable<Due["fields"]>

/** An error response: the server did not act. A failed sign-out leaves its session. */
const refused =
  (tag: Tag, fields: Fields = {}): Rule =>
  () => ({
    ...everywhere({ ends: tag, fields: { ...fields, acted: "no" }, warns: false, leaves: false }),
    signOut: { ends: "success", warns: true, leaves: true }
  })

/** Whether the server acted is unknown, except for a list, which changes nothing. */
const uncertain =
  (tag: Tag, fields: Fields = {}): Rule =>
  (acts) => ({
    signIn: { ends: tag, fields: { ...fields, acted: "unknown" }, warns: true, leaves: acts },
    list: { ends: tag, fields: { ...fields, acted: "no" }, warns: false, leaves: false },
    write: { ends: tag, fields: { ...fields, acted: "unknown" }, warns: false, leaves: false },
    signOut: { ends: "success", warns: true, leaves: !acts }
  })

/** The rule, with exceptions. */
const but =
  (rule: Rule, other: (acts: boolean) => Partial<Row["due"]>): Rule =>
  (acts) => ({ ...rule(acts), ...other(acts) })

/** The rule for transient failures: a sign-out is sent again, and finds the session or 401. */
const transient = (rule: Rule): Rule => but(rule, () => ({ signOut: { ...success, resent: true } }))

/** The rule for responses with a body. The response to a sign-out has none. */
const inBody = (rule: Rule): Rule => but(rule, () => ({ signOut: success }))

const unexpected = (kind: string) => uncertain("UnexpectedResponse", { kind })

const lost = transient(uncertain("ConnectionFailed", { reason: "Broken" }))

/** With the default timeouts. */
const late = but(uncertain("TimedOut", { after: 120_000 }), (acts) => ({
  signIn: { ends: "TimedOut", fields: { after: 60_000, acted: "unknown" }, warns: true, leaves: acts }
}))

interface Given {
  readonly acts?: Row["acts"]
  readonly again?: Row["again"]
  readonly time?: Row["time"]
  readonly items?: Row["items"]
}

const row = (
  of: Row["of"],
  name: string,
  fault: Fault.Fault | Row["fault"],
  rule: Rule,
  { acts = [], again = [], items, time }: Given = {}
): Row => ({
  name,
  of,
  fault: typeof fault === "function" ? fault : () => fault,
  acts,
  again,
  due: rule(acts.length > 0),
  items,
  time
})

const acts = { acts: columns }
const after = { when: "after" } as const

/** The meaning of a status in an error of Tableau. */
const meanings: Readonly<Record<number, Rule>> = {
  400: refused("BadRequest", { code: "400000" }),
  401: but(refused("SessionExpired"), () => ({
    signIn: { ends: "SignInFailed", fields: { code: "401000", acted: "no" }, warns: false, leaves: false },
    // The session is renewed.
    list: success,
    write: success,
    // The server says that the session has ended: a sign-out is not needed.
    signOut: { ends: "success", warns: false, leaves: true }
  })),
  403: refused("Forbidden"),
  404: but(refused("NotFound"), () => ({
    signIn: { ends: "BadRequest", fields: { code: "404000", acted: "no" }, warns: false, leaves: false }
  })),
  405: refused("MethodNotAllowed"),
  408: transient(uncertain("ServerFault")),
  409: refused("Conflict"),
  413: refused("BadRequest", { code: "413000" }),
  429: transient(refused("RateLimited")),
  500: uncertain("ServerFault"),
  502: transient(uncertain("ServerFault")),
  503: transient(uncertain("ServerFault")),
  504: transient(uncertain("ServerFault"))
}

/** The meaning of a status without an error of Tableau, as gateways send it. */
const fromGateway: Readonly<Record<number, Rule>> = {
  405: refused("MethodNotAllowed", { code: undefined }),
  408: transient(uncertain("ServerFault", { code: undefined })),
  429: transient(refused("RateLimited", { code: undefined })),
  500: uncertain("ServerFault", { code: undefined }),
  502: transient(uncertain("ServerFault", { code: undefined })),
  503: transient(uncertain("ServerFault", { code: undefined })),
  504: transient(uncertain("ServerFault", { code: undefined }))
}

const statuses = Object.entries(meanings).flatMap(([text, meaning]) => {
  const status = Number(text)
  const ofStatus = { status }
  const gateway = fromGateway[status]
  const withStatus = (rule: Rule): Rule =>
    but(rule, (acts) => {
      const { list, signIn, write } = rule(acts)
      return {
        signIn: { ...signIn, fields: { ...signIn.fields, ...ofStatus } },
        list: { ...list, fields: { ...list.fields, ...ofStatus } },
        write: { ...write, fields: { ...write.fields, ...ofStatus } }
      }
    })
  return [
    row(
      "status",
      `${status} of Tableau`,
      Fault.status(status),
      withStatus(meaning),
      status === 401 ? { acts: ["write"], again: ["list", "write"] } : {}
    ),
    row(
      "status",
      `${status} in HTML`,
      Fault.status(status, { body: "html" }),
      withStatus(gateway ?? unexpected("Html"))
    ),
    row(
      "status",
      `${status} without a body`,
      Fault.status(status, { body: "empty" }),
      withStatus(gateway ?? unexpected("Empty"))
    ),
    ...(status === 408 || status >= 500
      ? [
          row(
            "status",
            `${status} of Tableau, when it was done`,
            Fault.status(status, after),
            withStatus(meaning),
            acts
          ),
          row(
            "status",
            `${status} in HTML, when it was done`,
            Fault.status(status, { ...after, body: "html" }),
            withStatus(meaning),
            acts
          )
        ]
      : [])
  ]
})

const otherStatuses = [
  row(
    "status",
    "404 with 405000",
    Fault.status(404, { code: "405000" }),
    refused("MethodNotAllowed", { code: "405000" })
  ),
  row("status", "403004 under 200", Fault.status(200, { code: "403004" }), refused("Forbidden", { code: "403004" })),
  row("status", "418, an unknown code", Fault.status(418), refused("UnknownCode", { code: "418000" })),
  row("status", "304", Fault.status(304, { body: "empty" }), uncertain("UnexpectedResponse", { kind: "Empty" })),
  row(
    "status",
    "204, nothing done",
    Fault.status(204, { body: "empty" }),
    // It looks like a successful sign-out.
    but(unexpected("Empty"), () => ({ signOut: { ends: "success", warns: false, leaves: true } }))
  )
]

const document = (content: string) => `<tsResponse xmlns="http://tableau.com/api">${content}</tsResponse>`

const raw = [
  row(
    "raw",
    "HTML",
    Fault.raw({ contentType: "text/html", body: "<html><body>Welcome</body></html>" }),
    unexpected("Html")
  ),
  row(
    "raw",
    "HTML, called XML",
    Fault.raw({ body: "<!DOCTYPE html><html><body>Welcome</body></html>" }),
    unexpected("Html")
  ),
  row("raw", "HTML, when it was done", Fault.raw({ ...after, body: "<html></html>" }), unexpected("Html"), acts),
  row("raw", "JSON", Fault.raw({ contentType: "application/json", body: '{"ok":true}' }), unexpected("Json")),
  row("raw", "JSON, called XML", Fault.raw({ body: "[]" }), unexpected("Json")),
  row(
    "raw",
    "nothing",
    Fault.raw({ body: "" }),
    but(unexpected("Empty"), () => ({ signOut: { ends: "success", warns: false, leaves: true } }))
  ),
  row("raw", "nothing, when it was done", Fault.raw({ ...after, body: "" }), inBody(unexpected("Empty")), acts),
  row("raw", "garbage", Fault.raw({ body: new Uint8Array([0, 255, 254, 7, 60, 200]) }), unexpected("Malformed")),
  row("raw", "half a document", Fault.raw({ body: "<tsResponse><workbooks" }), unexpected("Malformed")),
  row(
    "raw",
    "half a document, when it was done",
    Fault.raw({ ...after, body: "<tsResponse>" }),
    unexpected("Malformed"),
    acts
  ),
  row("raw", "another document", Fault.raw({ body: "<soap><workbooks/></soap>" }), unexpected("Malformed")),
  row(
    "raw",
    "a document with a DOCTYPE",
    Fault.raw({ body: `<!DOCTYPE t [<!ENTITY a "b">]>${document("&a;")}` }),
    unexpected("Malformed")
  ),
  row(
    "raw",
    "a document that says nothing",
    Fault.raw({ body: document("") }),
    but(unexpected("Malformed"), () => ({ signOut: { ends: "success", warns: false, leaves: true } }))
  )
]

/** Encodes a body that is not empty. */
const encoded = (how: (text: Buffer) => Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
  Fault.alter((response) =>
    response.body.length === 0
      ? response
      : { ...response, headers: { ...response.headers, ...headers }, body: how(Buffer.from(response.body)) }
  )

const same = (text: Buffer) => text

const altered = [
  row("alter", "called plain text", encoded(same, { "content-type": "text/plain" }), fine, acts),
  row("alter", "called HTML", encoded(same, { "content-type": "text/html" }), fine, acts),
  row(
    "alter",
    "without a content type",
    Fault.alter((response) => ({ ...response, headers: {} })),
    fine,
    acts
  ),
  row(
    "alter",
    "after a byte order mark",
    encoded((text) => Buffer.concat([Buffer.from("\uFEFF"), text])),
    fine,
    acts
  ),
  row(
    "alter",
    "in UTF-16",
    encoded((text) => Buffer.from(`\uFEFF${text.toString()}`, "utf16le"), {
      "content-type": "application/xml;charset=utf-16"
    }),
    fine,
    acts
  ),
  // The request did not accept it.
  row("alter", "called gzip", encoded(same, { "content-encoding": "gzip" }), fine, acts),
  row("alter", "gzip", encoded(gzipSync, { "content-encoding": "gzip" }), inBody(unexpected("Other")), acts)
]

const elsewhere = "https://tableau.example"
const plain = "http://127.0.0.1:1"
const login = `/login?session=${secretOfRedirect}`

const statusesOfRedirect = [301, 302, 303, 307, 308] as const

const redirected = (
  status: (typeof statusesOfRedirect)[number],
  to: string,
  location: string | ((server: string) => string),
  rule: Rule,
  keepPath = false
) =>
  row(
    "redirect",
    `${status} to ${to}`,
    (server) => Fault.redirect(status, typeof location === "string" ? location : location(server), { keepPath }),
    rule
  )

const tlsOf = (server: string) => server.replace(/^http:(.*):\d+$/, "https:$1:1")

/** The error of a redirect from http to https, with the address to use. */
const upgrade = (status: number, suggestedUrl: string) =>
  refused("MethodNotAllowed", { status, code: "405000", suggestedUrl })

/** 303 means that the request was processed, and where the result is. */
const away = (status: number, fields: Fields = {}) =>
  (status === 303 ? uncertain : refused)("RedirectRefused", { status, ...fields })

const redirects = [
  ...statusesOfRedirect.flatMap((status) => [
    redirected(status, "https, same host", tlsOf, upgrade(status, "https://127.0.0.1:1"), true),
    redirected(status, "another path", login, away(status)),
    redirected(status, "itself", (server) => server, away(status), true)
  ]),
  redirected(301, "https, other host", elsewhere, upgrade(301, elsewhere), true),
  redirected(302, "a login page elsewhere", `${elsewhere}${login}`, away(302, { location: `${elsewhere}/login` })),
  redirected(308, "another server by http", plain, away(308, { location: `${plain}/` })),
  row(
    "status",
    "302 without an address",
    Fault.status(302, { body: "empty" }),
    refused("RedirectRefused", { location: undefined })
  )
]

export const rows: ReadonlyArray<Row> = [
  ...statuses,
  ...otherStatuses,
  row(
    "rateLimited",
    "429 with seconds",
    Fault.rateLimited("30 seconds"),
    refused("RateLimited", { retryAfter: Duration.seconds(30) })
  ),
  row(
    "rateLimited",
    "429 until a date",
    Fault.rateLimited(new Date(90_000)),
    refused("RateLimited", { retryAfter: Duration.seconds(90) })
  ),
  ...raw,
  ...altered,
  row("loginPage", "a login page", Fault.loginPage, unexpected("Html")),
  ...redirects,
  row("hold", "a response that was held back", Fault.hold(Effect.void), fine, acts),
  row("delay", "a late response", Fault.delay("5 seconds"), fine, { ...acts, time: "5 seconds" }),
  row("delay", "a late response, when it was done", Fault.delay("5 seconds", after), fine, {
    ...acts,
    time: "5 seconds"
  }),
  row("hang", "no response", Fault.hang(), late, { time: "timeout" }),
  row("hang", "no response, when it was done", Fault.hang(after), late, { ...acts, time: "timeout" }),
  row("stall", "silence after the headers", Fault.stall(0), inBody(late), { ...acts, time: "timeout" }),
  row("stall", "silence in the body", Fault.stall(40), inBody(late), { ...acts, time: "timeout" }),
  row("truncate", "cut after the headers", Fault.truncate(0), inBody(lost), acts),
  row("truncate", "cut in the body", Fault.truncate(40), inBody(lost), acts),
  row("falseLength", "longer than it says", Fault.falseLength(-10), inBody(unexpected("Malformed")), acts),
  row("falseLength", "shorter than it says", Fault.falseLength(10), inBody(lost), acts),
  row("reset", "a reset", Fault.reset(), lost),
  row("reset", "a reset, when it was done", Fault.reset(after), lost, acts),
  row("flood", "XML without end", Fault.flood(), unexpected("TooLarge")),
  row("flood", "XML without end, when it was done", Fault.flood(after), unexpected("TooLarge"), acts),
  row("namespace", "the namespace of old servers", Fault.namespace("http://tableausoftware.com/api"), fine, acts),
  row("namespace", "an unknown namespace", Fault.namespace("urn:tomorrow"), fine, acts),
  row(
    "endSession",
    "the session was ended",
    Fault.endSession,
    // There is no session yet, or it is renewed, or it is not needed any more.
    fine,
    { acts: ["signIn", "write", "signOut"], again: ["list", "write"] }
  ),
  // One item is a duplicate, which is dropped; one has moved to a page that was read before.
  row("shiftItems", "an item was added meanwhile", Fault.shiftItems(1), fine, { ...acts, items: [4, 4] }),
  row("shiftItems", "an item was deleted meanwhile", Fault.shiftItems(-1), fine, { ...acts, items: [4, 4] })
]
