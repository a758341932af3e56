/** Requests `serverinfo`, which needs no sign-in: a wrong address is found before a secret is sent. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  BadRequest,
  type Conflict,
  type Forbidden,
  type MethodNotAllowed,
  type RateLimited,
  type ServerFault,
  type TransportError,
  UnexpectedResponse,
  type UnknownCode
} from "../../TableauError.js"
import * as ApiVersion from "../apiVersion.js"
import { fieldsOf } from "../errors/fields.js"
import { reader } from "../xml/reader.js"
import { ElementText } from "../xml/scalar.js"
import * as Transport from "./transport.js"

/**
 * The product version and the REST API version of a server.
 *
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
 * The errors of a request for the version of a server.
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

const readServerInfo = reader(
  "serverInfo",
  Schema.Struct({
    serverInfo: Schema.Struct({
      productVersion: Schema.optional(Schema.Struct({ value: ElementText, build: Schema.optional(Schema.String) })),
      restApiVersion: Schema.optional(Schema.String)
    })
  })
)

/** The oldest API version that has `serverinfo`. All later servers accept requests for it. */
const firstVersion = "2.4"

export const serverInfo = (
  transport: Transport.Transport,
  operation: string
): Effect.Effect<ServerInfo, ServerInfoError> =>
  Effect.gen(function* () {
    const { value } = yield* Transport.exchange(
      transport,
      { operation, method: "GET", readOnly: true, path: `/api/${firstVersion}/serverinfo` },
      readServerInfo
    ).pipe(
      // Without a sign-in Tableau does not send these: another program, such as a proxy, did.
      Effect.catchTags({
        SessionExpired: (error) => new UnexpectedResponse({ ...fieldsOf(error), kind: "Other" }),
        NotFound: (error) =>
          new BadRequest({
            ...fieldsOf(error),
            hint: "There is no serverinfo at this address. Is this the address of a Tableau Server (10.1 or later)?"
          })
      })
    )
    const { productVersion, restApiVersion } = value.serverInfo
    const version = restApiVersion?.trim() ?? ""
    if (!ApiVersion.isApiVersion(version)) {
      const detail = "The server does not report its API version. Set `apiVersion` to the version that it has."
      return yield* new UnexpectedResponse({ operation, kind: "Other", detail, acted: "no" })
    }
    return { productVersion: productVersion?.value.trim(), build: productVersion?.build, restApiVersion: version }
  })
