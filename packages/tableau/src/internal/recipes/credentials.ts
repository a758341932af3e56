/** Replaces the credentials of all connections to a database. */
import type { PlatformError } from "@effect/platform/Error"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Connection } from "../../Connections.js"
import type { CallError, ListError, SessionError } from "../../TableauError.js"
import type { TableauSession } from "../../TableauSession.js"
import { badRequest } from "../badRequest.js"
import { type Database, matches, publishedDatasource } from "./connections.js"
import { type ContentItem, type ContentOptions, concurrencyOf, type Detailed, kinds, publicOf } from "./content.js"
import { keyOf } from "./manifest.js"
import * as Projects from "./projects.js"
import * as Recipe from "./recipe.js"

/**
 * The new credentials.
 *
 * @since 0.1.0
 * @category options
 */
export interface NewCredentials {
  /** The new account. By default the account stays. */
  readonly userName?: string | undefined
  readonly password: Redacted.Redacted
  /**
   * Whether the password is stored with the content. By default as it is in the connection; where connections that change
   * together differ in it, only this decides.
   */
  readonly embed?: boolean | undefined
}

/**
 * A connection to the database, and the content that has it.
 *
 * @since 0.1.0
 * @category models
 */
export interface FoundConnection {
  readonly item: ContentItem
  readonly connection: Connection
  /**
   * Connections of the item that have the same type and are not to this database. Tableau changes all connections of a type
   * together, so a connection with others is not changed.
   */
  readonly others: ReadonlyArray<Connection>
}

/**
 * Content whose connections this user may not read: it may have connections to the database.
 *
 * @since 0.1.0
 * @category models
 */
export interface UnreadableItem {
  readonly item: ContentItem
  readonly error: CallError
}

/**
 * The connections that would be changed.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialsPlan {
  readonly connections: ReadonlyArray<FoundConnection>
  readonly unreadable: ReadonlyArray<UnreadableItem>
}

/**
 * Whether a connection was changed. It is `skipped` if others would be changed with it, and if it leads to a published data
 * source (type `sqlproxy`): it has no credentials of its own. Without `embed` it is also skipped if the item has several
 * connections of this type, and only some of them store the password: all would have what the last one has.
 *
 * @since 0.1.0
 * @category models
 */
export type ReplacedConnection =
  | (FoundConnection & { readonly outcome: "replaced" | "skipped" })
  | (FoundConnection & { readonly outcome: "failed"; readonly error: CallError })

/**
 * The connections that were changed, and those that were not.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialsResult {
  readonly connections: ReadonlyArray<ReplacedConnection>
  readonly unreadable: ReadonlyArray<UnreadableItem>
}

type Planned = Recipe.Planned<CredentialsPlan>

const operation = "Recipes.replaceCredentials"

/** The connections of an item to the database. */
const search = (database: Database) => (item: Detailed) =>
  Effect.map(kinds[item.type].connections(item.id), (connections) => {
    const [others, matching] = Array.partition(connections, (connection) => matches(connection, database))
    const found = matching.map(
      (connection): FoundConnection => ({
        item: publicOf(item),
        connection,
        others: others.filter(({ type }) => type === connection.type)
      })
    )
    return { outcome: "read" as const, found }
  }).pipe(Recipe.isolated(operation, publicOf(item)))

const plan = (
  database: Database,
  _credentials: NewCredentials,
  options: ContentOptions = {}
): Effect.Effect<Planned, ListError, TableauSession> =>
  Effect.gen(function* () {
    // Connections to files have an empty address.
    if (database.serverAddress.trim() === "") return yield* badRequest(operation, "`serverAddress` is blank.")
    const concurrency = yield* concurrencyOf(operation, options)
    const items = yield* Projects.content(options)
    const results = yield* Effect.forEach(items, search(database), { concurrency })
    return {
      plan: {
        connections: results.flatMap((result) => (result.outcome === "read" ? result.found : [])),
        unreadable: results.flatMap((result) =>
          result.outcome === "failed" ? [{ item: publicOf(result), error: result.error }] : []
        )
      }
    }
  })

/** Whether the password is stored by default: servers do not always say it. */
const isStored = ({ connection }: FoundConnection): boolean => connection.embedPassword ?? true

/** Without an id there is nothing to send. Tableau sends one for each connection. */
const change = (found: FoundConnection, { embed, password, userName }: NewCredentials) =>
  found.connection.id === undefined
    ? badRequest(operation, "The server has sent no id of the connection.")
    : kinds[found.item.type].updateConnection(found.item.id, found.connection.id, {
        userName,
        password,
        // A stored password would give the rights of one account to users who are asked for their own.
        embedPassword: embed ?? isStored(found)
      })

/** What changes together must not be sent both: the last one would remove the password of the first, or store it for all. */
const isMixed = (found: FoundConnection, ofItem: ReadonlyArray<FoundConnection>): boolean =>
  ofItem.some((other) => other.connection.type === found.connection.type && isStored(other) !== isStored(found))

const replaceIn = (credentials: NewCredentials) => (ofItem: ReadonlyArray<FoundConnection>) =>
  // One after another: a server changes connections of one type together.
  Effect.forEach(ofItem, (found): Effect.Effect<ReplacedConnection, SessionError | PlatformError, TableauSession> => {
    const { connection, item, others } = found
    const isSkipped = others.length > 0 || (credentials.embed === undefined && isMixed(found, ofItem))
    return isSkipped || connection.type === publishedDatasource
      ? Effect.succeed({ ...found, outcome: "skipped" })
      : Effect.map(Recipe.isolated(operation, item)(change(found, credentials)), (result) =>
          "outcome" in result
            ? { ...found, outcome: result.outcome, error: result.error }
            : { ...found, outcome: "replaced" }
        )
  })

const run = (
  { plan: { connections, unreadable } }: Planned,
  _database: Database,
  credentials: NewCredentials,
  options: ContentOptions = {}
) =>
  Effect.gen(function* () {
    const concurrency = yield* concurrencyOf(operation, options)
    const byItem = Object.values(Array.groupBy(connections, ({ item }) => keyOf(item)))
    const results = yield* Effect.forEach(byItem, replaceIn(credentials), { concurrency })
    return { connections: results.flat(), unreadable } satisfies CredentialsResult
  })

export const replaceCredentials = Recipe.onSession(operation, plan, run)
