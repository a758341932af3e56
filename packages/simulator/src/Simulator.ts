/**
 * A simulator of Tableau Server and Tableau Cloud on loopback.
 *
 * @since 0.1.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import type { Content } from "./Content.js"
import type { Fault } from "./Fault.js"
import * as Declared from "./internal/content/declared.js"
import * as Demo from "./internal/content/demo.js"
import * as Storage from "./internal/content/storage.js"
import * as World from "./internal/content/world.js"
import * as Jobs from "./internal/jobs/jobs.js"
import type * as Operations from "./internal/operations/table.js"
import * as Admission from "./internal/server/admission.js"
import * as Certificate from "./internal/server/certificate.js"
import * as Dispatcher from "./internal/server/dispatcher.js"
import * as Faults from "./internal/server/faults.js"
import { inspect } from "./internal/server/inspection.js"
import * as Listener from "./internal/server/listener.js"
import * as Log from "./internal/server/log.js"
import * as Responses from "./internal/server/response.js"
import { makeSpentJwts } from "./internal/session/identity.js"
import * as Sessions from "./internal/session/sessions.js"
import * as Uploads from "./internal/uploads/uploads.js"
import { StartFailed } from "./SimulatorError.js"

/**
 * A running simulator: its URL, the requests it has received, its sessions, and the faults of its next responses.
 *
 * @example
 * ```ts
 * import { Simulator } from "effect-tableau-simulator"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const simulator = yield* Simulator
 *   yield* Effect.log(`Sign in at ${simulator.url} with demo-token / demo-secret`)
 * }).pipe(Effect.provide(Simulator.layer()))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Simulator extends Context.Tag("effect-tableau-simulator/Simulator")<Simulator, Simulator.Service>() {
  /**
   * Starts a simulator. It runs until the scope closes.
   *
   * @example
   * ```ts
   * import { Simulator } from "effect-tableau-simulator"
   * import * as Effect from "effect/Effect"
   *
   * const program = Effect.gen(function* () {
   *   const { url } = yield* Simulator.make({ cloud: true, tls: true })
   *   yield* Effect.log(url)
   * }).pipe(Effect.scoped)
   * ```
   *
   * @since 0.1.0
   * @category constructors
   */
  static make(options: Simulator.Options = {}): Effect.Effect<Simulator.Service, StartFailed, Scope.Scope> {
    return make(options)
  }

  /**
   * A layer of a simulator, which runs while the layer is in use.
   *
   * @example
   * ```ts
   * import { Simulator } from "effect-tableau-simulator"
   *
   * const layer = Simulator.layer({ workbooks: 10_000, idleLimit: "30 minutes" })
   * ```
   *
   * @since 0.1.0
   * @category layers
   */
  static layer(options: Simulator.Options = {}): Layer.Layer<Simulator, StartFailed> {
    return Layer.scoped(Simulator, make(options))
  }
}

/**
 * @since 0.1.0
 */
