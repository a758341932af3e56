/**
 * The faults of the table against what users do with a session as they have it: with retries, and with renewals. A row
 * says what comes of one request that goes wrong; the rule here, what that is to whoever asked.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import {
  Credentials,
  Datasources,
  Favorites,
  Flows,
  Groups,
  Jobs,
  Projects,
  type Query,
  Schedules,
  ServerInfo,
  Sites,
  type TableauError,
  TableauSession,
  Tasks,
  Users,
  Views,
  Workbooks
} from "effect-tableau"
import { Fault, type Simulator } from "effect-tableau-simulator"
import { Own, times } from "./cell.js"
import type { Column, Due, Row } from "./table.js"

const tokenValue = "demo-secret"
const password = `p@ss"w&rd<é`
const adminPassword = "admin-password"
const appSecret = "demo-secret-value-0123456789abcdef"

/** What nobody may be told. */
export const secrets = [tokenValue, password, adminPassword, appSecret]

const token = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make(tokenValue) })

/** The same person by other ways, by which there may be many sessions at a time. */
const others: ReadonlyArray<readonly [string, Credentials.Credentials]> = [
  ["by password", Credentials.password({ username: "admin", password: Redacted.make(adminPassword) })],
  [
    "by connected app",
    Credentials.connectedApp({
      clientId: "demo-client",
      secretId: "demo-key",
      secretValue: Redacted.make(appSecret),
      username: "admin",
      scopes: ["tableau:*:*"]
    })
  ]
]

type Failure = TableauError.TableauError | Own

interface Items {
  readonly come: number
  /** The most that the server says that there are. */
  readonly counted: number
}

/** One thing that users do. What goes wrong is a request after `strike`, or each of its kind from then on. */
export interface Operation {
  readonly name: string
  /** Whether it goes wrong each time, so that to try again is of no use. */
  readonly always: boolean
  /** The request that is struck. */
  readonly struck: Simulator.Operation
  /** What comes of it, if nothing is tried again, is that of this column. */
  readonly like: Column
  /** When it is struck: as the session is opened, by `run`, or as the session is closed. */
  readonly when: "open" | "run" | "close"
  /** Which of the requests is struck. */
  readonly request: number
  /** How many requests there are of its kind when all is well. */
  readonly requests: number
  /** Whether it may be sent again although it is not known whether the server acted. */
  readonly again: boolean
  /** Whether there is nothing in its answer, so that nothing in it can go wrong. */
  readonly empty: boolean
  /** What a document of Tableau's that says nothing gives, if it is an answer: a list that is not there is empty. */
  readonly silent: { readonly gives: unknown } | undefined
  /** Whether anything of it is tried again. */
  readonly retried: boolean
  /** How often the session is renewed when all is well. */
  readonly renewals: number
  readonly credentials: Credentials.Credentials
  readonly run: (
    strike: Effect.Effect<void>,
    simulator: Simulator.Service
  ) => Effect.Effect<unknown, Failure, TableauSession | HttpClient.HttpClient>
  readonly gives: unknown
  /** Where on the site it can be seen that the server did what was asked, and how often it did. */
  readonly seen: { readonly path: string; readonly times: (text: string) => number } | undefined
  /** Of a list: how many items come. */
  readonly items: ((row: Row) => Items) | undefined
  /** The same where they come and go all the time. */
  readonly itemsAlways: ((row: Row) => Items) | undefined
}

const operation = (
  name: string,
  struck: Operation["struck"],
  like: Column,
  gives: unknown,
  run: Operation["run"],
  other: Partial<Operation> = {}
): Operation => ({
  name,
  struck,
  like,
  gives,
  run,
  when: "run",
  request: 1,
  requests: 1,
  again: like === "list",
  empty: false,
  silent: undefined,
  retried: true,
  renewals: 0,
  credentials: token,
  always: false,
  seen: undefined,
  items: undefined,
  itemsAlways: undefined,
  ...other
})

const opening = (name: string, credentials: Credentials.Credentials) =>
  operation(name, "signIn", "signIn", undefined, () => Effect.void, { when: "open", credentials })

