import { parseXml, XmlElement } from "@rgrove/parse-xml"
import * as Either from "effect/Either"
import { maximumDepth, tooDeep } from "./depth.js"
import { type Element, textElement } from "./element.js"

/** The namespace since Tableau 10.0. */
export const namespace = "http://tableau.com/api"

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // A parser replaces these with spaces unless they are character references.
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;"
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 cannot represent these characters. They are removed.
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

// A fast test: most strings need no escaping. Controls are below the space, two noncharacters are above U+FFFD.
const special = /[&<>"]|[^ -\ufffd]/

/** Escapes a string for XML. */
export const escape = (text: string): string =>
  special.test(text)
    ? text.replace(unwritable, "").replace(/[&<>"\t\n\r]/g, (character) => escapes[character] ?? character)
    : text

const write = (element: Element): string => {
  let out = `<${element.name}`
  for (const name of Object.keys(element.attributes)) {
    out += ` ${name}="${escape(String(element.attributes[name]))}"`
  }
  if (element.children.length === 0 && element.text === "") return `${out}/>`
  out += `>${escape(element.text)}`
  for (const child of element.children) out += write(child)
  return `${out}</${element.name}>`
}

/** Renders a response in the form of Tableau. */
export const toXml = (content: ReadonlyArray<Element>, version: string): string => {
  const schema = `${namespace} https://help.tableau.com/samples/en-us/rest_api/ts-api_${version.replace(".", "_")}.xsd`
  const open =
    `<tsResponse xmlns="${namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"` +
    ` xsi:schemaLocation="${schema}">`
  return `<?xml version='1.0' encoding='UTF-8'?>${open}${content.map(write).join("")}</tsResponse>`
}

const localName = (name: string): string => name.slice(name.indexOf(":") + 1)

const fromNode = (node: XmlElement): Element => ({
  ...textElement(localName(node.name), node.text, node.attributes),
  children: node.children.filter((child) => child instanceof XmlElement).map(fromNode)
})

const isWithin = (depth: number, node: XmlElement): boolean =>
  depth > 0 && node.children.every((child) => !(child instanceof XmlElement) || isWithin(depth - 1, child))

/** Parses a document. Prefixes are removed: clients use the old namespace, the new one, or none. */
export const fromXml = (text: string, depth = maximumDepth): Either.Either<Element, string> =>
  Either.try({
    try: () => parseXml(text).root,
    catch: (error) => {
      // The parser calls itself for each level.
      if (error instanceof RangeError) return tooDeep(depth)
      return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)
    }
  }).pipe(
    Either.flatMap((root) => (root === null ? Either.left("The document is empty.") : Either.right(root))),
    Either.filterOrLeft(
      (root) => isWithin(depth, root),
      () => tooDeep(depth)
    ),
    Either.map(fromNode)
  )