export declare namespace Simulator {
  /**
   * The options of a simulator.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Options {
    /**
     * The name or address to listen on. By default `127.0.0.1`, which only this machine can reach. A container needs
     * `0.0.0.0`.
     */
    readonly host?: string | undefined
    /**
     * Names by which clients reach the simulator, other than `host`, loopback, and names without a dot. A request with
     * another name in its `Host` header gets status 403, because a web page can give itself the address of the simulator.
     */
    readonly allowedHosts?: ReadonlyArray<string> | undefined
    /** The port. By default, and with 0, the system chooses a free port. */
    readonly port?: number | undefined
    /** Use HTTPS, with a self-signed certificate that is generated at the start. */
    readonly tls?: boolean | undefined
    /** Simulate Tableau Cloud: no Default site, and none of the operations that only Tableau Server has. */
    readonly cloud?: boolean | undefined
    /** Allow requests of all web pages. By default those of other hosts get status 403. */
    readonly cors?: boolean | undefined
    /** The port of a second listener without TLS, which redirects (301) every request to the main one. 0 chooses a free port. */
    readonly redirectFrom?: number | undefined
    /** The number of workbooks on the Default site of the demo content. By default 120. */
    readonly workbooks?: number | undefined
    /** The content of the server. By default the demo content. */
    readonly content?: Content | undefined
    /** The minimum duration of every response. By default zero. */
    readonly latency?: Duration.DurationInput | undefined
    /** A session ends after this time without use. By default 240 minutes, on Cloud 120 minutes. */
    readonly idleLimit?: Duration.DurationInput | undefined
    /** A session ends this long after its sign-in. By default never. */
    readonly lifetimeLimit?: Duration.DurationInput | undefined
    /**
     * What `*` means in the value of a filter with `eq` or `in`. Tableau's reference has wildcards only with `like`, for the
     * names of users and groups, but they are reported to work with `eq` on some servers. By default `"wildcard"`.
     */
    readonly asterisk?: "wildcard" | "literal" | undefined
    /**
     * What a block of an upload does whose `sequenceID` was sent before. Tableau's reference does not say it. By default
     * `"replace"`.
     */
    readonly repeatedSequenceId?: "replace" | "append" | "refuse" | undefined
    /** The largest block of an upload, in bytes. By default 64 MiB. */
    readonly blockLimit?: number | undefined
    /** The largest file that a request can publish without an upload, in bytes. By default 64 MiB. */
    readonly requestLimit?: number | undefined
    /** The largest number of blocks of an upload. If it is given, uploads report it. */
    readonly maxFileChunkCount?: number | undefined
    /** How long a job waits before it starts. By default 200 ms. */
    readonly jobWait?: Duration.DurationInput | undefined
    /** How long a job runs. By default 800 ms. */
    readonly jobRun?: Duration.DurationInput | undefined
    /** How long a new job or new content is missing from lists. It is found by its id at once. By default zero. */
    readonly listLag?: Duration.DurationInput | undefined
    /**
     * How the job of a new extract is found by its id. `readable`: as any other. `innerOnly`: the request for the `id` of the
     * job fails with 400031, as reported by users, and the one for its `jobLuid` does not. `listOnly`: both ids are equal,
     * and only the list of jobs has them. By default `readable`.
     */
    readonly extractJobs?: "readable" | "innerOnly" | "listOnly" | undefined
    /** The API version that the server reports. By default `3.29`, on Cloud `3.30`. */
    readonly apiVersion?: string | undefined
    /** The product version that the server reports. By default `2026.2.0`, on Cloud `2026.3.0`. */
    readonly productVersion?: string | undefined
  }

  /**
   * The functions of a running simulator.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    /** Scheme, host and port, without a trailing slash. */
    readonly url: string
    /** The URL of the listener that only redirects, if there is one. */
    readonly redirectUrl: string | undefined
    /** With `tls`, the certificate as PEM: the `ca` that a client needs. */
    readonly certificate: string | undefined
    /** The active sessions. */
    readonly sessions: Effect.Effect<ReadonlyArray<Session>>
    /** The requests so far, in order of arrival. Of more than 32 MB, the oldest are dropped. */
    readonly requests: Effect.Effect<ReadonlyArray<Request>>
    /** The number of requests of an operation so far, on both listeners. */
    readonly count: (operation: Operation) => Effect.Effect<number>
    /** Waits until a number of requests of an operation, by default 1, have arrived since the start. */
    readonly awaitSeen: (operation: Operation, times?: number) => Effect.Effect<void>
    /** Injects a fault into the next requests of an operation. */
    readonly inject: (injection: Injection) => Effect.Effect<void>
    /** Decides how the next jobs that match a plan run and end. */
    readonly planJobs: (plan: JobPlan) => Effect.Effect<void>
    /**
     * Restarts the server: every connection closes, every session ends, and after `meanwhile`, which by default does
     * nothing, the server listens at the same address. Content, uploads and jobs stay, and jobs go on meanwhile.
     */
    readonly restart: (meanwhile?: Effect.Effect<void>) => Effect.Effect<void>
    /** Ends every session, as an administrator or a restart of the server would. */
    readonly endSessions: Effect.Effect<void>
  }

  /**
   * Tableau's name of an operation, such as `signIn` or `queryWorkbooksForSite`, or `unknown` for a path or verb that
   * Tableau does not have. Operations that are not simulated have names, too.
   *
   * @since 0.1.0
   * @category models
   */
  export type Operation = Operations.Operation | "unknown"

  /**
   * An active session.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Session {
    readonly user: string
    /** The content URL of the site: `""` is the Default site. */
    readonly site: string
    readonly signedInBy: Sessions.Proof["_tag"]
    /** In milliseconds since the Unix epoch, by the simulator's `Clock`. */
    readonly signedInAt: number
  }

  /**
   * A request without its body, and without what can be a secret in headers, query and path.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Request {
    readonly operation: Operation
    readonly method: string
    readonly path: string
    /** As sent, with `redacted` for each value that can be a secret. */
    readonly query: string
    readonly headers: Readonly<Record<string, string>>
    /** The listener that received the request. `redirect` is the one that only redirects. */
    readonly listener: "main" | "redirect"
    /** The user of the token, or the user that the request signed in. */
    readonly user: string | undefined
    readonly site: string | undefined
    /** The status of the response, after it has been sent. */
    readonly status: number | undefined
  }

  /**
   * How the next jobs run and end. Without a plan, a job takes the time of the simulator's options and succeeds.
   *
   * @since 0.1.0
   * @category models
   */
  export interface JobPlan {
    /** By default any type. */
    readonly type?: Jobs.Work["type"] | undefined
    /** The name of the content that the job works on. By default any name. */
    readonly title?: string | undefined
    /** The number of jobs that the plan applies to. By default 1. */
    readonly times?: number | undefined
    /** How long the job waits before it starts. */
    readonly wait?: Duration.DurationInput | undefined
    /** How long the job runs. */
    readonly run?: Duration.DurationInput | undefined
    /** By default `Success`. */
    readonly end?: "Success" | "Failed" | "Cancelled" | undefined
    /** The notes of the job after its end. */
    readonly notes?: string | undefined
    /** Whether Tableau Bridge does the work: then the finish code of a success is 3. */
    readonly bridge?: boolean | undefined
  }

  /**
   * A fault, and the requests that it applies to.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Injection {
    /** `any` applies to the next request of any operation. */
    readonly operation: Operation | "any"
    /** The number of requests that the fault applies to. By default 1. */
    readonly times?: number | undefined
    readonly fault: Fault
  }
}