/** How many items more there are than at first. */
const more = (row: Row): number => {
  const fault = row.fault("")
  return fault._tag === "ShiftItems" ? fault.by : 0
}

/** How many items come of a list that has them all on one page. */
const onePage =
  (count: number) =>
  (row: Row): Items => ({ come: count + Math.min(0, more(row)), counted: count + more(row) })

/** Of the five on three pages, when one of these is struck. */
const threePages =
  (struck: 0 | 1) =>
  (row: Row): Items => ({ come: (row.items ?? [5, 5])[struck], counted: 5 + Math.max(0, more(row)) })

/** A list whose items all come on one page. */
const listed = <A>(
  name: string,
  struck: Operation["struck"],
  count: number,
  list: Effect.Effect<Query.Listing<A>, TableauError.TableauError, TableauSession>
) =>
  operation(
    name,
    struck,
    "list",
    count,
    (strike) => Effect.flatMap(Effect.zipRight(strike, list), ({ items }) => Stream.runCount(items)),
    { items: onePage(count) }
  )

const first = <A>(list: Effect.Effect<Query.Listing<A>, TableauError.TableauError, TableauSession>) =>
  Effect.flatMap(list, ({ items }) => Effect.orDie(Effect.flatten(Stream.runHead(items))))

/** A read of one thing, by the id that a list has of it. */
const got = <A extends { readonly id: string }, B>(
  name: string,
  struck: Operation["struck"],
  list: Effect.Effect<Query.Listing<A>, TableauError.TableauError, TableauSession>,
  get: (item: A) => Effect.Effect<B, TableauError.TableauError, TableauSession>,
  gives: unknown,
  give: (item: B, before: A) => unknown
) =>
  operation(name, struck, "list", gives, (strike) =>
    Effect.gen(function* () {
      const item = yield* first(list)
      yield* strike
      return give(yield* get(item), item)
    })
  )

/** A write to the first of a list. */
const written = <A extends { readonly id: string }>(
  name: string,
  struck: Operation["struck"],
  list: Effect.Effect<Query.Listing<A>, TableauError.TableauError, TableauSession>,
  write: (item: A, strike: Effect.Effect<void>) => Effect.Effect<unknown, TableauError.TableauError, TableauSession>,
  seen: Operation["seen"],
  gives: unknown,
  other: Partial<Operation> = {}
) =>
  operation(name, struck, "write", gives, (strike) => Effect.flatMap(first(list), (item) => write(item, strike)), {
    seen,
    ...other
  })

const projectName = "Made under a fault"
const marked = "Marked under a fault"
const elsewhere = "MarketingTeam"

const workbooks = Workbooks.list({ pageSize: 2 })
const countWorkbooks = Effect.flatMap(workbooks, ({ items }) => Stream.runCount(items))
const createProject = Effect.map(Projects.create({ name: projectName }), ({ name }) => name)
const projectsMade = { path: "/projects?pageSize=1000", times: times(`name="${projectName}"`) }
const marks = { path: "/workbooks?pageSize=1000", times: times(`label="${marked}"`) }

/** The next request of a kind finds that the session has ended, so that it is renewed. */
const death = (simulator: Simulator.Service, operation: Operation["struck"]) =>
  simulator.inject({ operation, fault: Fault.endSession })

/** To go to a site twice is to be there. */
const switching = { again: true }

