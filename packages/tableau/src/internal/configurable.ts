/** Options of which some are constants and some are read from the program's configuration. */
import * as Config from "effect/Config"
import * as Predicate from "effect/Predicate"

/** Options whose values may each be a `Config`, or one `Config` of all of them. */
export type Configurable<Options> =
  | Config.Config.Wrap<Options>
  | { readonly [K in keyof Options]: Options[K] | Config.Config<NonNullable<Options[K]>> }

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Predicate.isRecord(value) && Object.getPrototypeOf(value) === Object.prototype

const containsConfig = (value: unknown): boolean =>
  Config.isConfig(value) || (isPlainObject(value) && Object.values(value).some(containsConfig))

const unwrap = (value: unknown): Config.Config<unknown> => {
  if (Config.isConfig(value)) return value
  return isPlainObject(value) && containsConfig(value)
    ? Config.all(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)])))
    : Config.succeed(value)
}

/** One `Config` of all options. */
export const read = <Options>(options: Configurable<Options>): Config.Config<Options> =>
  // Each value is read from the option of the same name, which the compiler cannot see.
  unwrap(options) as Config.Config<Options>
