import * as Schema from "effect/Schema"
import { GroupId, UserId, ViewId, WorkbookId } from "../../Ids.js"
import type * as Query from "../../Query.js"
import * as References from "../../References.js"
import { Tag } from "../../Tags.js"
import * as Xml from "../../Xml.js"
import * as Fields from "../operation/listQuery.js"
import { View } from "./view.js"

const dataFreshnessPolicy = Xml.struct(
  {},
  {
    /** `AlwaysLive`, `FreshAt`, `FreshEvery` or `SiteDefault`. */
    option: Schema.String,
    freshEverySchedule: Xml.struct({}, { frequency: Schema.String, value: Xml.Integer }),
    freshAtSchedule: Xml.struct(
      {},
      {
        frequency: Schema.String,
        time: Schema.String,
        timezone: Schema.String,
        intervals: Xml.list("interval", Xml.struct({}, { weekDay: Schema.String, monthDay: Schema.String }))
      }
    )
  }
)

/**
 * How old the data of a workbook may become before Tableau refreshes it.
 *
 * @since 0.1.0
 * @category models
 */
export interface DataFreshnessPolicy extends Xml.TypeOf<typeof dataFreshnessPolicy> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const DataFreshnessPolicy: Xml.Model<DataFreshnessPolicy, typeof dataFreshnessPolicy> = dataFreshnessPolicy

const workbook = Xml.struct(
  { id: WorkbookId },
  {
    name: Schema.String,
    description: Schema.String,
    /** The identifier of the workbook in URLs. */
    contentUrl: Schema.String,
    primaryContentUrl: Schema.String,
    webpageUrl: Schema.String,
    shareDescription: Schema.String,
    showTabs: Xml.Flag,
    /** In megabytes. */
    size: Xml.Integer,
    sheetCount: Xml.Integer,
    /** A list has it only if it is requested, with `fields: ["hasExtracts"]`. */
    hasExtracts: Xml.Flag,
    /** A string: servers write more values than true and false. */
    encryptExtracts: Schema.String,
    recentlyViewed: Xml.Flag,
    defaultViewId: ViewId,
    /** The user whose permissions the thumbnails are rendered with. */
    thumbnailsUserId: UserId,
    /** The group whose permissions the thumbnails are rendered with. */
    thumbnailsGroupId: GroupId,
    createdAt: Xml.Timestamp,
    updatedAt: Xml.Timestamp,
    lastPublishedAt: Xml.Timestamp,
    /** Absent for a workbook in a Personal Space. */
    project: References.ProjectReference,
    /** The project or the Personal Space that contains the workbook. */
    location: References.LocationReference,
    owner: References.UserReference,
    dataAccelerationConfig: Xml.struct(
      {},
      {
        accelerateNow: Xml.Flag,
        accelerationEnabled: Xml.Flag,
        accelerationStatus: Schema.String,
        lastUpdatedAt: Xml.Timestamp
      }
    ),
    dataFreshnessPolicy: DataFreshnessPolicy,
    /** Present when a single workbook was requested; `Views.listForWorkbook` returns more about each. */
    views: Xml.list("view", View),
    /** Absent when the request did not ask for tags, for example because of `fields`; empty when there are none. */
    tags: Xml.list("tag", Tag)
  }
)

/**
 * A workbook. Only `id` is always present: the server omits what it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Workbook extends Xml.TypeOf<typeof workbook> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Workbook: Xml.Model<Workbook, typeof workbook> = workbook

/** The fields that a list can be filtered by. */
export const filterFields = {
  ...Fields.content<Workbook>(),
  contentUrl: Fields.text<Workbook>(({ contentUrl }) => contentUrl),
  displayTabs: Fields.flag<Workbook>(({ showTabs }) => showTabs, { requestName: "showTabs" }),
  favoritesTotal: Fields.number<Workbook>(),
  hasAlerts: Fields.flag<Workbook>(),
  hasExtracts: Fields.flag<Workbook>(({ hasExtracts }) => hasExtracts, { onlyIfRequested: true }),
  sheetCount: Fields.number<Workbook>(({ sheetCount }) => sheetCount, { onlyIfRequested: true }),
  size: Fields.number<Workbook>(({ size }) => size),
  subscriptionsTotal: Fields.number<Workbook>()
}

/**
 * How to list workbooks.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions extends Query.ListOptions<typeof filterFields, Query.SelectableField<Workbook>> {}

/**
 * How to list the workbooks of a user.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListForUserOptions extends Query.PageOptions {
  /** Return only workbooks that the user owns, instead of all that the user can see. */
  readonly ownedBy?: boolean | undefined
}
