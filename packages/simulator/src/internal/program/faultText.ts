import * as AutoCorrect from "@effect/cli/AutoCorrect"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Array from "effect/Array"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Fault from "../../Fault.js"
import { names, type Operation } from "../operations/table.js"
import type { Injection } from "../server/faults.js"

const units: Readonly<Record<string, (amount: number) => Duration.Duration>> = {
  ms: Duration.millis,
  s: Duration.seconds,
  m: Duration.minutes,
  h: Duration.hours
}

/** Parses a duration such as `240m`, `30s` or `1.5h`. A number without unit is milliseconds. */
export const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const [, amount, unit = "ms"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  return Option.map(Option.fromNullable(units[unit]), (make) => make(Number(amount))).pipe(
    Option.filter(() => amount !== undefined)
  )
}

const integer = (text: string | undefined): Option.Option<number> =>
  text !== undefined && /^-?\d+$/.test(text) ? Option.some(Number(text)) : Option.none()

const timing = (text: string | undefined): Option.Option<Fault.Timing> =>
  text === undefined || text === "before" || text === "after" ? Option.some(text ?? "before") : Option.none()

type Body = "xml" | "html" | "empty"

const isBody = (text: string): text is Body => ["xml", "html", "empty"].includes(text)

const redirects = [301, 302, 303, 307, 308] as const

/** Makes a fault of each kind from the parameters after its name. */
const kinds: Readonly<Record<string, (...given: ReadonlyArray<string>) => Option.Option<Fault.Fault>>> = {
  status: (status, body = "xml", when) =>
    Option.gen(function* () {
      const code = yield* Option.filter(integer(status), (code) => code >= 200 && code <= 599)
      return Fault.status(code, { body: yield* Option.liftPredicate(isBody)(body), when: yield* timing(when) })
    }),
  "retry-after": (...given) => {
    const text = given.join(":")
    const date = new Date(text)
    return Option.orElse(Option.map(parseDuration(text), Fault.rateLimited), () =>
      Number.isNaN(date.getTime()) ? Option.none() : Option.some(Fault.rateLimited(date))
    )
  },
  delay: (duration = "", when) =>
    Option.zipWith(parseDuration(duration), timing(when), (duration, when) => Fault.delay(duration, { when })),
  hang: (when) => Option.map(timing(when), (when) => Fault.hang({ when })),
  flood: (when) => Option.map(timing(when), (when) => Fault.flood({ when })),
  reset: (when) => Option.map(timing(when), (when) => Fault.reset({ when })),
  stall: (bytes) => Option.map(integer(bytes), Fault.stall),
  truncate: (bytes) => Option.map(integer(bytes), Fault.truncate),
  "false-length": (by) => Option.map(integer(by), Fault.falseLength),
  "login-page": () => Option.some(Fault.loginPage),
  namespace: (...uri) => Option.some(Fault.namespace(uri.join(":"))),
  "end-session": () => Option.some(Fault.endSession),
  "shift-items": (by) => Option.map(integer(by), Fault.shiftItems),
  redirect: (status, ...location) =>
    Option.map(Option.fromNullable(redirects.find((known) => String(known) === status)), (known) =>
      Fault.redirect(known, location.join(":"))
    )
}

const operations: Array.NonEmptyReadonlyArray<Operation | "any" | "unknown"> = ["any", ...names, "unknown"]

const isOperation = (text: string): text is Operation | "any" | "unknown" => operations.some((known) => known === text)

const noOperation = (text: string): string => {
  const distance = (known: string) => AutoCorrect.levensteinDistance(text, known, CliConfig.defaultConfig)
  const nearest = Array.min(operations, Order.mapInput(Order.number, distance))
  const suggestion = distance(nearest) <= 3 ? `did you mean ${nearest}?` : "the README lists the operations"
  return `there is no operation '${text}': ${suggestion}`
}

/**
 * Parses an injection: the operation, how many times (`*` for always), and the fault. Examples:
 * `signIn=reset:after`, `queryWorkbooksForSite*3=status:503:html`, `any**=delay:2s`.
 */
export const parseFault = (text: string): Either.Either<Injection, string> => {
  const [, operation = "", times = "1", kind = "", rest] = /^(\w+)(?:\*(\d+|\*))?=([\w-]+)(?::(.*))?$/.exec(text) ?? []
  if (kind === "") return Either.left(`'${text}' is not OPERATION[*TIMES]=FAULT`)
  if (!isOperation(operation)) return Either.left(noOperation(operation))
  const make = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (make === undefined) return Either.left(`there is no fault '${kind}', only ${Object.keys(kinds).join(", ")}`)
  return Option.match(make(...(rest?.split(":") ?? [])), {
    onNone: () => Either.left(`'${rest ?? ""}' is not valid for the fault '${kind}'`),
    onSome: (fault) =>
      Either.right({ operation, times: times === "*" ? Number.POSITIVE_INFINITY : Number(times), fault })
  })
}
