/** The encoding of a response over sockets: what declares it, and what becomes of bytes that are not valid in it. */
import { gzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { Ids, Workbooks } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { keyOf, type ScriptedResponse } from "../../../../test/support/scriptedServer.js"
import { element, tsResponse } from "../../../../test/support/xml.js"
import { decode } from "../../src/internal/xml/chunks.js"
import { onScript } from "../operation/onScript.js"

const workbook = (name: string) => tsResponse(element("workbook", { id: "w", name }))

const bigEndian = (text: string): Buffer => Buffer.from(text, "utf16le").swap16()

const declaring = (encoding: string, text: string) => `<?xml version="1.0" encoding="${encoding}"?>\n${text}`

const reply = (body: Uint8Array, contentType = "application/xml", status = 200): ScriptedResponse => ({
  status,
  headers: { "content-type": contentType },
  body
})

/** The name of the workbook in a response, or the error. */
const received = (response: ScriptedResponse) =>
  onScript(
    Effect.map(Workbooks.get(Ids.WorkbookId.make("w")), ({ name }) => name),
    { [keyOf(Workbooks.get)]: response }
  ).pipe(
    Effect.flatMap(({ exit }) => Effect.either(exit)),
    Effect.map(Either.merge),
    Effect.provide(layerHttpClient)
  )

describe("the encoding of a response", () => {
  const polish = Buffer.concat([
    Buffer.from('<tsResponse><workbook id="w" name="'),
    Buffer.from([0xa3, 0xf3, 0x64, 0xbc]),
    Buffer.from('"/></tsResponse>')
  ])
  const cases: Readonly<Record<string, readonly [ScriptedResponse, string]>> = {
    "the Content-Type": [reply(polish, "application/xml; charset=iso-8859-2"), "Łódź"],
    "the Content-Type, in quotes and capitals": [reply(polish, 'text/xml;Charset="ISO-8859-2"'), "Łódź"],
    "the declaration": [reply(Buffer.concat([Buffer.from(declaring("iso-8859-2", "")), polish])), "Łódź"],
    "the Content-Type, against the declaration": [
      reply(Buffer.from(declaring("iso-8859-2", workbook("Łódź"))), "application/xml;charset=utf-8"),
      "Łódź"
    ],
    "the declaration, as the Content-Type names none that is known": [
      reply(Buffer.concat([Buffer.from(declaring("iso-8859-2", "")), polish]), "application/xml;charset=latin-9000"),
      "Łódź"
    ],
    "windows-1252": [
      reply(Buffer.from(workbook("Café at \x80 5"), "latin1"), "application/xml;charset=windows-1252"),
      "Café at € 5"
    ],
    "a multi-byte encoding of Windows": [
      reply(
        Buffer.concat([
          Buffer.from('<tsResponse><workbook id="w" name="'),
          Buffer.from([0x94, 0x84, 0x8f, 0xe3]),
          Buffer.from('"/></tsResponse>')
        ]),
        "application/xml;charset=shift_jis"
      ),
      "売上"
    ],
    "a byte order mark of UTF-16, little-endian": [
      reply(Buffer.from(`\uFEFF${declaring("UTF-16", workbook("Łódź 😀"))}`, "utf16le")),
      "Łódź 😀"
    ],
    "a byte order mark of UTF-16, big-endian": [
      reply(bigEndian(`\uFEFF${declaring("UTF-16", workbook("Łódź 😀"))}`)),
      "Łódź 😀"
    ],
    "no byte order mark, in UTF-16": [reply(bigEndian(workbook("Łódź")), "application/xml;charset=utf-16"), "Łódź"],
    "a byte order mark of UTF-8, against the Content-Type": [
      reply(Buffer.from(`\uFEFF${workbook("Łódź")}`), "application/xml;charset=iso-8859-2"),
      "Łódź"
    ],
    "UTF-16 in the declaration of a document in UTF-8": [
      reply(Buffer.from(declaring("utf-16", workbook("Łódź")))),
      "Łódź"
    ],
    nothing: [reply(Buffer.from(workbook("Łódź \uFEFF😀")), ""), "Łódź \uFEFF😀"]
  }
  it.effect.each(Object.entries(cases))(
    "a response is read in the encoding that it declares by %s",
    ([, [response, name]]) =>
      Effect.gen(function* () {
        expect(yield* received(response)).toBe(name)
      })
  )

  it.effect("all characters of windows-1252 are read, in small and large responses and by all of its names", () =>
    Effect.gen(function* () {
      // From 0x80 on, by the Encoding Standard. Five bytes stand for no other character.
      const beyondLatin1 = [
        ...[0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d],
        ...[0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a],
        ...[0x153, 0x9d, 0x17e, 0x178]
      ]
      const codes = Array.from({ length: 0x80 }, (_, index) => beyondLatin1[index] ?? 0x80 + index)
      const bytes = Buffer.from(codes.map((_, index) => 0x80 + index))
      for (const count of [1, 1000]) {
        for (const charset of ["windows-1252", "iso-8859-1", "us-ascii"]) {
          const body = Buffer.concat([
            Buffer.from('<tsResponse><workbook id="w" name="'),
            ...Array.from({ length: count }, () => bytes),
            Buffer.from('"/></tsResponse>')
          ])
          const name = String.fromCodePoint(...codes).repeat(count)
          expect(yield* received(reply(body, `application/xml;charset=${charset}`))).toBe(name)
        }
      }
    })
  )

  it.effect("a large response in another encoding is read", () =>
    Effect.gen(function* () {
      const name = "売".repeat(200_000)
      expect(yield* received(reply(Buffer.from(`\uFEFF${workbook(name)}`, "utf16le")))).toBe(name)
      expect(yield* received(reply(Buffer.from(workbook(name))))).toBe(name)
    })
  )
})

describe("bytes that are not valid in the encoding", () => {
  it.effect("a response that is not valid UTF-8 fails with the offset of the first such byte", () =>
    Effect.gen(function* () {
      const complete = Buffer.from(workbook("a"))
      const cases: ReadonlyArray<readonly [Buffer, number]> = [
        [Buffer.from(workbook("ab\xe9"), "latin1"), complete.indexOf('a"') + 2],
        [Buffer.from(workbook("a\xed\xa0\x80"), "latin1"), complete.indexOf('a"') + 1],
        [Buffer.concat([complete, Buffer.from([0xc3])]), complete.length]
      ]
      for (const [body, offset] of cases) {
        const error = yield* received(reply(body))
        expect(String(error)).toContain(`It is not valid UTF-8 (at byte ${offset}).`)
        expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed", status: 200, acted: "no" })
      }
      for (const before of [40_000, 300_000]) {
        const text = workbook(`${"é".repeat(before)}~`)
        const body = Buffer.from(text)
        body[body.indexOf("~")] = 0xe9
        expect(String(yield* received(reply(body)))).toContain(
          `It is not valid UTF-8 (at byte ${Buffer.from(text).indexOf("~")}).`
        )
      }
    })
  )

  it.effect("a response that is not valid in the charset of its Content-Type fails with the offset", () =>
    Effect.gen(function* () {
      const body = Buffer.concat([
        Buffer.from("<tsResponse>".padEnd(70_000, "\n")),
        Buffer.from([0xff]),
        Buffer.from("</tsResponse>")
      ])
      expect(String(yield* received(reply(body, "application/xml;charset=shift_jis")))).toContain(
        "It is not valid SHIFT_JIS (at byte 70000)."
      )
    })
  )

  it.effect("a web page, an error status or a compressed response is reported as such", () =>
    Effect.gen(function* () {
      const page = Buffer.from("<html><title>Réseau</title></html>", "latin1")
      expect(yield* received(reply(page, "text/html"))).toMatchObject({ kind: "Html" })
      expect(yield* received(reply(page, "text/html", 502))).toMatchObject({ _tag: "ServerFault", status: 502 })
      const error = Buffer.from(tsResponse('<error code="404006"><summary>Pas trouvé</summary></error>'), "latin1")
      expect(yield* received(reply(error, "application/xml", 404))).toMatchObject({
        _tag: "NotFound",
        code: "404006",
        summary: "Pas trouv\uFFFD"
      })
      const compressed = reply(gzipSync(workbook("a")))
      expect(yield* received({ ...compressed, headers: { "content-encoding": "gzip" } })).toMatchObject({
        kind: "Other"
      })
    })
  )

  it("UTF-8 is decoded the same with a chunk boundary in any character", () => {
    const characters = "aé売😀\uFEFF"
    for (let before = 0; before < 16; before++) {
      const text = "x".repeat(2 ** 15 - before) + characters
      expect(Either.map(decode(new TextEncoder().encode(text)), (chunks) => chunks.join(""))).toEqual(
        Either.right(text)
      )
    }
  })
})
