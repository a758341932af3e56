/** The kinds of content that are published: how they are found, and what is sent. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  Datasources,
  Filter,
  Flows,
  Ids,
  type Jobs,
  Projects,
  type Query,
  type Revisions,
  TableauError,
  type TableauSession,
  type Upload,
  Workbooks
} from "effect-tableau"
import type { PublicationCredentials } from "./options.js"
import { isDenied } from "./run.js"
import type { datasourcePublication, flowPublication, workbookPublication } from "./schemas.js"

/** What a workflow stores of content. */
export const Content = Schema.Struct({
  id: Schema.String,
  name: Schema.optional(Schema.String),
  projectId: Schema.optional(Ids.ProjectId),
  ownerId: Schema.optional(Schema.String),
  createdAt: Schema.optional(Schema.DateTimeUtc),
  updatedAt: Schema.optional(Schema.DateTimeUtc),
  webpageUrl: Schema.optional(Schema.String)
})

export interface Content extends Schema.Schema.Type<typeof Content> {}

interface Model {
  readonly id: string
  readonly name?: string | undefined
  readonly project?: { readonly id?: Ids.ProjectId | undefined } | undefined
  readonly owner?: { readonly id?: string | undefined } | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly webpageUrl?: string | undefined
}

const contentOf = ({ createdAt, id, name, owner, project, updatedAt, webpageUrl }: Model): Content => ({
  id,
  name,
  projectId: project?.id,
  ownerId: owner?.id,
  createdAt,
  updatedAt,
  webpageUrl
})

type Call<A> = Effect.Effect<A, TableauError.TableauError, TableauSession>

/** What a request that publishes returns: a job, or the content. */
type Submitted =
  | { readonly _tag: "Job"; readonly job: Jobs.Job }
  | { readonly _tag: "Published"; readonly content: Content }

/** Where content is published, and under which name. */
interface Place {
  readonly name: string
  readonly projectId: Ids.ProjectId
}

/** One publication. */
export interface Publishing {
  readonly element: "workbook" | "datasource" | "flow"
  /** The endings of its files. */
  readonly types: ReadonlyArray<string>
  readonly payload: {
    readonly path: string
    readonly name?: string | undefined
    readonly projectId?: Ids.ProjectId | undefined
    readonly mode?: string | undefined
  }
  readonly get: (id: string) => Call<Content>
  /** None for flows, and if the user may not see them. */
  readonly revisions: (id: string) => Call<ReadonlyArray<Revisions.Revision>>
  /** What has this name on the site. */
  readonly named: (name: string) => Call<ReadonlyArray<Content>>
  readonly submit: (file: Upload.Uploaded, place: Place, credentials: PublicationCredentials) => Call<Submitted>
}

const normalized = (name: string): string => name.trim().normalize().toLowerCase()

/** Whether a server takes two names as one. */
export const sameName = (one: string | undefined, other: string): boolean =>
  one !== undefined && normalized(one) === normalized(other)

type Listed = Call<Query.Listing<Model>>

/** A name that cannot be part of a filter is searched among all. */
const named =
  (filtered: (name: string) => Listed, all: Listed) =>
  (name: string): Call<ReadonlyArray<Content>> =>
    filtered(name).pipe(
      Effect.catchTag("UnfilterableValue", () => all),
      Effect.flatMap(({ items }) => Stream.runCollect(Stream.filter(items, (item) => sameName(item.name, name)))),
      Effect.map((items) => Array.from(items, contentOf))
    )

const revisionsOf = (list: Call<Query.Listing<Revisions.Revision>>): Call<ReadonlyArray<Revisions.Revision>> =>
  list.pipe(
    Effect.flatMap(({ items }) => Stream.runCollect(items)),
    Effect.map((revisions) => [...revisions]),
    Effect.catchIf(isDenied, () => Effect.succeed([]))
  )

const jobOf = (job: Jobs.Job): Submitted => ({ _tag: "Job", job })

export const workbook = (payload: Schema.Struct.Type<typeof workbookPublication>): Publishing => ({
  element: "workbook",
  types: ["twb", "twbx"],
  payload,
  get: (id) => Effect.map(Workbooks.get(Ids.WorkbookId.make(id)), contentOf),
  revisions: (id) => revisionsOf(Workbooks.revisions(Ids.WorkbookId.make(id))),
  named: named((name) => Workbooks.list({ filter: [Filter.eq("name", name)] }), Workbooks.list()),
  submit: (file, place, { connections, credentials }) => {
    const { description, hiddenViews, mode, showTabs, skipConnectionCheck } = payload
    const options = {
      ...place,
      description,
      hiddenViews,
      mode,
      showTabs,
      skipConnectionCheck,
      connections,
      credentials
    }
    return Effect.map(Workbooks.publishAsJob(file, options), jobOf)
  }
})

export const datasource = (payload: Schema.Struct.Type<typeof datasourcePublication>): Publishing => ({
  element: "datasource",
  types: ["tds", "tdsx", "hyper", "parquet", "tde"],
  payload,
  get: (id) => Effect.map(Datasources.get(Ids.DatasourceId.make(id)), contentOf),
  revisions: (id) => revisionsOf(Datasources.revisions(Ids.DatasourceId.make(id))),
  named: named((name) => Datasources.list({ filter: [Filter.eq("name", name)] }), Datasources.list()),
  submit: (file, place, { connections, credentials }) => {
    const { certificationNote, description, isCertified, mode, useRemoteQueryAgent } = payload
    const options = { ...place, certificationNote, description, isCertified, mode, useRemoteQueryAgent }
    return Effect.map(Datasources.publishAsJob(file, { ...options, connections, credentials }), jobOf)
  }
})

export const flow = (payload: Schema.Struct.Type<typeof flowPublication>): Publishing => ({
  element: "flow",
  types: ["tfl", "tflx"],
  payload,
  get: (id) => Effect.map(Flows.get(Ids.FlowId.make(id)), contentOf),
  revisions: () => Effect.succeed([]),
  named: named((name) => Flows.list({ filter: [Filter.eq("name", name)] }), Flows.list()),
  submit: (file, place, { connections }) => {
    const { description, mode } = payload
    return Effect.map(Flows.publish(file, { ...place, description, mode, connections }), (content) => ({
      _tag: "Published",
      content: contentOf(content)
    }))
  }
})

/** The project that content is published to if the payload names none: others can have its name below it. */
export const defaultProject: Call<Ids.ProjectId> = Effect.gen(function* () {
  // Not all servers compare names without case when they filter.
  const { items } = yield* Projects.list({ filter: [Filter.in("name", ["Default", "default"])] })
  const found = yield* Stream.runHead(
    Stream.filter(items, ({ name, parentProjectId }) => parentProjectId === undefined && sameName(name, "default"))
  )
  if (Option.isSome(found)) return found.value.id
  return yield* new TableauError.NotFound({
    operation: "Projects.list",
    acted: "no",
    hint: "The default project was not found: the user may not see it, or it was renamed. Give `projectId`."
  })
})