const once: ReadonlyArray<Operation> = [
  operation(
    "ServerInfo.get",
    "serverInfo",
    "list",
    "3.29",
    (strike, { url }) => Effect.map(Effect.zipRight(strike, ServerInfo.get(url)), (info) => info.restApiVersion),
    { retried: false }
  ),
  operation("make: the probe", "serverInfo", "list", undefined, () => Effect.void, { when: "open" }),
  opening("make: by token", token),
  opening("make: by password", Credentials.password({ username: "viewer", password: Redacted.make(password) })),
  opening(
    "make: by connected app",
    Credentials.connectedApp({
      clientId: "demo-client",
      secretId: "demo-key",
      secretValue: Redacted.make(appSecret),
      username: "viewer",
      scopes: ["tableau:content:read"]
    })
  ),
  operation(
    "switchSite",
    "switchSite",
    "write",
    elsewhere,
    (strike) =>
      Effect.gen(function* () {
        yield* strike
        yield* TableauSession.switchSite(elsewhere)
        return yield* (yield* TableauSession).contentUrl
      }),
    switching
  ),
  operation(
    "withSite: on the way",
    "switchSite",
    "write",
    5,
    (strike) =>
      Effect.zipRight(
        strike,
        TableauSession.withSite(elsewhere)(Effect.map(Projects.list(), ({ totalAvailable }) => totalAvailable))
      ),
    switching
  ),
  operation("withSite: a read there", "queryProjects", "list", "Default", (strike) =>
    TableauSession.withSite(elsewhere)(Effect.zipRight(strike, first(Projects.list()))).pipe(
      // And back.
      Effect.zipRight(Effect.map(Sites.get(), ({ name }) => name))
    )
  ),
  operation(
    "whereabouts elsewhere",
    "switchSite",
    "write",
    elsewhere,
    (strike) =>
      Effect.gen(function* () {
        yield* strike
        return (yield* (yield* TableauSession).withSite(elsewhere).current).site.contentUrl
      }),
    switching
  ),
  operation(
    "renewal for a read",
    "signIn",
    "signIn",
    5,
    (strike, simulator) =>
      Effect.zipRight(Effect.zipRight(death(simulator, "queryWorkbooksForSite"), strike), countWorkbooks),
    { renewals: 1 }
  ),
  operation(
    "renewal for a write",
    "signIn",
    "signIn",
    projectName,
    (strike, simulator) => Effect.zipRight(Effect.zipRight(death(simulator, "createProject"), strike), createProject),
    { seen: projectsMade, renewals: 1 }
  ),
  operation(
    "renewal for a switch",
    "signIn",
    "signIn",
    undefined,
    (strike, simulator) =>
      Effect.zipRight(Effect.zipRight(death(simulator, "switchSite"), strike), TableauSession.switchSite(elsewhere)),
    { renewals: 1 }
  ),
  operation(
    "a read once more after a renewal",
    "queryProjects",
    "list",
    5,
    (strike, simulator) =>
      // The first request is refused as the session has ended; the second is the one that is struck.
      death(simulator, "queryProjects").pipe(
        Effect.zipRight(strike),
        Effect.zipRight(Projects.list()),
        Effect.flatMap(({ items }) => Stream.runCount(items))
      ),
    { request: 2, requests: 2, renewals: 1, items: onePage(5) }
  ),
  operation("signOut: after a success", "signOut", "signOut", "a result", (strike) => Effect.as(strike, "a result"), {
    when: "close",
    retried: false
  }),
  operation(
    "signOut: after a failure",
    "signOut",
    "signOut",
    undefined,
    (strike) => Effect.zipRight(strike, new Own()),
    {
      when: "close",
      retried: false
    }
  ),
  operation(
    "TableauSession.signOut",
    "signOut",
    "signOut",
    "signed out",
    (strike) => Effect.as(Effect.zipRight(strike, TableauSession.signOut), "signed out"),
    { when: "close", retried: false }
  ),
  operation(
    "Workbooks.list: first page",
    "queryWorkbooksForSite",
    "list",
    5,
    (strike) => Effect.zipRight(strike, countWorkbooks),
    {
      requests: 3,
      items: threePages(0),
      // Each page has moved by the same: none comes twice, and what was deleted does not come.
      itemsAlways: onePage(5)
    }
  ),
  operation(
    "Workbooks.list: later page",
    "queryWorkbooksForSite",
    "list",
    5,
    (strike) => Effect.flatMap(Effect.zipLeft(workbooks, strike), ({ items }) => Stream.runCount(items)),
    { request: 1, requests: 2, items: threePages(1) }
  ),
  got(
    "Workbooks.get",
    "queryWorkbook",
    workbooks,
    ({ id }) => Workbooks.get(id),
    "Superstore",
    ({ name }) => name
  ),
  got(
    "Workbooks.permissions",
    "queryWorkbookPermissions",
    workbooks,
    ({ id }) => Workbooks.permissions(id),
    1,
    ({ granteeCapabilities }) => granteeCapabilities?.length
  ),
  listed("Projects.list", "queryProjects", 5, Projects.list()),
  listed("Views.list", "queryViewsForSite", 10, Views.list()),
  listed("Datasources.list", "queryDataSources", 12, Datasources.list()),
  got(
    "Datasources.get",
    "queryDataSource",
    Datasources.list(),
    ({ id }) => Datasources.get(id),
    "Data source 1",
    ({ name }) => name
  ),
  listed("Flows.list", "queryFlowsForSite", 6, Flows.list()),
  listed("Users.list", "getUsersOnSite", 6, Users.list()),
  got(
    "Users.get",
    "queryUserOnSite",
    Users.list(),
    ({ id }) => Users.get(id),
    true,
    ({ name }, user) => name === user.name && name !== undefined
  ),
  listed("Groups.list", "queryGroups", 3, Groups.list()),
  listed("Jobs.list", "queryJobs", 5, Jobs.list()),
  got(
    "Jobs.get",
    "queryJob",
    Jobs.list(),
    ({ id }) => Jobs.get(id),
    true,
    ({ id }, job) => id === job.id
  ),
  listed("Schedules.list", "querySchedules", 3, Schedules.list()),
  operation(
    "Tasks.list",
    "getExtractRefreshTasks",
    "list",
    5,
    (strike) => Effect.map(Effect.zipRight(strike, Tasks.list()), (tasks) => tasks.length),
    { silent: { gives: 0 } }
  ),
  listed("Sites.list", "querySites", 3, Sites.list()),
  operation(
    "Favorites.list",
    "getFavoritesForUser",
    "list",
    5,
    (strike) =>
      Effect.gen(function* () {
        const { user } = yield* (yield* TableauSession).current
        yield* strike
        return yield* Stream.runCount((yield* Favorites.list(user.id)).items)
      }),
    { silent: { gives: 0 }, items: onePage(5) }
  ),
  operation(
    "Projects.create",
    "createProject",
    "write",
    projectName,
    (strike) => Effect.zipRight(strike, createProject),
    {
      seen: projectsMade
    }
  ),
  operation(
    "Projects.update",
    "updateProject",
    "write",
    marked,
    (strike) =>
      Effect.gen(function* () {
        const { id } = yield* Projects.create({ name: projectName })
        yield* strike
        return (yield* Projects.update(id, { description: marked })).description
      }),
    { seen: { path: "/projects?pageSize=1000", times: times(`description="${marked}"`) } }
  ),
  operation(
    "Projects.delete",
    "deleteProject",
    "write",
    undefined,
    (strike) =>
      Effect.gen(function* () {
        const { id } = yield* Projects.create({ name: projectName })
        yield* strike
        yield* Projects.delete(id)
      }),
    { seen: { path: "/projects?pageSize=1000", times: (text) => 1 - projectsMade.times(text) }, empty: true }
  ),
  written(
    "Workbooks.addTags",
    "addTagsToWorkbook",
    workbooks,
    ({ id }, strike) =>
      Effect.map(Effect.zipRight(strike, Workbooks.addTags(id, [marked])), (tags) =>
        tags.some(({ label }) => label === marked)
      ),
    marks,
    true,
    // A tag that is there already stays.
    { again: true, silent: { gives: false } }
  ),
  written(
    "Workbooks.deleteTag",
    "deleteTagFromWorkbook",
    workbooks,
    ({ id }, strike) =>
      Workbooks.addTags(id, [marked]).pipe(Effect.zipRight(strike), Effect.zipRight(Workbooks.deleteTag(id, marked))),
    { path: marks.path, times: (text) => 1 - marks.times(text) },
    undefined,
    { empty: true }
  )
]

