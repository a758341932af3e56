/** Publishes a backup into a project. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ProjectId } from "../../Ids.js"
import type { JobError } from "../../Jobs.js"
import * as Projects from "../../Projects.js"
import { type CallError, isTableauError, type SessionError, type UploadMismatch } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import * as Upload from "../../Upload.js"
import { badRequest } from "../badRequest.js"
import { withoutSecrets } from "../families/publish.js"
import { sameName } from "../families/published.js"
import { manifestName, readManifest } from "./backup.js"
import { type ConnectionPassword, type CopiedConnection, withCredentials } from "./connections.js"
import {
  type AsJob,
  type ContentItem,
  type ContentOptions,
  type ContentType,
  concurrencyOf,
  type Detailed,
  kinds,
  publicOf
} from "./content.js"
import { type BackupDamaged, BackupInvalid, CopyIncomplete } from "./errors.js"
import * as Folder from "./folder.js"
import {
  keyOf,
  type Manifest,
  type ManifestItem,
  type ManifestProject,
  Progress,
  ProgressItem,
  problemOf
} from "./manifest.js"
import * as Trees from "./projects.js"
import * as Recipe from "./recipe.js"
import * as Sha256 from "./sha256.js"

/**
 * What to restore, and how.
 *
 * @since 0.1.0
 * @category options
 */
export interface RestoreOptions extends ContentOptions {
  /** The folder of the backup. A file in it records what has been published, so that a further run goes on. */
  readonly directory: string
  /** What happens to content that exists: `create` leaves it as it is, `overwrite` replaces it. By default `create`. */
  readonly mode?: "create" | "overwrite" | undefined
  /** The passwords of connections. Connections that need one and have none are reported. */
  readonly passwords?: ReadonlyArray<ConnectionPassword> | undefined
  /** Whether workbooks are published although a connection does not work. By default false. */
  readonly skipConnectionCheck?: boolean | undefined
  /** Whether the server publishes workbooks and data sources in the background. By default false. */
  readonly asJob?: AsJob | undefined
  /** How files are sent. */
  readonly upload?: Upload.Options | undefined
}

/**
 * What a restore would do with an item: publish it as new (`create`) or over what exists (`overwrite`); add the tags of what
 * an interrupted run has published (`finish`); nothing, as a run has published it (`keep`), as content of this name `exists`,
 * or as its file is `damaged`. With mode `overwrite` only an item that a run which did not complete has published, and that
 * has not changed since, is kept.
 *
 * `connections` are those of what would be on the server: of kept items with the credentials that they were published with.
 * Of content that only exists none are known.
 *
 * @since 0.1.0
 * @category models
 */
export interface RestorePlanItem extends ContentItem {
  readonly action: "create" | "overwrite" | "finish" | "keep" | "exists" | "damaged"
  readonly connections: ReadonlyArray<CopiedConnection>
}

/**
 * What a restore would do.
 *
 * @since 0.1.0
 * @category models
 */
export interface RestorePlan {
  readonly directory: string
  /** The names of the projects that would be created. */
  readonly newProjects: ReadonlyArray<string>
  readonly items: ReadonlyArray<RestorePlanItem>
}

/**
 * What a restore did with an item. `contentId` is the id of what is on the server now.
 *
 * @since 0.1.0
 * @category models
 */
export type RestoreResultItem =
  | (ContentItem & {
      readonly outcome: "published" | "kept" | "exists"
      readonly contentId: string
      readonly connections: ReadonlyArray<CopiedConnection>
    })
  | (ContentItem & { readonly outcome: "failed"; readonly error: RestoreItemError })

/**
 * Why an item was not restored.
 *
 * @since 0.1.0
 * @category errors
 */
export type RestoreItemError = CallError | UploadMismatch | JobError | CopyIncomplete | BackupDamaged

/**
 * What a restore did. Look for items whose outcome is `"failed"`: an item that cannot be published does not fail the others.
 *
 * @since 0.1.0
 * @category models
 */
export interface RestoreResult {
  readonly directory: string
  readonly items: ReadonlyArray<RestoreResultItem>
}

const operation = "Recipes.restoreProject"

const format = { document: Progress, item: ProgressItem }

interface Work {
  readonly item: ManifestItem
  readonly action: RestorePlanItem["action"]
  /** Of what has the name in the project, or was published by an earlier run. */
  readonly existingId: string | undefined
  readonly sent: ReturnType<typeof withCredentials>["sent"]
  readonly connections: ReadonlyArray<CopiedConnection>
}

