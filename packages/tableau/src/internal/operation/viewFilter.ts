/** The filters and parameters of a view as query parameters. They are encoded for URLs when the query is written. */
import { type InvalidInput, invalidInput } from "./request.js"

type Value = string | number | boolean

export interface Selection {
  readonly filters?: Readonly<Record<string, Value | ReadonlyArray<Value>>> | undefined
  readonly parameters?: Readonly<Record<string, Value>> | undefined
}

/** Why a value cannot be sent. */
const problemOf = (value: Value): string | undefined => {
  const text = String(value)
  // Excludes NaN, Infinity, and exponents such as 1e+21.
  if (typeof value === "number" && !/^-?[\d.]+$/.test(text)) return `${text} is not a number that Tableau can read.`
  return text === "" ? "An empty string cannot be a value: servers ignore such a filter." : undefined
}

/** A comma separates values. After a backslash it is a part of the value, and so is a second backslash. */
const escaped = (value: Value): string => String(value).replaceAll(/[\\,]/g, "\\$&")

const write = (field: string, values: ReadonlyArray<Value>): string | InvalidInput => {
  if (field === "") return invalidInput("A filter or a parameter has no name.")
  if (values.length === 0) return invalidInput("There is no value. To show everything, omit the filter.", field)
  const [problem] = values.flatMap((value) => problemOf(value) ?? [])
  return problem === undefined ? values.map(escaped).join(",") : invalidInput(problem, field)
}

export const parameters = ({
  filters = {},
  parameters = {}
}: Selection): Readonly<Record<string, string>> | InvalidInput => {
  const query = new Map<string, string>()
  const given = [
    ...Object.entries(filters).map(([field, values]) => ({ name: `vf_${field}`, field, values: [values].flat() })),
    ...Object.entries(parameters).map(([field, value]) => ({ name: `vf_Parameters.${field}`, field, values: [value] }))
  ]
  for (const { field, name, values } of given) {
    if (query.has(name)) return invalidInput(`${name} is given twice.`)
    const written = write(field, values)
    if (typeof written !== "string") return written
    query.set(name, written)
  }
  return Object.fromEntries(query)
}