const named = (name: string): ReadonlyArray<Operation> => once.filter((one) => one.name === name)

/** What goes on with every session, whoever has signed in. */
const vital = [
  "switchSite",
  "withSite: on the way",
  "withSite: a read there",
  "renewal for a read",
  "a read once more after a renewal",
  "signOut: after a success",
  "Workbooks.list: first page",
  "Workbooks.get",
  "Projects.create",
  "Workbooks.addTags"
].flatMap(named)

const byOthers = vital.flatMap((one) =>
  others.map(([how, credentials]): Operation => ({ ...one, name: `${one.name}, ${how}`, credentials }))
)

/** What comes after a first request is struck by the other way is left out: it is the first that never gets through. */
const each = ({ name }: Operation): boolean => !name.startsWith("a read once more")

const forEver = [...once.filter(({ when }) => when === "open"), ...vital, ...byOthers]
  .filter(each)
  .map((one): Operation => ({ ...one, name: `${one.name}, always`, always: true, items: one.itemsAlways ?? one.items }))

export const operations: ReadonlyArray<Operation> = [...once, ...byOthers, ...forEver]

/** What passes, says whoever runs servers: busy, overloaded, cut off, too late. */
const passing: ReadonlySet<unknown> = new Set([408, 502, 503, 504])

const passes = ({ ends, fields = {} }: Due): boolean =>
  ends === "ConnectionFailed" || ends === "RateLimited" || ends === "TimedOut" || passing.has(fields["status"])

