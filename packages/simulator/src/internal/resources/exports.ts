import * as Effect from "effect/Effect"
import { may } from "../content/access.js"
import type { File, Row } from "../content/files.js"
import type { Item } from "../content/model.js"
import { forbidden, invalidParameter, type Refusal } from "../protocol/errorResponse.js"
import type { SignedInCall } from "../session/call.js"

/** That the user may do this with the item. */
export const require = (
  { session, site }: SignedInCall,
  capability: string,
  item: Item,
  refusal: Refusal = forbidden(`The user lacks the permission ${capability}.`)
): Effect.Effect<void, Refusal> => (may(site, session.user, capability, item) ? Effect.void : Effect.fail(refusal))

/** What the `vf_` of a query let through. A field that the view does not have, or no value, holds nothing back. */
export const filtered = (query: URLSearchParams, rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  let left = rows
  for (const [name, values] of query) {
    const column = name.slice("vf_".length)
    if (!name.startsWith("vf_") || values === "" || !rows.some((row) => Object.hasOwn(row, column))) continue
    const wanted = values.split(",")
    left = left.filter((row) => wanted.includes(row[column] ?? ""))
  }
  return left
}

const positive = (text: string | null): number | undefined =>
  /^[1-9]\d{0,3}$/.test(text ?? "") ? Number(text) : undefined

/** That what is asked for can be made: minutes, and pixels both or neither. */
export const checked = (query: URLSearchParams): Effect.Effect<void, Refusal> => {
  const age = query.get("maxAge")
  if (age !== null && !/^(?:-1|[1-9]\d*)$/.test(age)) return Effect.fail(invalidParameter("maxAge is minutes."))
  const pixels = [query.get("vizWidth"), query.get("vizHeight")].filter((size) => size !== null)
  return pixels.length === 1 || pixels.some((size) => positive(size) === undefined)
    ? Effect.fail(invalidParameter("vizWidth and vizHeight are pixels, and come together."))
    : Effect.void
}

/** In pixels. */
export const sizeOf = (query: URLSearchParams): readonly [width: number, height: number] => {
  const times = query.get("resolution")?.toLowerCase() === "high" ? 2 : 1
  return [(positive(query.get("vizWidth")) ?? 400) * times, (positive(query.get("vizHeight")) ?? 300) * times]
}

/** Of the picture that stands for something in lists. */
export const previewSize = [200, 150] as const

const papers: Readonly<Record<string, readonly [number, number]>> = {
  a3: [842, 1191],
  a4: [595, 842],
  a5: [420, 595],
  legal: [612, 1008],
  letter: [612, 792]
}

/** In points; papers that are seldom seen here are as large as a letter. */
export const paperOf = (query: URLSearchParams): readonly [width: number, height: number] => {
  const [width, height] = papers[query.get("type")?.toLowerCase() ?? "letter"] ?? [612, 792]
  return query.get("orientation")?.toLowerCase() === "landscape" ? [height, width] : [width, height]
}

/** Whether the extract of what is downloaded is left out. */
export const withoutExtract = (query: URLSearchParams): boolean =>
  query.get("includeExtract")?.toLowerCase() === "false"

/** An answer that is a file. */
export const answerFile = (file: File) => ({ status: 200, content: [], file })
