import * as Either from "effect/Either"
import type { Simulator } from "../../Simulator.js"

/** How a plan is written. */
export const grammar = "TITLE[*TIMES]=Success|Failed|Cancelled[:NOTES], such as 'Superstore=Failed:The disk is full'"

const ends = ["Success", "Failed", "Cancelled"] as const

/**
 * Parses the plan of jobs: the name of the content or `any`, how many jobs (`*` for all), their end, and their notes. A name
 * can contain `=` and `*`. Examples: `Superstore=Failed:The disk is full`, `any**=Cancelled`.
 */
export const parseJob = (text: string): Either.Either<Simulator.JobPlan, string> => {
  const [, title = "", times = "1", name, notes] =
    /^(.+?)(?:\*([1-9]\d{0,14}|\*))?=(Success|Failed|Cancelled)(?::(.+))?$/s.exec(text) ?? []
  const end = ends.find((known) => known === name)
  return end === undefined
    ? Either.left(`'${text}' is not ${grammar}`)
    : Either.right({
        title: title === "any" ? undefined : title,
        times: times === "*" ? Number.POSITIVE_INFINITY : Number(times),
        end,
        notes
      })
}
