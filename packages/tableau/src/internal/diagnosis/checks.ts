/**
 * The checks of a diagnosis: pure functions from what was found to outcomes. The request decides which check has failed;
 * the inspection only adds details.
 */

import * as Duration from "effect/Duration"
import * as TableauUrl from "../../TableauUrl.js"
import * as ApiVersion from "../apiVersion.js"
import type { Deployment } from "../deployment.js"
import type { ServerInfo, ServerInfoError } from "../http/serverInfo.js"
import type { Check } from "./diagnosis.js"
import type { Certificate, Inspection, TlsConnection } from "./inspector.js"

/** Each check depends on the ones before it. */
const names = ["address", "dns", "connection", "tls", "redirect", "api", "version", "clock"] as const

type Name = (typeof names)[number]

export interface Result {
  readonly outcome: Check["outcome"]
  readonly detail: string
  readonly advice?: string | undefined
}

export type Results = Partial<Record<Name, Result>>

/** Timeout of each step. */
export const stepTimeout = Duration.seconds(10)
const timeoutText = Duration.format(stepTimeout)

/** With a larger skew the server may reject a JSON web token as expired or as not yet valid. */
const allowedSkew = Duration.seconds(60)

/** When the request was sent, and how much of the response was received. */
export interface Timing {
  readonly sentAt: number
  /** When the headers were received. */
  readonly receivedAt: number
  /** The `Date` header. Absent until the body has been received, too. */
  readonly date?: string | undefined
}

export interface Findings {
  readonly url: TableauUrl.TableauUrl
  readonly secure: boolean
  /** Absent if the runtime has no inspector. */
  readonly inspection: Inspection | undefined
  /** Absent if no headers were received. */
  readonly timing: Timing | undefined
}

const ok = (detail: string): Result => ({ outcome: "ok", detail })
const skipped = (detail: string): Result => ({ outcome: "skipped", detail })
const warning = (detail: string, advice: string): Result => ({ outcome: "warning", detail, advice })
const failed = (detail: string, advice?: string): Result => ({ outcome: "failed", detail, advice })

/**
 * The first sentence of an error message says what happened, the others what to do about it. A period in quotation marks
 * is one of a name.
 */
export const failedWith = (message: string): Result => {
  const [first = ""] = /^(?:"[^"]*"|\.(?! |$)|[^.])*/.exec(message) ?? []
  const others = message.slice(first.length + 1).trim()
  return failed(first, others === "" ? undefined : others)
}

const listed = (items: ReadonlyArray<string>): string => {
  const [first, more] = [items.slice(0, 5), items.length - 5]
  return `${first.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}

export const deploymentOf = ({ server }: TableauUrl.TableauUrl): Deployment =>
  TableauUrl.isCloud(server) ? "Cloud" : "Server"

const address = ({ url }: Findings): Result => {
  const site = url.site === undefined ? "no site named" : url.site === "" ? "the Default site" : `site "${url.site}"`
  return deploymentOf(url) === "Cloud" && (url.site ?? "") === ""
    ? warning(
        `${url.server}, ${site}`,
        "Tableau Cloud has no Default site: set `site` to what follows /site/ in the browser."
      )
    : ok(`${url.server}, ${site}`)
}

const notInspected = 'not inspected: provide TableauNode.layerHttpClient() of "effect-tableau/node"'

const dns = ({ inspection, url }: Findings): Result => {
  if (inspection === undefined) return skipped(notInspected)
  if (inspection.proxy !== undefined) return skipped(`left to the proxy ${inspection.proxy}`)
  const { hostname } = new URL(url.server)
  return inspection.addresses.length === 0
    ? skipped(`a separate lookup did not find ${hostname}, but the HttpClient connected`)
    : ok(`${hostname} is ${listed(inspection.addresses)}`)
}

const connection = ({ inspection, url }: Findings): Result => {
  if (inspection?.proxy !== undefined) return ok(`connected through the proxy ${inspection.proxy}`)
  return ok(`connected to ${inspection?.connected ?? url.server}`)
}

const isoDay = (date: Date): string => (Number.isNaN(date.getTime()) ? "?" : date.toISOString().slice(0, 10))

const certificateText = ({ issuer, names, selfSigned, validFrom, validUntil }: Certificate): string =>
  `${listed(names)}, ${selfSigned ? "self-signed" : `issued by ${issuer}`}, valid from ${isoDay(validFrom)} to ${isoDay(validUntil)}`

const tlsText = ({ chain, protocol }: TlsConnection): string => [protocol, ...chain.map(certificateText)].join("; ")

const tls = ({ inspection, secure }: Findings): Result => {
  if (!secure) return warning("not used: plain http", "Passwords and tokens are sent in clear text. Use https.")
  if (inspection?.tls === undefined) {
    return ok("the HttpClient accepts the certificate; the certificate was not inspected")
  }
  const text = tlsText(inspection.tls)
  return inspection.tls.untrusted === undefined
    ? ok(`trusted: ${text}`)
    : warning(
        `not trusted (${inspection.tls.untrusted}), but accepted: ${text}`,
        "Outside of development, set `ca` to the server's certificate, or to that of its authority."
      )
}

const version = ({ build, productVersion, restApiVersion }: ServerInfo, url: TableauUrl.TableauUrl): Result => {
  const product = `Tableau ${deploymentOf(url)} ${productVersion ?? "(version not reported)"}`
  const text = `${product}${build === undefined ? "" : `, build ${build}`}, REST API ${restApiVersion}`
  return ApiVersion.includes(restApiVersion, "3.6")
    ? ok(text)
    : warning(text, "Personal access tokens need REST API 3.6: sign in with user name and password.")
}

/** Compares with the middle between sending and receiving. In milliseconds, though a `Date` header has whole seconds. */
export const skewOf = ({ date, receivedAt, sentAt }: Timing): number | undefined => {
  const serverTime = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(serverTime) ? undefined : Math.round(serverTime - (sentAt + receivedAt) / 2)
}

const clock = (skew: number | undefined): Result => {
  if (skew === undefined) return skipped("the response has no valid Date header")
  const difference = Duration.millis(Math.abs(skew))
  if (Duration.lessThanOrEqualTo(difference, allowedSkew)) {
    return ok(`the server's clock is within ${Math.ceil(Math.abs(skew) / 1000)}s of the local clock`)
  }
  const text = Duration.format(Duration.seconds(Math.round(Duration.toSeconds(difference))))
  return warning(
    `the server's clock is ${text} ${skew > 0 ? "ahead of" : "behind"} the local clock`,
    "The server may reject JSON web tokens (connected apps) as expired or not yet valid. Correct the wrong clock."
  )
}

