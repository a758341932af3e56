/** Upload sessions: blocks of a file that a later request publishes. */
import { randomBytes } from "node:crypto"
import type { User } from "../content/model.js"
import * as Storage from "../content/storage.js"
import type { Site } from "../content/world.js"

/** What a repeated `sequenceID` does. Tableau's reference does not say it. */
export type RepeatedSequenceId = "replace" | "append" | "refuse"

interface Block {
  readonly number: number
  readonly file: Storage.StoredFile
}

export interface Upload {
  readonly id: string
  readonly siteId: string
  readonly userId: string
  blocks: ReadonlyArray<Block>
}

export interface Limits {
  readonly repeatedSequenceId: RepeatedSequenceId
  /** The largest block of an upload, in bytes. */
  readonly blockLimit: number
  /** The largest file that is published without an upload, in bytes. */
  readonly requestLimit: number
  readonly maxFileChunkCount: number | undefined
}

export interface Uploads {
  readonly limits: Limits
  readonly start: (site: Site, user: User) => Upload
  /** An upload belongs to a site and to a user. */
  readonly find: (site: Site, user: User, id: string) => Upload | undefined
  readonly end: (upload: Upload) => void
}

export const make = (limits: Limits): Uploads => {
  const uploads = new Map<string, Upload>()
  return {
    limits,
    start: (site, user) => {
      const id = `${uploads.size + 1}:${randomBytes(16).toString("hex").toUpperCase()}-0:0`
      const upload: Upload = { id, siteId: site.id, userId: user.id, blocks: [] }
      uploads.set(id, upload)
      return upload
    },
    find: (site, user, id) => {
      const upload = uploads.get(id)
      return upload?.siteId === site.id && upload.userId === user.id ? upload : undefined
    },
    end: (upload) => {
      uploads.delete(upload.id)
    }
  }
}

/** The blocks in order. A block without a number follows all blocks that arrived before it. */
export const contentOf = ({ blocks }: Upload): Storage.StoredFile =>
  Storage.concat([...blocks].sort((left, right) => left.number - right.number).map(({ file }) => file))

/**
 * Adds a block. Returns the blocks that it replaces, or `undefined` if a repeated number is refused.
 */
export const add = (
  upload: Upload,
  file: Storage.StoredFile,
  sequenceId: number | undefined,
  repeated: RepeatedSequenceId
): ReadonlyArray<Storage.StoredFile> | undefined => {
  const number = sequenceId ?? 1 + upload.blocks.reduce((largest, block) => Math.max(largest, block.number), 0)
  const same = sequenceId === undefined ? [] : upload.blocks.filter((block) => block.number === number)
  if (same.length > 0 && repeated === "refuse") return undefined
  const replaced = repeated === "replace" ? same : []
  upload.blocks = [...upload.blocks.filter((block) => !replaced.includes(block)), { number, file }]
  return replaced.map(({ file }) => file)
}

const megabyte = 1024 * 1024

/** Whole megabytes: 0 without data, and at least 1 with data. */
export const megabytes = ({ blocks }: Upload): number => {
  const bytes = blocks.reduce((sum, { file }) => sum + file.size, 0)
  return bytes === 0 ? 0 : Math.max(1, Math.floor(bytes / megabyte))
}
