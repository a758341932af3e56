/**
 * What stands between a program and a server: one request without credentials and, where the runtime can see more, a
 * look at names and certificates. The request decides what is wrong; the look says more about it.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { Check, Diagnosis, ServerInfo, ServerInfoError } from "../../ServerInfo.js"
import * as TableauUrl from "../../TableauUrl.js"
import * as ApiVersion from "../apiVersion.js"
import { badRequest } from "../badRequest.js"
import * as Transport from "../http/transport.js"
import { type Certificate, type Inspection, Inspector, type Secured } from "./inspector.js"
import * as Probe from "./probe.js"

const operation = "ServerInfo.diagnose"

/** In their order: each needs those before it. */
const names = ["address", "dns", "connection", "tls", "redirect", "api", "version", "clock"] as const

type Name = (typeof names)[number]

interface Said {
  readonly outcome: Check["outcome"]
  readonly detail: string
  readonly advice?: string | undefined
}

/** For each step. */
const limit = Duration.seconds(10)
const within = Duration.format(limit)

/** From here on a JSON web token may be too young or too old for the server. */
const skewAllowed = Duration.seconds(60)

const ok = (detail: string): Said => ({ outcome: "ok", detail })
const skipped = (detail: string): Said => ({ outcome: "skipped", detail })
const warning = (detail: string, advice: string): Said => ({ outcome: "warning", detail, advice })
const failed = (detail: string, advice?: string): Said => ({ outcome: "failed", detail, advice })

const listed = (items: ReadonlyArray<string>): string => {
  const [shown, more] = [items.slice(0, 5), items.length - 5]
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}

/** The first sentence of an error says what happened, the others what to do. */
const sentences = (text: string): readonly [string, string | undefined] => {
  const [first = "", ...others] = text.split(/\.(?: |$)/)
  return [first, others.join(". ").trim() === "" ? undefined : text.slice(first.length + 2)]
}

const told = (error: ServerInfoError): Said => failed(...sentences(error.message.slice(error.operation.length + 2)))

/** What came back, as far as it came. */
interface Arrival {
  readonly sent: number
  readonly received: number
  /** Of the server. */
  readonly date?: string | undefined
}

interface Found {
  readonly url: TableauUrl.TableauUrl
  readonly secure: boolean
  readonly seen: Inspection | undefined
  readonly arrival: Arrival | undefined
}

const deploymentOf = ({ server }: TableauUrl.TableauUrl): "Server" | "Cloud" =>
  TableauUrl.isCloud(server) ? "Cloud" : "Server"

const parse = (text: string) =>
  Either.gen(function* () {
    const url = yield* TableauUrl.parse(text)
    if (url.site !== undefined) yield* TableauUrl.checkSite(url.server, url.site)
    if (deploymentOf(url) === "Cloud" && url.server.startsWith("http:")) {
      const advice = `Use ${url.server.replace("http:", "https:")}.`
      return yield* Either.left(badRequest(operation, `Tableau Cloud speaks https only. ${advice}`))
    }
    return url
  })

const address = ({ url }: Found): Said => {
  const site = url.site === undefined ? "no site named" : url.site === "" ? "the Default site" : `site "${url.site}"`
  return deploymentOf(url) === "Cloud" && (url.site ?? "") === ""
    ? warning(
        `${url.server}, ${site}`,
        "Tableau Cloud has no Default site: set `site` to what follows /site/ in the browser."
      )
    : ok(`${url.server}, ${site}`)
}

const unseen = 'not shown here: provide TableauNode.layerHttpClient() of "effect-tableau/node"'

const dns = ({ seen, url }: Found): Said => {
  if (seen === undefined) return skipped(unseen)
  if (seen.proxy !== undefined) return skipped(`for the proxy ${seen.proxy} to look up`)
  const { hostname } = new URL(url.server)
  return seen.addresses.length === 0
    ? skipped(`${hostname} was not found by a look-up of its own, but the HttpClient got further`)
    : ok(`${hostname} is ${listed(seen.addresses)}`)
}

const connection = ({ seen, url }: Found): Said => {
  if (seen?.proxy !== undefined) return ok(`connected through the proxy ${seen.proxy}`)
  return ok(`connected to ${seen?.connected ?? url.server}`)
}

const day = (date: Date): string => (Number.isNaN(date.getTime()) ? "?" : date.toISOString().slice(0, 10))