/** What holds for every check before the one that fails, if one does. */
const passed = (findings: Findings): Results => ({
  address: address(findings),
  dns: dns(findings),
  connection: connection(findings),
  tls: tls(findings),
  redirect: ok("none"),
  api: ok("the Tableau REST API responds")
})

/** The check that fails with the error. */
const failingCheck = (error: ServerInfoError, { inspection, secure, timing }: Findings): Name => {
  const connectedByTls = timing !== undefined || inspection?.tls !== undefined
  switch (error._tag) {
    case "ConnectionFailed":
      if (error.reason === "Dns") return "dns"
      if (error.reason === "HeadersTooLarge") return "api"
      return connectedByTls ? "api" : "connection"
    case "TimedOut":
      if (connectedByTls) return "api"
      if (inspection !== undefined && inspection.proxy === undefined && inspection.addresses.length === 0) return "dns"
      if (inspection?.connected === undefined) return "connection"
      return secure ? "tls" : "api"
    case "TlsFailed":
      // An error that names a proxy is about the connection to the proxy.
      return error.proxy === undefined ? "tls" : "connection"
    case "RedirectRefused":
      return "redirect"
    case "MethodNotAllowed":
      return error.suggestedUrl === undefined ? "api" : "redirect"
    default:
      return "api"
  }
}

const timeouts: Results = {
  dns: failed(`the host name was not resolved within ${timeoutText}`, "Check the DNS and the VPN of this machine."),
  connection: failed(
    `no response within ${timeoutText}`,
    "Check host and port, and whether a firewall, a proxy or a VPN blocks the connection."
  ),
  tls: failed(
    `connected, but the TLS handshake did not complete within ${timeoutText}`,
    "If this port serves plain HTTP, write http:// before the address."
  ),
  api: failed(
    `connected, but no complete response within ${timeoutText}`,
    "The server may be starting or busy, or another program uses the port."
  )
}

/** What the inspection found is added to the error of the request. */
const failure = (error: ServerInfoError, name: Name, { inspection }: Findings): Result => {
  if (error._tag === "UnexpectedResponse" && error.status === 407) {
    return failed(
      "a proxy requires a user name and a password (status 407)",
      "Pass them to TableauNode.layerHttpClient({ proxy: { url, username, password } })."
    )
  }
  const ownTimeout = error._tag === "TimedOut" && error.phase === undefined ? timeouts[name] : undefined
  const result = ownTimeout ?? failedWith(error.message.slice(error.operation.length + 2))
  return error._tag === "TlsFailed" && inspection?.tls !== undefined
    ? { ...result, detail: `${result.detail}: ${tlsText(inspection.tls)}` }
    : result
}

/** Text from the server must not break the line, and must end. */
const oneLine = (text: string): string => text.slice(0, 2000).replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")

export const conclude = (results: Results, failedAt?: Name): ReadonlyArray<Check> =>
  names.map((name, index) => {
    const unreached = failedAt !== undefined && index > names.indexOf(failedAt)
    const { advice, detail, outcome } =
      (unreached ? undefined : results[name]) ?? skipped(`not checked: ${failedAt} failed`)
    return { name, outcome, detail: oneLine(detail), ...(advice === undefined ? {} : { advice: oneLine(advice) }) }
  })

export const afterError = (findings: Findings, error: ServerInfoError): ReadonlyArray<Check> => {
  const name = failingCheck(error, findings)
  return conclude({ ...passed(findings), [name]: failure(error, name, findings) }, name)
}

export const afterResponse = (findings: Findings, info: ServerInfo): ReadonlyArray<Check> =>
  conclude({
    ...passed(findings),
    version: version(info, findings.url),
    clock: clock(findings.timing && skewOf(findings.timing))
  })
