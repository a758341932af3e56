/**
 * An HttpClient for Node with custom certificate authorities, client certificates, proxies, a connection pool and
 * timeouts. Requires `@effect/platform-node`.
 *
 * @since 0.1.0
 */
import { Socket } from "node:net"
import { rootCertificates } from "node:tls"
import type { PlatformError } from "@effect/platform/Error"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Runtime from "@effect/platform/Runtime"
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
import { withDispatch } from "./internal/http/dispatch.js"
import { ClientTimeout } from "./internal/http/transportError.js"
import {
  type CertificateUnreadable,
  type ClientCertificate,
  type ClientCertificateUnusable,
  readAuthorities,
  readIdentity
} from "./internal/node/certificates.js"
import * as Dispatch from "./internal/node/dispatch.js"
import * as NodeFile from "./internal/node/file.js"
import * as NodeInspector from "./internal/node/inspector.js"
import {
  HttpClientOptionInvalid,
  makeProxySelector,
  maxHeaderSize,
  type ProxyOptions,
  tunnel
} from "./internal/node/proxy.js"
import * as RunMain from "./internal/node/runMain.js"
import { explainHandshake, makeContext } from "./internal/node/trust.js"
import type * as Upload from "./Upload.js"

export {
  CertificateUnreadable,
  type ClientCertificate,
  ClientCertificateUnusable
} from "./internal/node/certificates.js"
export { HttpClientOptionInvalid, type ProxyOptions } from "./internal/node/proxy.js"

/**
 * Timeouts of the phases of a request. A request that exceeds one fails with `TimedOut`, whose `phase` is the name of the
 * timeout. The session has an additional timeout for the whole request, `requestTimeout`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Timeouts {
  /** For the connection to the server, directly or through a proxy, with the TLS handshake. By default 10 seconds. */
  readonly connect?: Duration.DurationInput | undefined
  /** From the end of the request to the headers of the response. By default only `requestTimeout` applies. */
  readonly firstByte?: Duration.DurationInput | undefined
  /** For the time between two parts of the response body. By default only `requestTimeout` applies. */
  readonly stall?: Duration.DurationInput | undefined
}

/**
 * Options of `layerHttpClient`: trust, proxy, connection pool and timeouts.
 *
 * @since 0.1.0
 * @category models
 */
export interface HttpClientOptions {
  /**
   * Certificates to trust in addition to those of Node: that of a company's authority, or a self-signed one of a server.
   * Each is PEM text, base64, or the path of a file with PEM certificates or one DER certificate. A server's own
   * certificate, or that of an intermediate authority, is enough by itself; before Node 20.18 and 22.9 it requires those
   * above it up to the root as well. If this option is set, Node ignores `NODE_EXTRA_CA_CERTS`.
   */
  readonly ca?: string | ReadonlyArray<string> | undefined
  /** Sent to servers that request a client certificate, and not to proxies. */
  readonly clientCertificate?: ClientCertificate | undefined
  /**
   * `false` accepts every certificate, and logs a warning when the layer is built. By default true.
   */
  readonly rejectUnauthorized?: boolean | undefined
  /**
   * The URL of a proxy, or the URL with credentials; `false` for direct connections. Requests are tunnelled with CONNECT,
   * also those to http:// servers, so that the proxy cannot read them.
   *
   * By default `"environment"`, which means the same as in curl and Python: `HTTPS_PROXY` for https:// servers,
   * `HTTP_PROXY` for http:// servers, and no proxy for the hosts in `NO_PROXY`, all also in lower case. In a CGI program,
   * where `REQUEST_METHOD` is set, `HTTP_PROXY` counts in lower case only. They are read with Effect's `Config` when the
   * layer is built.
   */
  readonly proxy?: string | ProxyOptions | false | undefined
  /**
   * Hosts to reach without the proxy; replaces `NO_PROXY`. An entry is a domain, which includes its subdomains, an IP
   * address, a network such as `10.0.0.0/8`, each with or without a port, or `*` for all hosts.
   */
  readonly noProxy?: string | ReadonlyArray<string> | undefined
  /** Maximum number of connections to a server. Further requests wait for a free one. By default there is no maximum. */
  readonly connections?: number | undefined
  /**
   * How long an idle connection stays open, unless the server announces a shorter time. `false` closes each connection
   * after its request. By default 4 seconds.
   */
  readonly keepAlive?: Duration.DurationInput | false | undefined
  readonly timeouts?: Timeouts | undefined
}

