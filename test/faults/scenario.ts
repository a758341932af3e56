/** A scenario of the matrix, and helpers to write one. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, Projects, type Query, type TableauError, type TableauSession, Workbooks } from "effect-tableau"
import { Fault, type Simulator } from "effect-tableau-simulator"
import { type Own, times } from "./cell.js"
import type { Column, Row } from "./table.js"

const tokenValue = "demo-secret"
export const password = `p@ss"w&rd<é`
const adminPassword = "admin-password"
export const appSecret = "demo-secret-value-0123456789abcdef"

/** Strings that must not appear in logs, errors or spans. */
export const secrets = [tokenValue, password, adminPassword, appSecret]

export const token = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make(tokenValue) })

/** Credentials of the same user that allow several sessions at a time. */
export const others: ReadonlyArray<readonly [string, Credentials.Credentials]> = [
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

export interface Items {
  readonly received: number
  /** The largest `totalAvailable` of the pages. */
  readonly counted: number
}

/** Something that users do. After `strike` one request fails, or each request of its kind. */
export interface Scenario {
  readonly name: string
  /** Whether each request fails, so that retries do not help. */
  readonly always: boolean
  /** The request that fails. */
  readonly struck: Simulator.Operation
  /** The column of the fault table with the outcome without retries. */
  readonly like: Column
  /** When the fault is injected: before the session opens, by `run`, or before the session closes. */
  readonly when: "open" | "run" | "close"
  /** Which of the requests fails. */
  readonly request: number
  /** The number of requests of its kind without a fault. */
  readonly requests: number
  /** Whether it may be sent again if the server may have acted. */
  readonly again: boolean
  /** Whether its response has no content, so that its content cannot be wrong. Only one with status 200 has a length. */
  readonly empty: boolean | "status 200"
  /** Whether its response is a file. */
  readonly file: boolean
  /** The result of an empty `<tsResponse>`, if that is a valid response: an absent list is empty. */
  readonly silent: { readonly gives: unknown } | undefined
  /** Whether anything is retried. */
  readonly retried: boolean
  /** The number of renewals without a fault. */
  readonly renewals: number
  /** Whether a call waits for the request, and is not sent, or was refused, if that fails. */
  readonly onTheWay: boolean
  readonly credentials: Credentials.Credentials
  /** Whether the server is Tableau Cloud. */
  readonly cloud: boolean
  readonly run: (
    strike: Effect.Effect<void>,
    simulator: Simulator.Service
  ) => Effect.Effect<unknown, Failure, TableauSession | HttpClient.HttpClient>
  readonly gives: unknown
  /** Where the effect of the request can be seen on the server, and how often it happened. */
  readonly seen: { readonly path: string; readonly times: (text: string) => number } | undefined
  /** The items of a list. */
  readonly items: ((row: Row) => Items) | undefined
  /** The same where the list changes before each page. */
  readonly itemsAlways: ((row: Row) => Items) | undefined
}

export const scenario = (
  name: string,
  struck: Scenario["struck"],
  like: Column,
  gives: unknown,
  run: Scenario["run"],
  other: Partial<Scenario> = {}
): Scenario => ({
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
  file: false,
  silent: undefined,
  retried: true,
  renewals: 0,
  onTheWay: false,
  credentials: token,
  cloud: false,
  always: false,
  seen: undefined,
  items: undefined,
  itemsAlways: undefined,
  ...other
})

export const opening = (name: string, credentials: Credentials.Credentials) =>
  scenario(name, "signIn", "signIn", undefined, () => Effect.void, { when: "open", credentials })

/** The number of items that the fault adds. */
const more = (row: Row): number => {
  const fault = row.fault("")
  return fault._tag === "ShiftItems" ? fault.by : 0
}

/** The items of a list with one page. */
export const onePage =
  (count: number) =>
  (row: Row): Items => ({ received: count + Math.min(0, more(row)), counted: count + more(row) })

/** The items of a list of five on three pages, of which this one fails. */
export const threePages =
  (struck: 0 | 1) =>
  (row: Row): Items => ({ received: (row.items ?? [5, 5])[struck], counted: 5 + Math.max(0, more(row)) })

/** A list with one page. */
export const listed = <A>(
  name: string,
  struck: Scenario["struck"],
  count: number,
  list: Effect.Effect<Query.Listing<A>, TableauError.TableauError, TableauSession>
) =>
  scenario(
    name,
    struck,
    "list",
    count,
    (strike) => Effect.flatMap(Effect.zipRight(strike, list), ({ items }) => Stream.runCount(items)),
    { items: onePage(count) }
  )

export const first = <A>(list: Effect.Effect<Query.Listing<A>, TableauError.TableauError, TableauSession>) =>
  Effect.flatMap(list, ({ items }) => Effect.orDie(Effect.flatten(Stream.runHead(items))))

/** Reads an item by its id from a list. */
export const got = <A extends { readonly id: string }, B>(
  name: string,
  struck: Scenario["struck"],
  list: Effect.Effect<Query.Listing<A>, TableauError.TableauError, TableauSession>,
  get: (item: A) => Effect.Effect<B, TableauError.TableauError, TableauSession>,
  gives: unknown,
  give: (item: B, before: A) => unknown
) =>
  scenario(name, struck, "list", gives, (strike) =>
    Effect.gen(function* () {
      const item = yield* first(list)
      yield* strike
      return give(yield* get(item), item)
    })
  )

/** Changes the first item of a list. */
export const written = <A extends { readonly id: string }>(
  name: string,
  struck: Scenario["struck"],
  list: Effect.Effect<Query.Listing<A>, TableauError.TableauError, TableauSession>,
  write: (item: A, strike: Effect.Effect<void>) => Effect.Effect<unknown, TableauError.TableauError, TableauSession>,
  seen: Scenario["seen"],
  gives: unknown,
  other: Partial<Scenario> = {}
) =>
  scenario(name, struck, "write", gives, (strike) => Effect.flatMap(first(list), (item) => write(item, strike)), {
    seen,
    ...other
  })

export const projectName = "Made under a fault"
export const marked = "Marked under a fault"
export const elsewhere = "MarketingTeam"

export const workbooks = Workbooks.list({ pageSize: 2 })
export const countWorkbooks = Effect.flatMap(workbooks, ({ items }) => Stream.runCount(items))
export const createProject = Effect.map(Projects.create({ name: projectName }), ({ name }) => name)
export const projectsMade = { path: "/projects?pageSize=1000", times: times(`name="${projectName}"`) }
export const marks = { path: "/workbooks?pageSize=1000", times: times(`label="${marked}"`) }

/** The next request of this kind finds the session expired. */
export const expire = (simulator: Simulator.Service, operation: Scenario["struck"]) =>
  simulator.inject({ operation, fault: Fault.endSession })

/** A switch is idempotent. */
export const switching = { again: true }
