/** What of a view is to be shown: its filters and parameters, as `vf_…` in a query, which is encoded when it is written. */
import * as Either from "effect/Either"
import { type BadRequest, UnfilterableValue } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import type { QueryParameters } from "./run.js"

export type Value = string | number | boolean

export interface Given {
  readonly filters?: Readonly<Record<string, Value | ReadonlyArray<Value>>> | undefined
  readonly parameters?: Readonly<Record<string, Value>> | undefined
}

/**
 * Why a text is no value of a view filter. A comma stands between two values. A backslash may be taken for what makes the
 * next character part of a value: whether it is, and how the two are to be written then, no document says.
 */
const problemOf = (text: string): string | undefined => {
  if (text === "") return "is empty, which a server takes for no filter"
  const [found] = /[,\\]/.exec(text) ?? []
  if (found === undefined) return undefined
  return `has a ${found === "," ? "comma" : "backslash"}, for which Tableau's documents name no way to be part of a value`
}

const textOf = (value: Value): string | undefined => {
  const text = String(value)
  // 1e+21 and NaN are no texts that Tableau writes for a number.
  return typeof value === "number" && !/^-?[\d.]+$/.test(text) ? undefined : text
}

export const encode = (
  operation: string,
  { filters = {}, parameters = {} }: Given
): Either.Either<QueryParameters, BadRequest | UnfilterableValue> =>
  Either.gen(function* () {
    const query = new Map<string, string>()
    const given: ReadonlyArray<readonly [name: string, field: string, values: ReadonlyArray<Value>]> = [
      ...Object.entries(filters).map(([field, given]) => [`vf_${field}`, field, [given].flat()] as const),
      ...Object.entries(parameters).map(([field, value]) => [`vf_Parameters.${field}`, field, [value]] as const)
    ]
    for (const [name, field, values] of given) {
      const refuse = (detail: string) => Either.left(new UnfilterableValue({ operation, acted: "no", field, detail }))
      if (field === "") return yield* Either.left(badRequest(operation, "A filter or a parameter has no name."))
      if (query.has(name)) return yield* Either.left(badRequest(operation, `${name} is given twice.`))
      if (values.length === 0) return yield* refuse("There is no value: leave the filter out to see everything.")
      const texts: Array<string> = []
      for (const value of values) {
        const text = textOf(value)
        if (text === undefined) return yield* refuse(`${value} is no number that Tableau can be sent.`)
        const problem = problemOf(text)
        if (problem !== undefined) return yield* refuse(`${JSON.stringify(text.slice(0, 100))} ${problem}.`)
        texts.push(text)
      }
      query.set(name, texts.join(","))
    }
    return Object.fromEntries(query)
  })
