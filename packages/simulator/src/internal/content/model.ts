/** What a server holds. Absent values are left out of its answers. Dates are as Tableau writes them. */

/** Somebody who can sign in, on as many sites as have a user of this name. */
export interface Account {
  readonly name: string
  readonly password: string | undefined
  readonly serverAdministrator: boolean
}

export type { ConnectedApp, PersonalAccessToken } from "../../Content.js"

/** Who may issue unified access tokens: like a connected app, but with a key pair of the issuer's own. */
export interface UnifiedAccess {
  readonly issuer: string
  readonly keyId: string
  /** PEM (SPKI). */
  readonly publicKey: string
  /** The claim that names the user. */
  readonly usernameClaim: string
}

/** What all kinds of content have, as far as others see it. */
export interface Item {
  readonly id: string
  readonly name: string
}

export interface User extends Item {
  readonly fullName: string
  readonly email: string | undefined
  readonly siteRole: string
  readonly authSetting: string | undefined
  readonly lastLogin: string | undefined
}

export interface Group extends Item {
  readonly minimumSiteRole: string | undefined
  /** Nobody's list holds everybody: the group of all users has no list. */
  readonly memberIds: ReadonlyArray<string> | "everybody"
}

export interface Project extends Item {
  readonly description: string
  readonly parentId: string | undefined
  readonly ownerId: string | undefined
  readonly contentPermissions: string
  readonly createdAt: string
  readonly updatedAt: string
}

export interface Connection {
  readonly id: string
  readonly type: string
  readonly serverAddress: string
  readonly serverPort: number
  readonly userName: string
  readonly embedPassword: boolean
  /** The data source that a workbook gets its data from. */
  readonly datasourceId: string | undefined
}

/** What lies in a project and belongs to somebody. */
export interface Content extends Item {
  /** Workbooks of a Personal Space have no project, and to other users no owner. */
  readonly projectId: string | undefined
  readonly ownerId: string | undefined
  readonly tags: ReadonlyArray<string>
  readonly createdAt: string
  readonly updatedAt: string
}

export interface Workbook extends Content {
  readonly contentUrl: string
  readonly description: string | undefined
  readonly showTabs: boolean
  readonly size: number
  readonly hasExtracts: boolean
}

export interface View extends Content {
  readonly contentUrl: string
  readonly viewUrlName: string
  readonly workbookId: string
  readonly sheetType: string
  readonly totalViewCount: number
}

export interface Datasource extends Content {
  readonly contentUrl: string
  readonly description: string | undefined
  readonly type: string
  readonly size: number
  readonly hasExtracts: boolean
  readonly isCertified: boolean
}

export interface Flow extends Content {
  readonly description: string | undefined
  readonly fileType: string
}

export interface Job {
  readonly id: string
  readonly status: string
  readonly jobType: string
  readonly title: string
  readonly subtitle: string
  readonly priority: number
  readonly progress: number
  readonly notes: string
  readonly createdAt: string
  readonly startedAt: string | undefined
  readonly endedAt: string | undefined
  /** What is refreshed. */
  readonly workbookId: string | undefined
}

export interface Schedule extends Item {
  readonly type: string
  readonly frequency: string
  readonly state: string
  readonly priority: number
  readonly executionOrder: string
  readonly start: string
  readonly weekDays: ReadonlyArray<string>
  readonly createdAt: string
  readonly updatedAt: string
  readonly nextRunAt: string
}

export interface ExtractRefreshTask {
  readonly id: string
  readonly priority: number
  readonly incremental: boolean
  readonly scheduleId: string
  readonly workbookId: string | undefined
  readonly datasourceId: string | undefined
}

/** Something that a user has marked. */
export interface Favorite {
  readonly kind: "workbook" | "view" | "datasource" | "flow" | "project"
  readonly id: string
  readonly label: string
  readonly position: number
  readonly addedAt: string
}

/** One thing that a user or the members of a group may or must not do with an item. */
export interface Rule {
  readonly grantee: { readonly kind: "user" | "group"; readonly id: string }
  readonly capability: string
  readonly mode: "Allow" | "Deny"
}
