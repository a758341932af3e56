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

const notAllowed = "contains a character that XML does not allow."

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

/** The names that Tableau uses. Names of users' own operations may come from data. */
const isName = (name: string): boolean => /^[A-Za-z_][\w.-]*$/.test(name)

const nameProblem = (name: string): string => `${JSON.stringify(name.slice(0, 100))} is not a name in XML.`

/** Says what XML cannot express. A value itself is left out, because it may be a secret. */
const problemOf = ({ attributes, children, name, text }: Element): string | undefined => {
  if (!isName(name)) return nameProblem(name)
  if (text !== undefined && forbidden.test(text)) return `The text of <${name}> ${notAllowed}`
  for (const [key, value] of Object.entries(attributes)) {
    if (!isName(key)) return nameProblem(key)
    if (value !== undefined && forbidden.test(value)) return `${key} of <${name}> ${notAllowed}`
  }
  for (const child of children) {
    const problem = problemOf(child)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Writes a `<tsRequest>` with this content. Fails if a value cannot be expressed in XML. */
export const write = (
  operation: string,
  content: Element | ReadonlyArray<Element>
): Either.Either<string, BadRequest> => {
  const request = element("tsRequest", {}, Array.ensure(content))
  const problem = problemOf(request)
  return problem === undefined ? Either.right(render(request)) : Either.left(badRequest(operation, problem))
}
