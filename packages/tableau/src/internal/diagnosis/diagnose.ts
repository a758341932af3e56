/** Runs a diagnosis: an inspection of the network, where the runtime has one, and one request without credentials. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { BadRequest } from "../../TableauError.js"
import * as TableauUrl from "../../TableauUrl.js"
import { badRequest } from "../badRequest.js"
import { serverInfo } from "../http/serverInfo.js"
import * as Transport from "../http/transport.js"
import * as Checks from "./checks.js"
import type { Diagnosis } from "./diagnosis.js"
import { Inspector } from "./inspector.js"

const operation = "ServerInfo.diagnose"

const parse = (text: string) =>
  Either.gen(function* () {
    const url = yield* TableauUrl.parse(text)
    if (url.site !== undefined) yield* TableauUrl.checkSite(url.server, url.site)
    if (TableauUrl.isCloud(url.server) && url.server.startsWith("http:")) {
      const advice = `Use ${url.server.replace("http:", "https:")}.`
      return yield* Either.left(badRequest(operation, `Tableau Cloud accepts https only. ${advice}`))
    }
    return url
  })

const unparsed = (error: BadRequest): Diagnosis => ({
  checks: Checks.conclude({ address: Checks.failedWith(error.detail ?? error.message) }, "address"),
  server: undefined,
  site: undefined,
  deployment: undefined,
  productVersion: undefined,
  build: undefined,
  restApiVersion: undefined,
  clockSkew: undefined,
  error
})

/** Sends the request, and notes the times also of one that fails later. */
const requestServerInfo = (server: string) =>
  Effect.gen(function* () {
    const timing = yield* Ref.make(Option.none<Checks.Timing>())
    const transport = yield* Transport.make({ origin: server, requestTimeout: Checks.stepTimeout })
    const timed: Transport.Transport = {
      ...transport,
      send: (request, surroundings) =>
        Effect.gen(function* () {
          const sentAt = yield* Clock.currentTimeMillis
          const pending = yield* transport.send(request, surroundings)
          const receivedAt = yield* Clock.currentTimeMillis
          yield* Ref.set(timing, Option.some({ sentAt, receivedAt }))
          const { date } = pending.head
          const text = Effect.tap(pending.text, () => Ref.set(timing, Option.some({ sentAt, receivedAt, date })))
          return { ...pending, text }
        })
    }
    const info = yield* Effect.either(serverInfo(timed, operation))
    return { info, timing: Option.getOrUndefined(yield* Ref.get(timing)) }
  })

export const diagnose = (text: string): Effect.Effect<Diagnosis, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const parsed = parse(text)
    if (Either.isLeft(parsed)) return unparsed(parsed.left)
    const url = parsed.right
    const inspector = Option.getOrUndefined(yield* Effect.serviceOption(Inspector))
    const inspection = inspector && (yield* inspector.inspect(new URL(url.server), Checks.stepTimeout))
    const { info, timing } = yield* requestServerInfo(url.server)
    const findings: Checks.Findings = { url, secure: url.server.startsWith("https:"), inspection, timing }
    const facts = { ...url, deployment: Checks.deploymentOf(url), clockSkew: timing && Checks.skewOf(timing) }
    return Either.match(info, {
      onLeft: (error): Diagnosis => ({
        ...facts,
        checks: Checks.afterError(findings, error),
        productVersion: undefined,
        build: undefined,
        restApiVersion: undefined,
        error
      }),
      onRight: (info): Diagnosis => ({
        ...facts,
        ...info,
        checks: Checks.afterResponse(findings, info),
        error: undefined
      })
    })
  })
