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
import { parseDuration, parseFault } from "./faultText.js"

const port = (name: string) =>
  Options.integer(name).pipe(
    Options.filterMap(
      Option.liftPredicate((number) => number >= 0 && number <= 65535),
      `--${name} must be a number from 0 to 65535.`
    )
  )

const latency = Options.text("latency").pipe(
  Options.filterMap(parseDuration, "--latency must be milliseconds, or a number with ms, s, m or h, such as 50 or 2s.")
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
    Options.withDescription("Use HTTPS, with a self-signed certificate that is generated at the start.")
  ),
  certificate: Options.file("certificate").pipe(
    Options.optional,
    Options.withDescription("With --tls: the file to which the certificate is written as PEM.")
  )
}).pipe(
  Options.filterMap(
    Option.liftPredicate(({ certificate, tls }) => tls || Option.isNone(certificate)),
    "--certificate needs --tls: without TLS there is no certificate to write."
  )
)

const flags = {
  port: port("port").pipe(
    Options.withDefault(8765),
    Options.withDescription("The port on 127.0.0.1. 0 chooses a free port.")
  ),
  security,
  cloud: Options.boolean("cloud").pipe(
    Options.withDescription("Simulate Tableau Cloud: no Default site, no switch of sites.")
  ),
  cors: Options.boolean("cors").pipe(Options.withDescription("Allow cross-origin requests of web pages.")),
  redirectFrom: port("redirect-from").pipe(
    Options.optional,
    Options.withDescription("The port of a listener without TLS that redirects (301) every request to the main one.")
  ),
  workbooks: Options.integer("workbooks").pipe(
    Options.filterMap(
      Option.liftPredicate((number) => number >= 0),
      "--workbooks must be 0 or a positive number."
    ),
    Options.optional,
    Options.withDescription("The number of workbooks on the Default site.")
  ),
  latency: latency.pipe(
    Options.optional,
    Options.withDescription("The minimum duration of every response: milliseconds, or 2s.")
  ),
  idleLimit: limit("idle-limit").pipe(
    Options.optional,
    Options.withDescription("A session ends after this time without use: 240m.")
  ),
  lifetimeLimit: limit("lifetime-limit").pipe(
    Options.optional,
    Options.withDescription("A session ends this long after its sign-in: 120m.")
  ),
  faults: Options.text("fault").pipe(
    Options.repeated,
    Options.mapEffect((texts) =>
      Either.mapLeft(Either.all(texts.map(parseFault)), (problem) =>
        ValidationError.invalidValue(HelpDoc.p(`--fault: ${problem}.`))
      )
    ),
    // The default never applies, but the help shows the flag as optional.
    Options.withDefault([]),
    Options.withDescription("Inject a fault: signIn=reset:after, queryWorkbooksForSite*3=status:503:html.")
  )
}

const command = Command.make("effect-tableau-simulator", flags, (given) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make({
      port: given.port,
      tls: given.security.tls,
      cloud: given.cloud,
      cors: given.cors,
      redirectFrom: Option.getOrUndefined(given.redirectFrom),
      workbooks: Option.getOrUndefined(given.workbooks),
      latency: Option.getOrUndefined(given.latency),
      idleLimit: Option.getOrUndefined(given.idleLimit),
      lifetimeLimit: Option.getOrUndefined(given.lifetimeLimit)
    })
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
    yield* Console.log(`listening on ${simulator.url}`)
    return yield* Effect.never
  }).pipe(Effect.scoped)
).pipe(Command.withDescription("A simulator of Tableau Server and Tableau Cloud on loopback."))

/** Runs until it is interrupted. Fails on unknown or invalid flags, after printing the error. */
export const run = Command.run(command, { name: "effect-tableau-simulator", version: "0.1.0" })