/** The longest that a server may have us wait, in milliseconds. */
const patience = 60_000

const waits = (due: Due): number => {
  const retryAfter = due.ends === "RateLimited" ? due.fields?.["retryAfter"] : undefined
  const wait = Duration.isDuration(retryAfter) ? Duration.toMillis(retryAfter) : 0
  return wait <= patience ? wait : 0
}

/** Signing in and switching have a bound of their own. */
const bound = (operation: Operation): number =>
  operation.struck === "signIn" || operation.struck === "switchSite"
    ? 60_000
    : operation.like === "signOut"
      ? 10_000
      : 120_000

const success: Due = { ends: "success", warns: false, leaves: false }

export interface Outcome extends Due {
  /** How often it is asked. */
  readonly asked: number
  /** How long a struck request takes before anything goes on, in milliseconds. */
  readonly takes: number
  /** How long the server asks to wait. */
  readonly waits: number
  /** For how long it goes on in all: at least, and at most. */
  readonly lasts: readonly [number, number]
  /** Whether it is sent again after an error. */
  readonly retried: boolean
  /** How often the log warns. */
  readonly warnings: number
  /** Whether one more warning says that fewer items came than the server counted. */
  readonly lacks: boolean
  /** How often somebody signs out, if somebody was signed in. */
  readonly signOuts: number
  /** Whether the server does it, in the end. */
  readonly does: boolean
  /** What a success gives. */
  readonly gives: unknown
}

/** A document of Tableau's without anything in it: good where nothing is wanted, and nothing was done. */
const saysNothing = ({ due }: Row): boolean =>
  due.list.fields?.["kind"] === "Malformed" && due.signOut.leaves && !due.signOut.warns

/** What one request that goes wrong comes to, if nothing is tried again. */
const firstOf = (row: Row, operation: Operation): Due => {
  // An answer without anything is good whatever else came, also where nothing was done: so it is for a sign-out.
  const silent = operation.empty ? !row.due.signOut.warns : operation.silent !== undefined && saysNothing(row)
  const due = silent ? success : row.due[operation.like]
  if (operation.struck === "serverInfo") {
    // Before anybody is signed in these are the words of something else than Tableau.
    if (row.due.signIn.ends === "SignInFailed") {
      return { ends: "UnexpectedResponse", fields: { kind: "Other", acted: "no" }, warns: false, leaves: false }
    }
    if (due.ends === "NotFound") return { ...due, ends: "BadRequest" }
  }
  if (operation.struck === "switchSite" && due.ends !== "success") {
    const fields = due.ends === "TimedOut" ? { ...due.fields, after: 60_000 } : due.fields
    // If it was done, the server has ended the token that is known and given one that was never heard of.
    return { ...due, fields, warns: fields?.["acted"] === "unknown", leaves: row.acts.includes("write") }
  }
  return due
}

