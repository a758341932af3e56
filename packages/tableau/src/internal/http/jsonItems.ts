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

/** What is to be removed: a property of an object, or an element of an array. */
type Removal = { readonly length: number } & (
  | { readonly _tag: "Property"; readonly parent: object; readonly key: PropertyKey }
  | { readonly _tag: "Element"; readonly parent: Array<unknown>; readonly element: unknown }
)

/** Finds the value to remove, or what it is a required part of, if that is inside an item. */
const removalOf = (root: unknown, { isMissing, path }: Place): Removal | undefined => {
  for (let length = isMissing ? path.length - 1 : path.length; length > 0; length--) {
    const removed = path.slice(0, length)
    if (!removed.some((key) => typeof key === "number")) return undefined
    const parent = valueAt(root, removed.slice(0, -1))
    const key = removed[length - 1]
    if (key === undefined || !Predicate.isObject(parent)) return undefined
    if (!Array.isArray(parent)) return { _tag: "Property", length, parent, key }
    const element = valueAt(root, removed)
    // A list of scalars without one of them would mean something else.
    if (Predicate.isRecord(element)) return { _tag: "Element", length, parent, element }
  }
  return undefined
}

/** Removes all at once: after each removal of an element, the paths to those behind it would be wrong. */
const removeAll = (removals: ReadonlyArray<Removal>): void => {
  const elements = new Map<Array<unknown>, Set<unknown>>()
  for (const removal of removals) {
    if (removal._tag === "Property") {
      Reflect.deleteProperty(removal.parent, removal.key)
      continue
    }
    const removed = elements.get(removal.parent) ?? new Set()
    elements.set(removal.parent, removed.add(removal.element))
  }
  for (const [array, removed] of elements) {
    let length = 0
    for (const element of array) if (!removed.has(element)) array[length++] = element
    array.length = length
  }
}

/** Not cut: only a whole secret is recognized, and what is said of a response is cut when secrets are removed from it. */
const nameOf = (path: Path): string => path.map(String).join(".")

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
    const removals: Array<Removal> = []
    for (const { entry, itemLength, place } of places) {
      const removal = removalOf(root, place)
      if (removal === undefined) return undefined
      if (removal.length === itemLength) entry.isKept = false
      removals.push(removal)
    }
    removeAll(removals)
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
