/** XML out: a small writer that escapes what it is given. */
import * as Either from "effect/Either"

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string | undefined>>
  readonly children: ReadonlyArray<Element>
}

export const element = (
  name: string,
  attributes: Element["attributes"],
  children: ReadonlyArray<Element> = []
): Element => ({ name, attributes, children })

/** An attribute whose value XML cannot carry. The value itself may be a secret and is not told. */
export interface Unwritable {
  readonly attribute: string
}

const references: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;"
}

const escape = (text: string): string => text.replaceAll(/[&<>"\t\n\r]/g, (character) => references[character] ?? "")

// Control characters, lone surrogates and the two non-characters: XML 1.0 has no way to write them.
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

const render = ({ attributes, children, name }: Element): string => {
  const written = Object.entries(attributes).map(([key, value]) =>
    value === undefined ? "" : ` ${key}="${escape(value)}"`
  )
  const head = `<${name}${written.join("")}`
  return children.length === 0 ? `${head} />` : `${head}>${children.map(render).join("")}</${name}>`
}

const unwritable = ({ attributes, children, name }: Element): Unwritable | undefined => {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && forbidden.test(value)) return { attribute: `${key} of <${name}>` }
  }
  return children.map(unwritable).find((found) => found !== undefined)
}

/** A `<tsRequest>` that holds the element. */
export const write = (content: Element): Either.Either<string, Unwritable> => {
  const problem = unwritable(content)
  return problem === undefined ? Either.right(render(element("tsRequest", {}, [content]))) : Either.left(problem)
}
