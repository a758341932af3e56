/**
 * The expected outcome of a fault in a scenario. The fault table says what one failing request leads to; the rule here adds
 * retries and renewals.
 */
import * as Duration from "effect/Duration"
import type { Scenario } from "./scenario.js"
import type { Due, Row } from "./table.js"

/** Statuses of transient failures: busy, overloaded, disconnected, too late. */
const transient: ReadonlySet<unknown> = new Set([408, 502, 503, 504])

const isTransient = ({ ends, fields = {} }: Due): boolean =>
  ends === "ConnectionFailed" || ends === "RateLimited" || ends === "TimedOut" || transient.has(fields["status"])

/** The limit of Retry-After, in milliseconds. */
const retryAfterLimit = 60_000

const waits = (due: Due): number => {
  const retryAfter = due.ends === "RateLimited" ? due.fields?.["retryAfter"] : undefined
  const wait = Duration.isDuration(retryAfter) ? Duration.toMillis(retryAfter) : 0
  return wait <= retryAfterLimit ? wait : 0
}

/** The timeout of a request, in milliseconds. */
const timeoutOf = (scenario: Scenario): number =>
  scenario.struck === "signIn" || scenario.struck === "switchSite"
    ? 60_000
    : scenario.like === "signOut"
      ? 10_000
      : 120_000

const success: Due = { ends: "success", warns: false, leaves: false }

export interface Outcome extends Due {
  /** The number of requests. */
  readonly requests: number
  /** The time until a failing request ends, in milliseconds. */
  readonly takes: number
  /** The time that the server asks to wait, in milliseconds. */
  readonly waits: number
  /** The least and the most time for everything, in milliseconds. */
  readonly lasts: readonly [number, number]
  /** Whether the request is retried. */
  readonly retried: boolean
  /** The number of warnings. */
  readonly warnings: number
  /** Whether one more warning says that items are missing. */
  readonly lacks: boolean
  /** The number of sign-outs if the session opened. */
  readonly signOuts: number
  /** Whether the server has acted at the end. */
  readonly does: boolean
  /** The result of a success. */
  readonly gives: unknown
}

/**
 * The faults whose outcome is another one for a file: bytes that are not an error or a page are a file with other bytes,
 * a type can say that they are no file, and a file that has begun is not requested again.
 */
export const fileRules: Readonly<Record<string, "other bytes" | "begun" | Due>> = {
  "raw: JSON, called XML": "other bytes",
  "raw: garbage": "other bytes",
  "raw: another document": "other bytes",
  "raw: a document with a DOCTYPE": "other bytes",
  "alter: after a byte order mark": "other bytes",
  "alter: in UTF-16": "other bytes",
  "alter: called HTML": {
    ends: "UnexpectedResponse",
    fields: { kind: "Html", acted: "no" },
    warns: false,
    leaves: false
  },
  "flood: XML without end": "other bytes",
  "flood: XML without end, when it was done": "other bytes",
  "falseLength: longer than it says": "other bytes",
  "falseLength: shorter than it says": "begun",
  "stall: silence in the body": "begun",
  "truncate: cut in the body": "begun"
}

/** An empty `<tsResponse>` before the server acted: valid where no content is expected. */
const saysNothing = ({ due }: Row): boolean =>
  due.list.fields?.["kind"] === "Malformed" && due.signOut.leaves && !due.signOut.warns

/** A response that says that it has more content than it has. */
const announcesContent = ({ due, of }: Row): boolean => of === "falseLength" && due.write.ends === "ConnectionFailed"

/** The outcome of one failing request without retries. */
const firstOf = (row: Row, scenario: Scenario): Due => {
  // Where the response has no content, as of a sign-out, a success without content is valid even if the server did not act.
  const { resent = false, warns } = row.due.signOut
  const isEmpty = scenario.empty === "status 200" ? !announcesContent(row) : scenario.empty
  const silent = isEmpty ? !warns && !resent : scenario.silent !== undefined && saysNothing(row)
  const due = silent ? success : row.due[scenario.like]
  if (scenario.struck === "serverInfo") {
    // Before the sign-in these responses cannot be Tableau's.
    if (row.due.signIn.ends === "SignInFailed") {
      return { ends: "UnexpectedResponse", fields: { kind: "Other", acted: "no" }, warns: false, leaves: false }
    }
    if (due.ends === "NotFound") return { ...due, ends: "BadRequest" }
  }
  if (scenario.struck === "switchSite" && due.ends !== "success") {
    const fields = due.ends === "TimedOut" ? { ...due.fields, after: 60_000 } : due.fields
    // If the server has switched, the old token has ended and the new one was lost.
    return { ...due, fields, warns: fields?.["acted"] === "unknown", leaves: row.acts.includes("write") }
  }
  return due
}

/** The limits of all attempts together: their number, and their time in milliseconds. */
const attempts = 4
export const deadline = 300_000

/** The least and the most delay before another attempt: half a second, doubled each time, ±20 %, in whole milliseconds. */
const backoff = (attempt: number): readonly [number, number] => {
  const middle = 500 * 2 ** (attempt - 1)
  return [middle * 0.8, middle * 1.2 + 1]
}

/** The largest jitter after a Retry-After. */
const spread = 1000