const shown = ({ from, issuer, names, root, until }: Certificate): string =>
  `${listed(names)}, ${root ? "self-signed" : `issued by ${issuer}`}, valid from ${day(from)} to ${day(until)}`

const chainOf = ({ chain, protocol }: Secured): string => [protocol, ...chain.map(shown)].join("; ")

const tls = ({ secure, seen }: Found): Said => {
  if (!secure)
    return warning("not used: plain http", "Passwords and tokens go over the wire for all to read. Use https.")
  if (seen?.secured === undefined) return ok("the HttpClient accepts the certificate; what it is was not looked at")
  const { secured } = seen
  return secured.untrusted === undefined
    ? ok(`trusted: ${chainOf(secured)}`)
    : warning(
        `not to be trusted (${secured.untrusted}), and accepted all the same: ${chainOf(secured)}`,
        "Outside of development, give the server's certificate, or that of its authority, as `ca`."
      )
}

const version = ({ build, productVersion, restApiVersion }: ServerInfo, url: TableauUrl.TableauUrl): Said => {
  const product = `Tableau ${deploymentOf(url)} ${productVersion ?? "of a version that it does not tell"}`
  const said = `${product}${build === undefined ? "" : `, build ${build}`}, REST API ${restApiVersion}`
  return ApiVersion.includes(restApiVersion, "3.6")
    ? ok(said)
    : warning(said, "Personal access tokens came with REST API 3.6: sign in by user name and password.")
}

/** The server's clock against ours in the middle of the way there and back. A `Date` has no milliseconds. */
const skewOf = ({ date, received, sent }: Arrival): number | undefined => {
  const said = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(said) ? undefined : Math.round(said - (sent + received) / 2)
}

const clock = (skew: number | undefined): Said => {
  if (skew === undefined) return skipped("the answer does not say the server's time")
  const off = Duration.millis(Math.abs(skew))
  if (Duration.lessThanOrEqualTo(off, skewAllowed))
    return ok(`the server's is within ${Math.ceil(Math.abs(skew) / 1000)}s of ours`)
  const much = Duration.format(Duration.seconds(Math.round(Duration.toSeconds(off))))
  return warning(
    `the server's is ${much} ${skew > 0 ? "ahead of" : "behind"} ours`,
    "JSON web tokens (connected apps) may be refused, as too old or not valid yet. Set the clock that is wrong."
  )
}

/** Which check it is that an error fails. */
const failing = (error: ServerInfoError, { arrival, secure, seen }: Found): Name => {
  switch (error._tag) {
    case "ConnectionFailed": {
      if (error.reason === "Dns") return "dns"
      return arrival !== undefined || seen?.secured !== undefined ? "api" : "connection"
    }
    case "TimedOut": {
      if (arrival !== undefined || seen?.secured !== undefined) return "api"
      if (seen !== undefined && seen.proxy === undefined && seen.addresses.length === 0) return "dns"
      if (seen?.connected === undefined) return "connection"
      return secure ? "tls" : "api"
    }
    case "TlsFailed":
      // With the proxy it is of the way to it.
      return error.proxy === undefined ? "tls" : "connection"
    case "RedirectRefused":
      return "redirect"
    case "MethodNotAllowed":
      return error.suggestedUrl === undefined ? "api" : "redirect"
    default:
      return "api"
  }
}

const timedOut: Partial<Record<Name, Said>> = {
  dns: failed(`the host's name was not found within ${within}`, "Check the DNS and the VPN of this machine."),
  connection: failed(
    `no answer within ${within}`,
    "Check host and port, and whether a firewall, a proxy or a VPN stands in the way."
  ),
  tls: failed(
    `connected, but TLS did not begin within ${within}`,
    "If this port speaks plain HTTP, write http:// before the address."
  ),
  api: failed(
    `connected, but no whole answer within ${within}`,
    "The server may be starting or busy; or the port is another program's."
  )
}

/** Where the look saw more than the request, it is added. */
const failure = (error: ServerInfoError, name: Name, { seen }: Found): Said => {
  if (error._tag === "UnexpectedResponse" && error.status === 407) {
    return failed(
      "a proxy wants a user name and a password (status 407)",
      "Give them to TableauNode.layerHttpClient({ proxy: { url, username, password } })."
    )
  }
  const said = (error._tag === "TimedOut" && error.phase === undefined ? timedOut[name] : undefined) ?? told(error)
  return error._tag === "TlsFailed" && seen?.secured !== undefined
    ? { ...said, detail: `${said.detail}: ${chainOf(seen.secured)}` }
    : said
}