/** The longest delay of a Node timer. */
const maxTimerMillis = 2 ** 31 - 1

const milliseconds = (option: string, input: Duration.DurationInput | undefined) => {
  if (input === undefined) return Effect.succeed(undefined)
  const millis = Option.map(Duration.decodeUnknown(input), (duration) => Math.ceil(Duration.toMillis(duration)))
  return Option.isSome(millis) && millis.value > 0
    ? Effect.succeed(Math.min(millis.value, maxTimerMillis))
    : new HttpClientOptionInvalid({ option, detail: 'must be a duration longer than 0, such as "30 seconds".' })
}

const readTimeouts = ({ connect, firstByte, stall }: Timeouts) =>
  Effect.all({
    connect: milliseconds("timeouts.connect", connect ?? "10 seconds"),
    firstByte: milliseconds("timeouts.firstByte", firstByte),
    stall: milliseconds("timeouts.stall", stall)
  })

/** Pool options in the form that undici takes. */
const readPool = ({ connections, keepAlive }: HttpClientOptions) =>
  Effect.gen(function* () {
    if (connections !== undefined && !(Number.isSafeInteger(connections) && connections > 0)) {
      const detail = "must be a whole number of at least 1. Omit it for no maximum."
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
        "effect-tableau: `rejectUnauthorized: false` accepts every certificate, so the password or the token can be sent to an impostor. Outside of development, set `ca` to the server's certificate, or to that of its authority."
      )
    }
    const authorities = yield* Effect.forEach(typeof ca === "string" ? [ca] : ca, readAuthorities)
    const identity = clientCertificate === undefined ? undefined : yield* readIdentity(clientCertificate)
    const trust = authorities.length === 0 ? {} : { ca: [...rootCertificates, ...authorities.flat()] }
    // One context for all connections: creating it takes longer than opening a connection with it.
    const withTrust = authorities.length === 0 ? {} : { secureContext: makeContext(trust) }
    return {
      proxy: { ...withTrust, rejectUnauthorized },
      server: {
        ...(identity === undefined ? withTrust : { secureContext: makeContext({ ...trust, ...identity }) }),
        rejectUnauthorized
      }
    }
  })

type TimeoutMillis = Effect.Effect.Success<ReturnType<typeof readTimeouts>>

/** Replaces the timeout errors of undici by an error that names the phase. */
const withPhase = (error: Error, { connect, firstByte, stall }: TimeoutMillis): Error => {
  if (error instanceof Undici.errors.ConnectTimeoutError) return new ClientTimeout({ phase: "connect", after: connect })
  if (error instanceof Undici.errors.HeadersTimeoutError)
    return new ClientTimeout({ phase: "firstByte", after: firstByte })
  return error instanceof Undici.errors.BodyTimeoutError ? new ClientTimeout({ phase: "stall", after: stall }) : error
}

/**
 * A TLS 1.3 server rejects a client certificate only after the handshake, and then closes the connection. undici reports
 * the last of the two socket errors, so the first one becomes its cause.
 */
const keepFirstError = (socket: Socket): void => {
  let first: Error | undefined
  socket.on("error", (error) => {
    first ??= error
    if (error !== first) error.cause ??= first
  })
}

/** `DecoratorHandler` adapts the old kind of undici's handlers to the new one. */
const withPhaseInErrors = (
  handler: Undici.Dispatcher.DispatchHandler,
  timeouts: TimeoutMillis
): Undici.Dispatcher.DispatchHandler => {
  const inner: Undici.Dispatcher.DispatchHandler = new Undici.DecoratorHandler(handler)
  return {
    onRequestStart: (controller, context) => inner.onRequestStart?.(controller, context),
    onResponseStart: (controller, status, headers, text) => inner.onResponseStart?.(controller, status, headers, text),
    onResponseData: (controller, chunk) => inner.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => inner.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => inner.onResponseError?.(controller, withPhase(error, timeouts))
  }
}

