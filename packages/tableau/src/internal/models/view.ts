import * as Schema from "effect/Schema"
import { ViewId } from "../../Ids.js"
import * as References from "../../References.js"
import { Tag } from "../../Tags.js"
import * as Xml from "../../Xml.js"
import * as Fields from "../operation/listQuery.js"

const view = Xml.struct(
  { id: ViewId },
  {
    name: Schema.String,
    /** The identifier of the view in URLs, such as `Superstore/sheets/Overview`. */
    contentUrl: Schema.String,
    /** The last part of `contentUrl`, such as `Overview`. */
    viewUrlName: Schema.String,
    /** `dashboard`, `worksheet` or `story`. */
    sheetType: Schema.String,
    /** Whether the view is hidden in the published workbook. */
    hidden: Xml.Flag,
    createdAt: Xml.Timestamp,
    updatedAt: Xml.Timestamp,
    favoritesTotal: Xml.Integer,
    recentlyViewed: Xml.Flag,
    /** Absent in the views of one workbook. */
    workbook: References.WorkbookReference,
    project: References.ProjectReference,
    /** The project or the Personal Space that contains the workbook. */
    location: References.LocationReference,
    owner: References.UserReference,
    /** How often the view was opened. Present only when the request asks for it: see `includeUsageStatistics`. */
    usage: Xml.struct({}, { totalViewCount: Xml.Integer }),
    dataAccelerationConfig: Xml.struct(
      {},
      {
        accelerateNow: Xml.Flag,
        accelerationEnabled: Xml.Flag,
        accelerationStatus: Schema.String,
        lastUpdatedAt: Xml.Timestamp
      }
    ),
    /** Absent when the request did not ask for tags, for example because of `fields`; empty when there are none. */
    tags: Xml.list("tag", Tag)
  }
)

/**
 * A view. Only `id` is always present: the server omits what it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface View extends Xml.TypeOf<typeof view> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const View: Xml.Model<View, typeof view> = view

/** The fields that a list can be filtered by. */
export const filterFields = {
  ...Fields.content<View>(),
  caption: Fields.text<View>(),
  contentUrl: Fields.text<View>(({ contentUrl }) => contentUrl),
  favoritesTotal: Fields.number<View>(({ favoritesTotal }) => favoritesTotal),
  hitsTotal: Fields.number<View>(({ usage }) => usage?.totalViewCount, { requestName: "usage" }),
  sheetNumber: Fields.number<View>(),
  sheetType: Fields.identifier<View>(({ sheetType }) => sheetType, { onlyIfRequested: true }),
  title: Fields.text<View>(),
  viewUrlName: Fields.text<View>(({ viewUrlName }) => viewUrlName),
  workbookDescription: Fields.text<View>(),
  workbookName: Fields.text<View>(({ workbook }) => workbook?.name, {
    requestName: "workbook.name",
    onlyIfRequested: true
  })
}