/** A server may say anything: what it says stays on its line, and ends. */
const plain = (text: string): string => text.slice(0, 2000).replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")

const conclude = (said: Partial<Record<Name, Said>>, failedAt?: Name): ReadonlyArray<Check> =>
  names.map((name, index) => {
    const after = failedAt !== undefined && index > names.indexOf(failedAt)
    const { advice, detail, outcome } = (after ? undefined : said[name]) ?? skipped(`not looked at: ${failedAt} failed`)
    return { name, outcome, detail: plain(detail), ...(advice === undefined ? {} : { advice: plain(advice) }) }
  })

/** The one request, and when it came back. */
const ask = (server: string) =>
  Effect.gen(function* () {
    const arrived = yield* Ref.make(Option.none<Arrival>())
    const transport = yield* Transport.make({ origin: server, requestTimeout: limit })
    const watched: Transport.Transport = {
      ...transport,
      send: (request, surroundings) =>
        Effect.gen(function* () {
          const sent = yield* Clock.currentTimeMillis
          const pending = yield* transport.send(request, surroundings)
          const received = yield* Clock.currentTimeMillis
          yield* Ref.set(arrived, Option.some({ sent, received }))
          const { date } = pending.head
          const text = Effect.tap(pending.text, () => Ref.set(arrived, Option.some({ sent, received, date })))
          return { ...pending, text }
        })
    }
    const info = yield* Effect.either(Probe.serverInfo(watched, operation))
    return { info, arrival: Option.getOrUndefined(yield* Ref.get(arrived)) }
  })

export const diagnose = (text: string) =>
  Effect.gen(function* () {
    const parsed = parse(text)
    if (Either.isLeft(parsed)) {
      const error = parsed.left
      const diagnosis: Diagnosis = {
        checks: conclude({ address: failed(...sentences(error.detail ?? error.message)) }, "address"),
        server: undefined,
        site: undefined,
        deployment: undefined,
        productVersion: undefined,
        build: undefined,
        restApiVersion: undefined,
        clockSkew: undefined,
        error
      }
      return diagnosis
    }
    const url = parsed.right
    const secure = url.server.startsWith("https:")
    const inspector = Option.getOrUndefined(yield* Effect.serviceOption(Inspector))
    const seen = inspector && (yield* inspector.inspect(new URL(url.server), limit))
    const { arrival, info } = yield* ask(url.server)
    const found: Found = { url, secure, seen, arrival }
    const skew = arrival && skewOf(arrival)
    const passed = {
      address: address(found),
      dns: dns(found),
      connection: connection(found),
      tls: tls(found),
      redirect: ok("none"),
      api: ok("Tableau's REST API answers")
    }
    const facts = { ...url, deployment: deploymentOf(url), clockSkew: skew }
    const diagnosis: Diagnosis = Either.match(info, {
      onLeft: (error) => {
        const name = failing(error, found)
        return {
          ...facts,
          checks: conclude({ ...passed, [name]: failure(error, name, found) }, name),
          productVersion: undefined,
          build: undefined,
          restApiVersion: undefined,
          error
        }
      },
      onRight: (info) => ({
        ...facts,
        ...info,
        checks: conclude({ ...passed, version: version(info, url), clock: clock(skew) }),
        error: undefined
      })
    })
    return diagnosis
  })

/** One line for each check, and one for all that were not looked at as one before them failed. */
export const format = ({ checks }: Diagnosis): string => {
  const failedAt = checks.findIndex(({ outcome }) => outcome === "failed")
  const seen = failedAt === -1 ? checks : checks.slice(0, failedAt + 1)
  const after = checks.slice(seen.length)
  const names = after.map(({ name }) => name).join(", ")
  return [
    ...seen.map(({ advice, detail, name, outcome }) =>
      [outcome.padEnd(8), name.padEnd(11), advice === undefined ? detail : `${detail}. ${advice}`].join(" ")
    ),
    ...after.slice(0, 1).map(({ detail, outcome }) => [outcome.padEnd(8), `${names} ${detail}`].join(" "))
  ].join("\n")
}
