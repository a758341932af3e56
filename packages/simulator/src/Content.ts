/**
 * What a simulated server holds when a test declares it itself, in place of the demo content.
 *
 * Things refer to each other by name. What is left out gets a sensible value: every user is on every site, everybody
 * may see everything, and content belongs to the first user and lies in the project `default`.
 *
 * @example
 * ```ts
 * import { type Content, Simulator } from "effect-tableau-simulator"
 *
 * const content: Content.Content = {
 *   users: [{ name: "ana", password: "secret", siteRole: "Creator" }],
 *   personalAccessTokens: [{ name: "ci", secret: "s3cret", user: "ana" }],
 *   sites: [{ contentUrl: "Sales", workbooks: [{ name: "Forecast", views: ["2024", "2025"], tags: ["draft"] }] }]
 * }
 *
 * const layer = Simulator.layer({ content })
 * ```
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export interface Content {
  readonly users: ReadonlyArray<User>
  readonly personalAccessTokens?: ReadonlyArray<PersonalAccessToken> | undefined
  readonly connectedApps?: ReadonlyArray<ConnectedApp> | undefined
  readonly unifiedAccess?: ReadonlyArray<UnifiedAccess> | undefined
  readonly sites: ReadonlyArray<Site>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface User {
  readonly name: string
  /** Without one, nobody signs in with this user's name and a password. */
  readonly password?: string | undefined
  readonly fullName?: string | undefined
  readonly email?: string | undefined
  /** By default `Creator`. A `ServerAdministrator` may impersonate others. */
  readonly siteRole?: string | undefined
  /** The content URLs of the sites that the user is on. By default all. */
  readonly sites?: ReadonlyArray<string> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PersonalAccessToken {
  readonly name: string
  readonly secret: string
  readonly user: string
}

/**
 * A connected app with direct trust.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectedApp {
  readonly clientId: string
  readonly secretId: string
  readonly secretValue: string
}

/**
 * An issuer of unified access tokens: RS256 JWTs, signed with a key of its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface UnifiedAccess {
  readonly issuer: string
  readonly keyId: string
  /** PEM (SPKI). */
  readonly publicKey: string
  /** The claim that names the user. By default `email`. */
  readonly usernameClaim?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Site {
  /** `""` is the Default site. */
  readonly contentUrl: string
  /** By default the content URL. */
  readonly name?: string | undefined
  /** Beside the project `default`, which every site has. */
  readonly projects?: ReadonlyArray<Project> | undefined
  readonly workbooks?: ReadonlyArray<Workbook> | undefined
  readonly datasources?: ReadonlyArray<Item> | undefined
  readonly flows?: ReadonlyArray<Item> | undefined
  /** Beside the group `All Users`, which every site has. */
  readonly groups?: ReadonlyArray<Group> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Project {
  readonly name: string
  readonly description?: string | undefined
  /** The name of the project that it lies in. */
  readonly parent?: string | undefined
  /** Only administrators and owners see it and what lies in it. */
  readonly restricted?: boolean | undefined
}

/**
 * What workbooks, data sources and flows have in common.
 *
 * @since 0.1.0
 * @category models
 */
export interface Item {
  readonly name: string
  readonly description?: string | undefined
  readonly project?: string | undefined
  readonly owner?: string | undefined
  readonly tags?: ReadonlyArray<string> | undefined
  /** ISO 8601. */
  readonly createdAt?: string | undefined
  readonly updatedAt?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Workbook extends Item {
  /** By default one, with the name of the workbook. */
  readonly views?: ReadonlyArray<string | View> | undefined
  readonly showTabs?: boolean | undefined
  /** In megabytes: what is downloaded is as large. */
  readonly size?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface View {
  readonly name: string
  /** What it shows: its data, and what of them the filters of a request let through. By default some sales. */
  readonly rows?: ReadonlyArray<Readonly<Record<string, string>>> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly name: string
  readonly users?: ReadonlyArray<string> | undefined
}
