/** What a server holds. Absent values are left out of its answers. */

/** Somebody who can sign in, on as many sites as have a user of this name. */
export interface Account {
  readonly name: string
  readonly password: string | undefined
  readonly serverAdministrator: boolean
}

export interface PersonalAccessToken {
  readonly name: string
  readonly secret: string
  readonly account: string
}

export interface User {
  readonly id: string
  readonly name: string
  readonly fullName: string
  readonly email: string
  readonly siteRole: string
}

export interface Project {
  readonly id: string
  readonly name: string
}

export interface Workbook {
  readonly id: string
  readonly name: string
  readonly contentUrl: string
  readonly description: string | undefined
  /** Workbooks of a Personal Space have neither project nor, to other users, an owner. */
  readonly projectId: string | undefined
  readonly ownerId: string | undefined
  readonly showTabs: boolean
  readonly size: number
  readonly tags: ReadonlyArray<string>
  readonly createdAt: string
  readonly updatedAt: string
}
