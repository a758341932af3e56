/**
 * What only Node has: an HttpClient for the networks of companies, with certificates of one's own, a proxy, a pool of
 * connections and bounds of time. It needs `@effect/platform-node`.
 *
 * @since 0.1.0
 */
import { Socket } from "node:net"
import { createSecureContext, rootCertificates } from "node:tls"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Inspector } from "./internal/diagnosis/inspector.js"
import { Overdue } from "./internal/http/transportError.js"
import {
  type CertificateUnreadable,
  type ClientCertificate,
  type ClientCertificateUnusable,
  readAuthorities,
  readIdentity
} from "./internal/node/certificates.js"
import * as NodeInspector from "./internal/node/inspector.js"
import { choose, HttpClientOptionInvalid, type ProxyOptions, tunnel } from "./internal/node/proxy.js"

export {
  CertificateUnreadable,
  type ClientCertificate,
  ClientCertificateUnusable
} from "./internal/node/certificates.js"
export { HttpClientOptionInvalid, type ProxyOptions } from "./internal/node/proxy.js"

/**
 * How long the client waits. Each of these fails as `TimedOut`, with its name as the `phase`. Beside them the session has
 * a bound of its own for the whole of a request, `requestTimeout`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Timeouts {
  /** For a connection: to the proxy and from there to the server, and then for TLS. By default 10 seconds. */
  readonly connect?: Duration.DurationInput | undefined
  /** From the end of the request until the headers of its answer. By default as long as the session allows. */
  readonly firstByte?: Duration.DurationInput | undefined
  /** For a silence in the middle of an answer. By default as long as the session allows. */
  readonly stall?: Duration.DurationInput | undefined
}

/**
 * How the client gets to servers, and which of them it trusts.
 *
 * @since 0.1.0
 * @category models
 */
export interface HttpClientOptions {
  /**
   * Certificates to trust beside the ones that Node brings: a company's authority, or a server's own self-signed one.
   * Each is the path of a file, with one certificate or more in PEM or one in DER, or the text of a PEM. Where this is
   * given, Node does not look at `NODE_EXTRA_CA_CERTS`.
   */
  readonly ca?: string | ReadonlyArray<string> | undefined
  /** Shown to a server that asks for one. A proxy does not see it. */
  readonly clientCertificate?: ClientCertificate | undefined
  /**
   * `false` trusts whoever answers, and logs a warning each time the layer is built. By default true.
   */
  readonly rejectUnauthorized?: boolean | undefined
  /**
   * The way out: the address of a proxy, alone or with user name and password. It is asked for a tunnel (CONNECT) to the
   * server, also for http://, so that it sees no request. `false` for none. By default `"environment"`, as curl and
   * Python do it: `HTTPS_PROXY` for servers with https://, `HTTP_PROXY` for those with http://, but not for a host that is
   * in `NO_PROXY`, each also in lower case. They are read as the layer is built, through Effect's `Config`.
   */
  readonly proxy?: string | ProxyOptions | false | undefined
  /**
   * Hosts that are reached without the proxy, instead of those in `NO_PROXY`: `tableau.example.com` and what is under it,
   * with a port or without, an address, a network such as `10.0.0.0/8`, or `*` for all.
   */
  readonly noProxy?: string | ReadonlyArray<string> | undefined
  /** How many connections to a server there may be at once; further requests wait for one. By default without limit. */
  readonly connections?: number | undefined
  /**
   * How long a connection that nobody uses stays open; a server that announces less is heeded. `false` closes each after
   * its request. By default 4 seconds.
   */
  readonly keepAlive?: Duration.DurationInput | false | undefined
  readonly timeouts?: Timeouts | undefined
}

/** The longest that timers can wait. */
const longest = 2 ** 31 - 1

const milliseconds = (option: string, given: Duration.DurationInput | undefined) => {
  if (given === undefined) return Effect.succeed(undefined)
  const millis = Option.map(Duration.decodeUnknown(given), (duration) => Math.ceil(Duration.toMillis(duration)))
  return Option.isSome(millis) && millis.value > 0
    ? Effect.succeed(Math.min(millis.value, longest))
    : new HttpClientOptionInvalid({ option, detail: 'is to be a duration of more than nothing, such as "30 seconds".' })
}

const readTimeouts = ({ connect, firstByte, stall }: Timeouts) =>
  Effect.all({
    connect: milliseconds("timeouts.connect", connect ?? "10 seconds"),
    firstByte: milliseconds("timeouts.firstByte", firstByte),
    stall: milliseconds("timeouts.stall", stall)
  })

