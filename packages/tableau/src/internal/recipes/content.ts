/** What recipes do with workbooks, data sources and flows alike. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Connection, ConnectionCredentials, FlowConnectionChanges } from "../../Connections.js"
import * as Datasources from "../../Datasources.js"
import type { Download } from "../../Download.js"
import * as Filter from "../../Filter.js"
import * as Flows from "../../Flows.js"
import { type ConnectionId, DatasourceId, FlowId, type ProjectId, WorkbookId } from "../../Ids.js"
import type * as Jobs from "../../Jobs.js"
import * as Projects from "../../Projects.js"
import type { DownloadOptions } from "../../Revisions.js"
import { type BadRequest, type CallError, type ListError, NotFound, type UploadMismatch } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import type { Tag } from "../../Tags.js"
import type * as Upload from "../../Upload.js"
import * as Workbooks from "../../Workbooks.js"
import * as ApiVersion from "../apiVersion.js"
import { badRequest } from "../badRequest.js"
import { defaultProject, sameName } from "../families/published.js"

/**
 * The kinds of content that recipes work on.
 *
 * @since 0.1.0
 * @category models
 */
export type ContentType = "workbook" | "datasource" | "flow"

/**
 * A workbook, data source or flow.
 *
 * @since 0.1.0
 * @category models
 */
export interface ContentItem {
  readonly type: ContentType
  readonly id: string
  /** The id, if the server sends no name. */
  readonly name: string
  readonly projectId?: ProjectId | undefined
  readonly updatedAt?: DateTime.Utc | undefined
}

/** What the models of the three types have in common. */
export interface Model {
  readonly id: string
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly showTabs?: boolean | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly project?: { readonly id?: ProjectId | undefined; readonly name?: string | undefined } | undefined
  readonly tags?: ReadonlyArray<Tag> | undefined
}

/** An item with what is needed to publish it again. */
export interface Detailed extends ContentItem {
  readonly projectName: string | undefined
  readonly description: string | undefined
  readonly showTabs: boolean | undefined
  readonly tags: ReadonlyArray<string>
}

/** A job that publishes cannot be cancelled. */
export type AsJob = boolean | Omit<Jobs.AwaitOptions, "onInterrupt">

/** How content is published again. Options that a type does not have are not sent. */
interface PublishAgain {
  readonly name: string
  readonly projectId: ProjectId | undefined
  readonly mode: "create" | "overwrite"
  readonly description: string | undefined
  readonly showTabs: boolean | undefined
  readonly connections: ReadonlyArray<ConnectionCredentials>
  readonly skipConnectionCheck: boolean | undefined
  readonly asJob: AsJob | undefined
  readonly upload: Upload.Options | undefined
}

type Call<A> = Effect.Effect<A, CallError, TableauSession>

/** The operations of a type. Ids are strings: a list has items of all types. */
export interface Kind<A extends Model = Model> {
  readonly type: ContentType
  /** Of the files that the server sends, the usual one first. */
  readonly extensions: readonly [string, ...ReadonlyArray<string>]
  /** All items, those of this name, or those of the projects of this name. Fails if items are missing. */
  readonly list: (names: {
    readonly name?: string | undefined
    readonly projectName?: string | undefined
  }) => Stream.Stream<Detailed, ListError, TableauSession>
  readonly get: (id: string) => Call<Detailed>
  readonly download: (
    id: string,
    options: DownloadOptions
  ) => Effect.Effect<Download, CallError, TableauSession | Scope.Scope>
  readonly publish: <E, R>(
    file: Upload.File<E, R>,
    options: PublishAgain
  ) => Effect.Effect<A, CallError | UploadMismatch | Jobs.JobError | E, TableauSession | R>
  readonly connections: (id: string) => Call<ReadonlyArray<Connection>>
  readonly updateConnection: (
    id: string,
    connectionId: ConnectionId,
    changes: FlowConnectionChanges
  ) => Call<Connection>
  readonly addTags: (id: string, tags: ReadonlyArray<string>) => Call<unknown>
}

const detailed =
  (type: ContentType) =>
  ({ description, id, name, project, showTabs, tags = [], updatedAt }: Model): Detailed => ({
    type,
    id,
    name: name ?? id,
    projectId: project?.id,
    projectName: project?.name,
    updatedAt,
    description,
    showTabs,
    tags: tags.map(({ label }) => label)
  })

const options = ({ name, projectName }: Parameters<Kind["list"]>[0]) => ({
  strict: true,
  pageSize: 1000,
  filter: [
    ...(name === undefined ? [] : [Filter.eq("name", name)]),
    ...(projectName === undefined ? [] : [Filter.eq("projectName", projectName)])
  ]
})

/** Servers before 3.20 refuse a description: there the copy has none. */
const description = (options: PublishAgain) =>
  Effect.gen(function* () {
    const { apiVersion } = yield* (yield* TableauSession).connection
    return ApiVersion.includes(apiVersion, "3.20") ? options.description : undefined
  })

const workbook = detailed("workbook")