/** The bounds of all attempts together: so many, and so long in milliseconds. */
const attempts = 4
export const deadline = 300_000

/** Half a second before another attempt, twice as long each time, more or less a fifth; milliseconds are whole. */
const backoff = (attempt: number): readonly [number, number] => {
  const middle = 500 * 2 ** (attempt - 1)
  return [middle * 0.8, middle * 1.2 + 1]
}

/** What comes to a wait that the server asks for, at most: not all come back at once. */
const spread = 1000

/** How many attempts there are, and how long they take, when none gets through. */
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

/** After so many renewals in a row the session is given up. */
const renewalLimit = 2

export const outcome = (row: Row, operation: Operation): Outcome => {
  const { again, always, credentials, like, renewals, request, requests, struck } = operation
  const first = firstOf(row, operation)
  const wait = waits(first)
  const tooLong = first.ends === "RateLimited" && wait === 0 && first.fields?.["retryAfter"] !== undefined
  const retried = operation.retried && passes(first) && !tooLong && (again || first.fields?.["acted"] === "no")
  const acts = row.acts.includes(like)
  const silent = operation.silent !== undefined && saysNothing(row) ? operation.silent : undefined
  // Nothing to renew where nobody is signed in.
  const renewed = struck !== "serverInfo" && row.again.includes(like)
  const fault = row.time === "bound" && (first.ends === "TimedOut" || first.warns) ? bound(operation) : 0
  const takes = row.time === undefined ? 0 : row.time === "bound" ? fault : 5000
  // A personal access token has one session: whatever is heard of it, a new one ends the one before.
  const alone = credentials._tag === "PersonalAccessToken"
  // The token that it was sent with died as the site was switched.
  const died = retried && !always && struck === "switchSite" && acts
  const items = operation.items?.(row)
  const gives = silent === undefined ? (items?.come ?? operation.gives) : silent.gives
  const signOuts = (renewals: number) => 1 + (alone ? 0 : renewals)
  const told = first.warns ? 1 : 0

  if (always && renewed) {
    return {
      ends: "SessionEvicted",
      fields: { acted: "no" },
      warns: true,
      leaves: false,
      asked: request + renewalLimit,
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
  if (always && retried) {
    const { attempt, least, most } = attempted(takes, wait)
    // There is no time for another whole attempt.
    const fields = least === deadline ? { ...first.fields, after: deadline } : first.fields
    return {
      ...first,
      fields,
      asked: request - 1 + attempt,
      takes,
      waits: wait,
      lasts: [least, most],
      retried,
      warnings: told * attempt,
      lacks: false,
      signOuts: signOuts(0),
      does: acts,
      gives
    }
  }
  // That an answer was lost is said at once, whatever another attempt makes of it.
  const due = retried ? { ...success, warns: first.warns, leaves: died && !alone } : first
  const asked = due.ends === "success" ? requests : request
  // Otherwise a renewal comes before what is struck.
  const renewing = like === "signIn"
  const shortest = always && row.time !== "bound" ? takes * asked : takes
  return {
    ...due,
    asked: asked + (retried ? 1 : 0) + (renewed ? 1 : 0) + (died ? 1 : 0),
    takes,
    waits: wait,
    lasts: retried ? [shortest + wait, shortest + wait + backoff(1)[1] + spread] : [shortest, shortest],
    retried,
    warnings: told,
    lacks: due.ends === "success" && silent === undefined && items !== undefined && items.come < items.counted,
    signOuts: signOuts((due.ends === "success" || !renewing ? renewals : 0) + (renewed ? 1 : 0) + (died ? 1 : 0)),
    // Who believes an answer without anything in it does not know whether it was done.
    does:
      like === "signIn" || (!acts && silent === undefined && (!operation.empty || retried))
        ? due.ends === "success"
        : acts,
    gives
  }
}