interface Planned extends Recipe.Planned<RestorePlan> {
  readonly manifest: Manifest
  readonly work: ReadonlyArray<Work>
  /** The projects of the server, by those of the backup. */
  readonly projects: ReadonlyMap<ProjectId, ProjectId>
  readonly newProjects: ReadonlyArray<ManifestProject>
  readonly progress: Progress
  readonly progressPath: string
}

/** One file for each project that the backup is restored into. */
const progressName = (server: string, site: string, projectId: ProjectId): string => {
  const hash = Sha256.make()
  hash.add(new TextEncoder().encode(JSON.stringify([server, site, projectId])))
  return `restore-${hash.digest().slice(0, 16)}.json`
}

/** Which projects of the server those of the backup are, and which do not exist yet. */
const matched = (
  [root, ...nested]: Manifest["projects"],
  target: ProjectId,
  existing: ReadonlyArray<Projects.Project>
) => {
  const projects = new Map([[root.id, target]])
  const newProjects: Array<ManifestProject> = []
  for (const project of nested) {
    const parent = projects.get(project.parentProjectId ?? root.id)
    const found = existing.find(
      ({ name, parentProjectId }) => parentProjectId === parent && sameName(name, project.name)
    )
    if (parent !== undefined && found !== undefined) projects.set(project.id, found.id)
    else newProjects.push(project)
  }
  return { projects, newProjects }
}

/** Whether content has the bytes of an item: a name alone does not say what has published it. */
const hasBytesOf = (item: ManifestItem, { id }: Detailed): Effect.Effect<boolean, never, TableauSession> =>
  kinds[item.type].download(id, { includeExtract: item.includeExtract }).pipe(
    Effect.flatMap((download) => {
      if (download.size !== undefined && download.size !== item.size) return Effect.succeed(false)
      const { content, result } = Folder.measured(download.content)
      return Effect.andThen(
        Stream.runDrain(content),
        Effect.map(result, ({ sha256 }) => sha256 === item.sha256)
      )
    }),
    Effect.scoped,
    Effect.orElseSucceed(() => false)
  )

/** What is known of an item before it is restored. */
interface Known {
  /** What has the name in the project. */
  readonly existing: Detailed | undefined
  /** What an earlier run has done with the same file. */
  readonly before: ProgressItem | undefined
  /** What that run has published, if it is there. */
  readonly published: Detailed | undefined
  /** As they would be published now. */
  readonly connections: ReadonlyArray<CopiedConnection>
}

/** Whether an interrupted run has overwritten the content, and nothing has changed since then. */
const isOverwritten = ({ before, connections, existing, published }: Known): boolean =>
  before?.updatedAt !== undefined &&
  published?.updatedAt !== undefined &&
  existing?.id === published.id &&
  DateTime.Equivalence(before.updatedAt, published.updatedAt) &&
  connections.every(({ credentials }, index) => credentials !== "given" || before.credentials?.[index] === "given")

const actionOf = (
  item: ManifestItem,
  known: Known,
  mode: RestoreOptions["mode"]
): Effect.Effect<RestorePlanItem["action"], never, TableauSession> => {
  const { before, existing, published } = known
  if (before !== undefined && published !== undefined && (mode !== "overwrite" || isOverwritten(known))) {
    return Effect.succeed(before.state === "published" ? "keep" : "finish")
  }
  if (existing === undefined) return Effect.succeed("create")
  if (mode === "overwrite") return Effect.succeed("overwrite")
  // The name was free when an interrupted run began to publish the item: else this may be what it would have overwritten.
  const mayBePublished =
    before?.state === "started" && before.existingId === undefined && before.contentId === undefined
  return mayBePublished
    ? Effect.map(hasBytesOf(item, existing), (isPublished) => (isPublished ? "finish" : "exists"))
    : Effect.succeed("exists")
}

/** The connections of what is on the server, or would be published. */
const connectionsAfter = (
  action: RestorePlanItem["action"],
  { connections }: ManifestItem,
  known: Known
): ReadonlyArray<CopiedConnection> => {
  if (action === "exists") return []
  if (action !== "keep" && action !== "finish") return known.connections
  return withCredentials(connections).reported.map((connection, index) => ({
    ...connection,
    credentials: known.before?.credentials?.[index] ?? connection.credentials
  }))
}

