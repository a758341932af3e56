import * as Option from "effect/Option"
import { facts, names, type Operation } from "../operations/table.js"
import * as Version from "../protocol/version.js"

export type Resolved =
  | {
      readonly _tag: "Found"
      readonly operation: Operation
      /** The API version in the path. Services have none there. */
      readonly version: Version.ApiVersion | undefined
      readonly parameters: ReadonlyMap<string, string>
    }
  | { readonly _tag: "WrongVerb"; readonly allowed: ReadonlyArray<string> }
  | { readonly _tag: "NotFound" }

type Segment = { readonly parameter: string } | { readonly literal: string }

interface Route {
  readonly operation: Operation
  readonly verb: string
  readonly segments: ReadonlyArray<Segment>
  /** Equal for paths that differ only in the names of their parameters. */
  readonly shape: string
}

const toRoute = (operation: Operation): Route => {
  const [verb = "", path = ""] = facts(operation)[0].split(" ")
  const segments = path
    .slice(1)
    .split("/")
    .map(
      (segment): Segment =>
        segment.startsWith("{") ? { parameter: segment.slice(1, -1) } : { literal: segment.toLowerCase() }
    )
  const shape = segments.map((segment) => ("literal" in segment ? segment.literal : "{}")).join("/")
  return { operation, verb, segments, shape }
}

/** Routes by their number of segments, so that a request is compared with few of them. */
type Routes = ReadonlyMap<number, ReadonlyArray<Route>>

/** Literal segments come before parameters: `flows/runs` before `flows/{flowId}`. `{` sorts after all letters. */
const bySpecificity = (left: Route, right: Route): number => (left.shape < right.shape ? -1 : 1)

const group = (routes: ReadonlyArray<Route>): Routes => {
  const groups = new Map<number, Array<Route>>()
  for (const route of [...routes].sort(bySpecificity)) {
    groups.set(route.segments.length, [...(groups.get(route.segments.length) ?? []), route])
  }
  return groups
}

const isService = (operation: Operation): boolean => facts(operation)[0].includes(" /api/")

// Compiled once per process: the table never changes.
const services = group(names.filter(isService).map(toRoute))
const versioned = group(names.filter((operation) => !isService(operation)).map(toRoute))

const match = ({ segments }: Route, path: ReadonlyArray<string>): Map<string, string> | undefined => {
  const parameters = new Map<string, string>()
  for (const [index, segment] of segments.entries()) {
    const given = path[index] ?? ""
    if ("parameter" in segment) parameters.set(segment.parameter, given)
    // Literals in any case: Tableau's clients use two spellings of `serverInfo`.
    else if (segment.literal !== given.toLowerCase()) return undefined
  }
  return parameters
}

const find = (
  routes: Routes,
  verb: string,
  path: ReadonlyArray<string>,
  version: Version.ApiVersion | undefined
): Resolved => {
  const matches = (routes.get(path.length) ?? []).flatMap((route) => {
    const parameters = match(route, path)
    return parameters === undefined ? [] : [{ route, parameters }]
  })
  const [first] = matches
  if (first === undefined) return { _tag: "NotFound" }
  // The most specific path decides, whatever its verbs.
  const candidates = matches.filter(({ route }) => route.shape === first.route.shape)
  const found = candidates.find(({ route }) => route.verb === verb)
  return found === undefined
    ? { _tag: "WrongVerb", allowed: candidates.map(({ route }) => route.verb) }
    : { _tag: "Found", operation: found.route.operation, version, parameters: found.parameters }
}

const decode = Option.liftThrowable(decodeURIComponent)

/** Finds the operation of a request. `path` is still percent-encoded. */
export const resolve = (verb: string, path: string): Resolved => {
  const [root, ...segments] = Option.getOrElse(Option.all(path.split("/").map(decode)), () => [])
  if (root !== "" || segments[0] !== "api") return { _tag: "NotFound" }
  const version = Version.parse(segments[1] ?? "")
  if (version !== undefined) return find(versioned, verb, segments.slice(2), version)
  // Some services document their paths with a slash at the end.
  return find(services, verb, segments.at(-1) === "" ? segments.slice(0, -1) : segments, undefined)
}
