/**
 * Decodes a list in JSON. Inside its items a value that cannot be read is absent; this costs the item only if the value is
 * required. Outside of items it fails the page: without the cursor of the next one the list would end early.
 */
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type { MalformedItem, Read } from "../xml/reader.js"
import { decoderOf } from "./jsonDocument.js"

type Path = ReadonlyArray<PropertyKey>

/** Where a document does not fit its Schema. */
interface Place {
  readonly path: Path
  readonly isMissing: boolean
}

const isNothing = (ast: AST.AST): boolean =>
  ast._tag === "UndefinedKeyword" || (ast._tag === "Literal" && ast.literal === null)

const placesOf = (issue: ParseResult.ParseIssue, path: Path): ReadonlyArray<Place> => {
  switch (issue._tag) {
    case "Pointer":
      return placesOf(issue.issue, [...path, ...[issue.path].flat()])
    case "Missing":
      return [{ path, isMissing: true }]
    case "Refinement":
    case "Transformation":
      return placesOf(issue.issue, path)
    case "Composite": {
      // Of several types none is known to be the intended one.
      const { ast } = issue
      if (ast._tag === "Union" && ast.types.filter((type) => !isNothing(type)).length > 1) {
        return [{ path, isMissing: false }]
      }
      const issues = [issue.issues].flat().filter((inner) => inner._tag !== "Type" || !isNothing(inner.ast))
      return issues.length === 0 ? [{ path, isMissing: false }] : issues.flatMap((inner) => placesOf(inner, path))
    }
    default:
      return [{ path, isMissing: false }]
  }
}

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce((value: unknown, key) => (Predicate.hasProperty(value, key) ? value[key] : undefined), root)

/** Removes a value, or what it is a required part of. Returns the path of what was removed, if it is inside an item. */
const remove = (root: unknown, { isMissing, path }: Place): Path | undefined => {
  for (let end = isMissing ? path.length - 1 : path.length; end > 0; end--) {
    const removed = path.slice(0, end)
    if (!removed.some((key) => typeof key === "number")) return undefined
    const parent = valueAt(root, removed.slice(0, -1))
    const key = removed[end - 1]
    if (key === undefined || !Predicate.isObject(parent)) return undefined
    if (!Array.isArray(parent)) {
      Reflect.deleteProperty(parent, key)
      return removed
    }
    // A list of scalars without one of them would mean something else.
    if (Predicate.isRecord(valueAt(root, removed))) {
      parent.splice(Number(key), 1)
      return removed
    }
  }
  return undefined
}

const nameOf = (path: Path): string => path.map(String).join(".").slice(0, 100)

/** More than the depth of any item. */
const maxRounds = 20

const maxProblems = 5

interface Found {
  readonly element: string
  readonly index: number
  readonly id: string | undefined
  readonly problems: Set<string>
  isKept: boolean
}

/** Decodes the items that can be decoded, or returns `undefined` if the problem is not in the items. */
const decodeItems = <A>(
  decode: (body: unknown) => Either.Either<A, ParseResult.ParseError>,
  body: unknown
): Read<A> | undefined => {
  const root: unknown = structuredClone(body)
  const positions = new Map<unknown, number>()
  const found = new Map<unknown, Found>()
  for (let round = 0; round < maxRounds; round++) {
    const decoded = decode(root)
    if (Either.isRight(decoded)) {
      const malformed = [...found.values()]
        .sort((a, b) => a.index - b.index)
        .map(
          ({ problems, ...item }): MalformedItem => ({
            ...item,
            problem: [...problems].slice(0, maxProblems).join("; ")
          })
        )
      return { value: decoded.right, malformed }
    }
    const places = placesOf(decoded.left.issue, []).map((place) => {
      const itemLength = place.path.findIndex((key) => typeof key === "number") + 1
      const itemPath = place.path.slice(0, itemLength)
      const item = valueAt(root, itemPath)
      const list = valueAt(root, itemPath.slice(0, -1))
      if (Array.isArray(list) && !positions.has(item)) {
        for (const [index, other] of list.entries()) if (!positions.has(other)) positions.set(other, index)
      }
      const entry: Found = found.get(item) ?? {
        element: nameOf(itemPath.slice(0, -1)),
        index: positions.get(item) ?? 0,
        id: Predicate.hasProperty(item, "id") && typeof item.id === "string" ? item.id : undefined,
        problems: new Set(),
        isKept: true
      }
      found.set(item, entry)
      const name = nameOf(place.path.slice(itemLength))
      entry.problems.add(place.isMissing ? `it has no ${name}` : `${name} cannot be read`)
      return { entry, itemLength, place }
    })
    // From the last to the first: a removed item moves those after it.
    for (const { entry, itemLength, place } of places.reverse()) {
      const removed = remove(root, place)
      if (removed === undefined) return undefined
      if (removed.length === itemLength) entry.isKept = false
    }
  }
  return undefined
}

/** Decodes a parsed document with a list, or says what is wrong with it. */
export const itemsDecoderOf = <A, I>(
  schema: Schema.Schema<A, I>
): ((body: unknown) => Either.Either<Read<A>, string>) => {
  const decode = decoderOf(schema)
  const decodeAll = Schema.decodeUnknownEither(schema, { errors: "all" })
  return (body) =>
    Either.match(decode(body), {
      onRight: (value): Either.Either<Read<A>, string> => Either.right({ value, malformed: [] }),
      onLeft: (problem) =>
        Either.fromNullable(Either.getOrUndefined(Either.try(() => decodeItems(decodeAll, body))), () => problem)
    })
}
