/**
 * Tableau's schema, which is not part of the repository. Test files that run in one process share it, because reading it
 * takes longer than most tests.
 */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { XmlDocument, XsdValidator } from "libxml2-wasm"

const file = (name: string) => fileURLToPath(new URL(`../../../../../shared/protocol/${name}`, import.meta.url))

/** The problem of a document, or `undefined` for a valid one. */
export type Validate = (xml: string) => string | undefined

const load = (name: string): Validate => {
  const schema = XmlDocument.fromBuffer(readFileSync(file(name)))
  const validator = XsdValidator.fromDoc(schema)
  return (xml) => {
    try {
      const document = XmlDocument.fromString(xml)
      try {
        validator.validate(document)
        return undefined
      } finally {
        document.dispose()
      }
    } catch (error) {
      return String(error)
    }
  }
}

export const schemas = existsSync(file("ts-api_3_29.xsd"))
  ? { strict: load("ts-api_3_29.xsd"), lenient: load("ts-api_3_29.lenient.xsd") }
  : undefined
