import * as Schema from "effect/Schema"
import { DatasourceId, JobId } from "../../Ids.js"
import * as References from "../../References.js"
import { Tag } from "../../Tags.js"
import * as Xml from "../../Xml.js"
import * as Fields from "../operation/listQuery.js"

const datasource = Xml.struct(
  { id: DatasourceId },
  {
    name: Schema.String,
    description: Schema.String,
    /** The identifier of the data source in URLs. */
    contentUrl: Schema.String,
    webpageUrl: Schema.String,
    /** The type of its connection, such as `sqlserver` or `hyper`. */
    type: Schema.String,
    /** In megabytes. */
    size: Xml.Integer,
    databaseName: Schema.String,
    serverName: Schema.String,
    hasExtracts: Xml.Flag,
    /** A string: servers write more values than true and false. */
    encryptExtracts: Schema.String,
    hasAlert: Xml.Flag,
    hasSemanticLayerConnection: Xml.Flag,
    isCertified: Xml.Flag,
    certificationNote: Schema.String,
    isPublished: Xml.Flag,
    /** Whether Tableau Bridge refreshes the data source. */
    useRemoteQueryAgent: Xml.Flag,
    connectedWorkbooksCount: Xml.Integer,
    favoritesTotal: Xml.Integer,
    createdAt: Xml.Timestamp,
    updatedAt: Xml.Timestamp,
    /** `DataRole` for the data source of a data role. */
    parentType: Schema.String,
    /** The `contentUrl` of each data source that a composed data source is made from. */
    parentDataSourceUrls: Xml.repeated(Schema.String),
    askData: Xml.struct({}, { enablement: Schema.String }),
    project: References.ProjectReference,
    /** The project or the Personal Space that contains the data source. */
    location: References.LocationReference,
    owner: References.UserReference,
    /** The job that encrypts or decrypts the extract, in the result of an `update` that changes `encryptExtracts`. */
    job: Xml.struct({}, { id: JobId }),
    /** Absent when the request did not ask for tags, for example because of `fields`; empty when there are none. */
    tags: Xml.list("tag", Tag)
  }
)

/**
 * A published data source. Only `id` is always present: the server omits what it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Datasource extends Xml.TypeOf<typeof datasource> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Datasource: Xml.Model<Datasource, typeof datasource> = datasource

/** The fields that a list can be filtered by. */
export const filterFields = {
  ...Fields.content<Datasource>(),
  authenticationType: Fields.text<Datasource>(),
  connectedWorkbookType: Fields.text<Datasource>(),
  connectionTo: Fields.text<Datasource>(),
  connectionType: Fields.text<Datasource>(),
  contentUrl: Fields.text<Datasource>(({ contentUrl }) => contentUrl),
  databaseName: Fields.identifier<Datasource>(({ databaseName }) => databaseName, { onlyIfRequested: true }),
  databaseUserName: Fields.text<Datasource>(),
  description: Fields.text<Datasource>(({ description }) => description),
  favoritesTotal: Fields.number<Datasource>(({ favoritesTotal }) => favoritesTotal, { onlyIfRequested: true }),
  hasAlert: Fields.flag<Datasource>(({ hasAlert }) => hasAlert, { onlyIfRequested: true }),
  hasEmbeddedPassword: Fields.flag<Datasource>(),
  hasExtracts: Fields.flag<Datasource>(({ hasExtracts }) => hasExtracts),
  isCertified: Fields.flag<Datasource>(({ isCertified }) => isCertified),
  isConnectable: Fields.flag<Datasource>(),
  isDefaultPort: Fields.flag<Datasource>(),
  isHierarchical: Fields.flag<Datasource>(),
  isPublished: Fields.flag<Datasource>(({ isPublished }) => isPublished, { onlyIfRequested: true }),
  serverName: Fields.identifier<Datasource>(({ serverName }) => serverName, { onlyIfRequested: true }),
  serverPort: Fields.text<Datasource>(),
  size: Fields.number<Datasource>(({ size }) => size),
  tableName: Fields.text<Datasource>(),
  type: Fields.identifier<Datasource>(({ type }) => type)
}
