/**
 * Checks what a server says about the session that it has opened: the token, the site, and the user. A response can be
 * another one than that of the request, of a cache for example, or not of Tableau at all.
 */
import * as Redacted from "effect/Redacted"
import type { UserId } from "../../Ids.js"
import { SiteMismatch, UnexpectedResponse, UserMismatch } from "../../TableauError.js"
import { idLimit, type Sanitizer } from "../http/serverText.js"
import { isPathSegment } from "../pathSegment.js"

/** What the response says. */
export interface Claims {
  readonly value: Redacted.Redacted
  readonly site: { readonly id: string; readonly contentUrl: string }
  readonly user: { readonly id: string }
}

/** What was requested. */
export interface Requested {
  readonly operation: string
  readonly contentUrl: string
  /** The user to impersonate. */
  readonly user?: UserId | undefined
  readonly sanitize: Sanitizer
}

/** In ASCII only: Unicode also folds other letters to those, such as the Kelvin sign to `k`. */
const folded = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())

const isEqual = (a: string, b: string): boolean => folded(a) === folded(b)

export const isOnSite = ({ site }: Pick<Claims, "site">, contentUrl: string): boolean =>
  isEqual(site.contentUrl, contentUrl)

export type ClaimError = SiteMismatch | UserMismatch | UnexpectedResponse

/** Whether a header can hold the token: then the session can be signed out. */
export const hasToken = ({ value }: Pick<Claims, "value">): boolean =>
  /^[!-~](?:[ -~]*[!-~])?$/.test(Redacted.value(value))

/** Ids become parts of paths. Tableau does not guarantee a form, but no id of a server is longer. */
const isId = (id: string): boolean => isPathSegment(id) && id.length <= idLimit && !/[\p{C}\p{Zl}\p{Zp}]/u.test(id)

/** The error of a session on another site than the requested one. */
export const siteMismatch = (claims: Pick<Claims, "site">, requested: Requested): SiteMismatch =>
  new SiteMismatch({
    operation: requested.operation,
    acted: "yes",
    expected: requested.contentUrl,
    actual: requested.sanitize(claims.site.contentUrl, idLimit) ?? ""
  })

/** The error if the session is not the requested one, or cannot be used. */
export const problemOf = (claims: Claims, requested: Requested): ClaimError | undefined => {
  const { operation, user } = requested
  const malformed = (detail: string) => new UnexpectedResponse({ operation, acted: "yes", kind: "Malformed", detail })
  if (!hasToken(claims)) return malformed("Its token is empty, or contains a character that HTTP does not allow.")
  if (!isId(claims.site.id)) return malformed("The id of the site is not an id.")
  if (!isId(claims.user.id)) return malformed("The id of the user is not an id.")
  if (!isOnSite(claims, requested.contentUrl)) return siteMismatch(claims, requested)
  if (user === undefined || isEqual(claims.user.id, user)) return undefined
  return new UserMismatch({
    operation,
    acted: "yes",
    expected: user,
    actual: requested.sanitize(claims.user.id, idLimit) ?? ""
  })
}
