import * as Effect from "effect/Effect"
import type { Row } from "../content/files.js"
import { type ErrorResponse, invalidParameter } from "../protocol/errorResponse.js"

/** The values of a filter: a comma separates them, unless a backslash before it makes it a part of the value. */
const valuesOf = (given: string): ReadonlyArray<string> => {
  const values = [""]
  for (const [part, escaped] of given.matchAll(/\\(.)|./gsu)) {
    if (part === ",") values.push("")
    else values.push(`${values.pop() ?? ""}${escaped ?? part}`)
  }
  return values
}

/** Applies the `vf_` filters of a query. A filter without values, or on a column that is absent, is ignored. */
export const filterRows = (query: URLSearchParams, rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  let remaining = rows
  for (const [name, values] of query) {
    const column = name.slice("vf_".length)
    if (!name.startsWith("vf_") || values === "" || !rows.some((row) => Object.hasOwn(row, column))) continue
    const wanted = valuesOf(values)
    remaining = remaining.filter((row) => wanted.includes(row[column] ?? ""))
  }
  return remaining
}

const positive = (text: string | null): number | undefined =>
  /^[1-9]\d{0,3}$/.test(text ?? "") ? Number(text) : undefined

/** Validates the rendering parameters: `maxAge` in minutes, where 0 means the shortest age, and width and height in pixels, which need each other. */
export const validate = (query: URLSearchParams): Effect.Effect<void, ErrorResponse> => {
  const age = query.get("maxAge")
  if (age !== null && !/^(?:-1|\d+)$/.test(age)) return Effect.fail(invalidParameter("maxAge is minutes."))
  const pixels = [query.get("vizWidth"), query.get("vizHeight")].filter((size) => size !== null)
  return pixels.length === 1 || pixels.some((size) => positive(size) === undefined)
    ? Effect.fail(invalidParameter("vizWidth and vizHeight are pixels. Each needs the other."))
    : Effect.void
}

/** The size of an image in pixels. */
export const imageSize = (query: URLSearchParams): readonly [width: number, height: number] => {
  const times = query.get("resolution")?.toLowerCase() === "high" ? 2 : 1
  return [(positive(query.get("vizWidth")) ?? 400) * times, (positive(query.get("vizHeight")) ?? 300) * times]
}

/** The size of a preview image in pixels. */
export const previewSize = [200, 150] as const

const papers: Readonly<Record<string, readonly [number, number]>> = {
  a3: [842, 1191],
  a4: [595, 842],
  a5: [420, 595],
  legal: [612, 1008],
  letter: [612, 792]
}

/** The size of a page in points. Papers that are not in the table have the size of a letter. */
export const paperSize = (query: URLSearchParams): readonly [width: number, height: number] => {
  const [width, height] = papers[query.get("type")?.toLowerCase() ?? "letter"] ?? [612, 792]
  return query.get("orientation")?.toLowerCase() === "landscape" ? [height, width] : [width, height]
}
