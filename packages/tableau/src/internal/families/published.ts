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
import { TableauSession } from "../../TableauSession.js"

/** What every published item has. */
export interface Content {
  readonly id: string
  readonly name?: string | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly project?: { readonly id?: string | undefined; readonly name?: string | undefined } | undefined
  readonly owner?: { readonly id?: string | undefined } | undefined
}

/** A list of content that can be filtered by name and by project. */
export type List<A> = (options?: {
  readonly filter?: ReadonlyArray<Filter.Filter<"name", "eq", string> | Filter.Filter<"projectName", "eq", string>>
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

const firstOf = <P extends Project>(
  list: ProjectList<P>,
  options: Parameters<ProjectList>[0],
  isWanted: (project: P) => boolean
): Effect.Effect<P | undefined, CallError, TableauSession> =>
  list(options).pipe(
    Effect.flatMap(({ items }) => Stream.runHead(Stream.filter(items, isWanted))),
    Effect.map(Option.getOrUndefined),
    // Only strict lists and filters fail so.
    Effect.catchTags({ ListIncomplete: Effect.die, UnfilterableValue: Effect.die })
  )

/** The project that content is published to if no project is named, if the user may see it: others can have its name. */
export const defaultProject = <P extends Project>(
  list: ProjectList<P>
): Effect.Effect<P | undefined, CallError, TableauSession> =>
  firstOf(
    list,
    // Not all servers compare names without case when they filter.
    { filter: [Filter.in("name", ["Default", "default"])] },
    ({ name, parentProjectId }) => parentProjectId === undefined && sameName(name, "default")
  )

type Filters<A> = NonNullable<NonNullable<Parameters<List<A>>[0]>["filter"]>

/** Everything of this name on the site, as far as these filters find it. */
const listed = <A extends Content>(
  list: List<A>,
  name: string,
  filter: Filters<A>
): Effect.Effect<ReadonlyArray<A>, CallError, TableauSession> => {
  const collected = (options?: Parameters<List<A>>[0]) =>
    Effect.flatMap(list(options), ({ items }) =>
      Stream.runCollect(Stream.filter(items, (item) => sameName(item.name, name)))
    )
  return collected({ filter }).pipe(
    Effect.catchTag("UnfilterableValue", () => collected()),
    Effect.map(Chunk.toReadonlyArray),
    // Only strict lists and filters fail so.
    Effect.catchTags({ ListIncomplete: Effect.die, UnfilterableValue: Effect.die })
  )
}

/** Everything of this name on the site. */
export const named = <A extends Content>(
  list: List<A>,
  name: string
): Effect.Effect<ReadonlyArray<A>, CallError, TableauSession> => listed(list, name, [Filter.eq("name", name)])

/** Ids are case-insensitive. */
const isIn =
  (projectId: string) =>
  ({ project }: Content): boolean =>
    project?.id?.toLowerCase() === projectId.toLowerCase()

/**
 * What has appeared or changed since `before`. Of several items the one in the project, if that is known. If not, another user
 * may have published an item of this name elsewhere: a new item belongs to the user that has published it.
 */
const newest = <A extends Content>(
  projectId: string | undefined,
  userId: string | undefined,
  before: ReadonlyArray<A>,
  after: ReadonlyArray<A>
): A | undefined => {
  const changed = after.filter(({ id, owner, updatedAt }) => {
    const old = before.find((item) => item.id === id)
    if (old === undefined) return projectId !== undefined || (userId !== undefined && owner?.id === userId)
    return updatedAt !== undefined && (old.updatedAt === undefined || DateTime.greaterThan(updatedAt, old.updatedAt))
  })
  if (projectId !== undefined) return changed.find(isIn(projectId))
  return changed.length === 1 ? changed[0] : undefined
}

/** Lists lag behind: how long to wait before each further look, in milliseconds. */
const pauses = [250, 500, 1000, 2000, 4000, 8000]

/** Finds what a job has published. `before` is what had its name before. */
export const find = <A extends Content>(
  operation: string,
  list: List<A>,
  projects: ProjectList,
  { mayExist, name, projectId }: Target,
  before: ReadonlyArray<A>,
  jobId: string
): Effect.Effect<A, CallError, TableauSession> =>
  Effect.gen(function* () {
    const published = `Job ${jobId} has published ${JSON.stringify(name.slice(0, 100))}`
    // The content is there: it is searched without its project if that cannot be found.
    const project = yield* Effect.cached(
      (projectId === undefined
        ? defaultProject(projects)
        : firstOf(projects, undefined, ({ id }) => id === projectId)
      ).pipe(Effect.orElseSucceed(() => undefined))
    )
    const place = projectId ?? (yield* project)?.id
    const session = yield* TableauSession
    const current = place === undefined ? yield* Effect.option(session.current) : Option.none()
    const userId = Option.getOrUndefined(current)?.user.id

    const items = (look: number) =>
      Effect.gen(function* () {
        const exact = yield* named(list, name)
        // A filter may compare the name more strictly than publishing does. At first a list lags behind more likely.
        if (look === 0 || exact.length > 0) return exact
        const projectName = (yield* project)?.name
        return yield* listed(list, name, projectName === undefined ? [] : [Filter.eq("projectName", projectName)])
      })

    for (let look = 0; ; look++) {
      const after = yield* Effect.either(items(look))
      const found = Either.isRight(after) ? newest(place, userId, before, after.right) : undefined
      if (found !== undefined) return found
      const pause = pauses[look]
      if (pause === undefined) {
        // Overwriting within a second does not change `updatedAt`: the only item in the project is the one.
        const mayBe = mayExist && place !== undefined && Either.isRight(after)
        const existing = mayBe ? after.right.find(isIn(place)) : undefined
        if (existing !== undefined) return existing
        const why = Either.isRight(after) ? "no list contains it yet" : `it cannot be found: ${after.left.message}`
        const detail = `${published}, and ${why}. Do not publish it again: look for it by its name.`
        return yield* new NotFound({ operation, acted: "yes", detail })
      }
      yield* Effect.sleep(Duration.millis(pause))
    }
  })
