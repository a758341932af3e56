import * as Either from "effect/Either"
import { maximumDepth, tooDeep } from "./depth.js"
import { type AttributeValue, type Element, element } from "./element.js"

type Json = AttributeValue | { [name: string]: Json } | Array<Json>

const valueOf = (element: Element): Json => {
  const out: { [name: string]: Json } = { ...element.attributes }
  for (const child of element.children) {
    const value = valueOf(child)
    const before = out[child.name]
    if (Array.isArray(before)) before.push(value)
    else out[child.name] = child.repeated ? [value] : value
  }
  if (element.text === "") return out
  return Object.keys(out).length === 0 ? element.text : { value: element.text, ...out }
}

/** Renders a response. In JSON it has no `tsResponse` around it. */
export const toJson = (content: ReadonlyArray<Element>): string =>
  JSON.stringify(Object.fromEntries(content.map((part) => [part.name, valueOf(part)])))

const fromValue = (name: string, value: unknown): Element => {
  if (typeof value !== "object" || value === null) return { ...element(name), text: String(value ?? "") }
  const attributes: Record<string, AttributeValue> = {}
  const children: Array<Element> = []
  for (const [key, member] of Object.entries(value)) {
    if (Array.isArray(member)) children.push(...member.map((item) => fromValue(key, item)))
    else if (typeof member === "object" && member !== null) children.push(fromValue(key, member))
    else if (member !== null) attributes[key] = typeof member === "boolean" ? member : String(member)
  }
  return { ...element(name, attributes), children }
}

const isWithin = (depth: number, value: unknown): boolean =>
  typeof value !== "object" ||
  value === null ||
  (depth > 0 && Object.values(value).every((member) => isWithin(depth - 1, member)))

/** Parses a request body. The root element, which JSON omits, is added. */
export const fromJson = (text: string): Either.Either<Element, string> =>
  Either.try({
    try: (): unknown => JSON.parse(text),
    catch: () => "The document is not JSON."
  }).pipe(
    Either.filterOrLeft(
      (value) => isWithin(maximumDepth, value),
      () => tooDeep(maximumDepth)
    ),
    Either.flatMap((value) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Either.right(fromValue("tsRequest", value))
        : Either.left("The document is not a JSON object.")
    )
  )