const describe = (session: Sessions.Session): Simulator.Session => ({
  user: session.user.name,
  site: session.site.contentUrl,
  signedInBy: session.proof._tag,
  signedInAt: session.signedInAt
})

const mebibytes = (count: number): number => count * 1024 * 1024

const makeServer = (options: Simulator.Options, source: World.Source, storage: Storage.Storage): Dispatcher.Server => {
  const cloud = options.cloud ?? false
  return {
    world: World.make(source),
    sessions: Sessions.make({
      idle: Duration.decode(options.idleLimit ?? (cloud ? "120 minutes" : "240 minutes")),
      lifetime: Option.map(Option.fromNullable(options.lifetimeLimit), Duration.decode)
    }),
    info: {
      apiVersion: options.apiVersion ?? (cloud ? "3.30" : "3.29"),
      productVersion: options.productVersion ?? (cloud ? "2026.3.0" : "2026.2.0"),
      build: cloud ? "20263.26.0818.1431" : "20262.26.0612.0942",
      cloud
    },
    jobs: Jobs.make({
      wait: Duration.decode(options.jobWait ?? "200 millis"),
      run: Duration.decode(options.jobRun ?? "800 millis"),
      extractJobs: options.extractJobs ?? "readable"
    }),
    storage,
    uploads: Uploads.make({
      repeatedSequenceId: options.repeatedSequenceId ?? "replace",
      blockLimit: options.blockLimit ?? mebibytes(64),
      requestLimit: options.requestLimit ?? mebibytes(64),
      maxFileChunkCount: options.maxFileChunkCount
    }),
    spentJwts: makeSpentJwts(),
    log: Log.make(),
    faults: Faults.make(),
    latency: Duration.decode(options.latency ?? 0),
    asterisk: options.asterisk ?? "wildcard",
    listLag: Duration.decode(options.listLag ?? 0)
  }
}

