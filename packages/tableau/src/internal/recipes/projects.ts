/** The projects that a recipe works on. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Flows from "../../Flows.js"
import type { ProjectId } from "../../Ids.js"
import * as Operation from "../../Operation.js"
import * as Projects from "../../Projects.js"
import type { CallError, ListError, OpenError } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import { type ContentOptions, type ContentType, type Detailed, kinds, listed, noProject } from "./content.js"

/** All projects of the site. */
const all: Effect.Effect<ReadonlyArray<Projects.Project>, ListError, TableauSession> = Stream.runCollect(
  Projects.stream({ strict: true, pageSize: 1000 })
).pipe(Effect.map(Chunk.toReadonlyArray))

/** A project and, if wanted, those below it: each after its parent. */
export const tree = (
  operation: string,
  projectId: ProjectId,
  nested: boolean
): Effect.Effect<readonly [Projects.Project, ...Array<Projects.Project>], ListError, TableauSession> =>
  Effect.gen(function* () {
    const projects = yield* all
    const root = projects.find(({ id }) => id === projectId)
    if (root === undefined) return yield* noProject(operation, projectId)
    const found: [Projects.Project, ...Array<Projects.Project>] = [root]
    const seen = new Set([root.id])
    // The list grows while it is read. A project that is its own ancestor is visited once.
    for (const { id } of nested ? found : []) {
      for (const child of projects) {
        if (child.parentProjectId !== id || seen.has(child.id)) continue
        seen.add(child.id)
        found.push(child)
      }
    }
    return found
  })

/** The types of content to work on: those of the options, or all that the server has. */
export const typesOf = ({
  types
}: ContentOptions): Effect.Effect<ReadonlyArray<ContentType>, OpenError | CallError, TableauSession> =>
  types === undefined
    ? Effect.gen(function* () {
        const hasFlows = yield* Operation.isAvailable(Flows.list, yield* TableauSession)
        return hasFlows ? ["datasource", "workbook", "flow"] : ["datasource", "workbook"]
      })
    : // In the order in which they are published.
      Effect.succeed(Object.values(kinds).flatMap(({ type }) => (types.includes(type) ? [type] : [])))

/** The content of the site, or of these projects. */
export const content = (
  options: ContentOptions,
  projects?: ReadonlyArray<{ readonly id: ProjectId; readonly name?: string | undefined }>
): Effect.Effect<ReadonlyArray<Detailed>, ListError, TableauSession> =>
  Effect.gen(function* () {
    const ids = projects === undefined ? undefined : new Set(projects.map(({ id }) => id))
    // Names of projects are not unique, so the server only makes the list shorter.
    const projectName = projects?.length === 1 ? projects[0]?.name : undefined
    const isWanted = ({ projectId }: Detailed) => ids === undefined || (projectId !== undefined && ids.has(projectId))
    const items: Array<Detailed> = []
    for (const type of yield* typesOf(options)) {
      yield* Stream.runForEach(Stream.filter(listed(kinds[type], { projectName }), isWanted), (item) =>
        Effect.sync(() => items.push(item))
      )
    }
    return items
  })
