/**
 * Revisions: the earlier states of workbooks and data sources that a site keeps. The operations are those of the
 * resources, such as `Workbooks.revisions`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm
 * @since 0.1.0
 */
import * as References from "./References.js"
import * as Xml from "./Xml.js"

const revision = Xml.struct(
  {},
  {
    /** Counted from 1; the current revision has the highest number. */
    revisionNumber: Xml.Integer,
    publishedAt: Xml.Timestamp,
    /** The user who published the revision. */
    publisher: References.UserReference,
    current: Xml.Flag,
    /** Whether the content of the revision was deleted; its entry stays in the list. */
    deleted: Xml.Flag,
    sizeInBytes: Xml.Integer
  }
)

/**
 * A revision of a workbook or a data source. It is identified by its number, and has no id.
 *
 * @since 0.1.0
 * @category models
 */
export interface Revision extends Xml.TypeOf<typeof revision> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Revision: Xml.Model<Revision, typeof revision> = revision

/**
 * How to download a workbook or a data source.
 *
 * @since 0.1.0
 * @category options
 */
export interface DownloadOptions {
  /** Whether the file contains the extract, that is, a copy of the data. By default true. */
  readonly includeExtract?: boolean | undefined
}
