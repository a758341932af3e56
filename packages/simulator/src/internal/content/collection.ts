import * as Ids from "./ids.js"

/** The initial items of a collection: each is made from its index when it is read. */
export interface Source<A> {
  readonly count: number
  readonly make: (index: number, id: string) => A | undefined
}

export const fromArray = <A>(items: ReadonlyArray<A>): Source<A & { readonly id: string }> => ({
  count: items.length,
  make: (index, id) => {
    const item = items[index]
    return item && { id, ...item }
  }
})

/** The items of one kind on one site, in a fixed order. Changes are kept beside the source. */
export interface Collection<A> {
  readonly size: () => number
  readonly at: (position: number) => A | undefined
  readonly find: (id: string) => A | undefined
  readonly items: () => Iterable<A>
  readonly add: (make: (id: string) => A) => A
  readonly replace: (id: string, item: A) => void
  readonly remove: (id: string) => void
  /** A number that changes with any write to any collection of the server: the order of a list can depend on others. */
  readonly version: () => number
}

/** Counts the writes to all collections of a server. */
export interface Writes {
  count: number
}

/** The index of the item at a position, if the items of some indices (sorted) are removed. */
const skipping = (removed: ReadonlyArray<number>, position: number): number => {
  let low = 0
  let high = removed.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((removed[middle] ?? 0) - middle <= position) low = middle + 1
    else high = middle
  }
  return position + low
}

export const make = <A>(kind: number, site: number, source: Source<A>, writes: Writes): Collection<A> => {
  const changed = new Map<number, A>()
  const removed = new Set<number>()
  let gaps: ReadonlyArray<number> = []
  let end = source.count

  const idOf = (index: number): string => Ids.encode({ kind, site, index })

  const get = (index: number): A | undefined => {
    if (removed.has(index)) return undefined
    return changed.get(index) ?? (index < source.count ? source.make(index, idOf(index)) : undefined)
  }

  const indexOf = (id: string): number | undefined => {
    const origin = Ids.decode(id)
    if (origin === undefined || origin.kind !== kind || origin.site !== site) return undefined
    return origin.index < end && !removed.has(origin.index) ? origin.index : undefined
  }

  return {
    size: () => end - removed.size,
    at: (position) => {
      if (gaps.length !== removed.size) gaps = [...removed].sort((left, right) => left - right)
      return get(skipping(gaps, position))
    },
    find: (id) => {
      const index = indexOf(id)
      return index === undefined ? undefined : get(index)
    },
    *items() {
      for (let index = 0; index < end; index += 1) {
        const item = get(index)
        if (item !== undefined) yield item
      }
    },
    add: (make) => {
      const item = make(idOf(end))
      changed.set(end, item)
      end += 1
      writes.count += 1
      return item
    },
    replace: (id, item) => {
      const index = indexOf(id)
      if (index === undefined) return
      changed.set(index, item)
      writes.count += 1
    },
    remove: (id) => {
      const index = indexOf(id)
      if (index === undefined) return
      changed.delete(index)
      removed.add(index)
      writes.count += 1
    },
    version: () => writes.count
  }
}
