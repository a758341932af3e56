import { randomBytes } from "node:crypto"
import { deflateRawSync } from "node:zlib"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { archive, twb, twbx } from "../support/files.js"
import { attribute, client, errorOf } from "../support/http.js"
import { file, multipart, payload } from "../support/multipart.js"

/** An archive of one compressed entry, with a size that may be false. */
const compressed = (name: string, data: Uint8Array, size: number): Buffer => {
  const deflated = deflateRawSync(data)
  const plain = archive({ [name]: deflated })
  // In the local header and in the directory: the method, and the size without compression.
  const directory = plain.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]))
  plain.writeUInt16LE(8, 8)
  plain.writeUInt32LE(size, 22)
  plain.writeUInt16LE(8, directory + 10)
  plain.writeUInt32LE(size, directory + 24)
  return plain
}

const book = twb({ worksheets: ["Sales"] })
const zeros = Buffer.alloc(20 * 1024 * 1024)
const entries = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`${index}.txt`, ""]))

it.scoped("files that are malformed or made to do harm are refused with 400011", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const publish = (fileName: string, content: string | Uint8Array) =>
      session.request("workbooks?overwrite=true", {
        method: "POST",
        ...multipart([
          payload('<tsRequest><workbook name="Untrusted"/></tsRequest>'),
          file("tableau_workbook", fileName, content)
        ])
      })
    for (const [what, fileName, content] of [
      ["no archive", "a.twbx", book],
      ["random bytes", "a.twbx", randomBytes(100_000)],
      ["the beginning of an archive", "a.twbx", twbx({ worksheets: ["Sales"] }).subarray(0, 400)],
      ["an archive without document", "a.twbx", archive({ "a.txt": book })],
      ["a name outside of the archive", "a.twbx", archive({ "../../a.twb": book })],
      ["too many entries", "a.twbx", archive({ ...entries, "a.twb": book })],
      ["a document that is too large", "a.twbx", compressed("a.twb", zeros, zeros.length)],
      ["a document that is larger than it says", "a.twbx", compressed("a.twb", zeros, 1000)],
      ["a document that is smaller than it says", "a.twbx", compressed("a.twb", Buffer.from(book), 1_000_000)],
      ["a damaged document", "a.twbx", archive({ "a.twb": `${book}<` })],
      ["an archive as a document", "a.twb", twbx({ worksheets: ["Sales"] })],
      ["another document", "a.twb", "<datasource/>"],
      ["an empty line", "a.twb", "\n"],
      ["a document that is too deep", "a.twb", `<workbook>${"<a>".repeat(300)}${"</a>".repeat(300)}</workbook>`],
      ["a document that is much too deep", "a.twb", `<workbook>${"<a>".repeat(100_000)}`],
      ["an entity", "a.twb", '<!DOCTYPE workbook [<!ENTITY a "b">]><workbook>&a;</workbook>'],
      ["a document of 17 MiB", "a.twb", `<workbook>${" ".repeat(17 * 1024 * 1024)}</workbook>`]
    ] as const) {
      expect([what, errorOf(yield* publish(fileName, content))]).toEqual([what, [400, "400011"]])
    }
    const good = yield* publish("a.twbx", compressed("Folder/a.twb", Buffer.from(book), Buffer.byteLength(book)))
    expect([good.status, attribute(good.text, "view", "name")]).toEqual([201, "Sales"])
  })
)
