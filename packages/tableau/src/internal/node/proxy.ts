/// <reference types="node" preserve="true" />
/** Proxies: which proxy is used for which server, and the tunnel through it. */
import * as Http from "node:http"
import * as Https from "node:https"
import { BlockList, isIP, type Socket } from "node:net"
import type { SecureContext } from "node:tls"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { ClientTimeout, ProxyError, proxyErrorFields } from "../http/transportError.js"
import { explainHandshake } from "./trust.js"

/**
 * An option of `TableauNode.layerHttpClient`, or the environment variable that replaces it, has an invalid value. Nothing
 * was sent. The error never contains the value, because a proxy URL can contain a password.
 *
 * @since 0.1.0
 * @category errors
 */
export class HttpClientOptionInvalid extends Schema.TaggedError<HttpClientOptionInvalid>(
  "effect-tableau/HttpClientOptionInvalid"
)("HttpClientOptionInvalid", {
  /** Such as `connections`, `timeouts.stall`, `proxy`, or the environment variable `HTTPS_PROXY`. */
  option: Schema.String,
  /** What is wrong with the value, and what to use instead. */
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
 * A proxy, with credentials if it requires them.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProxyOptions {
  /** Such as `http://proxy.example.com:3128`. */
  readonly url: string
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
}

interface Proxy {
  readonly url: URL
  /** The complete header: the password itself is not kept. */
  readonly authorization: Redacted.Redacted | undefined
}

/** The proxy for each protocol of the server. */
interface Proxies {
  readonly http: Proxy | undefined
  readonly https: Proxy | undefined
}

const parse = (option: string, options: ProxyOptions): Either.Either<Proxy, HttpClientOptionInvalid> => {
  const invalid = (detail: string) => Either.left(new HttpClientOptionInvalid({ option, detail }))
  const text = options.url.includes("://") ? options.url.trim() : `http://${options.url.trim()}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && url.protocol !== "http:" && url.protocol !== "https:") {
    return invalid("has an unsupported protocol. Use a proxy URL that starts with http:// or https://.")
  }
  // A slash in the password starts the path. The user name becomes the host, which error messages contain.
  if (url === undefined || url.hostname === "" || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return invalid(
      "is not a proxy URL such as http://proxy.example.com:3128. Pass a user name and a password as `proxy: { url, username, password }`, or in the URL with all characters but letters and digits percent-encoded (%40 for @)."
    )
  }
  const decoded = Either.try(() => [decodeURIComponent(url.username), decodeURIComponent(url.password)])
  if (Either.isLeft(decoded)) {
    return invalid("has a user name or password with a % that is not part of an escape sequence. Write it as %25.")
  }
  const username = options.username ?? decoded.right[0] ?? ""
  const password = options.password === undefined ? (decoded.right[1] ?? "") : Redacted.value(options.password)
  const authorization =
    username === "" && password === ""
      ? undefined
      : Redacted.make(`Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`)
  return Either.right({ url: new URL(url.origin), authorization })
}

/** The name in lower case has precedence, as in curl. An empty value means no proxy. */
const variable = (name: string) =>
  Config.string(name.toLowerCase()).pipe(
    Config.orElse(() => Config.string(name)),
    Config.withDefault(""),
    Effect.mapError(() => new HttpClientOptionInvalid({ option: name, detail: "is not a string." }))
  )

/**
 * In a CGI program HTTP_PROXY is the header `Proxy` of the request that started it, which anyone can send. There curl and
 * Python read `http_proxy` only. Windows does not distinguish the two.
 */
const httpVariable = Effect.gen(function* () {
  const isCgi = Option.isSome(yield* Config.option(Config.string("REQUEST_METHOD")))
  if (!isCgi) return yield* variable("HTTP_PROXY")
  return process.platform === "win32" ? "" : yield* Config.string("http_proxy").pipe(Config.withDefault(""))
}).pipe(Effect.mapError(() => new HttpClientOptionInvalid({ option: "HTTP_PROXY", detail: "is not a string." })))

const fromVariable = (name: string, value: Effect.Effect<string, HttpClientOptionInvalid>) =>
  Effect.flatMap(value, (url) => (url.trim() === "" ? Effect.succeed(undefined) : parse(name, { url })))

type HostMatcher = (hostname: string, port: number) => boolean

const matchesNothing: HostMatcher = () => false

const entryMatcher = (text: string): HostMatcher => {
  const entry = text.toLowerCase()
  if (entry === "*") return () => true
  const [, bracketed, plain = "", portText] = /^(?:\[(.+)\]|(.*?))(?::(\d+))?$/.exec(entry) ?? []
  // More than one colon without brackets: an IPv6 address without a port.
  const host = bracketed ?? (plain.includes(":") ? entry : plain)
  const onlyPort = host === entry || portText === undefined ? undefined : Number(portText)
  const [network = "", prefix, ...more] = host.split("/")
  const family = isIP(network)
  if (family !== 0) {
    const maxBits = family === 4 ? 32 : 128
    const bits = prefix === undefined ? maxBits : /^\d+$/.test(prefix) ? Number(prefix) : Number.NaN
    if (!(bits <= maxBits) || more.length > 0) return matchesNothing
    const list = new BlockList()
    list.addSubnet(network, bits, family === 4 ? "ipv4" : "ipv6")
    return (hostname, port) => {
      const hostFamily = isIP(hostname)
      return (
        hostFamily === family && (onlyPort ?? port) === port && list.check(hostname, hostFamily === 4 ? "ipv4" : "ipv6")
      )
    }
  }
  const domain = host.replace(/^\*?\./, "").replace(/\.$/, "")
  if (domain === "") return matchesNothing
  return (hostname, port) => (onlyPort ?? port) === port && (hostname === domain || hostname.endsWith(`.${domain}`))
}

/** Matches the hosts that bypass the proxy. The entries mean the same as in curl and Python. */
export const noProxyMatcher = (entries: ReadonlyArray<string>): HostMatcher => {
  const matchers = entries
    .flatMap((entry) => entry.split(/[\s,]+/))
    .filter((entry) => entry !== "")
    .map(entryMatcher)
  return (hostname, port) => {
    const host = hostname.toLowerCase().replace(/\.$/, "")
    return matchers.some((matches) => matches(host, port))
  }
}

interface Options {
  readonly proxy?: string | ProxyOptions | false | undefined
  readonly noProxy?: string | ReadonlyArray<string> | undefined
}

/** Returns the proxy for a server, or `undefined` for a direct connection. */
export type ProxySelector = (protocol: string, hostname: string, port: number) => Proxy | undefined

/** Reads the environment only if the options do not name a proxy. */
export const makeProxySelector = ({
  noProxy,
  proxy = "environment"
}: Options): Effect.Effect<ProxySelector, HttpClientOptionInvalid> =>
  Effect.gen(function* () {
    if (proxy === false) return () => undefined
    const fromVariables = proxy === "environment"
    const single = fromVariables ? undefined : yield* parse("proxy", typeof proxy === "string" ? { url: proxy } : proxy)
    const proxies: Proxies = fromVariables
      ? {
          http: yield* fromVariable("HTTP_PROXY", httpVariable),
          https: yield* fromVariable("HTTPS_PROXY", variable("HTTPS_PROXY"))
        }
      : { http: single, https: single }
    const entries = noProxy ?? (fromVariables ? yield* variable("NO_PROXY") : [])
    const bypasses = noProxyMatcher(typeof entries === "string" ? [entries] : entries)
    return (protocol, hostname, port) => {
      const found = protocol === "https:" ? proxies.https : proxies.http
      return found === undefined || bypasses(hostname, port) ? undefined : found
    }
  })

/**
 * The most bytes of names and values in the headers of a response. 64 KB for what gateways add, such as cookies, and 2 KB
 * for the others.
 */
export const maxHeaderSize = 66 * 1024

export interface Tunnel {
  readonly proxy: Proxy
  readonly hostname: string
  readonly port: number
  /** In milliseconds; 0 means no timeout. */
  readonly timeout: number
  /** For a proxy with an https:// URL. */
  readonly tls: { readonly secureContext?: SecureContext; readonly rejectUnauthorized: boolean }
}

/**
 * Opens a tunnel to the server with a CONNECT request to the proxy. If it fails, nothing was sent to the server. The
 * returned function cancels a tunnel that is not open yet.
 */
export const tunnel = (
  { hostname, port, proxy, timeout, tls }: Tunnel,
  done: (result: Either.Either<Socket, ProxyError | ClientTimeout>) => void
): (() => void) => {
  const address = proxy.url.origin
  const authority = `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`
  const secure = proxy.url.protocol === "https:"
  const host = proxy.url.hostname.replace(/^\[|\]$/g, "")
  const request = (secure ? Https : Http).request({
    agent: false,
    method: "CONNECT",
    host,
    // Node takes the name from the header `host`, which names the server behind the proxy. For an IP address there is none.
    servername: isIP(host) === 0 ? host.replace(/\.$/, "") : "",
    maxHeaderSize,
    port: proxy.url.port === "" ? (secure ? 443 : 80) : proxy.url.port,
    path: authority,
    headers: {
      host: authority,
      ...(proxy.authorization === undefined ? {} : { "proxy-authorization": Redacted.value(proxy.authorization) })
    },
    ...(secure ? tls : {})
  })
  let explain = (error: Error): Error => error
  request.once("socket", (socket) => {
    explain = explainHandshake(socket)
  })
  const overdue = new ClientTimeout({ phase: "connect", after: timeout, proxy: address })
  const timer = timeout === 0 ? undefined : setTimeout(() => request.destroy(overdue), timeout)
  let pending = true
  const settle = (result: Either.Either<Socket, ProxyError | ClientTimeout>): void => {
    clearTimeout(timer)
    if (pending) done(result)
    pending = false
  }
  request.on("connect", ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
    // Neither TLS nor HTTP servers send first: unexpected data is a page of the proxy, and no tunnel. undici would retry
    // without end.
    if (statusCode < 200 || statusCode > 299 || head.length > 0) {
      socket.destroy()
      return settle(Either.left(new ProxyError({ proxy: address, status: statusCode })))
    }
    socket.setNoDelay(true)
    settle(Either.right(socket))
  })
  request.on("error", (error) =>
    settle(
      Either.left(
        error instanceof ClientTimeout ? error : new ProxyError({ proxy: address, ...proxyErrorFields(explain(error)) })
      )
    )
  )
  request.end()
  return () => {
    if (pending) request.destroy(new ProxyError({ proxy: address }))
  }
}
