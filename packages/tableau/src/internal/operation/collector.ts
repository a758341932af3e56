/** Counts the items of a list while its pages are received, and drops duplicates. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { PageOptions } from "../../Query.js"
import { ListIncomplete, type UnfilterableValue } from "../../TableauError.js"
import type { Match } from "./listQuery.js"

/** What all pages have, whatever their format. */
export interface Items<A> {
  readonly items: ReadonlyArray<A>
  /** Items that could not be decoded. */
  readonly malformed: number
  /** The number of items of the whole list by the server's count, if it says one. */
  readonly total: number | undefined
}

/**
 * A list ends after this many consecutive pages without new items, whatever the server says. Some such pages are normal:
 * items that only other users can see, or that moved back while others were added before them.
 */
const maxPagesWithoutNewItems = 10

/** Ids kept for duplicate detection, in each of two generations. Items only move by a few positions while a list is read. */
const dedupeWindow = 20_000

/** Remembers ids in bounded memory. Returns whether an id was received before. */
const makeDuplicateCheck = () => {
  let recent = new Set<string>()
  let older = new Set<string>()
  return (id: string): boolean => {
    // A copy: an id that is a slice of a page's text would keep the whole text in memory. A concatenation keeps the slice
    // until something flattens it, and the bundler removes a call whose result is not used. `join` returns a flat string.
    const key = ["#", id].join("")
    if (recent.has(key) || older.has(key)) return true
    if (recent.size >= dedupeWindow) {
      older = recent
      recent = new Set()
    }
    recent.add(key)
    return false
  }
}

/** `None` for items that have no JSON, such as one with a `bigint`, or that are nested too deeply. */
const jsonOf = Option.liftThrowable((item: unknown): string => JSON.stringify(item))

/**
 * The identity of an item: its id, or else its JSON. Items whose JSON contains no id either can be equal and distinct, so
 * they are never dropped as duplicates.
 */
const identityOf = (item: unknown): { readonly key: string; readonly isUnique: boolean } | undefined => {
  const id = typeof item === "object" && item !== null && "id" in item ? item.id : undefined
  if (typeof id === "string" && id !== "") return { key: id, isUnique: true }
  const key = Option.getOrUndefined(jsonOf(item))
  return key === undefined ? undefined : { key, isUnique: id === undefined && /"id":"[^"]/.test(key) }
}

export interface Collector<A> {
  /** The new items of a page that match. */
  readonly take: (page: Items<A>) => Either.Either<Chunk.Chunk<A>, UnfilterableValue>
  /** Whether the last page had items that were not received before. */
  readonly hadNewItems: () => boolean
  /** Whether too many pages in a row had no new items. */
  readonly isStale: () => boolean
  /** Reports the counts at the end of the list. `cause` says why it ended although the server says that there is more. */
  readonly complete: (cause?: string) => Effect.Effect<void, ListIncomplete>
}

export const make = <A>(
  operation: string,
  { onComplete, strict = false }: PageOptions,
  match: ((item: A) => Match) | undefined,
  unsentConditions = 0
): Collector<A> => {
  const counts = { expected: 0, received: 0, duplicates: 0, malformed: 0 }
  const isDuplicate = makeDuplicateCheck()
  let newItems = 0
  let pagesWithoutNewItems = 0
  return {
    take: (page) => {
      counts.expected = Math.max(counts.expected, page.total ?? 0)
      counts.malformed += page.malformed
      newItems = 0
      const taken: Array<A> = []
      for (const item of page.items) {
        const identity = identityOf(item)
        const isKnown = identity !== undefined && isDuplicate(identity.key)
        if (isKnown && identity?.isUnique === true) {
          counts.duplicates += 1
          continue
        }
        if (!isKnown) newItems += 1
        counts.received += 1
        const matches = match === undefined || match(item)
        if (matches === true) taken.push(item)
        else if (matches !== false) return Either.left(matches)
      }
      pagesWithoutNewItems = newItems > 0 ? 0 : pagesWithoutNewItems + 1
      return Either.right(Chunk.unsafeFromArray(taken))
    },
    hadNewItems: () => newItems > 0,
    isStale: () => pagesWithoutNewItems >= maxPagesWithoutNewItems,
    complete: (cause) =>
      Effect.suspend(() => {
        const report = { ...counts }
        const reported = onComplete?.(unsentConditions === 0 ? report : { ...report, unsentConditions }) ?? Effect.void
        if (report.received >= report.expected && cause === undefined) return reported
        const incomplete = new ListIncomplete({ operation, acted: "no", detail: cause, ...report })
        if (strict) return Effect.andThen(reported, incomplete)
        // Each malformed item has been logged already.
        return report.received + report.malformed < report.expected || cause !== undefined
          ? Effect.andThen(reported, Effect.logWarning(incomplete.message))
          : reported
      })
  }
}
