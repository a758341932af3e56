/** What requests say of workbooks. */
import type { ConnectionCredentials, Credentials } from "../../Connections.js"
import type { GroupId, ProjectId, UserId, ViewId, WorkbookId } from "../../Ids.js"
import { Workbook } from "../models/workbook.js"
import * as Publish from "./publish.js"
import type { Resource } from "./resource.js"

/**
 * How a workbook is published in the background.
 *
 * @since 0.1.0
 * @category options
 */
export interface PublishAsJobOptions extends Publish.Options {
  /** `create` fails if a workbook of this name exists in the project, `overwrite` replaces it. By default `create`. */
  readonly mode?: "create" | "overwrite" | undefined
  /** Whether its views are tabs. By default false. */
  readonly showTabs?: boolean | undefined
  /** The names of the views that are not shown. A workbook needs one view that is. */
  readonly hiddenViews?: ReadonlyArray<string> | undefined
  /** The user whose permissions the thumbnails are rendered with. By default the publisher. */
  readonly thumbnailsUserId?: UserId | undefined
  /** The group whose permissions the thumbnails are rendered with, instead of a user. */
  readonly thumbnailsGroupId?: GroupId | undefined
  /** Whether its extracts are encrypted, where the site allows both. */
  readonly encryptExtracts?: boolean | undefined
  /** The credentials of each connection. */
  readonly connections?: ReadonlyArray<ConnectionCredentials> | undefined
  /** The credentials of all connections, instead of `connections`. */
  readonly credentials?: Credentials | undefined
  /** Whether the workbook is published although a connection does not work. By default false. */
  readonly skipConnectionCheck?: boolean | undefined
}

/**
 * How a workbook is published.
 *
 * @since 0.1.0
 * @category options
 */
export interface PublishOptions extends PublishAsJobOptions, Publish.JobOptions {}

const contentOf = (name: string, options: PublishAsJobOptions = {}): Publish.Content => {
  const { hiddenViews = [], thumbnailsGroupId, thumbnailsUserId } = options
  return {
    mode: options.mode,
    query: { skipConnectionCheck: options.skipConnectionCheck },
    since: [Publish.sinceWith(options.description, "3.20")],
    problem:
      thumbnailsUserId !== undefined && thumbnailsGroupId !== undefined
        ? "Both `thumbnailsUserId` and `thumbnailsGroupId` are given: a workbook can have one of them."
        : (Publish.credentialsProblem(options) ?? Publish.idsProblem({ thumbnailsGroupId, thumbnailsUserId })),
    payload: {
      workbook: {
        name,
        description: options.description,
        showTabs: options.showTabs,
        thumbnailsUserId,
        thumbnailsGroupId,
        encryptExtracts: options.encryptExtracts,
        // In the order of Tableau's schema.
        connections: Publish.connectionsOf(options.connections),
        connectionCredentials: Publish.credentialsOf(options.credentials),
        project: Publish.reference(options.projectId),
        views:
          hiddenViews.length === 0 ? undefined : { view: hiddenViews.map((view) => ({ name: view, hidden: true })) }
      }
    }
  }
}

/** What of publications does not depend on the operation. */
export const publication = {
  since: "2.0",
  types: ["twb", "twbx"],
  modes: ["create", "overwrite"],
  model: Workbook,
  content: contentOf
}

export const publishing = (resource: Resource<WorkbookId>) => ({ resource, ...publication })

/**
 * When Tableau refreshes the data of a workbook that it has cached.
 *
 * @since 0.1.0
 * @category options
 */
export type NewDataFreshnessPolicy =
  | { readonly option: "SiteDefault" | "AlwaysLive" }
  | {
      readonly option: "FreshEvery"
      readonly freshEverySchedule: {
        readonly frequency: "Minutes" | "Hours" | "Days" | "Weeks"
        readonly value: number
      }
    }
  | {
      readonly option: "FreshAt"
      readonly freshAtSchedule: {
        readonly frequency: "Day" | "Week" | "Month"
        /** Such as `08:15:00`, in steps of a quarter of an hour. */
        readonly time: string
        /** Such as `Europe/Vienna`. By default the time zone of the server. */
        readonly timezone?: string | undefined
        /** The days of a week, such as `Monday`, or of a month: `1` to `31` or `LastDay`. */
        readonly intervals?:
          | ReadonlyArray<{ readonly weekDay: string } | { readonly monthDay: string | number }>
          | undefined
      }
    }

/**
 * What to change in a workbook. What is left out stays as it is.
 *
 * @since 0.1.0
 * @category options
 */
export interface Changes {
  readonly name?: string | undefined
  /** It needs API version 3.20. */
  readonly description?: string | undefined
  /** Whether its views are tabs. */
  readonly showTabs?: boolean | undefined
  /** Marks the workbook as recently viewed by the signed-in user. */
  readonly recentlyViewed?: true | undefined
  /** Moves the workbook to this project. */
  readonly projectId?: ProjectId | undefined
  /** Gives the workbook to this user. For administrators. */
  readonly ownerId?: UserId | undefined
  /** Whether its extracts are encrypted. The server changes them in the background. */
  readonly encryptExtracts?: boolean | undefined
  /** It needs API version 3.22. */
  readonly dataFreshnessPolicy?: NewDataFreshnessPolicy | undefined
  /** Whether the workbook is accelerated. It needs API version 3.22, and was retired with Tableau 2026.2. */
  readonly dataAccelerationConfig?:
    | { readonly accelerationEnabled: boolean; readonly accelerateNow?: boolean | undefined }
    | undefined
  /** The views to accelerate. By default all. */
  readonly acceleratedViews?: ReadonlyArray<ViewId> | undefined
}

const policyOf = (policy: NewDataFreshnessPolicy | undefined) => {
  if (policy?.option !== "FreshAt") return policy
  const { intervals = [], ...schedule } = policy.freshAtSchedule
  return {
    ...policy,
    freshAtSchedule: { ...schedule, intervals: intervals.length === 0 ? undefined : { interval: intervals } }
  }
}

export const changing = (changes: Changes) => {
  const {
    acceleratedViews = [],
    dataAccelerationConfig,
    dataFreshnessPolicy,
    description,
    ownerId,
    projectId
  } = changes
  const isLater = dataFreshnessPolicy !== undefined || dataAccelerationConfig !== undefined
  return Publish.changes(
    "workbook",
    {
      name: changes.name,
      showTabs: changes.showTabs,
      recentlyViewed: changes.recentlyViewed,
      encryptExtracts: changes.encryptExtracts,
      description,
      project: Publish.reference(projectId),
      owner: Publish.reference(ownerId),
      views: acceleratedViews.length === 0 ? undefined : { view: acceleratedViews.map((id) => ({ id })) },
      dataAccelerationConfig,
      dataFreshnessPolicy: policyOf(dataFreshnessPolicy)
    },
    { projectId, ownerId },
    isLater ? "3.22" : Publish.sinceWith(description, "3.20")
  )
}
