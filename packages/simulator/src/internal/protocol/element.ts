/**
 * The content of a request or a response, independent of its format. Tableau has the same content in XML and in JSON:
 * handlers read and make elements only.
 */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly children: ReadonlyArray<Element>
  readonly text: string
  /** An item of a list. In JSON the items of a list are an array, even a single one. */
  readonly repeated: boolean
}

/** In JSON, booleans stay booleans, and all other values, numbers included, are strings. */
export type AttributeValue = string | boolean

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

const present = (attributes: Attributes): Record<string, AttributeValue> => {
  const result: Record<string, AttributeValue> = {}
  for (const name of Object.keys(attributes)) {
    const value = attributes[name]
    if (value !== undefined) result[name] = typeof value === "number" ? String(value) : value
  }
  return result
}

/** Attributes and children that are `undefined` are omitted. */
export const element = (
  name: string,
  attributes: Attributes = {},
  children: ReadonlyArray<Element | undefined> = []
): Element => ({
  name,
  attributes: present(attributes),
  children: children.filter((child) => child !== undefined),
  text: "",
  repeated: false
})

export const list = (name: string, items: ReadonlyArray<Element>): Element => ({
  name,
  attributes: {},
  // Each property is written out: lists are long, and a spread as the first property is slow.
  children: items.map(({ attributes, children, name, text }) => ({ name, attributes, children, text, repeated: true })),
  text: "",
  repeated: false
})

export const textElement = (name: string, text: string, attributes: Attributes = {}): Element => ({
  name,
  attributes: present(attributes),
  children: [],
  text,
  repeated: false
})

export const child = (parent: Element | undefined, name: string): Element | undefined =>
  parent?.children.find((candidate) => candidate.name === name)

export const children = (parent: Element | undefined, name: string): ReadonlyArray<Element> =>
  parent?.children.filter((candidate) => candidate.name === name) ?? []

/** The attribute as a string. Clients that send JSON can send booleans. */
export const attribute = (owner: Element | undefined, name: string): string | undefined => {
  const value = owner?.attributes[name]
  return value === undefined ? undefined : String(value)
}