/**
 * The types of the backup, in the order in which they are published. A server may lack one, as flows: their publication fails,
 * and is reported.
 */
const typesOf = ({ items }: Manifest, { types }: RestoreOptions): ReadonlyArray<ContentType> =>
  Object.values(kinds).flatMap(({ type }) =>
    (types === undefined || types.includes(type)) && items.some((item) => item.type === type) ? [type] : []
  )

const manifestOf = (directory: string) =>
  Effect.gen(function* () {
    const path = yield* Folder.pathOf(directory, manifestName)
    const manifest = yield* readManifest(directory)
    if (manifest === undefined) {
      return yield* new BackupInvalid({ path, detail: "There is no backup in this folder." })
    }
    const detail = problemOf(manifest)
    return detail === undefined ? manifest : yield* new BackupInvalid({ path, detail })
  })

const plan = (projectId: ProjectId, options: RestoreOptions) =>
  Effect.gen(function* () {
    const { directory } = options
    const concurrency = yield* concurrencyOf(operation, options)
    const manifest = yield* manifestOf(directory)
    const session = yield* TableauSession
    const site = yield* session.contentUrl
    const progressPath = yield* Folder.pathOf(directory, progressName(session.server, site, projectId))
    const progress = yield* Folder.read(progressPath, format)
    const done = new Map(progress?.items.map((item) => [keyOf(item), item]))
    const target = yield* Trees.tree(operation, projectId, true)
    const { newProjects, projects } = matched(manifest.projects, projectId, target)
    const targets = new Set(projects.values())
    const types = typesOf(manifest, options)
    const available = yield* Trees.typesOf(options)
    const content = yield* Trees.content(
      { types: available.filter((type) => types.includes(type)) },
      target.filter(({ id }) => targets.has(id))
    )
    // Data sources first: workbooks use them.
    const items = types.flatMap((type) => manifest.items.filter((item) => item.type === type && item.absent !== true))
    const work = yield* Effect.forEach(
      items,
      (item) =>
        Effect.gen(function* () {
          const place = projects.get(item.projectId)
          const existing = content.find(
            ({ name, projectId, type }) => type === item.type && sameName(name, item.name) && projectId === place
          )
          const entry = done.get(keyOf(item))
          const before = entry?.sha256 === item.sha256 ? entry : undefined
          const published = content.find(({ id, type }) => type === item.type && id === before?.contentId)
          const { reported, sent } = withCredentials(item.connections, options.passwords)
          const known = { existing, before, published, connections: reported }
          const action = yield* actionOf(item, known, options.mode)
          const isSent = action === "create" || action === "overwrite"
          const isDamaged =
            isSent &&
            (yield* Folder.verify(directory, item).pipe(
              Effect.as(false),
              Effect.catchTag("BackupDamaged", () => Effect.succeed(true))
            ))
          const isKept = action === "keep" || action === "finish"
          return {
            item,
            action: isDamaged ? ("damaged" as const) : action,
            existingId: (isKept ? published : undefined)?.id ?? existing?.id,
            sent,
            connections: connectionsAfter(action, item, known)
          }
        }),
      { concurrency }
    )
    return {
      plan: {
        directory,
        newProjects: newProjects.map(({ name }) => name),
        items: work.map(({ action, connections, item }) => ({ ...publicOf(item), action, connections }))
      },
      manifest,
      work,
      projects,
      newProjects,
      progress: {
        format: "effect-tableau restore",
        version: 1,
        server: session.server,
        site,
        projectId,
        items: progress?.items ?? []
      },
      progressPath
    } satisfies Planned
  })

const permissions: ReadonlyArray<string> = ["LockedToProject", "LockedToProjectWithoutNested", "ManagedByOwner"]

const isContentPermissions = (value: string | undefined): value is Projects.ContentPermissions =>
  value !== undefined && permissions.includes(value)

/** Creates the projects that do not exist, each after its parent. */
const createProjects = ({ manifest, newProjects, projects }: Planned) =>
  Effect.gen(function* () {
    const all = new Map(projects)
    const [root] = manifest.projects
    for (const { contentPermissions, description, id, name, parentProjectId } of newProjects) {
      const created = yield* Projects.create({
        name,
        description,
        parentProjectId: all.get(parentProjectId ?? root.id),
        contentPermissions: isContentPermissions(contentPermissions) ? contentPermissions : undefined
      })
      all.set(id, created.id)
    }
    return all
  })