const make = (options: Simulator.Options): Effect.Effect<Simulator.Service, StartFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { content, workbooks = 120 } = options
    const source = content === undefined ? Demo.source(workbooks) : yield* Declared.source(content)
    // Before the listeners, so that the files are removed after the last request.
    const server = makeServer(options, source, yield* Storage.make)
    const { allowedHosts = [], host = "127.0.0.1" } = options
    const isWildcard = host === "0.0.0.0" || host === "::"
    const certificate = options.tls
      ? yield* Certificate.make(isWildcard ? allowedHosts : [host, ...allowedHosts])
      : undefined
    const admission = yield* Either.mapLeft(
      Admission.make({ host, allowedHosts }),
      (reason) => new StartFailed({ reason })
    )
    // Handlers use the clock and the logger of the effect that starts the simulator, and end with its scope.
    const fork = yield* FiberSet.makeRuntime<never>()
    const listen = (
      port: number,
      certificate: Certificate.Certificate | undefined,
      handle: (request: IncomingMessage, response: ServerResponse) => Effect.Effect<void>
    ) =>
      Listener.listen({
        host,
        port,
        certificate,
        admission: options.cors ? undefined : admission,
        onRequest: (request, response) => {
          fork(handle(request, response))
        }
      })
    const sessions = Effect.map(server.sessions.live, (live) => live.map(describe))
    const requests = server.log.entries
    const handle = (request: IncomingMessage, response: ServerResponse) => {
      const inspection = inspect(request, { sessions, requests })
      return inspection === undefined
        ? Dispatcher.dispatch(server, request, response)
        : Effect.flatMap(inspection, (inspected) =>
            Responses.send({ request, output: response, onStatus: constVoid }, inspected)
          )
    }
    const whole = yield* Effect.scope
    const listenAt = (at: number) =>
      Effect.gen(function* () {
        const scope = yield* Scope.fork(whole, ExecutionStrategy.sequential)
        return { scope, port: yield* Scope.extend(listen(at, certificate, handle), scope) }
      })
    const listening = yield* Effect.flatMap(listenAt(options.port ?? 0), SynchronizedRef.make)
    const { port } = yield* SynchronizedRef.get(listening)
    const reachable = isWildcard ? "127.0.0.1" : Admission.inUrl(host)
    const urlAt = (name: string) => `${certificate === undefined ? "http" : "https"}://${name}:${port}`
    const url = urlAt(reachable)
    /** Where a redirect leads: on a wildcard address only the client knows its name for this machine. */
    const originFor = ({ headers }: IncomingMessage) =>
      isWildcard && headers.host !== undefined ? urlAt(Admission.nameOf(headers.host) ?? reachable) : url
    const redirectPort =
      options.redirectFrom === undefined
        ? undefined
        : yield* listen(options.redirectFrom, undefined, (request, response) =>
            Dispatcher.redirect(server, originFor(request), request, response)
          )
    return {
      url,
      redirectUrl: redirectPort === undefined ? undefined : `http://${reachable}:${redirectPort}`,
      certificate: certificate?.certificate,
      sessions,
      requests,
      count: server.log.count,
      awaitSeen: (operation, times = 1) => server.log.awaitSeen(operation, times),
      inject: ({ fault, operation, times = 1 }) => server.faults.inject({ operation, times, fault }),
      restart: (meanwhile = Effect.void) =>
        SynchronizedRef.updateEffect(listening, ({ scope }) =>
          Scope.close(scope, Exit.void).pipe(
            Effect.andThen(server.sessions.endAll),
            Effect.andThen(meanwhile),
            // Another process can take the port meanwhile: then the test cannot go on.
            Effect.andThen(Effect.orDie(listenAt(port)))
          )
        ),
      planJobs: server.jobs.plan,
      endSessions: server.sessions.endAll
    }
  })
