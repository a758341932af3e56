/** A reader with saxes instead of our scanner, whose strictness ours must have. */
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import { SaxesParser } from "saxes"
import type { TextChunks } from "../../packages/tableau/src/internal/xml/chunks.js"
import { derive } from "../../packages/tableau/src/internal/xml/plan.js"
import { DocumentReader, type Read } from "../../packages/tableau/src/internal/xml/reader.js"

const maxDepth = 200

const localName = (name: string): string => name.slice(name.indexOf(":") + 1)

const parse = (document: DocumentReader, text: TextChunks): void => {
  const parser = new SaxesParser({ xmlns: false, forceXMLVersion: true, defaultXMLVersion: "1.0" })
  let depth = 0
  let skipped = 0
  const read = (text: string) => {
    if (skipped === 0 && document.wantsText()) document.text(text)
  }
  parser.on("doctype", () => parser.fail("a DOCTYPE is not allowed"))
  parser.on("opentag", ({ attributes, name: fullName }) => {
    const name = localName(fullName)
    if (depth >= maxDepth) parser.fail("too deep")
    if (depth === 0 && name !== "tsResponse") parser.fail("another root")
    depth += 1
    const element = skipped === 0 ? document.start(name) : undefined
    if (element === undefined) {
      skipped += 1
      return
    }
    for (const [name, value] of Object.entries(attributes)) {
      const scalar = document.attributesOf(element).known.get(name)?.read
      if (scalar !== undefined) document.attribute(element, scalar, value)
    }
    document.open(element)
  })
  parser.on("text", read)
  parser.on("cdata", read)
  parser.on("closetag", () => {
    depth -= 1
    if (skipped > 0) skipped -= 1
    else document.close()
  })
  // It throws its first error, as it has no error handler.
  for (const chunk of text) parser.write(chunk)
  parser.close()
}

/** Returns the model, or what is wrong, as saxes says it. */
export const saxesReader = <A, I>(name: string, schema: Schema.Schema<A, I>) => {
  const plan = derive(name, schema)
  return (text: TextChunks): Either.Either<Read<unknown>, string> => {
    const document = new DocumentReader(plan)
    return Either.flatMap(Either.try({ try: () => parse(document, text), catch: String }), () =>
      document.failure === undefined && document.result !== undefined
        ? Either.right({ value: document.result, malformed: document.malformed })
        : Either.left(document.failure ?? "empty")
    )
  }
}
