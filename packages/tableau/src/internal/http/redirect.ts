/**
 * Where a redirect leads, and whether the session may go there. Nobody else follows one: not the backend, not fetch.
 */
import { MethodNotAllowed, RedirectRefused } from "../../TableauError.js"
import { type Answer, type Asked, actedAtMost } from "./exchange.js"

/** Other hosts that a session may move to, each a name such as `10ax.online.tableau.com` or `*.online.tableau.com`. */
export type Hosts = ReadonlyArray<string>

/** fetch in a browser gives 0 for a redirect. */
export const isRedirect = (status: number): boolean => status === 0 || (status >= 300 && status < 400 && status !== 304)

export const isHost = (text: string): boolean => /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(text)

const includes = (hosts: Hosts, hostname: string): boolean =>
  hosts.some((host) =>
    host.startsWith("*.") ? hostname.endsWith(host.slice(1).toLowerCase()) : hostname === host.toLowerCase()
  )

/** Where the same request may be sent instead: to the same path, by https, on the same host or on one of the list. */
export const upgrade = (asked: Asked, answer: Pick<Answer, "status" | "location">, hosts: Hosts): URL | undefined => {
  const { location, status } = answer
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  if (location === undefined || !URL.canParse(location, asked.url)) return undefined
  const to = new URL(location, asked.url)
  const samePath = to.pathname === asked.url.pathname && to.search === asked.url.search
  const plain = to.protocol !== "https:" || to.username !== "" || to.password !== ""
  return samePath && !plain && (to.hostname === asked.url.hostname || includes(hosts, to.hostname)) ? to : undefined
}

/** Without the query, which can hold a secret of a single sign-on. */
const target = (asked: Asked, location: string | undefined): URL | undefined => {
  const url = location === undefined || !URL.canParse(location, asked.url) ? undefined : new URL(location, asked.url)
  if (url !== undefined) {
    url.search = ""
    url.hash = ""
    url.username = ""
    url.password = ""
  }
  return url
}

const reasonOf = (asked: Asked, to: URL): string => {
  if (to.protocol !== "http:" && to.protocol !== "https:") return "it leads to no address of HTTP"
  if (to.protocol === "http:" && asked.url.protocol === "https:") return "it leads from https to http"
  if (to.origin === asked.url.origin) {
    return to.pathname === asked.url.pathname
      ? "it leads in a circle"
      : "it leads to another path of the same server, such as a login page"
  }
  return to.hostname === asked.url.hostname ? "it leads to another port of the same host" : "it leads to another server"
}

/** The error that a redirect is where it is not followed. */
export const refused = (
  asked: Asked,
  answer: Pick<Answer, "status" | "location">
): MethodNotAllowed | RedirectRefused => {
  const to = target(asked, answer.location)
  const { operation } = asked
  const status = answer.status === 0 ? undefined : answer.status
  if (to === undefined) {
    const reason =
      answer.status === 0 ? "a browser does not show where it leads" : "the server does not say where it leads"
    return new RedirectRefused({ operation, status, acted: "no", reason })
  }
  const same = to.hostname === asked.url.hostname || to.pathname === asked.url.pathname
  if (asked.url.protocol === "http:" && to.protocol === "https:" && same) {
    return new MethodNotAllowed({ operation, status, acted: "no", code: "405000", suggestedUrl: to.origin })
  }
  // 303 is what a server answers that has done what it was asked, and has the result elsewhere.
  const acted = answer.status === 303 ? actedAtMost(asked) : "no"
  return new RedirectRefused({ operation, status, acted, location: to.href, reason: reasonOf(asked, to) })
}

/** Redirects of a session that may follow them, which lead back to where it has been. */
export const circle = (asked: Asked, status: number): RedirectRefused =>
  new RedirectRefused({
    operation: asked.operation,
    status,
    acted: "no",
    location: asked.url.origin,
    reason: "the redirects lead in a circle"
  })
