import type { Element } from "../protocol/element.js"

/** The items of a server. Responses omit absent values. Dates have Tableau's format. */

/** An account signs in on every site that has a user of its name. */
export interface Account {
  readonly name: string
  readonly password: string | undefined
  readonly serverAdministrator: boolean
}

export type { ConnectedApp, PersonalAccessToken } from "../../Content.js"

/** An issuer of unified access tokens. Unlike a connected app it signs with a key pair. */
export interface UnifiedAccess {
  readonly issuer: string
  readonly keyId: string
  /** PEM (SPKI). */
  readonly publicKey: string
  /** The claim that names the user. */
  readonly usernameClaim: string
}

/** The part that all items have. */
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
  /** `everybody` for All Users, which has no explicit members. */
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
  readonly authenticationType?: string | undefined
  readonly queryTaggingEnabled?: boolean | undefined
  /** The published data source that a workbook connects to. */
  readonly datasourceId: string | undefined
}

/** An item with a project, an owner and tags. */
export interface Content extends Item {
  /** Absent, like the owner, for workbooks of a Personal Space of another user. */
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
  readonly encryptExtracts?: boolean | undefined
  /** As the request that set it. */
  readonly dataFreshnessPolicy?: Element | undefined
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
  readonly certificationNote?: string | undefined
  readonly encryptExtracts?: boolean | undefined
  /** Whether Tableau Bridge reads the data. */
  readonly useRemoteQueryAgent?: boolean | undefined
}

export interface Flow extends Content {
  readonly description: string | undefined
  readonly fileType: string
}

export type JobType =
  | "RefreshExtract"
  | "CreateExtract"
  | "PublishWorkbook"
  | "PublishDatasource"
  | "RefreshThumbnails"
  | "UpdateUploadedFile"

/** The item that a job works on. */
export interface JobContent {
  readonly kind: "workbook" | "datasource"
  readonly id: string
}

export interface Job {
  readonly id: string
  readonly status: "Pending" | "InProgress" | "Success" | "Failed" | "Cancelled"
  readonly type: JobType
  /** The name of the type in the list of jobs. */
  readonly jobType: string
  readonly title: string
  readonly subtitle: string
  readonly priority: number
  readonly progress: number | undefined
  readonly finishCode: number | undefined
  readonly notes: string
  readonly createdAt: string
  readonly startedAt: string | undefined
  readonly endedAt: string | undefined
  readonly content: JobContent | undefined
  readonly incremental?: boolean | undefined
  /** The connection whose data the job updates. */
  readonly connectionId?: string | undefined
  /** The id by which the client makes its request repeatable. */
  readonly requestId?: string | undefined
  readonly startedBy?: string | undefined
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

/** The schedule that a task has for itself on Cloud. */
export interface TaskSchedule {
  readonly frequency: string
  /** The `frequencyDetails` of the request that set it. */
  readonly details: Element
  readonly createdAt: string
  readonly updatedAt: string
  readonly nextRunAt: string
}

export interface ExtractRefreshTask {
  readonly id: string
  readonly priority: number
  readonly incremental: boolean
  /** The schedule of the server, or on Cloud the task's own schedule. */
  readonly scheduleId?: string | undefined
  readonly schedule?: TaskSchedule | undefined
  readonly workbookId: string | undefined
  readonly datasourceId: string | undefined
}

/** An item that a user has marked as a favorite. */
export interface Favorite {
  readonly kind: "workbook" | "view" | "datasource" | "flow" | "project"
  readonly id: string
  readonly label: string
  readonly position: number
  readonly addedAt: string
}

/** A capability on an item that is allowed to, or denied to, a user or the members of a group. */
export interface Rule {
  readonly grantee: { readonly kind: "user" | "group"; readonly id: string }
  readonly capability: string
  readonly mode: "Allow" | "Deny"
}
