/**
 * What a server tells before anybody signs in.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_server.htm#get_server_info
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Diagnosing from "./internal/diagnosis/checks.js"
import * as Probe from "./internal/diagnosis/probe.js"
import * as Transport from "./internal/http/transport.js"
import type {
  BadRequest,
  Conflict,
  Forbidden,
  MethodNotAllowed,
  RateLimited,
  ServerFault,
  TransportError,
  UnexpectedResponse,
  UnknownCode
} from "./TableauError.js"
import * as TableauUrl from "./TableauUrl.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface ServerInfo {
  /** Such as `2026.2.0`. */
  readonly productVersion: string | undefined
  /** Such as `20262.26.0612.0942`. */
  readonly build: string | undefined
  /** Such as `3.29`. */
  readonly restApiVersion: string
}

/**
 * What asking a server for its version fails with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ServerInfoError =
  | BadRequest
  | Conflict
  | Forbidden
  | MethodNotAllowed
  | UnknownCode
  | RateLimited
  | ServerFault
  | UnexpectedResponse
  | TransportError

/**
 * Asks a server for its product and API version, without credentials.
 *
 * @example
 * ```ts
 * import { ServerInfo } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const { productVersion, restApiVersion } = yield* ServerInfo.get("tableau.example.com")
 *   yield* Console.log(`Tableau ${productVersion}, REST API ${restApiVersion}`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const get = (server: string): Effect.Effect<ServerInfo, ServerInfoError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const url = yield* TableauUrl.parse(server)
    const transport = yield* Transport.make({ origin: url.server })
    return yield* Probe.serverInfo(transport, "ServerInfo.get")
  })

/**
 * One thing that was looked at.
 *
 * @since 0.1.0
 * @category models
 */
export interface Check {
  /**
   * `address`: what was understood of it. `dns`: the host's name. `connection`. `tls`: the certificates. `redirect`:
   * whether the server sends us elsewhere. `api`: whether it is Tableau that answers, not a proxy, a login page or
   * another program. `version`. `clock`: the server's against ours.
   */
  readonly name: "address" | "dns" | "connection" | "tls" | "redirect" | "api" | "version" | "clock"
  /** `skipped` is what cannot be seen from here, and everything after the one that failed. */
  readonly outcome: "ok" | "warning" | "failed" | "skipped"
  /** What was seen. */
  readonly detail: string
  /** What to do about it. */
  readonly advice?: string
}

/**
 * What stands between a program and a server. Plain data; nothing in it is secret.
 *
 * @since 0.1.0
 * @category models
 */
export interface Diagnosis {
  /** Always all of them, in the order in which they need each other. One at most has failed. */
  readonly checks: ReadonlyArray<Check>
  /** Scheme, host and port, without a slash at the end; absent if the address cannot be understood. */
  readonly server: string | undefined
  /** The content URL of the site that the address names: `""` is the Default site, absent is none named. */
  readonly site: string | undefined
  /** By the host's name. */
  readonly deployment: "Server" | "Cloud" | undefined
  readonly productVersion: string | undefined
  readonly build: string | undefined
  readonly restApiVersion: string | undefined
  /** Milliseconds that the server's clock, or that of a gateway before it, is ahead of ours; to about a second. */
  readonly clockSkew: number | undefined
  /** Why a session would not open; absent if nothing but the sign-in is left to try. */
  readonly error: ServerInfoError | undefined
}

/**
 * Says in one go what stands between this program and a server: address, DNS, connection, certificates, redirect,
 * proxy or login page, version and clock. It never fails: what is wrong is in the value.
 *
 * It sends one request, without credentials, and follows no redirect. With `TableauNode.layerHttpClient` it also looks
 * the name up and connects once more to see the certificates. Each step ends after 10 seconds.
 *
 * @example
 * ```ts
 * import { ServerInfo } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const diagnosis = yield* ServerInfo.diagnose("tableau.example.com/#/site/MarketingTeam")
 *   yield* Console.log(ServerInfo.format(diagnosis))
 *   if (diagnosis.error?._tag === "TlsFailed") yield* Console.log("Ask the administrator for the certificate.")
 * }).pipe(Effect.provide(TableauNode.layerHttpClient()))
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const diagnose = (server: string): Effect.Effect<Diagnosis, never, HttpClient.HttpClient> =>
  Diagnosing.diagnose(server)

/**
 * A diagnosis as text to print: a line for each check, with outcome, name, detail and advice, and one line for all
 * that come after the one that failed.
 *
 * @example
 * ```ts
 * import { ServerInfo } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * // ok       address     https://tableau.example.com, no site named
 * // failed   dns         the host of https://tableau.example.com is not known (ENOTFOUND). Check the address, …
 * // skipped  connection, tls, redirect, api, version, clock not looked at: dns failed
 * const text = Effect.map(ServerInfo.diagnose("tableau.example.com"), ServerInfo.format)
 * ```
 *
 * @since 0.1.0
 * @category formatting
 */
export const format = (diagnosis: Diagnosis): string => Diagnosing.format(diagnosis)
