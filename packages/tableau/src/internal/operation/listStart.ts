/**
 * Finds out, with the first page of a list, whether the server takes `*` in a filter as a wildcard, and then which conditions
 * are sent. What a session has shown is remembered.
 */
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { BadRequest, ListError, UnfilterableValue } from "../../TableauError.js"
import type { ListQuery } from "./listQuery.js"
import type { Operator, Wildcard } from "./wildcard.js"

/** What a session has shown. */
interface Known {
  /** Operations and fields for which the server has taken `*` as a wildcard: it need not do so for all. */
  readonly proven: Set<string>
  /** Operators with which it has taken `*` literally. To send no condition with them is always correct. */
  readonly literal: Set<Operator>
}

const knownBySession = new WeakMap<object, Known>()

const knownOf = (session: object): Known => {
  const known = knownBySession.get(session) ?? { proven: new Set(), literal: new Set() }
  knownBySession.set(session, known)
  return known
}

interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly malformed: number
}

/** An error response to a filter, such as one with an operator that an old server does not have. */
const isFilterRefused = (error: ListError): boolean => error._tag === "BadRequest" && error.code !== undefined

/** The query of a list, and its first page. */
export interface Start<A, P> {
  readonly query: ListQuery<A>
  readonly first: P
}

export const start = <A, P extends Page<A>>(
  operation: string,
  /** The same object for all site sessions of a session. */
  session: object,
  make: (isOmitted: (wildcard: Wildcard<A>) => boolean) => Either.Either<ListQuery<A>, BadRequest | UnfilterableValue>,
  fetchFirst: (query: ListQuery<A>["query"], pageSize?: number) => Effect.Effect<P, ListError>
): Effect.Effect<Start<A, P>, ListError> =>
  Effect.gen(function* () {
    const known = knownOf(session)
    const keyOf = ({ field, operator, shape }: Wildcard<A>) => `${operation} ${field} ${operator} ${shape}`
    const isProven = (wildcard: Wildcard<A>) => known.proven.has(keyOf(wildcard))
    const learn = (wildcards: ReadonlyArray<Wildcard<A>>, { items }: P) => {
      for (const wildcard of wildcards) if (items.some(wildcard.isProof)) known.proven.add(keyOf(wildcard))
    }

    const read = (query: ListQuery<A>) => {
      const page = Effect.map(fetchFirst(query.query), (first): Start<A, P> => ({ query, first }))
      const { unsent } = query.wildcards
      if (unsent.length === 0) return page
      const fields = unsent.map(({ field }) => field).join(" and ")
      return Effect.andThen(
        Effect.logDebug(
          `${operation}: the condition on ${fields} is not sent, because the server takes * literally, or may do so: the client applies it to all items that match the other conditions.`
        ),
        page
      )
    }

    const isKnownAsLiteral = (wildcard: Wildcard<A>) => known.literal.has(wildcard.operator) && !isProven(wildcard)
    const query = yield* make(isKnownAsLiteral)
    const doubtful = query.wildcards.sent.filter((wildcard) => !isProven(wildcard))
    if (doubtful.length === 0) return yield* read(query)

    const tried = yield* Effect.catchIf(read(query), isFilterRefused, () => Effect.succeed(undefined))
    if (tried !== undefined) learn(doubtful, tried.first)
    const unproven = doubtful.filter((wildcard) => !isProven(wildcard))
    if (tried !== undefined && unproven.length === 0) return tried

    // No item, or only items that have a `*`: the server may take `*` literally.
    const omitted = new Set([...query.wildcards.unsent, ...unproven].map(({ field }) => field))
    const rest = yield* read(yield* make(({ field }) => omitted.has(field)))
    if (tried === undefined) {
      for (const { operator } of unproven) known.literal.add(operator)
      return rest
    }
    const [wildcard, ...others] = unproven
    const sample = others.length === 0 ? firstDefined(rest.first.items, wildcard?.sample) : undefined
    if (wildcard === undefined || sample === undefined) return rest
    // An item of this list has this value if `*` is a wildcard: one small request instead of all further pages.
    const expressions = [rest.query.query.filter, `${wildcard.field}:${wildcard.operator}:${sample}`]
    const filter = expressions.filter((expression) => expression !== undefined).join(",")
    const sampled = yield* Effect.orElseSucceed(fetchFirst({ ...rest.query.query, filter }, 1), () => undefined)
    if (sampled === undefined) return rest
    learn([wildcard], sampled)
    if (isProven(wildcard)) return tried
    if (sampled.items.length + sampled.malformed === 0) known.literal.add(wildcard.operator)
    return rest
  })

const firstDefined = <A, B>(items: ReadonlyArray<A>, f: ((item: A) => B | undefined) | undefined): B | undefined => {
  for (const item of items) {
    const found = f?.(item)
    if (found !== undefined) return found
  }
  return undefined
}
