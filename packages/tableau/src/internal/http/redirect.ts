/** Where a redirect leads, and whether the session may go there. Neither the backend nor fetch follows one. */
import { MethodNotAllowed, RedirectRefused } from "../../TableauError.js"
import { type RequestContext, type ResponseHead, uncertainActed } from "./exchange.js"

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
  const target = safeTarget(request, head.location)
  const status = head.status === 0 ? undefined : head.status
  const fields = { operation: request.operation, status, requestId: head.requestId }
  if (target === undefined) {
    const reason =
      head.status === 0 ? "a browser does not show where it leads" : "the server does not say where it leads"
    return new RedirectRefused({ ...fields, acted: "no", reason })
  }
  const isSame = target.hostname === request.url.hostname || target.pathname === request.url.pathname
  if (request.url.protocol === "http:" && target.protocol === "https:" && isSame) {
    return new MethodNotAllowed({ ...fields, acted: "no", code: "405000", suggestedUrl: target.origin })
  }
  // 303 means that the server has acted and the result is elsewhere.
  const acted = head.status === 303 ? uncertainActed(request) : "no"
  return new RedirectRefused({ ...fields, acted, location: target.href, reason: reasonOf(request, target) })
}

/** The error of allowed redirects that lead back to an origin that was visited. */
export const redirectLoop = (
  request: RequestContext,
  { requestId, status }: Pick<ResponseHead, "status" | "requestId">
): RedirectRefused =>
  new RedirectRefused({
    operation: request.operation,
    status,
    requestId,
    acted: "no",
    location: request.url.origin,
    reason: "the redirects lead in a circle"
  })
