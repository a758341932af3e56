/**
 * What a user pastes, taken apart into server and site.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { badRequest } from "./internal/badRequest.js"
import type { BadRequest } from "./TableauError.js"

/**
 * Where to sign in.
 *
 * @since 0.1.0
 * @category models
 */
export interface TableauUrl {
  /** Scheme, host and port, without a slash at the end. */
  readonly server: string
  /** The content URL of the site that the address names: `""` is the Default site, absent is none named. */
  readonly site: string | undefined
}

const refuse = (detail: string): Either.Either<never, BadRequest> =>
  Either.left(badRequest("TableauSession.make", detail))

const say = (server: string, site: string): string =>
  `{ server: ${JSON.stringify(server)}, site: ${JSON.stringify(site)} }`

/** The site in a path of Tableau's own: `/site/X/...` after the `#`, `/t/X/...` before it. */
const siteOf = (url: URL): string | undefined => {
  const found = (/^#\/site\/([^/?]+)/.exec(url.hash) ?? /^\/t\/([^/]+)/.exec(url.pathname))?.[1]
  // A page of Tableau's web client that names no site belongs to the Default site.
  if (found === undefined) return /^#\/(?!site\b|signin\b)./.test(url.hash) ? "" : undefined
  return Either.getOrElse(
    Either.try(() => decodeURIComponent(found)),
    () => found
  )
}

/** The paths that an address of Tableau Server can have when it was copied from a browser or a document. */
const knownPath = /^\/*$|^\/(?:api|t|views|auth|signin|vizportal|server)(?:\/|$)/i

/**
 * Takes an address apart. No scheme means https; a trailing slash, `/api` and an address copied from the browser are
 * understood.
 *
 * @example
 * ```ts
 * import { TableauUrl } from "effect-tableau"
 *
 * // Right({ server: "https://tableau.example.com", site: "MarketingTeam" })
 * TableauUrl.parse("tableau.example.com/#/site/MarketingTeam/projects")
 * ```
 *
 * @since 0.1.0
 * @category parsing
 */
export const parse = (text: string): Either.Either<TableauUrl, BadRequest> => {
  const trimmed = text.trim()
  if (trimmed === "") return refuse("`server` is empty: it is an address such as https://tableau.example.com.")
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  if (!URL.canParse(full)) return refuse("`server` is not an address: it looks like https://tableau.example.com.")
  const url = new URL(full)
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return refuse(`\`server\` must be an https:// or http:// address, not ${url.protocol}//.`)
  }
  if (url.username !== "" || url.password !== "") {
    return refuse(
      `\`server\` holds a user name or a password; give them as \`credentials\`, and ${url.origin} as \`server\`.`
    )
  }
  const site = siteOf(url)
  if (!knownPath.test(url.pathname)) {
    return refuse(`\`server\` has a path that is not Tableau's, ${url.pathname}. Use ${say(url.origin, site ?? "")}.`)
  }
  return Either.right({ server: url.origin, site })
}

/**
 * Checks a site's content URL: what follows `/site/` in the browser, not the name with its spaces.
 *
 * @since 0.1.0
 * @category parsing
 */
export const checkSite = (server: string, site: string): Either.Either<string, BadRequest> => {
  if (site.includes("://") || site.includes("#/")) {
    return Either.flatMap(parse(site), (pasted) =>
      refuse(`\`site\` is an address, not a content URL. Use ${say(pasted.server, pasted.site ?? "")}.`)
    )
  }
  return /[\s/?#&:\\]/.test(site)
    ? refuse(
        `\`site\` ${JSON.stringify(site)} is not a content URL: that is what follows /site/ in the browser, often the name without its spaces. Perhaps ${say(server, site.replaceAll(/[\s/?#&:\\]/g, ""))}.`
      )
    : Either.right(site)
}

/**
 * Server and site from what the user gave for each; refuses two sites that differ.
 *
 * @since 0.1.0
 * @category parsing
 */
export const resolve = (
  server: string,
  site: string | undefined
): Either.Either<{ readonly server: string; readonly site: string }, BadRequest> =>
  Either.flatMap(parse(server), (url) => {
    const wanted = site ?? url.site ?? ""
    return Either.flatMap(checkSite(url.server, wanted), () =>
      site !== undefined && url.site !== undefined && url.site.toLowerCase() !== site.toLowerCase()
        ? refuse(
            `\`server\` is an address of site ${JSON.stringify(url.site)}, \`site\` says ${JSON.stringify(site)}. Use ${say(url.server, url.site)} or ${say(url.server, site)}.`
          )
        : Either.right({ server: url.server, site: wanted })
    )
  })

/**
 * Whether the address is one of Tableau Cloud.
 *
 * @since 0.1.0
 * @category parsing
 */
export const isCloud = (server: string): boolean => {
  const { hostname } = new URL(server)
  return hostname === "online.tableau.com" || hostname.endsWith(".online.tableau.com")
}
