/**
 * Tableau's own schema, which is not part of the repository. Files of tests that run in one process share it, as it takes
 * longer to read than most of them to run.
 */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { XmlDocument, XsdValidator } from "libxml2-wasm"

const file = (name: string) => fileURLToPath(new URL(`../../../../shared/protocol/${name}`, import.meta.url))

/** What is wrong with a document, if anything is. */
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
