import * as Effect from "effect/Effect"
import type { Element } from "./element.js"
import { badRequest, type Refusal } from "./refusal.js"

/** The parts of an item that an answer can have: `name` is an attribute or a child, `owner.name` one of a child. */
export interface Parts {
  /** Sent when a client says nothing. */
  readonly usual: ReadonlyArray<string>
  /** Sent to who asks for them, or for `_all_`. */
  readonly extra: ReadonlyArray<string>
}

/** What of an item is sent. */
export type Selection = (item: Element) => Element

const only =
  (wanted: ReadonlySet<string>): Selection =>
  (item) => ({
    ...item,
    attributes: Object.fromEntries(Object.entries(item.attributes).filter(([name]) => wanted.has(name))),
    children: item.children.flatMap((child) => {
      if (wanted.has(child.name)) return [child]
      const attributes = Object.entries(child.attributes).filter(([name]) => wanted.has(`${child.name}.${name}`))
      return attributes.length === 0 ? [] : [{ ...child, attributes: Object.fromEntries(attributes) }]
    })
  })

/** The usual parts. */
export const usual = (parts: Parts): Selection => only(new Set(parts.usual))

/** What a `fields` asks for; `element` is the name that clients may put before a field's. */
export const parseFields = (fields: string, element: string, parts: Parts): Effect.Effect<Selection, Refusal> =>
  Effect.gen(function* () {
    const all = [...parts.usual, ...parts.extra]
    const wanted = new Set<string>()
    for (const given of fields.split(",").map((name) => name.trim())) {
      const name = given.startsWith(`${element}.`) ? given.slice(element.length + 1) : given
      const found =
        name === "_all_"
          ? all
          : name === "_default_"
            ? parts.usual
            : all.filter((part) => part === name || part.startsWith(`${name}.`))
      if (found.length === 0) return yield* badRequest(`The field '${given}' is not supported.`)
      for (const part of found) wanted.add(part)
    }
    return only(wanted)
  })
