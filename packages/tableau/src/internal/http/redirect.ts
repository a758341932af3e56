/** Where a redirect leads, and whether the session may go there. Neither the backend nor fetch follows one. */
import { MethodNotAllowed, RedirectRefused } from "../../TableauError.js"
import { type RequestContext, type ResponseHead, reported, uncertainActed } from "./exchange.js"
import { idLimit } from "./serverText.js"

/** Other hosts that a session may move to, each a name such as `10ax.online.tableau.com` or `*.online.tableau.com`. */
export type Hosts = ReadonlyArray<string>

/** fetch in a browser reports status 0 for a redirect. */
export const isRedirect = (status: number): boolean => status === 0 || (status >= 300 && status < 400 && status !== 304)

export const isHost = (text: string): boolean => /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(text)

const includes = (hosts: Hosts, hostname: string): boolean =>
  hosts.some((host) =>
    host.startsWith("*.") ? hostname.endsWith(host.slice(1).toLowerCase()) : hostname === host.toLowerCase()
  )

/** Where to send the request instead: to the same path, by https, on the same host or on one of the list. */
export const upgradeTarget = (
  request: RequestContext,
  { location, status }: Pick<ResponseHead, "status" | "location">,
  hosts: Hosts
): URL | undefined => {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  if (location === undefined || !URL.canParse(location, request.url)) return undefined
  const target = new URL(location, request.url)
  const isSamePath = target.pathname === request.url.pathname && target.search === request.url.search
  const isSafe = target.protocol === "https:" && target.username === "" && target.password === ""
  const isAllowedHost = target.hostname === request.url.hostname || includes(hosts, target.hostname)
  return isSamePath && isSafe && isAllowedHost ? target : undefined
}

/** Longer than the login page of any single sign-on, without its query. */
const maxUrlLength = 500

/**
 * A URL of the server in an error. It can repeat a secret of the request. URLs have hosts in lower case, in which base64
 * would not be recognized: the header decides on them.
 */
const shown = (request: RequestContext, header: string, target: URL, url: string): string | undefined => {
  const { hostname } = target
  const start = header.toLowerCase().indexOf(hostname)
  const host = start < 0 ? undefined : header.slice(start, start + hostname.length)
  const isHostPlain = hostname === request.url.hostname || request.sanitize(host, idLimit) === (host ?? "?")
  return isHostPlain ? request.sanitize(url, maxUrlLength) : undefined
}

/** The target without the query, which can hold a secret of a single sign-on. */
const safeTarget = (request: RequestContext, location: string | undefined): URL | undefined => {
  if (location === undefined || !URL.canParse(location, request.url)) return undefined
  const url = new URL(location, request.url)
  url.search = ""
  url.hash = ""
  url.username = ""
  url.password = ""
  return url
}

const reasonOf = (request: RequestContext, target: URL): string => {
  if (target.protocol !== "http:" && target.protocol !== "https:") return "it does not lead to an HTTP address"
  if (target.protocol === "http:" && request.url.protocol === "https:") return "it leads from https to http"
  if (target.origin === request.url.origin) {
    return target.pathname === request.url.pathname
      ? "it leads in a circle"
      : "it leads to another path of the same server, such as a login page"
  }
  return target.hostname === request.url.hostname
    ? "it leads to another port of the same host"
    : "it leads to another server"
}

/** The error of a redirect that is not followed. */
export const redirectError = (
  request: RequestContext,
  head: Pick<ResponseHead, "status" | "location" | "requestId">
): MethodNotAllowed | RedirectRefused => {
  const { location = "" } = head
  const target = safeTarget(request, head.location)
  const status = head.status === 0 ? undefined : head.status
  const fields = { ...reported(request, head), status }
  if (target === undefined) {
    const reason =
      head.status === 0 ? "a browser does not show where it leads" : "the server does not say where it leads"
    return new RedirectRefused({ ...fields, acted: "no", reason })
  }
  const isSame = target.hostname === request.url.hostname || target.pathname === request.url.pathname
  if (request.url.protocol === "http:" && target.protocol === "https:" && isSame) {
    // A host that repeats a secret is no suggestion.
    const suggestedUrl = shown(request, location, target, target.origin) === target.origin ? target.origin : undefined
    return new MethodNotAllowed({ ...fields, acted: "no", code: "405000", suggestedUrl })
  }
  // 303 means that the server has acted and the result is elsewhere.
  const acted = head.status === 303 ? uncertainActed(request) : "no"
  return new RedirectRefused({
    ...fields,
    acted,
    location: shown(request, location, target, target.href),
    reason: reasonOf(request, target)
  })
}

/** The error of allowed redirects that lead back to an origin that was visited. */
export const redirectLoop = (
  request: RequestContext,
  head: Pick<ResponseHead, "status" | "requestId">
): RedirectRefused =>
  new RedirectRefused({
    ...reported(request, head),
    acted: "no",
    location: request.sanitize(request.url.origin, idLimit),
    reason: "the redirects lead in a circle"
  })
