/**
 * The version of a server, and a diagnosis of the connection to it. Both work without signing in.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_server.htm#get_server_info
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Diagnose from "./internal/diagnosis/diagnose.js"
import * as Diagnosis from "./internal/diagnosis/diagnosis.js"
import { type ServerInfo, type ServerInfoError, serverInfo } from "./internal/http/serverInfo.js"
import * as Transport from "./internal/http/transport.js"
import * as TableauUrl from "./TableauUrl.js"

export type { Check, Diagnosis } from "./internal/diagnosis/diagnosis.js"
export type { ServerInfo, ServerInfoError } from "./internal/http/serverInfo.js"

/**
 * Returns the product version and the REST API version of a server. Sends no credentials.
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
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_server.htm#get_server_info
 * @since 0.1.0
 * @category operations
 */
export const get = (server: string): Effect.Effect<ServerInfo, ServerInfoError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const url = yield* TableauUrl.parse(server)
    const transport = yield* Transport.make({ origin: url.server })
    return yield* serverInfo(transport, "ServerInfo.get")
  })

/**
 * Checks everything between this program and a server: address, DNS, connection, certificates, redirect, proxy or login
 * page, version and clock. Never fails: problems are part of the result.
 *
 * Sends one request, without credentials, and follows no redirect. With `TableauNode.layerHttpClient` it also resolves
 * the host name and opens a second connection to read the certificates. Each step has a timeout of 10 seconds.
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
export const diagnose = (server: string): Effect.Effect<Diagnosis.Diagnosis, never, HttpClient.HttpClient> =>
  Diagnose.diagnose(server)

/**
 * Formats a diagnosis for printing: one line for each check, with outcome, name, detail and advice, and one line for all
 * checks after the one that failed.
 *
 * @example
 * ```ts
 * import { ServerInfo } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * // ok       address     https://tableau.example.com, no site named
 * // failed   dns         the host of https://tableau.example.com is not known (ENOTFOUND). Check the address, …
 * // skipped  connection, tls, redirect, api, version, clock not checked: dns failed
 * const text = Effect.map(ServerInfo.diagnose("tableau.example.com"), ServerInfo.format)
 * ```
 *
 * @since 0.1.0
 * @category formatting
 */
export const format = (diagnosis: Diagnosis.Diagnosis): string => Diagnosis.format(diagnosis)
