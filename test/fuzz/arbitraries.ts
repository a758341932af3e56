/** Arbitrary responses of a server or a gateway. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as FastCheck from "effect/FastCheck"

/** Responses in Tableau's format; there may be more samples beside the repository. */
const own: ReadonlyArray<string> = [
  `<?xml version="1.0" encoding="UTF-8"?><tsResponse xmlns="http://tableau.com/api"><pagination pageNumber="1" pageSize="100" totalAvailable="3"/><workbooks><workbook id="6d13b0ca" name="Superstore" description="A &amp; B &lt;C&gt; &#xe9;&#10;" contentUrl="Superstore" showTabs="false" size="1" createdAt="2016-08-03T20:34:04Z" updatedAt="2016-08-04T17:56:41+0200" lastPublishedAt=""><project id="ee8c6e70" name="default"/><location id="ee8c6e70" type="Project"/><owner id="5de011f8" name="Zoë"/><tags><tag label="a"/><tag label="b"/></tags><views><view id="v" name="v"/></views></workbook><workbook id="2"><tags/></workbook>
  <workbook id="3" name='売上 "&apos;"'/></workbooks></tsResponse>`,
  `<tsResponse xmlns="http://tableau.com/api"><error code="401002"><summary>Unauthorized Access</summary><detail><![CDATA[Invalid <authentication> credentials]]> &amp; more<!-- no --></detail></error></tsResponse>`,
  `<?xml version='1.0'?><t:tsResponse xmlns:t="http://tableausoftware.com/api"><t:workbooks><t:workbook id="1"><t:future><t:owner id="no"/>text</t:future></t:workbook></t:workbooks></t:tsResponse>`,
  `<!DOCTYPE html><html><head><title>Sign in</title><script>if (a<b && c) {}</script></head><body><br><input disabled></body></html>`,
  `{"error":{"summary":"Signin Error","detail":"no","code":"401001"}}`,
  `<!DOCTYPE tsResponse [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><tsResponse><workbooks><workbook id="&b;"/></workbooks></tsResponse>`
]

const folder = fileURLToPath(new URL("../../../shared/samples/", import.meta.url))

const samples: ReadonlyArray<string> = [
  ...own,
  ...(existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".xml")) : []).map((name) =>
    // The beginning of a long sample is enough.
    readFileSync(`${folder}${name}`, "utf8").slice(0, 3000)
  )
]

/** The samples that are complete `<tsResponse>` documents, without content after the root. */
export const documents: ReadonlyArray<string> = own.slice(0, 3)

const sample = FastCheck.constantFrom(...samples)

const elements = ["tsResponse", "workbooks", "workbook", "tags", "tag", "project", "owner", "error", "detail", "x"]

/** Fragments of documents, of other formats, and of attacks. */
const pieces = [
  ...elements.flatMap((name) => [`<${name}>`, `</${name}>`, `<${name}/>`, `<${name} id="1">`]),
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<?xml version="1.1"?>',
  '<?xml version="1.0" encoding="UTF-16" standalone="no"?>',
  "<?x y?>",
  "<?",
  "?>",
  "<!-- - -->",
  "<!--",
  "-->",
  "<![CDATA[",
  "]]>",
  "<![CDATA[<a>&b;]]>",
  "<!DOCTYPE tsResponse>",
  '<!DOCTYPE a [<!ENTITY x "&x;&x;">]>',
  '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
  "<!ELEMENT a ANY>",
  "<!",
  "&amp;",
  "&x;",
  "&nbsp;",
  "&#0;",
  "&#xD800;",
  "&#x110000;",
  "&#99999999999999999999;",
  "&#10;",
  "&",
  ";",
  "<",
  ">",
  "/>",
  "</",
  "=",
  '"',
  "'",
  " id=",
  ' id="1"',
  ' createdAt="2024-02-30T25:61:00Z"',
  ' size="99999999999999999999"',
  ' showTabs="constructor"',
  ' __proto__="1"',
  ' constructor="1"',
  ' code="401002"',
  ' xmlns="urn:x"',
  ' xmlns:t="urn:x"',
  ' xml:space="preserve"',
  "t:",
  ":",
  "<t:workbook id='1'/>",
  "\0",
  "\u0008",
  "\uFEFF",
  "\uFFFE",
  "\uFFFF",
  "\uD800",
  "\uDC00",
  "😀",
  "é",
  "\r\n",
  "\r",
  "\t",
  "\u0085",
  "\u2028",
  "<html>",
  "<br>",
  "<script>a<b</script>",
  "<p align=left>",
  "{",
  "[]",
  "text"
]

const piece = FastCheck.constantFrom(...pieces)

