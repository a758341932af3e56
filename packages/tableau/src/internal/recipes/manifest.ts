/** The manifest of a backup: what is complete, and what is needed to publish it again. */
import * as Schema from "effect/Schema"
import { ProjectId } from "../../Ids.js"
import { type ContentType, extensionOf, kinds } from "./content.js"

const type = Schema.Literal("workbook", "datasource", "flow")

const sha256 = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/))

/**
 * The name of a file in the folder of the backup. It cannot name a file elsewhere, and it is valid on all file systems: a
 * manifest may come from elsewhere.
 */
const fileName = Schema.String.pipe(Schema.pattern(/^(?:workbook|datasource|flow)-[a-z0-9_-]{1,200}\.[a-z0-9]{1,8}$/))

const connection = Schema.Struct({
  type: Schema.optional(Schema.String),
  serverAddress: Schema.optional(Schema.String),
  serverPort: Schema.optional(Schema.Int),
  userName: Schema.optional(Schema.String),
  embedPassword: Schema.optional(Schema.Boolean)
})

export const ManifestItem = Schema.Struct({
  type,
  id: Schema.NonEmptyString,
  name: Schema.NonEmptyString,
  projectId: ProjectId,
  description: Schema.optional(Schema.String),
  showTabs: Schema.optional(Schema.Boolean),
  tags: Schema.Array(Schema.String),
  connections: Schema.Array(connection),
  /**
   * As the server wrote it when the download began: a later one means that the content has changed. Absent if it was so recent
   * that a later change may have the same.
   */
  updatedAt: Schema.optional(Schema.DateTimeUtc),
  /** Whether the extracts are in the file. Absent for types that are always complete. */
  includeExtract: Schema.optional(Schema.Boolean),
  file: fileName,
  size: Schema.NonNegativeInt,
  sha256,
  /** The item is no longer in the project. It is kept, and not restored. */
  absent: Schema.optional(Schema.Boolean)
})

export interface ManifestItem extends Schema.Schema.Type<typeof ManifestItem> {}

const project = Schema.Struct({
  id: ProjectId,
  name: Schema.NonEmptyString,
  description: Schema.optional(Schema.String),
  contentPermissions: Schema.optional(Schema.String),
  /** Absent for the project that is backed up. */
  parentProjectId: Schema.optional(ProjectId)
})

export interface ManifestProject extends Schema.Schema.Type<typeof project> {}

export const Manifest = Schema.Struct({
  format: Schema.Literal("effect-tableau backup"),
  version: Schema.Literal(1),
  server: Schema.String,
  site: Schema.String,
  /** The project that is backed up, then those below it, each after its parent. */
  projects: Schema.NonEmptyArray(project),
  items: Schema.Array(ManifestItem)
})

export interface Manifest extends Schema.Schema.Type<typeof Manifest> {}

/** An item of a backup that has been published into a project, or may have been. */
export const ProgressItem = Schema.Struct({
  type,
  id: Schema.NonEmptyString,
  sha256,
  /** `started` before the file is sent: the server may then have it, also if nothing says so. */
  state: Schema.Literal("started", "published"),
  /** Of what had the name when the item was started: content of this name may still be that. */
  existingId: Schema.optional(Schema.NonEmptyString),
  /** Of what was published: the response says it. Its tags may be missing if the item is only started. */
  contentId: Schema.optional(Schema.NonEmptyString),
  /**
   * Of what was published, after that. Absent when a run has ended without a failure: the next one with mode `overwrite`
   * then begins anew, instead of going on.
   */
  updatedAt: Schema.optional(Schema.DateTimeUtc),
  /** With which credentials it was published, in the order of the connections of the item. */
  credentials: Schema.optional(Schema.Array(Schema.Literal("given", "missing", "notNeeded", "publishedDatasource")))
})

export interface ProgressItem extends Schema.Schema.Type<typeof ProgressItem> {}

/** What has been published from a backup into one project. */
export const Progress = Schema.Struct({
  format: Schema.Literal("effect-tableau restore"),
  version: Schema.Literal(1),
  server: Schema.String,
  site: Schema.String,
  projectId: ProjectId,
  items: Schema.Array(ProgressItem)
})

export interface Progress extends Schema.Schema.Type<typeof Progress> {}

const shown = (text: string): string => JSON.stringify(text.slice(0, 100))

/** Items of different types may have one id. */
export const keyOf = ({ id, type }: { readonly type: ContentType; readonly id: string }): string => `${type} ${id}`

/**
 * The name of an item's file. Two ids never have one name, also where file systems ignore case: all characters but small
 * letters, digits and hyphens are replaced by their codes. Names of content are not used: they may be equal, and have any
 * characters.
 */
export const fileNameOf = (
  { id, type }: { readonly type: ContentType; readonly id: string },
  sentName: string
): string | undefined => {
  const safe = [...id]
    .map((character) => (/[a-z0-9-]/.test(character) ? character : `_${character.codePointAt(0)?.toString(16)}_`))
    .join("")
  // Far longer than any id of Tableau.
  return safe.length > 200 || safe === "" ? undefined : `${type}-${safe}.${extensionOf(kinds[type], sentName)}`
}

/**
 * Why a manifest is not restored. It may come from elsewhere: it must not publish an item several times, or create projects
 * outside the target. A backup checks none of this, as it replaces what is wrong.
 */
export const problemOf = ({ items, projects: [root, ...nested] }: Manifest): string | undefined => {
  const known = new Set([root.id])
  for (const { id, name, parentProjectId } of nested) {
    if (known.has(id)) return `It has the project ${shown(id)} twice.`
    if (parentProjectId === undefined || !known.has(parentProjectId)) {
      return `The parent of the project ${shown(name)} is not before it.`
    }
    known.add(id)
  }
  const seen = new Set<string>()
  for (const item of items) {
    const { file, name, projectId, type } = item
    // Content of one type in one project has different names. What is absent may have had the name of what is there now.
    const place = item.absent === true ? [] : [JSON.stringify([type, projectId, name])]
    for (const key of [keyOf(item), file, ...place]) {
      if (seen.has(key)) return `It has the ${type} ${shown(name)} twice.`
      seen.add(key)
    }
  }
  return undefined
}
