/** Copies a workbook or data source to another site or server. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ProjectId } from "../../Ids.js"
import type { JobError } from "../../Jobs.js"
import { type CallError, Conflict, isTransportError, type ListError, type UploadMismatch } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import * as Upload from "../../Upload.js"
import { elapsed } from "../clock.js"
import { withoutSecrets } from "../families/publish.js"
import { bound } from "../upload/timing.js"
import { type ConnectionPassword, type CopiedConnection, withCredentials } from "./connections.js"
import {
  type AsJob,
  type ContentItem,
  type Detailed,
  existing,
  extensionOf,
  type Kind,
  type Model,
  publicOf
} from "./content.js"
import { CopyIncomplete, SourceChanged } from "./errors.js"
import * as Recipe from "./recipe.js"

/**
 * From where to where content is copied, and how.
 *
 * @since 0.1.0
 * @category options
 */
export interface CopyOptions {
  /** The session on the site that has the content. */
  readonly from: TableauSession.Service
  /** The session on the site of the copy: of another server, or `from.withSite("…")`. */
  readonly to: TableauSession.Service
  /** The project of the copy. By default the default project of its site. */
  readonly projectId?: ProjectId | undefined
  /** The name of the copy. By default that of the content. */
  readonly name?: string | undefined
  /** `create` fails if content of this name exists in the project, `overwrite` replaces it. By default `create`. */
  readonly mode?: "create" | "overwrite" | undefined
  /** The passwords of connections. Connections that need one and have none are reported. */
  readonly passwords?: ReadonlyArray<ConnectionPassword> | undefined
  /** Whether the copy has the extracts. By default true. */
  readonly includeExtract?: boolean | undefined
  /** Whether a workbook is published although a connection does not work. By default false. */
  readonly skipConnectionCheck?: boolean | undefined
  /** Whether the server publishes in the background. By default false. */
  readonly asJob?: AsJob | undefined
  /** How the content is sent. It is always uploaded in blocks, and a block is in memory while it is sent. */
  readonly upload?: Omit<Upload.Options, "singleRequestLimit"> | undefined
}

/**
 * What a copy would do.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopyPlan {
  readonly source: ContentItem
  /** The name of the copy. */
  readonly name: string
  /** `refuse` if content of this name exists and the mode is `create`, or if it is the content that would be copied. */
  readonly action: "create" | "overwrite" | "refuse"
  /** The id of what has the name in the project. */
  readonly existingId: string | undefined
  readonly tags: ReadonlyArray<string>
  readonly connections: ReadonlyArray<CopiedConnection>
}

/**
 * What was copied: the copy, its tags, and whether its connections have their credentials.
 *
 * @since 0.1.0
 * @category models
 */
export interface Copied<A> {
  readonly copy: A
  readonly tags: ReadonlyArray<string>
  readonly connections: ReadonlyArray<CopiedConnection>
}

interface Planned extends Recipe.Planned<CopyPlan> {
  /** On the sites where the sessions were when the copy began: another fiber may switch them. */
  readonly from: TableauSession.Service
  readonly to: TableauSession.Service
  readonly item: Detailed
  readonly sent: ReturnType<typeof withCredentials>["sent"]
}

const on =
  (session: TableauSession.Service) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, TableauSession>> =>
    Effect.provideService(effect, TableauSession, session)

const planOf = (operation: string, kind: Kind, id: string, options: CopyOptions): Effect.Effect<Planned, ListError> =>
  Effect.gen(function* () {
    const from = yield* on(options.from)(bound)
    const to = yield* on(options.to)(bound)
    const item = yield* on(from)(kind.get(id))
    const { reported, sent } = withCredentials(yield* on(from)(kind.connections(id)), options.passwords)
    const name = options.name ?? item.name
    const target = yield* on(to)(existing(operation, kind, name, options.projectId))
    const isItself = from.server === to.server && target?.id === item.id
    return {
      plan: {
        source: publicOf(item),
        name,
        action: target === undefined ? "create" : options.mode === "overwrite" && !isItself ? "overwrite" : "refuse",
        existingId: target?.id,
        tags: item.tags,
        connections: reported
      },
      from,
      to,
      item,
      sent
    }
  })

