/**
 * Parses server addresses, including URLs that were copied from the browser.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { badRequest } from "./internal/badRequest.js"
import type { BadRequest } from "./TableauError.js"

/**
 * A server, and the site that an address names.
 *
 * @since 0.1.0
 * @category models
 */
export interface TableauUrl {
  /** Scheme, host and port, without a trailing slash. */
  readonly server: string
  /** The content URL of the site: `""` is the Default site. Absent if the address names no site. */
  readonly site: string | undefined
}

const refuse = (detail: string): Either.Either<never, BadRequest> =>
  Either.left(badRequest("TableauSession.open", detail))

const optionsText = (server: string, site: string): string =>
  `{ server: ${JSON.stringify(server)}, site: ${JSON.stringify(site)} }`

/** The site in a URL of Tableau's web client: `/site/X/...` after the `#`, `/t/X/...` before it. */
const siteOf = (url: URL): string | undefined => {
  const segment = (/^#\/site\/([^/?]+)/.exec(url.hash) ?? /^\/t\/([^/]+)/.exec(url.pathname))?.[1]
  // A page of the web client whose URL names no site belongs to the Default site.
  if (segment === undefined) return /^#\/(?!site\b|signin\b)./.test(url.hash) ? "" : undefined
  return Either.getOrElse(
    Either.try(() => decodeURIComponent(segment)),
    () => segment
  )
}

/**
 * Whether a URL without a user name may be one whose password contains `/`, `?` or `#`: what is before that character is
 * then taken for the host, and the password for the path. Tableau's own URLs have `@` in names of users only, which are
 * behind `#/`, `/t/` and `/views/`.
 */
const mayHoldPassword = ({ hash, pathname, search }: URL): boolean => {
  const isPageOfTableau = hash.startsWith("#/") || /^\/(?:t|views)\//i.test(pathname)
  return /@|%40/.test(isPageOfTableau && knownPath.test(pathname) ? "" : `${pathname}${search}${hash}`)
}

/** The first path segments of URLs that users copy from the browser or from Tableau's documentation. */
const knownPath = /^\/*$|^\/(?:api|t|views|auth|signin|vizportal|server)(?:\/|$)/i

/**
 * Parses an address. Without a scheme it means https. Accepts a trailing slash, `/api`, and any URL that was copied from
 * Tableau in the browser. Other input is `BadRequest`, with the correct value where it can be derived.
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
  if (trimmed === "") return refuse("`server` is empty. Use an address such as https://tableau.example.com.")
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  if (!URL.canParse(full))
    return refuse("`server` is not a valid address. Use one such as https://tableau.example.com.")
  const url = new URL(full)
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return refuse(`\`server\` must be an https:// or http:// address, not ${url.protocol}//.`)
  }
  if (url.username !== "" || url.password !== "") {
    return refuse(
      `\`server\` contains a user name or a password. Pass them as \`credentials\`, and ${url.origin} as \`server\`.`
    )
  }
  if (mayHoldPassword(url)) {
    return refuse(
      "`server` seems to contain a user name or a password: there is an @ behind its host. Pass them as `credentials`, and an address such as https://tableau.example.com as `server`."
    )
  }
  const site = siteOf(url)
  if (!knownPath.test(url.pathname)) {
    return refuse(
      `\`server\` has a path that is not Tableau's, ${url.pathname}. Use ${optionsText(url.origin, site ?? "")}.`
    )
  }
  return Either.right({ server: url.origin, site })
}

/**
 * Checks the content URL of a site: the part after `/site/` in the browser's URL, not the display name. `server` is used
 * in the error message.
 *
 * @example
 * ```ts
 * import { TableauUrl } from "effect-tableau"
 *
 * // Left(BadRequest): "My Site" is not a content URL. Perhaps { server: …, site: "MySite" }.
 * TableauUrl.checkSite("https://tableau.example.com", "My Site")
 * ```
 *
 * @since 0.1.0
 * @category parsing
 */
export const checkSite = (server: string, site: string): Either.Either<string, BadRequest> => {
  if (site.includes("://") || site.includes("#/")) {
    return Either.flatMap(parse(site), (pasted) =>
      refuse(`\`site\` is a URL, not a content URL. Use ${optionsText(pasted.server, pasted.site ?? "")}.`)
    )
  }
  return /[\s/?#&:\\]/.test(site)
    ? refuse(
        `\`site\` ${JSON.stringify(site)} is not a content URL. The content URL is the part after /site/ in the browser, often the name without spaces. Perhaps ${optionsText(server, site.replaceAll(/[\s/?#&:\\]/g, ""))}.`
      )
    : Either.right(site)
}

/**
 * Combines the options `server` and `site` of a session. A site in the URL of `server` is used if `site` is absent; two
 * different sites are `BadRequest`.
 *
 * @example
 * ```ts
 * import { TableauUrl } from "effect-tableau"
 *
 * // Right({ server: "https://tableau.example.com", site: "MarketingTeam" })
 * TableauUrl.resolve("https://tableau.example.com/", "MarketingTeam")
 * ```
 *
 * @since 0.1.0
 * @category parsing
 */
export const resolve = (
  server: string,
  site: string | undefined
): Either.Either<{ readonly server: string; readonly site: string }, BadRequest> =>
  Either.flatMap(parse(server), (url) => {
    const resolved = site ?? url.site ?? ""
    return Either.flatMap(checkSite(url.server, resolved), () =>
      site !== undefined && url.site !== undefined && url.site.toLowerCase() !== site.toLowerCase()
        ? refuse(
            `\`server\` names the site ${JSON.stringify(url.site)}, but \`site\` is ${JSON.stringify(site)}. Use ${optionsText(url.server, url.site)} or ${optionsText(url.server, site)}.`
          )
        : Either.right({ server: url.server, site: resolved })
    )
  })

/**
 * Whether the server is Tableau Cloud: its host is under `online.tableau.com`.
 *
 * @since 0.1.0
 * @category parsing
 */
export const isCloud = (server: string): boolean => {
  // A period at the end marks a complete name: the same host.
  const hostname = new URL(server).hostname.replace(/\.$/, "")
  return hostname === "online.tableau.com" || hostname.endsWith(".online.tableau.com")
}
