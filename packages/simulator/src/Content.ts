/**
 * The content of a simulated server, if it is not the demo content.
 *
 * Items refer to each other by name. Absent values have defaults: every user is on every site and may see all content,
 * and content belongs to the first user and is in the project `default`.
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
 * The users, credentials and sites of a server.
 *
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
 * A user of one or more sites.
 *
 * @since 0.1.0
 * @category models
 */
export interface User {
  readonly name: string
  /** Without a password, the user cannot sign in with name and password. */
  readonly password?: string | undefined
  readonly fullName?: string | undefined
  readonly email?: string | undefined
  /** By default `Creator`. A `ServerAdministrator` may impersonate others. */
  readonly siteRole?: string | undefined
  /** The content URLs of the sites of the user. By default all sites. */
  readonly sites?: ReadonlyArray<string> | undefined
}

/**
 * A personal access token of a user.
 *
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
 * An issuer of unified access tokens: JWTs that are signed by RS256 with the key of the issuer.
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
 * A site and its content.
 *
 * @since 0.1.0
 * @category models
 */
export interface Site {
  /** `""` is the Default site. */
  readonly contentUrl: string
  /** By default the content URL. */
  readonly name?: string | undefined
  /** Projects beside `default`, which every site has. */
  readonly projects?: ReadonlyArray<Project> | undefined
  readonly workbooks?: ReadonlyArray<Workbook> | undefined
  readonly datasources?: ReadonlyArray<Item> | undefined
  readonly flows?: ReadonlyArray<Item> | undefined
  /** Groups beside `All Users`, which every site has. */
  readonly groups?: ReadonlyArray<Group> | undefined
}

/**
 * A project.
 *
 * @since 0.1.0
 * @category models
 */
export interface Project {
  readonly name: string
  readonly description?: string | undefined
  /** The name of the parent project. */
  readonly parent?: string | undefined
  /** Whether only administrators and owners may see the project and its content. */
  readonly restricted?: boolean | undefined
}

/**
 * A data source or a flow, and the common part of workbooks.
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
  /** Whether the content has extracts. By default workbooks have none and data sources have one. */
  readonly hasExtracts?: boolean | undefined
}

/**
 * A workbook.
 *
 * @since 0.1.0
 * @category models
 */
export interface Workbook extends Item {
  /** By default one view with the name of the workbook. */
  readonly views?: ReadonlyArray<string | View> | undefined
  readonly showTabs?: boolean | undefined
  /** In megabytes. A download has this size. */
  readonly size?: number | undefined
}

/**
 * A view of a workbook.
 *
 * @since 0.1.0
 * @category models
 */
export interface View {
  readonly name: string
  /** The data of the view, by column. By default some sales. */
  readonly rows?: ReadonlyArray<Readonly<Record<string, string>>> | undefined
}

/**
 * A group of users.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly name: string
  readonly users?: ReadonlyArray<string> | undefined
}