/** Arbitrary bytes, sometimes after the start of a document. */
const bytes = FastCheck.tuple(
  FastCheck.constantFrom("", "", "<", "<tsResponse>", '<tsResponse><workbooks><workbook id="', "<tsResponse><!"),
  FastCheck.uint8Array({ maxLength: 60 })
).map(([start, tail]) => start + new TextDecoder().decode(tail))

/** Fragments in any order. */
const soup = FastCheck.tuple(
  FastCheck.constantFrom("", "", '<?xml version="1.0"?>', "<tsResponse>", "<tsResponse><workbooks>"),
  FastCheck.array(FastCheck.oneof({ weight: 9, arbitrary: piece }, FastCheck.string({ maxLength: 8 })), {
    maxLength: 30
  })
).map(([start, parts]) => start + parts.join(""))

type Change = (text: string) => string

const place = FastCheck.double({ min: 0, max: 1, noNaN: true })

const change: FastCheck.Arbitrary<Change> = FastCheck.oneof(
  FastCheck.tuple(place, piece).map(
    ([at, piece]): Change =>
      (text) => {
        const index = Math.floor(at * text.length)
        return text.slice(0, index) + piece + text.slice(index)
      }
  ),
  FastCheck.tuple(place, FastCheck.integer({ min: 1, max: 40 })).map(
    ([at, size]): Change =>
      (text) => {
        const index = Math.floor(at * text.length)
        return text.slice(0, index) + text.slice(index + size)
      }
  ),
  FastCheck.tuple(place, place).map(
    ([a, b]): Change =>
      (text) => {
        const [from = 0, to = 0] = [a, b].map((at) => Math.floor(at * text.length)).sort((x, y) => x - y)
        return text.slice(0, to) + text.slice(from)
      }
  ),
  FastCheck.tuple(place, FastCheck.integer({ min: 0, max: 0xffff })).map(
    ([at, code]): Change =>
      (text) => {
        const index = Math.floor(at * text.length)
        return text.slice(0, index) + String.fromCharCode(code) + text.slice(index + 1)
      }
  ),
  place.map(
    (at): Change =>
      (text) =>
        text.slice(0, Math.floor(at * text.length))
  )
)

/** A sample with several mutations. */
export const mutated = FastCheck.tuple(sample, FastCheck.array(change, { minLength: 1, maxLength: 4 })).map(
  ([text, changes]) => changes.reduce((changed, change) => change(changed), text)
)

/** Mostly small sizes, and sometimes large ones. */
const size = (max: number) => FastCheck.double({ min: 0, max: 1, noNaN: true }).map((share) => Math.floor(max ** share))

const inside = (content: string) => `<tsResponse><workbooks>${content}</workbooks></tsResponse>`
const times = (count: number, of: (index: number) => string) => Array.from({ length: count }, (_, i) => of(i)).join("")