/** How often a copy begins again after its download has broken. */
const maxAgain = 2

/**
 * A download as a file to upload. A download can be read once, so each further read downloads again. The first one begins
 * here: its response says the size.
 */
const fileOf = (
  kind: Kind,
  { from, item: { id, name } }: Planned,
  { includeExtract = true }: CopyOptions,
  onBroken: Effect.Effect<void>
): Effect.Effect<Upload.File<CallError | SourceChanged>, CallError, Scope.Scope> =>
  Effect.gen(function* () {
    const download = on(from)(kind.download(id, { includeExtract }))
    const first = yield* download
    let isRead = false
    const again = Effect.flatMap(download, ({ content, size }) =>
      size === first.size ? Effect.succeed(content) : new SourceChanged({ id, name })
    )
    return Upload.file({
      name: `content.${extensionOf(kind, first.fileName)}`,
      size: first.size,
      replayable: true,
      content: Stream.suspend(() => {
        if (isRead) return Stream.unwrapScoped(again)
        isRead = true
        return first.content
      }).pipe(Stream.tapError((error) => (isTransportError(error) ? onBroken : Effect.void)))
    })
  })

const run = <A extends Model>(
  operation: string,
  kind: Kind<A>,
  planned: Planned,
  options: CopyOptions
): Effect.Effect<Copied<A>, CallError | UploadMismatch | JobError | SourceChanged | CopyIncomplete> =>
  Effect.gen(function* () {
    const { item, plan, sent, to } = planned
    const { connections, name, tags } = plan
    if (plan.action === "refuse") {
      return yield* new Conflict({
        operation,
        acted: "no",
        detail: `The project has content with the name ${JSON.stringify(name.slice(0, 100))}: ${plan.existingId}.`,
        hint:
          options.mode === "overwrite"
            ? "Nothing was copied, because that is the content itself. Copy with another `name` or `projectId`."
            : 'Nothing was copied. To replace it, copy with `mode: "overwrite"`.'
      })
    }
    const clock = yield* Effect.clock
    const start = elapsed(clock)
    /** Of all attempts together. */
    const deadline = () => {
      const whole = options.upload?.deadline
      return whole === undefined ? undefined : Math.max(1, Duration.toMillis(whole) - (elapsed(clock) - start))
    }
    let isBroken = false
    const onBroken = Effect.sync(() => {
      isBroken = true
    })
    const copy = yield* Effect.flatMap(fileOf(kind, planned, options, onBroken), (file) =>
      on(to)(
        kind.publish(file, {
          name,
          projectId: options.projectId,
          mode: options.mode ?? "create",
          description: item.description,
          showTabs: item.showTabs,
          connections: sent,
          skipConnectionCheck: options.skipConnectionCheck,
          asJob: options.asJob,
          // A request whose body is the download would hold the lock of the site while the source is requested again:
          // on two sites of one session each would wait for the other. A block is in memory before its request.
          upload: { ...options.upload, singleRequestLimit: 0, deadline: deadline() }
        })
      )
    ).pipe(
      Effect.scoped,
      // A download that breaks ends the upload before anything is published.
      Effect.retry({
        times: maxAgain,
        while: () => {
          const isAgain = isBroken
          isBroken = false
          return isAgain
        }
      })
    )
    if (tags.length > 0) {
      yield* Effect.mapError(
        on(to)(withoutSecrets({ connections: sent })(kind.addTags(copy.id, tags))),
        (error) => new CopyIncomplete({ id: copy.id, name, missingTags: tags, error })
      )
    }
    return { copy, tags, connections }
  })

export const make = <A extends Model, Id extends string>(operation: string, kind: Kind<A>) =>
  Recipe.make(
    operation,
    (id: Id, options: CopyOptions) => planOf(operation, kind, id, options),
    (planned, _id, options) => run(operation, kind, planned, options)
  )
