/** Valid documents in all XML notations. */
import * as FastCheck from "effect/FastCheck"

type Attributes = Readonly<Record<string, string>>

/** A workbook as Schema encodes it; some are malformed. */
export interface Item {
  readonly [name: string]: string | Attributes | ReadonlyArray<Attributes>
}

export interface Style {
  readonly prefix: string
  readonly quote: '"' | "'"
  readonly reversed: boolean
  readonly references: boolean
  /** Content that the reader ignores. */
  readonly noise: string
  /** Unknown attributes and elements. */
  readonly foreign: boolean
  readonly start: string
}

/** A string that XML can represent. */
const words = FastCheck.constantFrom(
  "",
  "a",
  "A & B",
  "<x>",
  "\"'",
  "é売😀",
  " a\tb\nc\r ",
  "]]>",
  "&amp;",
  "--",
  "\u2028"
)

const flags = FastCheck.constantFrom("true", "False", "1", "0", "TRUE ", "yes", "", "constructor")
const integers = FastCheck.constantFrom("0", "1", "-1", " 12 ", "9007199254740991", "9007199254740992", "1.0", "", "x")
const moments = FastCheck.oneof(
  FastCheck.constantFrom(
    ...["", " ", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2024-03-31T02:30:00", "2024-06-01T12:00:00+0200"],
    ...["2024-06-01T12:00:00.123-09:30", "2024-06-01 12:00", "2024-06-01", "2024-06-01T24:00:00Z", "20240601"],
    ...["+012024-06-01T00:00:00Z", "June 1, 2024", "2024-06-01T12:00:00 (CET)", "2024-06-01T25:00:00Z"]
  ),
  FastCheck.date({ noInvalidDate: true }).map((date) => date.toISOString())
)

const withId = (name: FastCheck.Arbitrary<string>) =>
  FastCheck.record({ id: words, name }, { requiredKeys: [] }).map((given): Attributes => ({ ...given }))

const item: FastCheck.Arbitrary<Item> = FastCheck.record(
  {
    id: words,
    name: words,
    description: words,
    showTabs: flags,
    hasExtracts: flags,
    size: integers,
    createdAt: moments,
    updatedAt: moments,
    project: withId(words),
    location: withId(words),
    tags: FastCheck.array(
      FastCheck.record({ label: words }, { requiredKeys: [] }).map((given): Attributes => ({ ...given })),
      { maxLength: 2 }
    )
  },
  { requiredKeys: [] }
).map((given): Item => ({ ...given }))

export const items = FastCheck.array(item, { maxLength: 3 })

export const style: FastCheck.Arbitrary<Style> = FastCheck.record({
  prefix: FastCheck.constantFrom("", "", "t:", "ts-Ü:"),
  quote: FastCheck.constantFrom('"', "'"),
  reversed: FastCheck.boolean(),
  references: FastCheck.boolean(),
  noise: FastCheck.constantFrom(
    "",
    "",
    " \r\n\t",
    "<!-- <workbook/> -->",
    "<?workbook id='x'?>",
    "text",
    "<![CDATA[<x>]]>"
  ),
  foreign: FastCheck.boolean(),
  start: FastCheck.constantFrom("", "\uFEFF", '<?xml version="1.0" encoding="UTF-8"?>\n', "<!-- a --><?b c?>\n")
})

const isList = (value: Attributes | ReadonlyArray<Attributes>): value is ReadonlyArray<Attributes> =>
  Array.isArray(value)

const reference = (character: string) => `&#x${character.codePointAt(0)?.toString(16)};`

export const escape = (text: string): string => text.replaceAll(/[&<>"'\t\n\r]/g, reference)

/** The response with the items, in this notation. */
export const written = (items: ReadonlyArray<Item>, style: Style): string => {
  const { foreign, noise, prefix, quote, references, reversed } = style
  const value = (text: string) => (references ? [...text].map(reference).join("") : escape(text))
  const tag = (name: string, attributes: ReadonlyArray<readonly [string, string]>, children: ReadonlyArray<string>) => {
    const all = [...attributes, ...(foreign ? [["nobody", "knows"] as const, ["t:id", "not ours"] as const] : [])]
    const texts = (reversed ? all.reverse() : all).map(([key, text]) => ` ${key}=${quote}${value(text)}${quote}`)
    const inner = [...(foreign ? ["<x id='1'><tags/><workbook id='2'>y</workbook></x>"] : []), ...children]
    const head = `<${prefix}${name}${texts.join("")}`
    return inner.length === 0 && noise === ""
      ? `${head} />`
      : `${head}>${noise}${inner.map((child) => child + noise).join("")}</${prefix}${name}>`
  }
  const write = (name: string, item: Item | Attributes): string => {
    const attributes: Array<readonly [string, string]> = []
    const children: Array<string> = []
    for (const [key, inner] of Object.entries(item)) {
      if (typeof inner === "string") attributes.push([key, inner])
      else if (!isList(inner)) children.push(write(key, inner))
      else {
        children.push(
          tag(
            key,
            [],
            inner.map((each) => write(key.slice(0, -1), each))
          )
        )
      }
    }
    return tag(name, attributes, reversed ? children.reverse() : children)
  }
  const workbooks = tag(
    "workbooks",
    [],
    items.map((item) => write("workbook", item))
  )
  return `${style.start}${tag("tsResponse", [], [workbooks])}\n<!-- end -->`
}
