/**
 * A Tableau Server on loopback that needs no Tableau.
 *
 * @since 0.1.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Content } from "./Content.js"
import type { Fault } from "./Fault.js"
import * as Declared from "./internal/content/declared.js"
import * as Demo from "./internal/content/demo.js"
import * as World from "./internal/content/world.js"
import type * as Routes from "./internal/resources/routes.js"
import * as Certificate from "./internal/server/certificate.js"
import * as Dispatcher from "./internal/server/dispatcher.js"
import * as Faults from "./internal/server/faults.js"
import { inspect } from "./internal/server/inspection.js"
import * as Listener from "./internal/server/listener.js"
import * as Log from "./internal/server/log.js"
import * as Answers from "./internal/server/response.js"
import { makeSpentJwts } from "./internal/session/identity.js"
import * as Sessions from "./internal/session/sessions.js"
import type { StartFailed } from "./SimulatorError.js"

/**
 * A running simulator: where it is, what it saw, who is signed in, and what shall go wrong.
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
   * Starts a simulator that runs until the scope is closed.
   *
   * @since 0.1.0
   * @category constructors
   */
  static make(options: Simulator.Options = {}): Effect.Effect<Simulator.Service, StartFailed, Scope.Scope> {
    return make(options)
  }

  /**
   * A simulator as a layer: it runs as long as the layer is in use.
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
   * @since 0.1.0
   * @category models
   */
  export interface Options {
    /** The port on 127.0.0.1. By default, and with 0, the system picks a free one. */
    readonly port?: number | undefined
    /** Speak HTTPS, with a certificate made at the start. */
    readonly tls?: boolean | undefined
    /** Be Tableau Cloud: no Default site, no switching of sites. */
    readonly cloud?: boolean | undefined
    /** Let web pages from everywhere call the server. */
    readonly cors?: boolean | undefined
    /** The port of a second listener, plain HTTP, that answers everything with a 301 to the main one; 0 picks. */
    readonly redirectFrom?: number | undefined
    /** How many workbooks the Default site of the demo content has. By default 120. */
    readonly workbooks?: number | undefined
    /** What the server holds, in the place of the demo content. */
    readonly content?: Content | undefined
    /** How long every answer takes at least. By default no time. */
    readonly latency?: Duration.DurationInput | undefined
    /** A session ends when it was not used for so long. By default 240 minutes, on Cloud 120. */
    readonly idleLimit?: Duration.DurationInput | undefined
    /** A session ends so long after its sign-in. By default never. */
    readonly lifetimeLimit?: Duration.DurationInput | undefined
    /** What the server says that its API version is. By default `3.29`, on Cloud `3.30`. */
    readonly apiVersion?: string | undefined
    /** What the server says that its product version is. By default `2026.2.0`, on Cloud `2026.3.0`. */
    readonly productVersion?: string | undefined
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    /** Scheme, host and port, without a slash at the end. */
    readonly url: string
    /** The same of the listener that only redirects, if there is one. */
    readonly redirectUrl: string | undefined
    /** With `tls`, the certificate as PEM: what a client needs as its `ca`. */
    readonly certificate: string | undefined
    /** Who is signed in now. */
    readonly sessions: Effect.Effect<ReadonlyArray<Session>>
    /** Every request so far, in the order of arrival. */
    readonly requests: Effect.Effect<ReadonlyArray<Request>>
    /** How many requests of an operation have arrived so far, on both listeners. */
    readonly count: (operation: Operation) => Effect.Effect<number>
    /** Waits until so many requests of an operation, by default one, have arrived since the start. */
    readonly awaitSeen: (operation: Operation, times?: number) => Effect.Effect<void>
    /** Makes the next requests of an operation go wrong. */
    readonly inject: (injection: Injection) => Effect.Effect<void>
    /** Ends every session, as an administrator or a restart would. */
    readonly endSessions: Effect.Effect<void>
  }

  /**
   * Tableau's name of a method, such as `signIn` or `queryWorkbooksForSite`; `unknown` for a path or a verb that the
   * server does not have.
   *
   * @since 0.1.0
   * @category models
   */
  export type Operation = Routes.Operation

  /**
   * @since 0.1.0
   * @category models
   */
  export interface Session {
    readonly user: string
    /** The content URL of the site: `""` is the Default site. */
    readonly site: string
    readonly signedInBy: Sessions.Proof["_tag"]
    /** Milliseconds since 1970, by the simulator's `Clock`. */
    readonly signedInAt: number
  }

  /**
   * A request without its body and without headers that can hold a secret.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Request {
    readonly operation: Operation
    readonly method: string
    readonly path: string
    readonly query: string
    readonly headers: Readonly<Record<string, string>>
    /** Which listener it came to: the real one or the one that only redirects. */
    readonly listener: "main" | "redirect"
    /** Whose token it carried, or who signed in by it. */
    readonly user: string | undefined
    readonly site: string | undefined
    /** Of the answer, when there is one. */
    readonly status: number | undefined
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export interface Injection {
    /** `any` takes whatever comes first. */
    readonly operation: Operation | "any"
    /** How many requests go wrong: by default one. */
    readonly times?: number | undefined
    readonly fault: Fault
  }
}

const inspected = (session: Sessions.Session): Simulator.Session => ({
  user: session.user.name,
  site: session.site.contentUrl,
  signedInBy: session.proof._tag,
  signedInAt: session.signedInAt
})

const makeServer = (options: Simulator.Options, source: World.Source): Dispatcher.Server => {
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
    spentJwts: makeSpentJwts(),
    log: Log.make(),
    faults: Faults.make(),
    latency: Duration.decode(options.latency ?? 0)
  }
}

const make = (options: Simulator.Options): Effect.Effect<Simulator.Service, StartFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { content, workbooks = 120 } = options
    const server = makeServer(options, content === undefined ? Demo.source(workbooks) : yield* Declared.source(content))
    const certificate = options.tls ? yield* Certificate.make : undefined
    // Handlers run with the clock and the logger of whoever starts the simulator, and end with its scope.
    const fork = yield* FiberSet.makeRuntime<never>()
    const listen = (
      port: number,
      certificate: Certificate.Certificate | undefined,
      handle: (request: IncomingMessage, response: ServerResponse) => Effect.Effect<void>
    ) =>
      Listener.listen({
        port,
        certificate,
        cors: options.cors ?? false,
        onRequest: (request, response) => {
          fork(handle(request, response))
        }
      })
    const sessions = Effect.map(server.sessions.live, (live) => live.map(inspected))
    const requests = server.log.entries
    const port = yield* listen(options.port ?? 0, certificate, (request, response) => {
      const inspection = inspect(request, { sessions, requests })
      return inspection === undefined
        ? Dispatcher.dispatch(server, request, response)
        : Effect.flatMap(inspection, (answer) => Answers.send({ request, response, onStatus: constVoid }, answer))
    })
    const url = `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`
    const redirectPort =
      options.redirectFrom === undefined
        ? undefined
        : yield* listen(options.redirectFrom, undefined, (request, response) =>
            Dispatcher.redirect(server, url, request, response)
          )
    return {
      url,
      redirectUrl: redirectPort === undefined ? undefined : `http://127.0.0.1:${redirectPort}`,
      certificate: certificate?.certificate,
      sessions,
      requests,
      count: server.log.count,
      awaitSeen: (operation, times = 1) => server.log.awaitSeen(operation, times),
      inject: ({ fault, operation, times = 1 }) => server.faults.inject({ operation, times, fault }),
      endSessions: server.sessions.endAll
    }
  })
