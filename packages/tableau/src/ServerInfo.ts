/**
 * What a server tells before anybody signs in.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_server.htm#get_server_info
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Probe from "./internal/probe.js"
import * as Transport from "./internal/transport.js"
import type {
  BadRequest,
  Conflict,
  Forbidden,
  MethodNotAllowed,
  ServerError,
  TransportError,
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
  | ServerError
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
