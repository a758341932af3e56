/** Backs up the content of a project into a folder. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Download from "../../Download.js"
import { ProjectId } from "../../Ids.js"
import type { Project } from "../../Projects.js"
import { type CallError, isTransportError, type SessionError } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import { badRequest } from "../badRequest.js"
import { type ContentItem, type ContentOptions, concurrencyOf, type Detailed, kinds, publicOf } from "./content.js"
import { BackupInvalid } from "./errors.js"
import * as Folder from "./folder.js"
import { fileNameOf, keyOf, Manifest, ManifestItem, type ManifestProject } from "./manifest.js"
import * as Projects from "./projects.js"
import * as Recipe from "./recipe.js"

/**
 * What to back up, and where.
 *
 * @since 0.1.0
 * @category options
 */
export interface BackupOptions extends ContentOptions {
  /** The folder. It is created if it does not exist. A folder has the backup of one project. */
  readonly directory: string
  /** Whether the projects below the project are backed up too. By default false. */
  readonly nested?: boolean | undefined
  /** Whether extracts are part of the files. By default true. Files of an earlier run with another choice are replaced. */
  readonly includeExtract?: boolean | undefined
}

/**
 * What a backup would do with an item: download it, or keep the file that is complete and current.
 *
 * @since 0.1.0
 * @category models
 */
export interface BackupPlanItem extends ContentItem {
  readonly action: "download" | "keep"
}

/**
 * What a backup would do.
 *
 * @since 0.1.0
 * @category models
 */
export interface BackupPlan {
  readonly directory: string
  readonly items: ReadonlyArray<BackupPlanItem>
  /** Items of an earlier backup that are no longer in the project. Their files are kept, and not restored. */
  readonly absent: ReadonlyArray<ContentItem>
}

/**
 * What a backup did with an item.
 *
 * @since 0.1.0
 * @category models
 */
export type BackupResultItem =
  | (ContentItem & { readonly outcome: "downloaded" | "kept"; readonly file: string; readonly size: number })
  | (ContentItem & { readonly outcome: "failed"; readonly error: CallError })

/**
 * What a backup did. Look for items whose outcome is `"failed"`: an item that the user may not download does not fail the
 * others.
 *
 * @since 0.1.0
 * @category models
 */
export interface BackupResult {
  readonly directory: string
  readonly items: ReadonlyArray<BackupResultItem>
  readonly absent: ReadonlyArray<ContentItem>
}

const operation = "Recipes.backupProject"

export const manifestName = "backup.json"

const format = { document: Manifest, item: ManifestItem }

/** The manifest of a folder, if there is one. */
export const readManifest = (
  directory: string
): Effect.Effect<Manifest | undefined, BackupInvalid | PlatformError, Folder.Files> =>
  Effect.flatMap(Folder.pathOf(directory, manifestName), (path) => Folder.read(path, format))

interface Planned extends Recipe.Planned<BackupPlan> {
  readonly work: ReadonlyArray<{ readonly item: Detailed; readonly complete: ManifestItem | undefined }>
  /** With the complete items as the server describes them now. */
  readonly manifest: Manifest
}

/** What the server says about an item. */
const described = (item: Detailed) => ({
  type: item.type,
  id: item.id,
  name: item.name,
  projectId: item.projectId ?? ProjectId.make(""),
  description: item.description,
  showTabs: item.showTabs,
  tags: item.tags,
  updatedAt: item.updatedAt
})

const projectOf = (
  { contentPermissions, description, id, name, parentProjectId }: Project,
  root: ProjectId
): ManifestProject => ({
  id,
  name: name ?? id,
  description,
  contentPermissions,
  parentProjectId: id === root ? undefined : parentProjectId
})

/** Whether the extracts of an item are part of its file. Servers do not offer the choice for flows. */
const extractOf = ({ type }: ContentItem, { includeExtract = true }: BackupOptions): boolean | undefined =>
  type === "flow" ? undefined : includeExtract

/** Whether the file has what a download would have now. Without timestamps the item may have changed. */
const isCurrent = (item: Detailed, { includeExtract, updatedAt }: ManifestItem, options: BackupOptions): boolean =>
  item.updatedAt !== undefined &&
  updatedAt !== undefined &&
  DateTime.Equivalence(item.updatedAt, updatedAt) &&
  includeExtract === extractOf(item, options)

/** The file of an item that is complete and current. */
const completeOf = (item: Detailed, before: ManifestItem | undefined, options: BackupOptions) =>
  before === undefined || !isCurrent(item, before, options)
    ? Effect.succeed(undefined)
    : Folder.verify(options.directory, before).pipe(
        Effect.as({ ...before, ...described(item), absent: undefined }),
        Effect.catchTag("BackupDamaged", () => Effect.succeed(undefined))
      )

/** The manifest of an earlier backup of the same project. */
const earlier = (projectId: ProjectId, directory: string, server: string, site: string) =>
  Effect.gen(function* () {
    const before = yield* readManifest(directory)
    if (before === undefined) return undefined
    const [project] = before.projects
    if (before.server === server && before.site === site && project.id === projectId) return before
    return yield* new BackupInvalid({
      path: yield* Folder.pathOf(directory, manifestName),
      detail: `It is the backup of the project ${project.id} of ${before.server}, site "${before.site}". Choose another folder.`
    })
  })

