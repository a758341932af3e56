import * as Effect from "effect/Effect"
import type { AttributeValue, Element } from "../protocol/element.js"
import { badRequest, type ErrorResponse } from "../protocol/errorResponse.js"

/** The parts of an item: `name` is an attribute or a child element, `owner.name` an attribute of a child element. */
export interface Parts {
  /** In the response unless the request has `fields`. */
  readonly usual: ReadonlyArray<string>
  /** In the response only if the request names them, or `_all_`. */
  readonly extra: ReadonlyArray<string>
}

/** Reduces an item to the parts of a response. */
export type Selection = (item: Element) => Element

const pick = (attributes: Element["attributes"], prefix: string, wanted: ReadonlySet<string>) => {
  const picked: Record<string, AttributeValue> = {}
  for (const name of Object.keys(attributes)) {
    const value = attributes[name]
    if (value !== undefined && wanted.has(prefix + name)) picked[name] = value
  }
  return picked
}

const only = (wanted: ReadonlySet<string>): Selection => {
  // The items of a list share child elements, such as their owner.
  const picked = new Map<Element, Element | undefined>()
  const pickChild = (child: Element): Element | undefined => {
    if (wanted.has(child.name)) return child
    if (!picked.has(child)) {
      const attributes = pick(child.attributes, `${child.name}.`, wanted)
      picked.set(child, Object.keys(attributes).length === 0 ? undefined : { ...child, attributes })
    }
    return picked.get(child)
  }
  return ({ attributes, children, name, repeated, text }) => ({
    name,
    attributes: pick(attributes, "", wanted),
    children: children.map(pickChild).filter((child) => child !== undefined),
    text,
    repeated
  })
}

/** The usual parts. */
export const usual = (parts: Parts): Selection => only(new Set(parts.usual))

/** Parses `fields`. Clients may prefix each name with `element`. */
export const parseFields = (fields: string, element: string, parts: Parts): Effect.Effect<Selection, ErrorResponse> =>
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
