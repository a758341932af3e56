import { validateHeaderValue } from "node:http"
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
  const [, amount, unit = "ms"] = /^(\d{1,15}(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  return Option.map(Option.fromNullable(units[unit]), (make) => make(Number(amount))).pipe(
    Option.filter(() => amount !== undefined)
  )
}

const integer = (text: string | undefined): Option.Option<number> =>
  text !== undefined && /^-?\d{1,15}$/.test(text) ? Option.some(Number(text)) : Option.none()

const count = (text: string | undefined): Option.Option<number> => Option.filter(integer(text), (count) => count >= 0)

/** A number is that of the bytes of the request. */
const timing = (text: string | undefined): Option.Option<Fault.Timing> =>
  text === undefined || text === "before" || text === "after"
    ? Option.some(text ?? "before")
    : Option.map(count(text), (requestBytes) => ({ requestBytes }))

type Body = "xml" | "html" | "empty"

const isBody = (text: string): text is Body => ["xml", "html", "empty"].includes(text)

const redirects = [301, 302, 303, 307, 308] as const

const isLocation = (text: string): boolean =>
  text !== "" && Either.isRight(Either.try(() => validateHeaderValue("location", text)))

interface Kind {
  /** What follows the name. */
  readonly form: string
  /** Returns nothing for parameters that are malformed, missing, or too many. */
  readonly make: (...given: ReadonlyArray<string>) => Option.Option<Fault.Fault>
}

/** A fault with at most one parameter, its timing. */
const timed = (make: (options: { readonly when: Fault.Timing }) => Fault.Fault): Kind => ({
  form: "[:after|BYTES]",
  make: (when, ...rest) => (rest.length > 0 ? Option.none() : Option.map(timing(when), (when) => make({ when })))
})

/** A fault with one number. */
const numbered = (
  form: string,
  parse: (text: string | undefined) => Option.Option<number>,
  make: (number: number) => Fault.Fault
): Kind => ({
  form,
  make: (number, ...rest) => (rest.length > 0 ? Option.none() : Option.map(parse(number), make))
})

const constant = (fault: Fault.Fault): Kind => ({
  form: "",
  make: (...given) => (given.length > 0 ? Option.none() : Option.some(fault))
})

/** Makes a fault of each kind from the parameters after its name. */
const kinds: Readonly<Record<string, Kind>> = {
  status: {
    form: ":CODE[:xml|html|empty[:after|BYTES]]",
    make: (status, body = "xml", when, ...rest) =>
      Option.gen(function* () {
        if (rest.length > 0) return yield* Option.none()
        const code = yield* Option.filter(integer(status), (code) => code >= 200 && code <= 599)
        return Fault.status(code, { body: yield* Option.liftPredicate(isBody)(body), when: yield* timing(when) })
      })
  },
  "retry-after": {
    form: ":DURATION or :DATE",
    make: (...given) => {
      const text = given.join(":")
      const date = new Date(text)
      return Option.orElse(Option.map(parseDuration(text), Fault.rateLimited), () =>
        Number.isNaN(date.getTime()) ? Option.none() : Option.some(Fault.rateLimited(date))
      )
    }
  },
  delay: {
    form: ":DURATION[:after|BYTES]",
    make: (duration = "", when, ...rest) =>
      rest.length > 0
        ? Option.none()
        : Option.zipWith(parseDuration(duration), timing(when), (duration, when) => Fault.delay(duration, { when }))
  },
  hang: timed(Fault.hang),
  flood: timed(Fault.flood),
  reset: timed(Fault.reset),
  stall: numbered(":BYTES", count, Fault.stall),
  truncate: numbered(":BYTES", count, Fault.truncate),
  "false-length": numbered(":BYTES", integer, Fault.falseLength),
  "login-page": constant(Fault.loginPage),
  namespace: {
    form: ":URI",
    make: (...uri) => Option.some(Fault.namespace(uri.join(":"))).pipe(Option.filter(() => uri.join(":") !== ""))
  },
  "end-session": constant(Fault.endSession),
  "shift-items": numbered(":NUMBER", integer, Fault.shiftItems),
  redirect: {
    form: ":301|302|303|307|308:URL, with a URL of ASCII characters",
    make: (status, ...location) =>
      Option.fromNullable(redirects.find((known) => String(known) === status)).pipe(
        Option.filter(() => isLocation(location.join(":"))),
        Option.map((known) => Fault.redirect(known, location.join(":")))
      )
  }
}

/** How a fault is written. */
export const grammar = "OPERATION[*TIMES]=FAULT[:PARAMETER...], such as signIn=reset:after or any**=status:503:html"

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
  const [, operation = "", times = "1", kind = "", rest] =
    /^(\w+)(?:\*([1-9]\d{0,14}|\*))?=([\w-]+)(?::(.*))?$/s.exec(text) ?? []
  if (kind === "") return Either.left(`'${text}' is not ${grammar}`)
  if (!isOperation(operation)) return Either.left(noOperation(operation))
  const found = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (found === undefined) return Either.left(`there is no fault '${kind}', only ${Object.keys(kinds).join(", ")}`)
  return Option.match(found.make(...(rest?.split(":") ?? [])), {
    onNone: () => Either.left(`'${text.slice(text.indexOf("=") + 1)}' is not ${kind}${found.form}`),
    onSome: (fault) =>
      Either.right({ operation, times: times === "*" ? Number.POSITIVE_INFINITY : Number(times), fault })
  })
}