/** What is left to undici, in its own terms. */
const readPool = ({ connections, keepAlive }: HttpClientOptions) =>
  Effect.gen(function* () {
    if (connections !== undefined && !(Number.isSafeInteger(connections) && connections > 0)) {
      const detail = "is to be a whole number of at least 1. Leave it out for as many as are needed."
      return yield* new HttpClientOptionInvalid({ option: "connections", detail })
    }
    const limit = connections === undefined ? {} : { connections }
    if (keepAlive === false) return { ...limit, pipelining: 0 }
    const idle = yield* milliseconds("keepAlive", keepAlive)
    return idle === undefined ? limit : { ...limit, keepAliveTimeout: idle, keepAliveMaxTimeout: idle }
  })

const readTls = ({ ca = [], clientCertificate, rejectUnauthorized = true }: HttpClientOptions) =>
  Effect.gen(function* () {
    if (!rejectUnauthorized) {
      yield* Effect.logWarning(
        "effect-tableau: `rejectUnauthorized: false` trusts whoever answers with the password or the token. Outside of development, give the server's certificate, or that of its authority, as `ca`."
      )
    }
    const given = yield* Effect.forEach(typeof ca === "string" ? [ca] : ca, readAuthorities)
    const identity = clientCertificate === undefined ? undefined : yield* readIdentity(clientCertificate)
    const trust = given.length === 0 ? {} : { ca: [...rootCertificates, ...given.flat()] }
    // One context for all connections: to make it takes longer than the rest of opening one.
    const withTrust = given.length === 0 ? {} : { secureContext: createSecureContext(trust) }
    return {
      proxy: { ...withTrust, rejectUnauthorized },
      server: {
        ...(identity === undefined ? withTrust : { secureContext: createSecureContext({ ...trust, ...identity }) }),
        rejectUnauthorized
      }
    }
  })

type Bounds = Effect.Effect.Success<ReturnType<typeof readTimeouts>>

/** Says of undici's errors of time which bound it was. */
const overdue = (error: Error, { connect, firstByte, stall }: Bounds): Error => {
  if (error instanceof Undici.errors.ConnectTimeoutError) return new Overdue({ phase: "connect", after: connect })
  if (error instanceof Undici.errors.HeadersTimeoutError) return new Overdue({ phase: "firstByte", after: firstByte })
  return error instanceof Undici.errors.BodyTimeoutError ? new Overdue({ phase: "stall", after: stall }) : error
}

/**
 * A TLS 1.3 server tells only after the handshake that it wants another client certificate, and then closes. Of the two
 * errors that the socket has, undici gives the last: this makes the first its cause.
 */
const keepFirstError = (socket: Socket): void => {
  let first: Error | undefined
  socket.on("error", (error) => {
    first ??= error
    if (error !== first) error.cause ??= first
  })
}

/** Of the two kinds of handler that undici knows, `DecoratorHandler` makes one. */
const telling = (handler: Undici.Dispatcher.DispatchHandler, bounds: Bounds): Undici.Dispatcher.DispatchHandler => {
  const inner: Undici.Dispatcher.DispatchHandler = new Undici.DecoratorHandler(handler)
  return {
    onRequestStart: (controller, context) => inner.onRequestStart?.(controller, context),
    onResponseStart: (controller, status, headers, text) => inner.onResponseStart?.(controller, status, headers, text),
    onResponseData: (controller, chunk) => inner.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => inner.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => inner.onResponseError?.(controller, overdue(error, bounds))
  }
}

/** `NodeHttpClient` asks undici for bounds of its own in each of its requests: this puts ours in their place. */
const bounding =
  (bounds: Bounds): Undici.Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) => {
    const { firstByte = 0, stall = 0 } = bounds
    const bounded = firstByte > 0 || stall > 0 ? telling(handler, bounds) : handler
    return dispatch({ ...options, headersTimeout: firstByte, bodyTimeout: stall }, bounded)
  }

