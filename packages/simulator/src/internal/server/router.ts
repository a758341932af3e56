import * as Option from "effect/Option"
import * as Version from "../protocol/version.js"
import { all, type KnownOperation } from "../resources/routes.js"
import type { Route } from "../session/call.js"

export type Resolved =
  | {
      readonly _tag: "Found"
      readonly route: Route<KnownOperation>
      readonly version: Version.ApiVersion
      readonly parameters: ReadonlyMap<string, string>
    }
  | { readonly _tag: "WrongVerb"; readonly allowed: ReadonlyArray<string> }
  | { readonly _tag: "NotFound" }

interface Compiled {
  readonly route: Route<KnownOperation>
  readonly segments: ReadonlyArray<{ readonly parameter: string } | { readonly literal: string }>
}

// Grouped by their number of segments, so that a request looks at few of them.
const compiled = new Map<number, Array<Compiled>>()
for (const route of all) {
  const segments = route.path
    .slice(1)
    .split("/")
    .map((segment) =>
      segment.startsWith("{") ? { parameter: segment.slice(1, -1) } : { literal: segment.toLowerCase() }
    )
  compiled.set(segments.length, [...(compiled.get(segments.length) ?? []), { route, segments }])
}

const match = ({ segments }: Compiled, path: ReadonlyArray<string>): Map<string, string> | undefined => {
  const parameters = new Map<string, string>()
  for (const [index, segment] of segments.entries()) {
    const given = path[index] ?? ""
    // Tableau's clients spell `serverInfo` in two ways.
    if ("parameter" in segment) parameters.set(segment.parameter, given)
    else if (segment.literal !== given.toLowerCase()) return undefined
  }
  return parameters
}

const decode = Option.liftThrowable(decodeURIComponent)

/** Finds the route of a request; `path` is still percent-encoded. */
export const resolve = (verb: string, path: string): Resolved => {
  const [root, api, versionText, ...segments] = Option.getOrElse(Option.all(path.split("/").map(decode)), () => [])
  const version = Version.parse(versionText ?? "")
  if (root !== "" || api !== "api" || version === undefined) return { _tag: "NotFound" }
  const matches = (compiled.get(segments.length) ?? []).flatMap((candidate) => {
    const parameters = match(candidate, segments)
    return parameters === undefined ? [] : [{ route: candidate.route, parameters }]
  })
  const found = matches.find(({ route }) => route.verb === verb)
  if (found !== undefined) return { _tag: "Found", version, ...found }
  return matches.length === 0
    ? { _tag: "NotFound" }
    : { _tag: "WrongVerb", allowed: matches.map(({ route }) => route.verb) }
}
