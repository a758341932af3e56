/**
 * What a request or an answer says, whatever its form: Tableau has the same content in XML and in JSON. A handler
 * reads and makes elements, and never sees which of the two is on the wire.
 */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly children: ReadonlyArray<Element>
  readonly text: string
  /** One of several of its name below its parent: JSON has them in an array, even a single one. */
  readonly repeated: boolean
}

/** Booleans stay what they are in JSON; all else, numbers too, is a string there. */
export type AttributeValue = string | boolean

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

const present = (attributes: Attributes): Record<string, AttributeValue> => {
  const result: Record<string, AttributeValue> = {}
  for (const name of Object.keys(attributes)) {
    const value = attributes[name]
    if (value !== undefined) result[name] = typeof value === "number" ? String(value) : value
  }
  return result
}

/** Absent attributes and children are given as `undefined` and left out. */
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
  // Written out: lists are long, and spreading an item first is slow.
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

/** The attribute as text: JSON clients send booleans as such. */
export const attribute = (owner: Element | undefined, name: string): string | undefined => {
  const value = owner?.attributes[name]
  return value === undefined ? undefined : String(value)
}