/** `NodeHttpClient` sets timeouts on each request to undici. This interceptor overrides them. */
const withTimeouts =
  (timeouts: TimeoutMillis): Undici.Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) => {
    const { firstByte = 0, stall = 0 } = timeouts
    const timed = firstByte > 0 || stall > 0 ? withPhaseInErrors(handler, timeouts) : handler
    return dispatch({ ...options, headersTimeout: firstByte, bodyTimeout: stall }, timed)
  }

/** The connection pool, and the inspector of `ServerInfo.diagnose` with the same trust and proxies. */
const make = (options: HttpClientOptions) =>
  Effect.gen(function* () {
    const timeouts = yield* readTimeouts(options.timeouts ?? {})
    const pool = yield* readPool(options)
    const proxyFor = yield* makeProxySelector(options)
    const tls = yield* readTls(options)
    const timeout = timeouts.connect ?? 0
    const build = Undici.buildConnector({ ...tls.server, timeout })
    const opening = new Set<() => void>()

    const connect: Undici.buildConnector.connector = (target, callback) => {
      // undici returns the socket without declaring it. If it did not, the socket would end by its connect timeout.
      const socket: unknown = build(target, (error, open) => {
        opening.delete(stop)
        if (error !== null) return callback(explain(withPhase(error, timeouts)), null)
        keepFirstError(open)
        callback(null, open)
      })
      const explain = explainHandshake(socket)
      const stop = () => {
        if (socket instanceof Socket) socket.destroy(new Undici.errors.ClientDestroyedError())
      }
      opening.add(stop)
    }

    const connector: Undici.buildConnector.connector = (target, callback) => {
      const port = NodeInspector.portOf(target)
      const proxy = proxyFor(target.protocol, target.hostname, port)
      if (proxy === undefined) return connect(target, callback)
      const stop = tunnel({ proxy, hostname: target.hostname, port, timeout, tls: tls.proxy }, (result) => {
        opening.delete(stop)
        if (Either.isLeft(result)) return callback(result.left, null)
        if (target.protocol === "https:") return connect({ ...target, httpSocket: result.right }, callback)
        callback(null, result.right)
      })
      opening.add(stop)
    }

    const { firstByte = 0, stall = 0 } = timeouts
    const settings = { ...pool, maxHeaderSize, headersTimeout: firstByte, bodyTimeout: stall, connect: connector }
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Undici.Agent(settings)),
      (agent) =>
        Effect.promise(() => {
          const destroyed = agent.destroy()
          // `destroy` closes open connections only.
          for (const stop of opening) stop()
          return destroyed
        })
    )
    const inspector = NodeInspector.make({ secureContext: tls.server.secureContext, proxyFor })
    return Context.make(NodeHttpClient.Dispatcher, agent.compose(withTimeouts(timeouts))).pipe(
      Context.add(
        Dispatch.NodeDispatch,
        Dispatch.make(agent, (error) => withPhase(error, timeouts))
      ),
      Context.add(Inspector, inspector)
    )
  })

/** The HttpClient, with the way to its connection pool for the sessions of this package. */
const HttpClientLive = Layer.effect(
  HttpClient.HttpClient,
  Effect.zipWith(HttpClient.HttpClient, Dispatch.NodeDispatch, withDispatch)
).pipe(Layer.provide(NodeHttpClient.layerUndiciWithoutDispatcher))

