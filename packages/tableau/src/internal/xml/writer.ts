/** Writes the XML of request bodies. All names come from this package; values are escaped. */
import * as Array from "effect/Array"
import * as Either from "effect/Either"
import type { BadRequest } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string | undefined>>
  readonly children: ReadonlyArray<Element>
  readonly text?: string | undefined
}

export const element = (
  name: string,
  attributes: Element["attributes"],
  children: ReadonlyArray<Element> = []
): Element => ({ name, attributes, children })

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

// Control characters, lone surrogates and two non-characters: XML 1.0 cannot express them, not even as references.
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

const render = ({ attributes, children, name, text }: Element): string => {
  const attributesText = Object.entries(attributes).map(([key, value]) =>
    value === undefined ? "" : ` ${key}="${escape(value)}"`
  )
  const head = `<${name}${attributesText.join("")}`
  if (text !== undefined) return `${head}>${escape(text)}</${name}>`
  return children.length === 0 ? `${head} />` : `${head}>${children.map(render).join("")}</${name}>`
}

/** Names the first value that XML cannot express. The value itself is left out, because it may be a secret. */
const findForbidden = ({ attributes, children, name, text }: Element): string | undefined => {
  if (text !== undefined && forbidden.test(text)) return `The text of <${name}>`
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && forbidden.test(value)) return `${key} of <${name}>`
  }
  return children.map(findForbidden).find((found) => found !== undefined)
}

/** Writes a `<tsRequest>` with this content. Fails if a value cannot be expressed in XML. */
export const write = (
  operation: string,
  content: Element | ReadonlyArray<Element>
): Either.Either<string, BadRequest> => {
  const request = element("tsRequest", {}, Array.ensure(content))
  const place = findForbidden(request)
  return place === undefined
    ? Either.right(render(request))
    : Either.left(badRequest(operation, `${place} contains a character that XML does not allow.`))
}
