/** What requests say of data sources. */
import type { ConnectionCredentials, Credentials } from "../../Connections.js"
import type { DatasourceId, ProjectId, UserId } from "../../Ids.js"
import { Datasource } from "../models/datasource.js"
import * as Publish from "./publish.js"
import type { Resource } from "./resource.js"

/**
 * How a data source is published in the background.
 *
 * @since 0.1.0
 * @category options
 */
export interface PublishAsJobOptions extends Publish.Options {
  /**
   * `create` fails if a data source of this name exists in the project, and `overwrite` replaces it. `append` adds the rows
   * of a .hyper or .tde file to an extract with the same columns. `replace` replaces only the data; it needs API version
   * 3.25. By default `create`.
   */
  readonly mode?: "create" | "overwrite" | "append" | "replace" | undefined
  /** The credentials of each connection. */
  readonly connections?: ReadonlyArray<ConnectionCredentials> | undefined
  /** The credentials of its only connection, instead of `connections`. */
  readonly credentials?: Credentials | undefined
  /** Whether Tableau Bridge refreshes the data source. */
  readonly useRemoteQueryAgent?: boolean | undefined
  readonly isCertified?: boolean | undefined
  /** Why it is certified. */
  readonly certificationNote?: string | undefined
  /** The `contentUrl` of each data source that a composed data source is made from. It needs API version 3.29. */
  readonly parentDataSourceUrls?: ReadonlyArray<string> | undefined
}

/**
 * How a data source is published.
 *
 * @since 0.1.0
 * @category options
 */
export interface PublishOptions extends PublishAsJobOptions, Publish.JobOptions {}

const contentOf = (name: string, options: PublishAsJobOptions = {}): Publish.Content => ({
  mode: options.mode,
  since: [options.mode === "replace" ? "3.25" : undefined, Publish.sinceWith(options.parentDataSourceUrls, "3.29")],
  problem: Publish.credentialsProblem(options),
  payload: {
    datasource: {
      name,
      description: options.description,
      useRemoteQueryAgent: options.useRemoteQueryAgent,
      isCertified: options.isCertified,
      certificationNote: options.certificationNote,
      connectionCredentials: Publish.credentialsOf(options.credentials),
      connections: Publish.connectionsOf(options.connections),
      project: Publish.reference(options.projectId),
      parentDataSourceUrls: options.parentDataSourceUrls
    }
  }
})

/** What of publications does not depend on the operation. */
export const publication = {
  since: "2.0",
  types: ["tds", "tdsx", "hyper", "parquet", "tde"],
  modes: ["create", "overwrite", "append", "replace"],
  model: Datasource,
  content: contentOf
}

export const publishing = (resource: Resource<DatasourceId>) => ({ resource, ...publication })

/**
 * What to change in a data source. What is left out stays as it is.
 *
 * @since 0.1.0
 * @category options
 */
export interface Changes {
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Moves the data source to this project. */
  readonly projectId?: ProjectId | undefined
  /** Gives the data source to this user. For administrators. */
  readonly ownerId?: UserId | undefined
  readonly isCertified?: boolean | undefined
  /** Why it is certified. */
  readonly certificationNote?: string | undefined
  /** Whether its extract is encrypted. The server changes it in the background: see `job` of the result. */
  readonly encryptExtracts?: boolean | undefined
  /** Whether Tableau Bridge refreshes the data source. */
  readonly useRemoteQueryAgent?: boolean | undefined
}

export const changing = (changes: Changes) =>
  Publish.changes(
    "datasource",
    {
      name: changes.name,
      description: changes.description,
      isCertified: changes.isCertified,
      certificationNote: changes.certificationNote,
      encryptExtracts: changes.encryptExtracts,
      useRemoteQueryAgent: changes.useRemoteQueryAgent,
      project: Publish.reference(changes.projectId),
      owner: Publish.reference(changes.ownerId)
    },
    { projectId: changes.projectId, ownerId: changes.ownerId }
  )