const publishAll = (planned: Planned, journal: Folder.Journal<ProgressItem>, options: RestoreOptions) =>
  Effect.gen(function* () {
    const { directory, mode = "create" } = options
    const concurrency = yield* concurrencyOf(operation, options)
    const files = yield* FileSystem.FileSystem
    const projects = yield* createProjects(planned)
    const record = ({ connections, item }: Work, state: Omit<ProgressItem, "type" | "id" | "sha256" | "credentials">) =>
      journal.set([
        {
          type: item.type,
          id: item.id,
          sha256: item.sha256,
          credentials: connections.map(({ credentials }) => credentials),
          ...state
        }
      ])

    const publish = (work: Work) =>
      Effect.gen(function* () {
        const { existingId, item, sent } = work
        const path = yield* Folder.verify(directory, item)
        const projectId = projects.get(item.projectId)
        if (projectId === undefined) return yield* badRequest(operation, "The backup does not have its project.")
        const file = Upload.file({
          name: item.file,
          size: item.size,
          content: Folder.guarded(path, files.stream(path), item)
        })
        const before = journal.items.get(keyOf(item))
        yield* record(work, { state: "started", existingId })
        const { asJob, skipConnectionCheck, upload } = options
        const published = yield* kinds[item.type]
          .publish(file, {
            name: item.name,
            projectId,
            mode,
            description: item.description,
            showTabs: item.showTabs,
            connections: sent,
            skipConnectionCheck,
            asJob,
            upload
          })
          // What the server certainly has not is not taken for its content by the next run.
          .pipe(
            Effect.tapError((error) =>
              error._tag === "BackupDamaged" || (isTableauError(error) && error.acted === "no")
                ? before === undefined
                  ? journal.remove(keyOf(item))
                  : journal.set([before])
                : Effect.void
            )
          )
        yield* record(work, { state: "started", existingId, contentId: published.id })
        return published.id
      })

    const finish = (work: Work, id: string) =>
      Effect.gen(function* () {
        const { item } = work
        if (item.tags.length > 0) {
          yield* Effect.mapError(
            kinds[item.type].addTags(id, item.tags),
            (error) => new CopyIncomplete({ id, name: item.name, missingTags: item.tags, error })
          )
        }
        // Only after the tags: they change it, too.
        const now = yield* Effect.option(kinds[item.type].get(id))
        const updatedAt = Option.getOrUndefined(now)?.updatedAt
        yield* record(work, { state: "published", contentId: id, updatedAt })
      })

    const one = (
      work: Work
    ): Effect.Effect<RestoreResultItem, SessionError | PlatformError, TableauSession | Folder.Files> =>
      Effect.gen(function* () {
        const { action, connections, existingId, item } = work
        const done = (outcome: "published" | "kept" | "exists", contentId: string) => ({
          ...publicOf(item),
          outcome,
          contentId,
          connections
        })
        if (existingId !== undefined && (action === "keep" || action === "exists")) {
          return done(action === "keep" ? "kept" : "exists", existingId)
        }
        const id = action === "finish" && existingId !== undefined ? existingId : yield* publish(work)
        yield* finish(work, id)
        return done("published", id)
      }).pipe(withoutSecrets({ connections: work.sent }), Recipe.isolated(operation, publicOf(work.item)))

    const items: Array<RestoreResultItem> = []
    // Types one after another: a workbook is published when its data sources are there.
    for (const { type } of Object.values(kinds)) {
      const work = planned.work.filter(({ item }) => item.type === type)
      items.push(...(yield* Effect.forEach(work, one, { concurrency })))
    }
    const isComplete = items.every(({ outcome }) => outcome !== "failed")
    if (isComplete && items.some(({ outcome }) => outcome === "published" || outcome === "kept")) {
      yield* journal.set([...journal.items.values()].map((done) => ({ ...done, updatedAt: undefined })))
    }
    return { directory, items } satisfies RestoreResult
  })

const run = (planned: Planned, _projectId: ProjectId, options: RestoreOptions) =>
  Folder.journaled(planned.progressPath, format, planned.progress, (journal) => publishAll(planned, journal, options))

export const restoreProject = Recipe.onSession(operation, plan, run)