/** Documents of one shape and any size, which could make a parser slow or overflow its stack. */
export const shapes: Readonly<Record<string, (size: number) => string>> = {
  "a long attribute": (n) => inside(`<workbook id="${"x".repeat(n)}"/>`),
  "a long attribute that is not read": (n) => inside(`<workbook id="1" x="${"\n\t &#10;&lt;".repeat(n / 8)}"/>`),
  "a long number": (n) => inside(`<workbook id="1" size="${"9".repeat(n)}"/>`),
  "a long space for a number": (n) => inside(`<workbook id="1" size="${" ".repeat(n)}"/>`),
  "a long date": (n) => inside(`<workbook id="1" createdAt="2024-01-01${"(".repeat(n)}"/>`),
  "a date with a long fraction": (n) => inside(`<workbook id="1" createdAt="2024-01-01T00:00:00.${"1".repeat(n)}Z"/>`),
  "a long flag": (n) => inside(`<workbook id="1" showTabs="${"true ".repeat(n / 5)}"/>`),
  "a long text": (n) => `<tsResponse><error><detail>${"x]]\n".repeat(n / 4)}</detail></error></tsResponse>`,
  "a text of references": (n) =>
    `<tsResponse><error><detail>${"&amp;&#x41;".repeat(n / 11)}</detail></error></tsResponse>`,
  "a text in parts": (n) =>
    `<tsResponse><error><detail>${"a<!---->b<?x?>c<![CDATA[]]]>".repeat(n / 27)}</detail></error></tsResponse>`,
  "a text around elements": (n) => inside("x<y/>".repeat(n / 5)),
  "a long name": (n) => `<tsResponse><${"x".repeat(n)}/></tsResponse>`,
  "a long root": (n) => `<${"x".repeat(n)}/>`,
  "a long name of an attribute": (n) => inside(`<workbook id="1" ${"x".repeat(n)}="1"/>`),
  "a long name that is not closed": (n) => `<tsResponse><${"x".repeat(n)}>`,
  "a long name that is closed wrongly": (n) => `<tsResponse></${"x".repeat(n)}>`,
  "a long name that comes twice": (n) => inside(`<x ${"y".repeat(n / 2)}="" ${"y".repeat(n / 2)}=""/>`),
  "a long reference": (n) => inside(`&${"x".repeat(n)};`),
  "a long reference to a character": (n) => inside(`&#x${"0".repeat(n)}41;`),
  "a reference that does not end": (n) => inside(`&${"x".repeat(n)}`),
  "many attributes": (n) => inside(`<workbook id="1" ${times(n / 12, (i) => `a${i}="${i}" `)}/>`),
  "many namespaces": (n) => inside(`<workbook id="1" ${times(n / 20, (i) => `xmlns:a${i}="urn:${i}" `)}/>`),
  "many colons": (n) => inside(`<${"a:".repeat(n / 2)}b/>`),
  "many items": (n) => inside(times(n / 20, (i) => `<workbook id="${i}"/>`)),
  "many odd items": (n) => inside("<workbook/>".repeat(n / 11)),
  "many lists": (n) => `<tsResponse>${"<workbooks/>".repeat(n / 12)}</tsResponse>`,
  "many tags of one item": (n) =>
    inside(`<workbook id="1"><tags>${'<tag label=""/>'.repeat(n / 15)}</tags></workbook>`),
  "many different elements": (n) => inside(times(n / 10, (i) => `<x${i}/>`)),
  "deep elements": (n) => inside("<x>".repeat(n / 7) + "</x>".repeat(n / 7)),
  "deep elements that are not closed": (n) => inside("<x>".repeat(n / 3)),
  "deep elements of ours": (n) => "<tsResponse>".repeat(n / 12),
  "a long comment": (n) => `<!--${"- ".repeat(n / 2)}--><tsResponse/>`,
  "a comment that does not end": (n) => `<!--${"- ".repeat(n / 2)}`,
  "many comments": (n) => inside("<!---->".repeat(n / 7)),
  "a long instruction": (n) => `<?x ${"? ".repeat(n / 2)}?><tsResponse/>`,
  "many instructions": (n) => inside("<?x?>".repeat(n / 5)),
  "a long declaration": (n) => `<?xml version="1.0" encoding="${"x".repeat(n)}"?><tsResponse/>`,
  "CDATA of brackets": (n) => inside(`<![CDATA[${"]]".repeat(n / 2)}]]>`),
  "a DOCTYPE": (n) => `<!DOCTYPE x [${'<!ENTITY a "b">'.repeat(n / 15)}]><tsResponse/>`,
  "a bomb": (n) =>
    `<!DOCTYPE x [<!ENTITY a0 "a">${times(n / 30, (i) => `<!ENTITY a${i + 1} "&a${i};&a${i};">`)}]><tsResponse>&a${Math.floor(n / 30)};</tsResponse>`,
  "a DOCTYPE that does not end": (n) => `<!DOCTYPE x [${"<!--".repeat(n / 4)}`,
  "white space": (n) => " \r\n\t".repeat(n / 4),
  "white space before a document": (n) => `${" ".repeat(n)}<tsResponse/>`,
  "byte order marks": (n) => "\uFEFF".repeat(n),
  NULs: (n) => "\0".repeat(n),
  "half pairs": (n) => inside("\uD800".repeat(n)),
  "opening brackets": (n) => "<".repeat(n),
  "quotes that do not end": (n) => inside(`<workbook id="${"'".repeat(n)}`),
  "a web page": (n) => `<html>${"<p class=x>a & b<br>".repeat(n / 20)}</html>`,
  "a list in JSON": (n) => "[".repeat(n)
}

export const shaped = FastCheck.tuple(FastCheck.constantFrom(...Object.keys(shapes)), size(4000)).map(
  ([name, size]) => shapes[name]?.(size) ?? ""
)

/** Any response body. */
export const anything = FastCheck.oneof(bytes, soup, mutated, sample)

const special = [..."\t\n\r <>&\"'/?#%+=:;,.\\\0\u000b\u007f\u0085\u2028\uFFFD\uFFFE\uFFFF\uFEFF😀\u{10FFFF}"]

/** A string from a user, often with characters that matter in XML and URLs, and with lone surrogates. */
export const text = FastCheck.array(
  FastCheck.oneof(
    FastCheck.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    FastCheck.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    FastCheck.constantFrom(...special),
    { weight: 3, arbitrary: FastCheck.constantFrom(".", "..", "a", "%2e", "\uD800", "\uDFFF", "{partId}", "$&") }
  ),
  { maxLength: 8 }
).map((characters) => characters.join(""))