const plan = (projectId: ProjectId, options: BackupOptions) =>
  Effect.gen(function* () {
    const { directory } = options
    const concurrency = yield* concurrencyOf(operation, options)
    const session = yield* TableauSession
    const site = yield* session.contentUrl
    const before = yield* earlier(projectId, directory, session.server, site)
    const projects = yield* Projects.tree(operation, projectId, options.nested === true)
    const items = yield* Projects.content(options, projects)
    const known = new Map(before?.items.map((item) => [keyOf(item), item]))
    const work = yield* Effect.forEach(
      items,
      (item) => Effect.map(completeOf(item, known.get(keyOf(item)), options), (complete) => ({ item, complete })),
      { concurrency }
    )
    // Types that are not backed up this time are not looked for.
    const isLookedFor = ({ type }: ManifestItem) => options.types === undefined || options.types.includes(type)
    const found = new Map(work.map(({ complete, item }) => [keyOf(item), complete]))
    const kept = (before?.items ?? []).map((item) =>
      found.has(keyOf(item)) ? (found.get(keyOf(item)) ?? item) : isLookedFor(item) ? { ...item, absent: true } : item
    )
    return {
      plan: {
        directory,
        items: work.map(({ complete, item }) => ({
          ...publicOf(item),
          action: complete === undefined ? "download" : "keep"
        })),
        absent: kept.filter(({ absent }) => absent === true).map((item) => publicOf(item))
      },
      work,
      manifest: {
        format: "effect-tableau backup",
        version: 1,
        server: session.server,
        site,
        projects: Array.map(projects, (project) => projectOf(project, projectId)),
        items: kept
      }
    } satisfies Planned
  })

/**
 * Timestamps have whole seconds, and clocks of servers differ: what changed this many milliseconds before its download may
 * have changed after it with the same timestamp.
 */
const unsettled = 60_000

/** What shows that an item has not changed after a download that begins now. */
const timestampOf = ({ updatedAt }: Detailed) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    updatedAt !== undefined && Math.abs(now - updatedAt.epochMillis) < unsettled ? undefined : updatedAt
  )

/** Downloads an item into a file of the folder. */
const save = (item: Detailed, options: BackupOptions) =>
  Effect.gen(function* () {
    const { directory } = options
    const includeExtract = extractOf(item, options)
    const kind = kinds[item.type]
    const updatedAt = yield* timestampOf(item)
    const connections = yield* kind.connections(item.id)
    const download = yield* kind.download(item.id, { includeExtract })
    const file = fileNameOf(item, download.fileName)
    if (file === undefined) {
      return yield* badRequest(operation, `The id of "${item.name}" cannot be part of a file name.`)
    }
    const { content, result } = Folder.measured(download.content)
    yield* Download.toFile(Effect.succeed({ ...download, content }), yield* Folder.pathOf(directory, file))
    const saved: ManifestItem = {
      ...described(item),
      updatedAt,
      connections: connections.map(({ embedPassword, serverAddress, serverPort, type, userName }) => ({
        type,
        serverAddress,
        serverPort,
        userName,
        embedPassword
      })),
      includeExtract,
      file,
      ...(yield* result)
    }
    return saved
  }).pipe(
    Effect.scoped,
    // The session does not retry a download that breaks off: some bytes have been consumed.
    Effect.retry({ times: 2, while: isTransportError })
  )

const run = ({ manifest: begun, plan, work }: Planned, _projectId: ProjectId, options: BackupOptions) =>
  Effect.gen(function* () {
    const { directory } = options
    const concurrency = yield* concurrencyOf(operation, options)
    const files = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    yield* files.makeDirectory(directory, { recursive: true })
    const before = new Map(begun.items.map((item) => [keyOf(item), item]))
    const replace = (item: Detailed, manifest: Folder.Journal<ManifestItem>) =>
      Effect.gen(function* () {
        const saved = yield* save(item, options)
        yield* manifest.set([saved])
        // The file of a packaged workbook, and that of one that is not packaged, have different names.
        const old = before.get(keyOf(item))?.file
        if (old !== undefined && old !== saved.file) yield* files.remove(paths.join(directory, old), { force: true })
        return { ...publicOf(item), outcome: "downloaded" as const, file: saved.file, size: saved.size }
      })
    const all = (manifest: Folder.Journal<ManifestItem>) =>
      Effect.forEach(
        work,
        ({
          complete,
          item
        }): Effect.Effect<BackupResultItem, SessionError | PlatformError, TableauSession | Folder.Files> =>
          complete === undefined
            ? Recipe.isolated(operation, publicOf(item))(replace(item, manifest))
            : Effect.succeed({ ...publicOf(item), outcome: "kept", file: complete.file, size: complete.size }),
        { concurrency }
      )
    const items = yield* Folder.journaled(paths.join(directory, manifestName), format, begun, (manifest) =>
      // A first write, also if nothing is downloaded: what is absent has changed.
      Effect.andThen(manifest.set([]), all(manifest))
    )
    return { directory, items, absent: plan.absent } satisfies BackupResult
  })

export const backupProject = Recipe.onSession(operation, plan, run)
