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
      `--${name} wants a number from 0 to 65535.`
    )
  )

const latency = Options.text("latency").pipe(
  Options.filterMap(parseDuration, "--latency wants milliseconds, or a number with ms, s, m or h, such as 50 or 2s.")
)

/** Of minutes mostly: a number alone, which is milliseconds elsewhere, would end each session at once. */
const limit = (name: string) =>
  Options.text(name).pipe(
    Options.filterMap(
      (text) => Option.filter(parseDuration(text), () => /[a-z]$/.test(text)),
      `--${name} wants a number with ms, s, m or h, such as 240m or 30s.`
    )
  )

/** A certificate is made for HTTPS only. */
const security = Options.all({
  tls: Options.boolean("tls").pipe(Options.withDescription("Speak HTTPS, with a certificate made at the start.")),
  certificate: Options.file("certificate").pipe(
    Options.optional,
    Options.withDescription("With --tls, where to write the certificate as PEM.")
  )
}).pipe(
  Options.filterMap(
    Option.liftPredicate(({ certificate, tls }) => tls || Option.isNone(certificate)),
    "--certificate needs --tls: without it there is no certificate to write."
  )
)

const flags = {
  port: port("port").pipe(
    Options.withDefault(8765),
    Options.withDescription("The port on 127.0.0.1; 0 picks a free one.")
  ),
  security,
  cloud: Options.boolean("cloud").pipe(
    Options.withDescription("Be Tableau Cloud: no Default site, no switching of sites.")
  ),
  cors: Options.boolean("cors").pipe(Options.withDescription("Let web pages from everywhere call the server.")),
  redirectFrom: port("redirect-from").pipe(
    Options.optional,
    Options.withDescription("The port of a plain listener that answers everything with a 301 to the main one.")
  ),
  workbooks: Options.integer("workbooks").pipe(
    Options.filterMap(
      Option.liftPredicate((number) => number >= 0),
      "--workbooks wants a number from 0 on."
    ),
    Options.optional,
    Options.withDescription("How many workbooks the Default site has.")
  ),
  latency: latency.pipe(
    Options.optional,
    Options.withDescription("How long every answer takes at least: milliseconds, or 2s.")
  ),
  idleLimit: limit("idle-limit").pipe(
    Options.optional,
    Options.withDescription("A session ends when it was not used for so long: 240m.")
  ),
  lifetimeLimit: limit("lifetime-limit").pipe(
    Options.optional,
    Options.withDescription("A session ends so long after its sign-in: 120m.")
  ),
  faults: Options.text("fault").pipe(
    Options.repeated,
    Options.mapEffect((texts) =>
      Either.mapLeft(Either.all(texts.map(parseFault)), (problem) =>
        ValidationError.invalidValue(HelpDoc.p(`--fault: ${problem}.`))
      )
    ),
    // Never missing, but shown as optional.
    Options.withDefault([]),
    Options.withDescription("Make requests go wrong: signIn=reset:after, queryWorkbooksForSite*3=status:503:html.")
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
).pipe(Command.withDescription("A Tableau Server on loopback that needs no Tableau."))

/** Runs until it is interrupted. Fails on flags that it does not understand, after it has said so. */
export const run = Command.run(command, { name: "effect-tableau-simulator", version: "0.1.0" })
