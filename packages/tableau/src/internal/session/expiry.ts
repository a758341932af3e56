/** Which 401 means that the server has ended the session, and why. */
import { type CallError, Forbidden, MissingScope, SessionExpired } from "../../TableauError.js"
import { fieldsOf } from "../errors/fields.js"
import { isJsonService } from "../http/exchange.js"
import * as Jwt from "../jwt.js"
import type * as Authentication from "./authentication.js"
import type { Call } from "./call.js"
import * as Renewal from "./renewal.js"

/** Whether the server has ended the session. 401001 and 401003 mean other things; 401 without a code is not Tableau's. */
export const isExpiry = (error: CallError): error is SessionExpired =>
  error._tag === "SessionExpired" && (error.code === "401002" || error.code === "401000")

/**
 * The gateway in front of a JSON service sends no code for an expired token, nor for other reasons. They differ in
 * what the same request with a new token returns.
 */
export const isByGateway = (error: CallError, path: string): boolean =>
  error._tag === "SessionExpired" && error.code === undefined && isJsonService(path)

/** A missing scope has no code of its own: the server responds with 401002 or 403. */
export const toMissingScope =
  (token: Authentication.Token, call: Pick<Call<unknown>, "scopes">) => (error: CallError) => {
    if (token.scopes === undefined || !(error instanceof SessionExpired || error instanceof Forbidden)) return error
    const scope = Jwt.missingScope(token.scopes, call.scopes)
    return scope === undefined ? error : new MissingScope({ ...fieldsOf(error), scope })
  }

/** Why a token that the server calls expired has to be renewed. */
export const expiryOf = ({ ended }: Pick<Authentication.Token, "ended">): Renewal.Reason =>
  ended === "no" ? "expired" : "ended"

/** The monotonic times at which a renewal because of a gateway's 401 last helped, and last did not. */
export interface Gateway {
  helped: number
  failed: number
}

export const makeGateway = (): Gateway => ({ helped: Number.NEGATIVE_INFINITY, failed: Number.NEGATIVE_INFINITY })

/**
 * Why a gateway's 401 renews the token, or undefined if it does not: for a while after a renewal that did not help. Another
 * program can have ended the token only if the last renewal helped.
 */
export const byGateway = (
  { failed, helped }: Gateway,
  token: Pick<Authentication.Token, "ended">,
  now: number
): Renewal.Reason | undefined => {
  if (now - failed < Renewal.evictionWindow) return undefined
  return now - helped < Renewal.evictionWindow ? expiryOf(token) : "refused"
}
