/** Publishes a backup into a project. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type { ProjectId } from "../../Ids.js"
import type { JobError } from "../../Jobs.js"
import * as Projects from "../../Projects.js"
import { type CallError, isTableauError, type SessionError, type UploadMismatch } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import * as Upload from "../../Upload.js"
import { badRequest } from "../badRequest.js"
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
import { keyOf, type Manifest, type ManifestItem, type ManifestProject, Progress, problemOf } from "./manifest.js"
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
 * or as its file is `damaged`.
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

type Done = Progress["items"][number]

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

const actionOf = (
  item: ManifestItem,
  existing: Detailed | undefined,
  done: Done | undefined,
  content: ReadonlyArray<Detailed>,
  mode: RestoreOptions["mode"]
): RestorePlanItem["action"] => {
  const isSame = done?.sha256 === item.sha256
  if (
    isSame &&
    done.state === "published" &&
    content.some(({ id, type }) => type === item.type && id === done.contentId)
  )
    return "keep"
  if (existing === undefined) return "create"
  if (mode === "overwrite") return "overwrite"
  // The name was free when an interrupted run began to publish the item: else this may be what it would have overwritten.
  return isSame && done.state === "started" && done.existingId === undefined ? "finish" : "exists"
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
    const progress = yield* Folder.read(progressPath, Progress)
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
          const action = actionOf(item, existing, entry, content, options.mode)
          const isSent = action === "create" || action === "overwrite"
          const isDamaged =
            isSent &&
            (yield* Folder.verify(directory, item).pipe(
              Effect.as(false),
              Effect.catchTag("BackupDamaged", () => Effect.succeed(true))
            ))
          const { reported, sent } = withCredentials(item.connections, options.passwords)
          return {
            item,
            action: isDamaged ? ("damaged" as const) : action,
            existingId: action === "keep" ? entry?.contentId : existing?.id,
            sent,
            connections: reported
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

const run = (planned: Planned, _projectId: ProjectId, options: RestoreOptions) =>
  Effect.gen(function* () {
    const { directory, mode = "create" } = options
    const concurrency = yield* concurrencyOf(operation, options)
    const files = yield* FileSystem.FileSystem
    const projects = yield* createProjects(planned)
    const journal = Folder.journal(
      planned.progressPath,
      Progress,
      new Map(planned.progress.items.map((item) => [keyOf(item), item])),
      (items): Progress => ({ ...planned.progress, items: [...items.values()] })
    )
    const record = (item: ManifestItem, state: Pick<Done, "state" | "existingId" | "contentId">) =>
      journal.update((items) => {
        items.set(keyOf(item), { type: item.type, id: item.id, sha256: item.sha256, ...state })
      })
    const forget = (item: ManifestItem) =>
      journal.update((items) => {
        items.delete(keyOf(item))
      })

    const publish = ({ existingId, item, sent }: Work) =>
      Effect.gen(function* () {
        const path = yield* Folder.verify(directory, item)
        const projectId = projects.get(item.projectId)
        if (projectId === undefined) return yield* badRequest(operation, "The backup does not have its project.")
        const file = Upload.file({
          name: item.file,
          size: item.size,
          content: Folder.guarded(path, files.stream(path), item)
        })
        yield* record(item, { state: "started", existingId })
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
                ? forget(item)
                : Effect.void
            )
          )
        return published.id
      })

    const finish = (item: ManifestItem, id: string) =>
      Effect.gen(function* () {
        if (item.tags.length > 0) {
          yield* Effect.mapError(
            kinds[item.type].addTags(id, item.tags),
            (error) => new CopyIncomplete({ id, name: item.name, missingTags: item.tags, error })
          )
        }
        yield* record(item, { state: "published", contentId: id })
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
        yield* finish(item, id)
        return done("published", id)
      }).pipe(Recipe.isolated(operation, publicOf(work.item)))

    const items: Array<RestoreResultItem> = []
    // Types one after another: a workbook is published when its data sources are there.
    for (const { type } of Object.values(kinds)) {
      const work = planned.work.filter(({ item }) => item.type === type)
      items.push(...(yield* Effect.forEach(work, one, { concurrency })))
    }
    return { directory, items } satisfies RestoreResult
  })

export const restoreProject = Recipe.onSession(operation, plan, run)