/** The connections, and beside them what `ServerInfo.diagnose` sees by the same settings. */
const make = (options: HttpClientOptions) =>
  Effect.gen(function* () {
    const bounds = yield* readTimeouts(options.timeouts ?? {})
    const pool = yield* readPool(options)
    const proxyFor = yield* choose(options)
    const tls = yield* readTls(options)
    const timeout = bounds.connect ?? 0
    const build = Undici.buildConnector({ ...tls.server, timeout })
    const underWay = new Set<() => void>()

    const connect: Undici.buildConnector.connector = (to, callback) => {
      // undici does not declare that it gives the socket at once; without it, that one ends by its bound of time.
      const socket: unknown = build(to, (error, open) => {
        underWay.delete(stop)
        if (error !== null) return callback(overdue(error, bounds), null)
        keepFirstError(open)
        callback(null, open)
      })
      const stop = () => {
        if (socket instanceof Socket) socket.destroy(new Undici.errors.ClientDestroyedError())
      }
      underWay.add(stop)
    }

    const connector: Undici.buildConnector.connector = (to, callback) => {
      const port = NodeInspector.portOf(to)
      const proxy = proxyFor(to.protocol, to.hostname, port)
      if (proxy === undefined) return connect(to, callback)
      const stop = tunnel({ proxy, hostname: to.hostname, port, timeout, tls: tls.proxy }, (result) => {
        underWay.delete(stop)
        if (Either.isLeft(result)) return callback(result.left, null)
        if (to.protocol === "https:") return connect({ ...to, httpSocket: result.right }, callback)
        callback(null, result.right)
      })
      underWay.add(stop)
    }

    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Undici.Agent({ ...pool, connect: connector })),
      (agent) =>
        Effect.promise(() => {
          const gone = agent.destroy()
          for (const stop of underWay) stop()
          return gone
        })
    )
    const inspector = NodeInspector.make({ secureContext: tls.server.secureContext, proxyFor })
    return Context.make(NodeHttpClient.Dispatcher, agent.compose(bounding(bounds))).pipe(
      Context.add(Inspector, inspector)
    )
  })

/**
 * An HttpClient on undici, which keeps its connections open from one request to the next. Without options it trusts what
 * Node trusts, and takes the proxy that the environment names. Where Python has `verify="company.pem"` this has
 * `ca: "company.pem"`, `rejectUnauthorized: false` for `verify=False`, and `clientCertificate` for `cert`. All of it is in
 * force before the first request; what cannot be used fails as the layer is built, before anything is sent.
 *
 * Layers are shared by their value: for one pool of connections, call this once and use what it gives.
 *
 * @example
 * ```ts
 * import { Credentials, TableauSession, Workbooks } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 *
 * const Session = TableauSession.layer({
 *   server: "https://tableau.example.com",
 *   credentials: Credentials.personalAccessToken({ name: "nightly", value: Redacted.make("secret") })
 * }).pipe(Layer.provide(TableauNode.layerHttpClient({ ca: "/etc/ssl/company.pem" })))
 *
 * const program = Workbooks.list().pipe(
 *   Effect.provide(Session),
 *   Effect.catchTag("CertificateUnreadable", (error) => Effect.dieMessage(error.message))
 * )
 * ```
 *
 * @example
 * ```ts
 * import * as TableauNode from "effect-tableau/node"
 * import * as Config from "effect/Config"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * // A proxy that wants a password, and a server that wants a client certificate.
 * const HttpClientLive = Layer.unwrapEffect(
 *   Effect.gen(function* () {
 *     const password = yield* Config.redacted("PROXY_PASSWORD")
 *     const passphrase = yield* Config.redacted("KEY_PASSPHRASE")
 *     return TableauNode.layerHttpClient({
 *       proxy: { url: "http://proxy.example.com:3128", username: "reports", password },
 *       noProxy: ["localhost", "10.0.0.0/8"],
 *       ca: "company.pem",
 *       clientCertificate: { cert: "client.pem", key: "client.key", passphrase }
 *     })
 *   })
 * )
 * ```
 *
 * @example
 * ```ts
 * import * as TableauNode from "effect-tableau/node"
 *
 * const Patient = TableauNode.layerHttpClient({
 *   connections: 4,
 *   keepAlive: "1 minute",
 *   timeouts: { connect: "5 seconds", firstByte: "90 seconds", stall: "30 seconds" }
 * })
 * ```
 *
 * @example
 * ```ts
 * import * as TableauNode from "effect-tableau/node"
 *
 * // For a development server only, as Python's `verify=False`.
 * const Trusting = TableauNode.layerHttpClient({ rejectUnauthorized: false })
 * ```
 *
 * @see https://nodejs.org/api/tls.html#tlscreatesecurecontextoptions
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = (
  options: HttpClientOptions = {}
): Layer.Layer<HttpClient.HttpClient, CertificateUnreadable | ClientCertificateUnusable | HttpClientOptionInvalid> =>
  Layer.merge(NodeHttpClient.layerUndiciWithoutDispatcher, Layer.service(Inspector)).pipe(
    Layer.provide(Layer.scopedContext(make(options))),
    Layer.provide(NodeFileSystem.layer)
  )