/** The number of attempts and their time if all of them fail. */
const attempted = (takes: number, waits: number) => {
  let [least, most] = [0, 0]
  for (let attempt = 1; ; attempt++) {
    least += takes
    most += takes
    if (least >= deadline) return { attempt, least: deadline, most: deadline }
    if (attempt === attempts) return { attempt, least, most }
    const [shortest, longest] = backoff(attempt)
    least += Math.max(waits, shortest)
    most += Math.max(waits, longest) + (waits > 0 ? spread : 0)
  }
}

/**
 * The attempts of a sign-out that fails each time, and the least and the most time for them: at once, then after a tenth of
 * a second, doubled each time, ±20 %, until the next one would come after the timeout.
 */
const signOutAttempts = 8
const signOutLasts: readonly [number, number] = [6300 * 0.8, 6300 * 1.2 + 6]

/** The number of renewals in a row before SessionEvicted. */
const renewalLimit = 2

const outcomeOf = (row: Row, scenario: Scenario): Outcome => {
  const { again, always, credentials, like, renewals, request, requests, struck } = scenario
  const rule = scenario.file ? fileRules[`${row.of}: ${row.name}`] : undefined
  const first = rule === "other bytes" ? success : typeof rule === "object" ? rule : firstOf(row, scenario)
  const wait = waits(first)
  const tooLong = first.ends === "RateLimited" && wait === 0 && first.fields?.["retryAfter"] !== undefined
  const retried =
    scenario.retried &&
    rule !== "begun" &&
    isTransient(first) &&
    !tooLong &&
    (again || first.fields?.["acted"] === "no")
  const acts = row.acts.includes(like)
  const silent = scenario.silent !== undefined && saysNothing(row) ? scenario.silent : undefined
  // Without a session nothing is renewed.
  const renewed = struck !== "serverInfo" && row.again.includes(like)
  const fault = row.time === "timeout" && (first.ends === "TimedOut" || first.warns) ? timeoutOf(scenario) : 0
  const takes = row.time === undefined ? 0 : row.time === "timeout" ? fault : 5000
  // A personal access token has one session at a time: a new one ends the one before.
  const alone = credentials._tag === "PersonalAccessToken"
  // The switch has ended the token of the request.
  const ended = retried && !always && struck === "switchSite" && acts
  const items = scenario.items?.(row)
  const gives =
    silent === undefined ? (rule === "other bytes" ? false : (items?.received ?? scenario.gives)) : silent.gives
  const signOuts = (renewals: number) => 1 + (alone ? 0 : renewals)
  const warned = first.warns ? 1 : 0

  if (always && renewed) {
    return {
      ends: "SessionEvicted",
      fields: { acted: "no" },
      warns: true,
      leaves: false,
      requests: request + renewalLimit,
      takes,
      waits: 0,
      lasts: [0, 0],
      retried: false,
      warnings: 1,
      lacks: false,
      signOuts: signOuts(renewalLimit),
      does: false,
      gives
    }
  }
  if (always && first.resent) {
    return {
      ends: "success",
      warns: true,
      leaves: !acts,
      requests: request - 1 + signOutAttempts,
      takes,
      waits: 0,
      lasts: signOutLasts,
      retried: true,
      warnings: 1,
      lacks: false,
      signOuts: signOutAttempts,
      does: acts,
      gives
    }
  }
  if (always && retried) {
    const { attempt, least, most } = attempted(takes, wait)
    // No time is left for another complete attempt.
    const fields = least === deadline ? { ...first.fields, after: deadline } : first.fields
    return {
      ...first,
      fields,
      requests: request - 1 + attempt,
      takes,
      waits: wait,
      lasts: [least, most],
      retried,
      warnings: warned * attempt,
      lacks: false,
      signOuts: signOuts(0),
      does: acts,
      gives
    }
  }
  // A lost response is logged at once, also if a retry succeeds.
  const due = retried ? { ...success, warns: first.warns, leaves: ended && !alone } : first
  const sent = due.ends === "success" ? requests : request
  // Otherwise a renewal precedes the failing request.
  const renewing = like === "signIn"
  const resent = due.resent ? 1 : 0
  const shortest = always && row.time !== "timeout" ? takes * sent : takes
  return {
    ...due,
    requests: sent + (retried ? 1 : 0) + (renewed ? 1 : 0) + (ended ? 1 : 0) + resent,
    takes,
    waits: wait,
    lasts: retried ? [shortest + wait, shortest + wait + backoff(1)[1] + spread] : [shortest, shortest],
    retried: retried || resent > 0,
    warnings: warned,
    lacks: due.ends === "success" && silent === undefined && items !== undefined && items.received < items.counted,
    signOuts:
      signOuts((due.ends === "success" || !renewing ? renewals : 0) + (renewed ? 1 : 0) + (ended ? 1 : 0)) + resent,
    // An empty success hides whether the server acted.
    does:
      like === "signIn" || (!acts && silent === undefined && (!scenario.empty || retried))
        ? due.ends === "success"
        : acts,
    gives
  }
}

export const outcome = (row: Row, scenario: Scenario): Outcome => {
  const { fields, ...due } = outcomeOf(row, scenario)
  const isUnsent = scenario.onTheWay && fields?.["acted"] === "unknown"
  return { ...due, fields: isUnsent ? { ...fields, acted: "no" } : fields }
}
