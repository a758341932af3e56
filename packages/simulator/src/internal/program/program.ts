import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { Simulator } from "../../Simulator.js"
import { grammar, parseDuration, parseFault } from "./faultText.js"
import * as JobText from "./jobText.js"
import * as Starter from "./starter.js"

const port = (name: string) =>
  Options.integer(name).pipe(
    Options.filterMap(
      Option.liftPredicate((number) => number >= 0 && number <= 65535),
      `--${name} must be a number from 0 to 65535.`
    )
  )

const duration = (name: string) =>
  Options.text(name).pipe(
    Options.filterMap(
      parseDuration,
      `--${name} must be milliseconds, or a number with ms, s, m or h, such as 50 or 2s.`
    )
  )

/** The unit is required: a number without unit would be milliseconds, which would end each session at once. */
const limit = (name: string) =>
  Options.text(name).pipe(
    Options.filterMap(
      (text) => Option.filter(parseDuration(text), () => /[a-z]$/.test(text)),
      `--${name} must be a number with ms, s, m or h, such as 240m or 30s.`
    )
  )

/** `--certificate` is valid only with `--tls`. */
const security = Options.all({
  tls: Options.boolean("tls").pipe(
    Options.withDescription("Use HTTPS, with a self-signed certificate that is generated at the start. Default: HTTP.")
  ),
  certificate: Options.file("certificate").pipe(
    Options.optional,
    Options.withDescription("With --tls: the file to which the certificate is written as PEM. Default: none.")
  )
}).pipe(
  Options.filterMap(
    Option.liftPredicate(({ certificate, tls }) => tls || Option.isNone(certificate)),
    "--certificate needs --tls: without TLS there is no certificate to write."
  )
)

/** A flag that can be repeated, with values that have a grammar. */
const repeated = <A>(name: string, parse: (text: string) => Either.Either<A, string>) =>
  Options.text(name).pipe(
    Options.repeated,
    Options.mapEffect((texts) =>
      Either.mapLeft(Either.all(texts.map(parse)), (problem) =>
        ValidationError.invalidValue(HelpDoc.p(`--${name}: ${problem}.`))
      )
    ),
    // The default never applies, but the help shows the flag as optional.
    Options.withDefault([])
  )

const flags = {
  port: port("port").pipe(
    Options.withDefault(8765),
    Options.withDescription("The port. 0 chooses a free port. Default: 8765.")
  ),
  host: Options.text("host").pipe(
    Options.withDefault("127.0.0.1"),
    Options.withDescription(
      "The name or address to listen on. 0.0.0.0 is needed in a container, and makes the simulator reachable from the network. Default: 127.0.0.1."
    )
  ),
  allowedHosts: Options.text("allow-host").pipe(
    Options.repeated,
    Options.withDefault([]),
    Options.withDescription(
      "A name that clients use for this machine, and that may stand in their Host header. Can be repeated. Default: only loopback, the name in --host, and names without a dot."
    )
  ),
  security,
  cloud: Options.boolean("cloud").pipe(
    Options.withDescription(
      "Simulate Tableau Cloud: no Default site, no switch of sites. Clients need --tls with it. Default: Tableau Server."
    )
  ),
  cors: Options.boolean("cors").pipe(
    Options.withDescription("Allow requests of all web pages. Default: pages of other hosts get status 403.")
  ),
  redirectFrom: port("redirect-from").pipe(
    Options.optional,
    Options.withDescription(
      "The port of a listener without TLS that redirects (301) every request to the main one. Default: none."
    )
  ),
  workbooks: Options.integer("workbooks").pipe(
    Options.filterMap(
      Option.liftPredicate((number) => number >= 0),
      "--workbooks must be 0 or a positive number."
    ),
    Options.optional,
    Options.withDescription("The number of workbooks on the Default site. Default: 120.")
  ),
  latency: duration("latency").pipe(
    Options.optional,
    Options.withDescription("The minimum duration of every response: milliseconds, or 2s. Default: 0.")
  ),
  idleLimit: limit("idle-limit").pipe(
    Options.optional,
    Options.withDescription("A session ends after this time without use. Default: 240m, with --cloud 120m.")
  ),
  lifetimeLimit: limit("lifetime-limit").pipe(
    Options.optional,
    Options.withDescription("A session ends this long after its sign-in, such as 120m. Default: never.")
  ),
  jobWait: duration("job-wait").pipe(
    Options.optional,
    Options.withDescription("How long a job waits before it starts: milliseconds, or 2s. Default: 200.")
  ),
  jobRun: duration("job-run").pipe(
    Options.optional,
    Options.withDescription("How long a job runs: milliseconds, or 2s. Default: 800.")
  ),
  asterisk: Options.choice("asterisk", ["wildcard", "literal"]).pipe(
    Options.withDefault("wildcard" as const),
    Options.withDescription("What * means in the value of a filter with eq or in. Default: wildcard.")
  ),
  repeatedSequenceId: Options.choice("repeated-sequence-id", ["replace", "append", "refuse"]).pipe(
    Options.withDefault("replace" as const),
    Options.withDescription(
      "What a block of a file upload does whose sequenceID was sent before: it replaces the other, is appended to it, or is refused. Default: replace."
    )
  ),
  jobs: repeated("job", JobText.parseJob).pipe(
    Options.withDescription(
      `How the next job of some content ends: ${JobText.grammar}. Can be repeated. Default: with success.`
    )
  ),
  faults: repeated("fault", parseFault).pipe(
    Options.withDescription(`Inject a fault: ${grammar}. Can be repeated. Default: none.`)
  )
}

