import type { DeploymentUnsupported, Forbidden, VersionUnsupported } from "../../TableauError.js"
import type { Content } from "../http/content.js"
import type { Method, ResponseReader } from "../http/exchange.js"
import type { OwnBudget } from "./budgets.js"
import type { Connection } from "./connection.js"
import type { CallTiming, RequestTraits } from "./retry.js"

/** A prepared request. The session adds the site id, the token and the API version when it sends it. */
export interface Call<A> extends RequestTraits {
  readonly method: Method
  readonly path: (apiVersion: string, siteId: string) => string
  readonly body: string | Content | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** The scopes that a JWT must grant. */
  readonly scopes: ReadonlyArray<string>
  /** What it takes of the rate limiter beside `calls`. */
  readonly budget?: OwnBudget | undefined
  readonly expected: ResponseReader<A>
  /** What the server's text must not repeat, besides the secrets of the session and of the body. */
  readonly secrets?: Content["secrets"] | undefined
  /** The times that differ from those of the session's policy. */
  readonly timing?: CallTiming | undefined
  /** The error if the server does not have the operation. A session that is not signed in yet signs in first. */
  readonly unsupported?:
    | ((connection: Connection) => DeploymentUnsupported | Forbidden | VersionUnsupported | undefined)
    | undefined
}