/** Bun has a module of its own in the place of undici, whose classes are empty. Its `fetch` has all that it can do. */
const layerFetch = (options: HttpClientOptions): Layer.Layer<HttpClient.HttpClient, HttpClientOptionInvalid> => {
  const given = Object.entries(options).find(([, value]) => value !== undefined)
  if (given === undefined) return FetchHttpClient.layer
  const detail =
    "does not work in Bun, which has no undici. Use FetchHttpClient of @effect/platform: Bun reads NODE_EXTRA_CA_CERTS, HTTPS_PROXY and NO_PROXY from the environment, and takes `tls` and `proxy` in FetchHttpClient.RequestInit."
  return Layer.fail(new HttpClientOptionInvalid({ option: given[0], detail }))
}

/**
 * An HttpClient on undici with persistent connections. Without options it trusts the same certificates as Node, and uses
 * the proxy from the environment. All options apply from the first request on. A certificate that cannot be read or an
 * invalid option fails the layer before anything is sent.
 *
 * In terms of Python's `requests`: `ca: "company.pem"` is `verify="company.pem"`, `rejectUnauthorized: false` is
 * `verify=False`, and `clientCertificate` is `cert`.
 *
 * Effect shares layers by reference: call this function once and reuse the layer, to have one connection pool.
 *
 * Bun has no undici: there, this is `FetchHttpClient.layer` of `@effect/platform`, and each option is an error.
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
 * // A proxy that requires a password, and a server that requires a client certificate.
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
 * // For a development server only.
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
  typeof Undici.Agent.prototype.destroy === "function"
    ? Layer.merge(HttpClientLive, Layer.service(Inspector)).pipe(
        Layer.provide(Layer.scopedContext(make(options))),
        Layer.provide(NodeFileSystem.layer)
      )
    : layerFetch(options)

/**
 * Runs a program and signs out whatever ends it, as far as a process can: it is `NodeRuntime.runMain`, and also closes
 * the program's scopes
 *
 * - on SIGHUP, which a terminal sends when it is closed,
 * - when the reader of stdout or stderr closes the pipe, as `| head` does,
 * - after an exception that nothing catches, such as one in a timer,
 * - after a rejected promise that nothing handles.
 *
 * Afterwards the process ends as it does under `NodeRuntime.runMain`: with the same exit code or signal, and Node's own
 * report of the exception on stderr. Only the source line above its stack is that of the creation of the error, and not
 * of the `throw`, and a thrown value that is no `Error` has a line of this package. A sign-out takes `signOutTimeout` at
 * most. After an exception the process ends at the latest after 90 seconds. A second signal ends it at once.
 *
 * A listener of the program for SIGHUP, `uncaughtException` or `unhandledRejection` decides instead. Nothing can sign out
 * on SIGKILL, `process.exit`, a fatal error of Node such as a full heap, or a loss of power.
 *
 * @example
 * ```ts
 * import { TableauSession, Workbooks } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import { Console, Effect, Layer, Stream } from "effect"
 *
 * const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))
 *
 * Workbooks.stream().pipe(
 *   Stream.runForEach(({ name }) => Console.log(name)),
 *   Effect.provide(Session),
 *   TableauNode.runMain
 * )
 * ```
 *
 * @see https://nodejs.org/api/process.html#event-uncaughtexception
 * @since 0.1.0
 * @category running programs
 */
export const runMain: Runtime.RunMain = RunMain.runMain

/**
 * A file of this machine to upload. Its size is read now, and it is opened each time that it is read. If it changes until
 * the end, the upload fails with `FileChanged` and nothing is published. A change of its permissions, of its owner or of its
 * hard links counts, too: from outside it looks like a change of its content whose time was set back.
 *
 * Fails with a `PlatformError` if there is no such file, if it may not be read, and for what is no regular file.
 *
 * @example
 * ```ts
 * import { FileUploads } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 *
 * const uploaded = Effect.flatMap(TableauNode.file("extracts/sales.hyper"), (file) => FileUploads.upload(file))
 * ```
 *
 * @since 0.1.0
 * @category files
 */
export const file = (
  path: string,
  options: {
    /** By default the last part of the path. */
    readonly name?: string | undefined
  } = {}
): Effect.Effect<Upload.File<PlatformError | Upload.FileChanged>, PlatformError> => NodeFile.file(path, options)