export const workbooks: Kind<Workbooks.Workbook> = {
  type: "workbook",
  extensions: ["twbx", "twb"],
  list: (names) => Stream.map(Workbooks.stream(options(names)), workbook),
  get: (id) => Effect.map(Workbooks.get(WorkbookId.make(id)), workbook),
  download: (id, options) => Workbooks.download(WorkbookId.make(id), options),
  publish: (file, options) =>
    Effect.flatMap(description(options), (description) => Workbooks.publish(file, { ...options, description })),
  connections: (id) => Workbooks.connections(WorkbookId.make(id)),
  updateConnection: (id, connectionId, changes) =>
    Workbooks.updateConnection(WorkbookId.make(id), connectionId, changes),
  addTags: (id, tags) => Workbooks.addTags(WorkbookId.make(id), tags)
}

const datasource = detailed("datasource")

export const datasources: Kind<Datasources.Datasource> = {
  type: "datasource",
  extensions: ["tdsx", "tds", "hyper", "tde", "parquet"],
  list: (names) => Stream.map(Datasources.stream(options(names)), datasource),
  get: (id) => Effect.map(Datasources.get(DatasourceId.make(id)), datasource),
  download: (id, options) => Datasources.download(DatasourceId.make(id), options),
  publish: (file, options) => Datasources.publish(file, options),
  connections: (id) => Datasources.connections(DatasourceId.make(id)),
  updateConnection: (id, connectionId, changes) =>
    Datasources.updateConnection(DatasourceId.make(id), connectionId, changes),
  addTags: (id, tags) => Datasources.addTags(DatasourceId.make(id), tags)
}

const flow = detailed("flow")

const flows: Kind<Flows.Flow> = {
  type: "flow",
  extensions: ["tflx", "tfl"],
  list: (names) => Stream.map(Flows.stream(options(names)), flow),
  get: (id) => Effect.map(Flows.get(FlowId.make(id)), flow),
  download: (id) => Flows.download(FlowId.make(id)),
  publish: (file, options) => Flows.publish(file, options),
  connections: (id) => Flows.connections(FlowId.make(id)),
  updateConnection: (id, connectionId, changes) => Flows.updateConnection(FlowId.make(id), connectionId, changes),
  addTags: (id, tags) => Flows.addTags(FlowId.make(id), tags)
}

/** In the order in which they are published: workbooks use data sources. */
export const kinds: Readonly<Record<ContentType, Kind>> = { datasource: datasources, workbook: workbooks, flow: flows }

/** The ending of a file that the server has sent, or the usual one if its name has none of Tableau's. */
export const extensionOf = ({ extensions }: Kind, fileName: string): string => {
  const extension = /\.([a-z0-9]+)$/.exec(fileName.toLowerCase())?.[1] ?? ""
  return extensions.includes(extension) ? extension : extensions[0]
}

/**
 * Which kinds of content a recipe works on.
 *
 * @since 0.1.0
 * @category options
 */
export interface ContentOptions {
  /** By default workbooks, data sources, and flows if the server has them. A restore has those of the backup. */
  readonly types?: ReadonlyArray<ContentType> | undefined
  /** How many items are worked on at once. By default 4. */
  readonly concurrency?: number | undefined
}

const defaultConcurrency = 4

/** How many items are worked on at once. With none, a recipe would never end. */
export const concurrencyOf = (
  operation: string,
  { concurrency = defaultConcurrency }: ContentOptions
): Effect.Effect<number, BadRequest> =>
  Number.isSafeInteger(concurrency) && concurrency >= 1
    ? Effect.succeed(concurrency)
    : badRequest(operation, `\`concurrency\` is ${concurrency}; it is a whole number of at least 1.`)

/** The item without what only recipes need. */
export const publicOf = ({ id, name, projectId, type, updatedAt }: ContentItem): ContentItem => ({
  type,
  id,
  name,
  projectId,
  updatedAt
})

/** All items of these names. If the server cannot compare with a name, there are others among them. */
export const listed = (kind: Kind, names: Parameters<Kind["list"]>[0]) =>
  Stream.catchTag(kind.list(names), "UnfilterableValue", () => kind.list({}))

/** The project, or the default project of the site. */
const projectOf = (id: ProjectId | undefined) =>
  id === undefined
    ? defaultProject(Projects.list)
    : Projects.stream({ strict: true, pageSize: 1000 }).pipe(
        Stream.filter((project) => project.id.toLowerCase() === id.toLowerCase()),
        Stream.runHead,
        Effect.map(Option.getOrUndefined)
      )

/** The error of a project that does not exist. */
export const noProject = (operation: string, projectId: ProjectId): NotFound =>
  new NotFound({ operation, acted: "no", detail: `There is no project ${projectId} on the site.` })

/**
 * What has the name in the project. Fails if the user sees no such project: nothing can be published there. Not all servers
 * compare names without case when they filter, and all do when they publish.
 */
export const existing = (operation: string, kind: Kind, name: string, projectId: ProjectId | undefined) =>
  Effect.gen(function* () {
    const project = yield* projectOf(projectId)
    if (project === undefined) return projectId === undefined ? undefined : yield* noProject(operation, projectId)
    const find = (names: Parameters<Kind["list"]>[0]) =>
      listed(kind, names).pipe(
        Stream.filter((item) => item.projectId === project.id && sameName(item.name, name)),
        Stream.runHead,
        Effect.map(Option.getOrUndefined)
      )
    return (yield* find({ name })) ?? (yield* find({ projectName: project.name }))
  })
