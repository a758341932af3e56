/** Describes why a value does not fit a Schema, without quoting the value, which may be a secret. */
import { ArrayFormatter, type ParseError } from "effect/ParseResult"

const maxProblems = 3
const maxProblemLength = 300

const pathOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((key) => (typeof key === "number" ? `[${key}]` : `[${JSON.stringify(String(key))}]`)).join("")

/** Paths and expected types of the first problems. */
export const schemaProblem = (error: ParseError): string =>
  ArrayFormatter.formatErrorSync(error)
    .slice(0, maxProblems)
    .map(({ message, path }) =>
      `${pathOf(path)} ${message.replace(/,? actual [\s\S]*$/, "")}`.trim().slice(0, maxProblemLength)
    )
    .join("; ")