const command = Command.make("effect-tableau-simulator", flags, (given) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make({
      host: given.host,
      allowedHosts: given.allowedHosts,
      port: given.port,
      tls: given.security.tls,
      cloud: given.cloud,
      cors: given.cors,
      redirectFrom: Option.getOrUndefined(given.redirectFrom),
      workbooks: Option.getOrUndefined(given.workbooks),
      latency: Option.getOrUndefined(given.latency),
      asterisk: given.asterisk,
      repeatedSequenceId: given.repeatedSequenceId,
      idleLimit: Option.getOrUndefined(given.idleLimit),
      lifetimeLimit: Option.getOrUndefined(given.lifetimeLimit),
      jobWait: Option.getOrUndefined(given.jobWait),
      jobRun: Option.getOrUndefined(given.jobRun)
    })
    yield* Effect.forEach(given.jobs, simulator.planJobs)
    yield* Effect.forEach(given.faults, simulator.inject)
    if (simulator.certificate !== undefined) {
      if (Option.isSome(given.security.certificate)) {
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(given.security.certificate.value, simulator.certificate)
        yield* Console.log(`certificate written to ${given.security.certificate.value}`)
      } else {
        yield* Console.log("the certificate is self-signed; --certificate FILE writes it as PEM")
      }
    }
    if (simulator.redirectUrl !== undefined) {
      yield* Console.log(`redirecting from ${simulator.redirectUrl}`)
    }
    if (given.cloud && !given.security.tls) {
      yield* Console.error("warning: Tableau Cloud supports HTTPS only, and clients may refuse this address; add --tls")
    }
    if (["0.0.0.0", "::"].includes(given.host)) {
      yield* Console.log("every machine in the network can reach the simulator")
    }
    yield* Console.log(`listening on ${simulator.url}`)
    const starter = yield* Starter.ended
    yield* Console.error(`${starter}, which started the simulator, has ended`)
  }).pipe(Effect.scoped)
).pipe(Command.withDescription("A simulator of Tableau Server and Tableau Cloud on loopback."))

const execute = Command.run(command, { name: "effect-tableau-simulator", version: "0.1.0" })

/** What is said of a flag without its value. */
const grammars: Readonly<Record<string, string>> = { "--fault": grammar, "--job": JobText.grammar }

const flagWithValue =
  /^(--(?:port|host|allow-host|certificate|redirect-from|workbooks|latency|asterisk|idle-limit|lifetime-limit|job|job-wait|job-run|repeated-sequence-id|fault))(?:=(.*))?$/s

/** The library splits at each equals sign, and a fault has one of its own. */
const split = (argument: string): ReadonlyArray<string> => {
  const [, flag, value] = flagWithValue.exec(argument) ?? []
  return flag === undefined || value === undefined ? [argument] : [flag, value]
}

/**
 * Runs until it is interrupted, or until the process that started it has ended. Fails on unknown or invalid flags, after
 * printing the error.
 */
export const run = (argv: ReadonlyArray<string>) => {
  const given = argv.flatMap(split)
  // The library drops empty arguments, and takes a flag at the end without its value for absent.
  const flag = given.find((argument, index) => flagWithValue.test(argument) && (given[index + 1] ?? "") === "")
  if (flag === undefined) return execute(given)
  const form = grammars[flag]
  const problem = `${flag} needs a value${form === undefined ? "" : `: ${form}`}.`
  return Effect.andThen(Console.error(problem), Effect.fail(ValidationError.missingValue(HelpDoc.p(problem))))
}
