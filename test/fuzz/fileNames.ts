/** Properties of file names: whatever a server sends, the name is one that every file system has, in this directory. */
import * as assert from "node:assert/strict"
import { posix, win32 } from "node:path"
import * as FastCheck from "effect/FastCheck"
import * as FileName from "../../packages/tableau/src/internal/http/fileName.js"
import { type Property, property } from "./property.js"

/** Pieces of names that lead to another place, to a device or to an option, or that hide a file. */
const pieces = [
  ..."aB0 .-_~+%'\"/\\:*?<>|;=&\u0000\t\n\r\u001b\u007f\u0085\u00a0\u00b9\u200e\u202e\u2028\ufeff\ud800é売",
  ...[
    "..",
    "../",
    "..\\",
    "C:\\",
    "\\\\?\\",
    "/etc/",
    "--",
    "-rf",
    ".ssh",
    ".twbx",
    ".tar.gz",
    "%2F",
    "%00",
    "𝒳",
    "e\u0301"
  ],
  ...["con", "PRN", "aux", "NUL", "CONIN$", "conout$", "CLOCK$", "COM1", "com\u00b2", "LPT9", "lpt\u00b3", "COM0"],
  ...[" ".repeat(200), "x".repeat(100), "売".repeat(90), ".".repeat(60)]
]

const name = FastCheck.array(
  FastCheck.oneof(
    { weight: 3, arbitrary: FastCheck.constantFrom(...pieces) },
    { weight: 1, arbitrary: FastCheck.string({ unit: "binary", minLength: 1, maxLength: 3 }) }
  ),
  { maxLength: 8 }
).map((parts) => parts.join(""))

const wellFormed = (text: string): string => text.replaceAll(/\p{Cs}/gu, "\ufffd")

const percent = (text: string): string => encodeURIComponent(wellFormed(text))

/** As browsers write a form, and as servers write names since 2022.1.20. */
const form = (text: string): string => new URLSearchParams([["", wellFormed(text)]]).toString().slice(1)

const extended = (text: string): string => `attachment; filename*=UTF-8''${text}`

/** The notations of a name in the header. */
const notations: ReadonlyArray<(text: string) => string> = [
  (text) => extended(percent(text)),
  (text) => extended(form(text)),
  (text) => extended(`"${text}"`),
  (text) => `name="x"; filename="${text.replaceAll(/["\\]/g, "\\$&")}"`,
  (text) => `name="x"; filename="${Buffer.from(text).toString("latin1")}"`,
  (text) => `attachment;filename=${text}`,
  (text) => `filename="a"; filename*=iso-8859-1'en'${text}`,
  (text) => text
]

const device = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i

const checkSafe = (safe: string): void => {
  const shown = JSON.stringify(safe)
  assert.doesNotMatch(safe, /[/\\<>:"|?*\p{Cc}\p{Cf}\p{Cs}]/u, shown)
  assert.doesNotMatch(safe, /^(?:[.\s-]|$)|[.\s]$/, shown)
  assert.doesNotMatch(safe, device, shown)
  assert.ok(Buffer.byteLength(safe) <= 255, shown)
  assert.equal(posix.join("/d", safe), `/d/${safe}`, shown)
  assert.equal(win32.join("C:\\d", safe), `C:\\d\\${safe}`, shown)
}

/** Names that need no change. */
const harmless = FastCheck.array(FastCheck.constantFrom(..."aZ9é売𝒳 +&%,;='()#$@!~^[]{}_"), {
  minLength: 1,
  maxLength: 30
})
  .map((characters) => characters.join(""))
  .filter((text) => text.trim() === text)

export const fileNameProperties: ReadonlyArray<Property> = [
  property(
    "a file name is safe on every system, in any notation",
    FastCheck.tuple(name, FastCheck.constantFrom(...notations)),
    ([text, notation]) => {
      const safe = FileName.from(notation(text))
      if (safe === undefined) return
      checkSafe(safe)
      // A name that is safe stays as it is.
      assert.equal(FileName.from(extended(percent(safe))), safe)
    }
  ),

  property("the id of the content makes a safe name, whatever it is", FastCheck.tuple(name, name), ([id, type]) => {
    for (const contentType of [type, "text/csv; charset=utf-8", "image/png"])
      checkSafe(FileName.fallback(id, contentType))
  }),

  property(
    "a harmless file name is read as the server meant it, however it writes spaces and plus signs",
    FastCheck.tuple(harmless, FastCheck.constantFrom("", ".twbx", ".csv")),
    ([stem, extension]) => {
      const whole = `${stem}${extension}`
      assert.equal(FileName.from(extended(percent(whole))), whole)
      assert.equal(FileName.from(extended(form(whole))), whole)
      assert.equal(FileName.from(`name="tableau_workbook"; filename="${whole}"`), whole)
    }
  )
]
