/** Finds what a job has published: the job does not say which content that is. */
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Filter from "../../Filter.js"
import type { Listing } from "../../Query.js"
import { type CallError, type ListError, NotFound } from "../../TableauError.js"
import type { TableauSession } from "../../TableauSession.js"

/** What every published item has. */
export interface Content {
  readonly id: string
  readonly name?: string | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly project?: { readonly id?: string | undefined; readonly name?: string | undefined } | undefined
}

/** A list of content that can be filtered by name. */
export type List<A> = (options?: {
  readonly filter?: ReadonlyArray<Filter.Filter<"name", "eq", string>>
}) => Effect.Effect<Listing<A>, ListError, TableauSession>

/** What is published, and where. */
export interface Target {
  readonly name: string
  /** Absent for the default project. */
  readonly projectId: string | undefined
  /** Whether it may exist before. */
  readonly mayExist: boolean
}

const normalized = (name: string): string => name.trim().normalize().toLowerCase()

/** Whether a server takes two names as one: case does not matter to it, nor do spaces around a name. */
export const sameName = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && normalized(one) === normalized(other)

interface Project {
  readonly id: string
  readonly name?: string | undefined
  readonly parentProjectId?: string | undefined
}

/** `Projects.list`, which lies above this module. */
export type ProjectList<P extends Project = Project> = (options?: {
  readonly filter?: ReadonlyArray<Filter.Filter<"name", "in", ReadonlyArray<string>>>
}) => Effect.Effect<Listing<P>, ListError, TableauSession>

/** The project that content is published to if no project is named, if the user may see it: others can have its name. */
export const defaultProject = <P extends Project>(
  list: ProjectList<P>
): Effect.Effect<P | undefined, CallError, TableauSession> =>
  // Not all servers compare names without case when they filter.
  list({ filter: [Filter.in("name", ["Default", "default"])] }).pipe(
    Effect.flatMap(({ items }) =>
      Stream.runHead(
        Stream.filter(items, ({ name, parentProjectId }) => parentProjectId === undefined && sameName(name, "default"))
      )
    ),
    Effect.map(Option.getOrUndefined),
    // Only strict lists and filters fail so.
    Effect.catchTags({ ListIncomplete: Effect.die, UnfilterableValue: Effect.die })
  )

/** Everything of this name on the site. */
export const named = <A extends Content>(
  list: List<A>,
  name: string
): Effect.Effect<ReadonlyArray<A>, CallError, TableauSession> => {
  const collected = (options?: Parameters<List<A>>[0]) =>
    Effect.flatMap(list(options), ({ items }) => Stream.runCollect(Stream.filter(items, (item) => item.name === name)))
  return collected({ filter: [Filter.eq("name", name)] }).pipe(
    Effect.catchTag("UnfilterableValue", () => collected()),
    Effect.map(Chunk.toReadonlyArray),
    // Only strict lists and filters fail so.
    Effect.catchTags({ ListIncomplete: Effect.die, UnfilterableValue: Effect.die })
  )
}

const isInDefaultProject = ({ project }: Content): boolean => project?.name?.toLowerCase() === "default"

/** What has appeared or changed since `before`. Of several items the one in the project, if that is known. */
const newest = <A extends Content>(
  { projectId }: Target,
  before: ReadonlyArray<A>,
  after: ReadonlyArray<A>
): A | undefined => {
  const changed = after.filter(({ id, updatedAt }) => {
    const old = before.find((item) => item.id === id)
    if (old === undefined) return true
    return updatedAt !== undefined && (old.updatedAt === undefined || DateTime.greaterThan(updatedAt, old.updatedAt))
  })
  if (projectId !== undefined) return changed.find(({ project }) => project?.id === projectId)
  return changed.find(isInDefaultProject) ?? (changed.length === 1 ? changed[0] : undefined)
}

/** Overwriting within a second does not change `updatedAt`: its only item in the project is the one. */
const overwritten = <A extends Content>({ mayExist, projectId }: Target, after: ReadonlyArray<A>): A | undefined =>
  mayExist
    ? after.find((item) => (projectId === undefined ? isInDefaultProject(item) : item.project?.id === projectId))
    : undefined

/** Lists lag behind: how long to wait before each further look, in milliseconds. */
const pauses = [250, 500, 1000, 2000, 4000, 8000]

/** Finds what a job has published. `before` is what had its name before. */
export const find = <A extends Content>(
  operation: string,
  list: List<A>,
  target: Target,
  before: ReadonlyArray<A>,
  jobId: string
): Effect.Effect<A, CallError, TableauSession> =>
  Effect.gen(function* () {
    const published = `Job ${jobId} has published ${JSON.stringify(target.name.slice(0, 100))}`
    for (let look = 0; ; look++) {
      const after = yield* Effect.either(named(list, target.name))
      const found = Either.isRight(after) ? newest(target, before, after.right) : undefined
      if (found !== undefined) return found
      const pause = pauses[look]
      if (pause === undefined) {
        const existing = Either.isRight(after) ? overwritten(target, after.right) : undefined
        if (existing !== undefined) return existing
        const why = Either.isRight(after) ? "no list contains it yet" : `it cannot be found: ${after.left.message}`
        const detail = `${published}, and ${why}. Do not publish it again: look for it by its name.`
        return yield* new NotFound({ operation, acted: "yes", detail })
      }
      yield* Effect.sleep(Duration.millis(pause))
    }
  })
