/// <reference types="node" preserve="true" />
/** The way out of a company's network: which proxy stands before which server, and the tunnel through it. */
import * as Http from "node:http"
import * as Https from "node:https"
import { BlockList, isIP, type Socket } from "node:net"
import type { SecureContext } from "node:tls"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { AtProxy, Overdue, troubleAt } from "../http/transportError.js"

/**
 * An option of `TableauNode.layerHttpClient`, or a variable of the environment in its place, has a value that cannot be
 * used. Nothing was sent. It never holds the value: a proxy's address can have a password in it.
 *
 * @since 0.1.0
 * @category errors
 */
export class HttpClientOptionInvalid extends Schema.TaggedError<HttpClientOptionInvalid>(
  "effect-tableau/HttpClientOptionInvalid"
)("HttpClientOptionInvalid", {
  /** Such as `connections`, `timeouts.stall`, `proxy`, or `HTTPS_PROXY` of the environment. */
  option: Schema.String,
  /** What is wrong with it, and what to give instead. */
  detail: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `TableauNode.layerHttpClient: \`${this.option}\` ${this.detail}`
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ProxyOptions {
  /** Such as `http://proxy.example.com:3128`. */
  readonly url: string
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
}

export interface Proxy {
  readonly url: URL
  /** The whole header, so that nothing else knows of the password. */
  readonly authorization: Redacted.Redacted | undefined
}

/** By the protocol of the server. */
export interface Proxies {
  readonly http: Proxy | undefined
  readonly https: Proxy | undefined
}

const parse = (option: string, given: ProxyOptions): Either.Either<Proxy, HttpClientOptionInvalid> => {
  const invalid = (detail: string) => Either.left(new HttpClientOptionInvalid({ option, detail }))
  const text = given.url.includes("://") ? given.url.trim() : `http://${given.url.trim()}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && url.protocol !== "http:" && url.protocol !== "https:") {
    return invalid("names a proxy of a kind that is not spoken here. Give one that starts with http:// or https://.")
  }
  // A password with a slash in it makes a path, and of the user name a host, which would be told.
  if (url === undefined || url.hostname === "" || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return invalid(
      "is not the address of a proxy, such as http://proxy.example.com:3128. A user name and a password go into `proxy: { url, username, password }`, or before the host with all but letters and digits percent-encoded (%40 for @)."
    )
  }
  const decoded = Either.try(() => [decodeURIComponent(url.username), decodeURIComponent(url.password)])
  if (Either.isLeft(decoded)) {
    return invalid("has a user name or password with a % that encodes nothing. Write %25 for it.")
  }
  const username = given.username ?? decoded.right[0] ?? ""
  const password = given.password === undefined ? (decoded.right[1] ?? "") : Redacted.value(given.password)
  const authorization =
    username === "" && password === ""
      ? undefined
      : Redacted.make(`Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`)
  return Either.right({ url: new URL(url.origin), authorization })
}

/** In both cases, and as everywhere the lower one wins; one that is empty says that there is none. */
const variable = (name: string) =>
  Config.string(name.toLowerCase()).pipe(
    Config.orElse(() => Config.string(name)),
    Config.withDefault(""),
    Effect.mapError(() => new HttpClientOptionInvalid({ option: name, detail: "cannot be read as a text." }))
  )

const fromEnvironment = (name: string) =>
  Effect.flatMap(variable(name), (url) => (url.trim() === "" ? Effect.succeed(undefined) : parse(name, { url })))

type Bypass = (hostname: string, port: number) => boolean

const never: Bypass = () => false

const bypassOf = (given: string): Bypass => {
  const entry = given.toLowerCase()
  if (entry === "*") return () => true
  const [, bracketed, plain = "", portText] = /^(?:\[(.+)\]|(.*?))(?::(\d+))?$/.exec(entry) ?? []
  // More than one colon without brackets: an IPv6 address that has no port.
  const host = bracketed ?? (plain.includes(":") ? entry : plain)
  const wanted = host === entry || portText === undefined ? undefined : Number(portText)
  const [network = "", prefix] = host.split("/")
  const family = isIP(network)
  if (family !== 0) {
    const most = family === 4 ? 32 : 128
    const bits = prefix === undefined ? most : Number(prefix)
    if (!Number.isInteger(bits) || bits < 0 || bits > most) return never
    const list = new BlockList()
    list.addSubnet(network, bits, family === 4 ? "ipv4" : "ipv6")
    return (hostname, port) => {
      const own = isIP(hostname)
      return own === family && (wanted ?? port) === port && list.check(hostname, own === 4 ? "ipv4" : "ipv6")
    }
  }
  const domain = host.replace(/^\*?\./, "").replace(/\.$/, "")
  if (domain === "") return never
  return (hostname, port) => (wanted ?? port) === port && (hostname === domain || hostname.endsWith(`.${domain}`))
}

/** Hosts that are reached without the proxy, as curl and Python understand the list. */
export const bypassing = (entries: ReadonlyArray<string>): Bypass => {
  const all = entries
    .flatMap((entry) => entry.split(/[\s,]+/))
    .filter((entry) => entry !== "")
    .map(bypassOf)
  return (hostname, port) => {
    const host = hostname.toLowerCase().replace(/\.$/, "")
    return all.some((bypass) => bypass(host, port))
  }
}

interface Given {
  readonly proxy?: string | ProxyOptions | false | undefined
  readonly noProxy?: string | ReadonlyArray<string> | undefined
}

/** The proxy before a server, if there is one. */
export type Choose = (protocol: string, hostname: string, port: number) => Proxy | undefined

/** What the options and, unless they name one, the environment say of proxies. */
export const choose = ({ noProxy, proxy = "environment" }: Given): Effect.Effect<Choose, HttpClientOptionInvalid> =>
  Effect.gen(function* () {
    if (proxy === false) return () => undefined
    const byEnvironment = proxy === "environment"
    const one = byEnvironment ? undefined : yield* parse("proxy", typeof proxy === "string" ? { url: proxy } : proxy)
    const proxies: Proxies = byEnvironment
      ? { http: yield* fromEnvironment("HTTP_PROXY"), https: yield* fromEnvironment("HTTPS_PROXY") }
      : { http: one, https: one }
    const entries = noProxy ?? (byEnvironment ? yield* variable("NO_PROXY") : [])
    const bypasses = bypassing(typeof entries === "string" ? [entries] : entries)
    return (protocol, hostname, port) => {
      const found = protocol === "https:" ? proxies.https : proxies.http
      return found === undefined || bypasses(hostname, port) ? undefined : found
    }
  })

export interface Tunnel {
  readonly proxy: Proxy
  readonly hostname: string
  readonly port: number
  /** In milliseconds; 0 for none. */
  readonly timeout: number
  /** For a proxy that itself speaks TLS. */
  readonly tls: { readonly secureContext?: SecureContext; readonly rejectUnauthorized: boolean }
}

/**
 * Asks the proxy for a connection to the server. Nothing that is for the server has been sent when this fails. What it
 * gives ends it if it is still under way.
 */
export const tunnel = (
  { hostname, port, proxy, timeout, tls }: Tunnel,
  done: (result: Either.Either<Socket, AtProxy | Overdue>) => void
): (() => void) => {
  const address = proxy.url.origin
  const authority = `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`
  const secure = proxy.url.protocol === "https:"
  const request = (secure ? Https : Http).request({
    agent: false,
    method: "CONNECT",
    host: proxy.url.hostname.replace(/^\[|\]$/g, ""),
    port: proxy.url.port === "" ? (secure ? 443 : 80) : proxy.url.port,
    path: authority,
    headers: {
      host: authority,
      ...(proxy.authorization === undefined ? {} : { "proxy-authorization": Redacted.value(proxy.authorization) })
    },
    ...(secure ? tls : {})
  })
  const overdue = new Overdue({ phase: "connect", after: timeout, proxy: address })
  const timer = timeout === 0 ? undefined : setTimeout(() => request.destroy(overdue), timeout)
  let open = true
  const settle = (result: Either.Either<Socket, AtProxy | Overdue>): void => {
    clearTimeout(timer)
    if (open) done(result)
    open = false
  }
  request.on("connect", ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
    // No server speaks first: what comes unasked is somebody's page and no tunnel, and undici would ask for ever anew.
    if (statusCode < 200 || statusCode > 299 || head.length > 0) {
      socket.destroy()
      return settle(Either.left(new AtProxy({ proxy: address, status: statusCode })))
    }
    socket.setNoDelay(true)
    settle(Either.right(socket))
  })
  request.on("error", (error: unknown) =>
    settle(Either.left(error instanceof Overdue ? error : new AtProxy({ proxy: address, ...troubleAt(error) })))
  )
  request.end()
  return () => {
    if (open) request.destroy(new AtProxy({ proxy: address }))
  }
}
