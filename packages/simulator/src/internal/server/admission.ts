import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"
import * as Either from "effect/Either"

/**
 * Web pages can send requests to loopback. Two checks keep them out. A page whose DNS name was changed to 127.0.0.1 after
 * it was loaded (DNS rebinding) is recognised by the name in `Host`. A form of another site is recognised by `Origin`.
 * Programs other than browsers send no `Origin`, and a `Host` that they were configured with.
 */
export interface Admission {
  /** Why a request is refused, or `undefined`. */
  readonly problemOf: (request: IncomingMessage) => string | undefined
}

/**
 * The name or address in an authority such as `localhost:8765`, in the form that a browser sends. The URL parser also
 * accepts a path or a user, which an authority does not have.
 */
export const nameOf = (authority: string): string | undefined => {
  const url = `http://${authority}`
  return /[/\\?#@\s]/.test(authority) || !URL.canParse(url) ? undefined : new URL(url).hostname.replace(/\.$/, "")
}

const isAddress = (name: string): boolean => isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0

const isLoopback = (name: string): boolean =>
  name === "localhost" ||
  name.endsWith(".localhost") ||
  (name.startsWith("127.") && isIP(name) === 4) ||
  name === "[::1]" ||
  name.startsWith("[::ffff:7f")

/** IPv6 addresses have brackets in URLs and in `Host`. */
export const inUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host)

/**
 * Allows loopback, the bound address, the allowed names, and names without a dot, such as those of Docker's services: the
 * DNS cannot resolve them for a page. Addresses are not resolved either. Beyond loopback, for example behind a mapped port
 * of Docker, the simulator cannot know its addresses, and allows all. Ports are not compared, since they can be mapped.
 */
export const make = (options: {
  readonly host: string
  readonly allowedHosts: ReadonlyArray<string>
}): Either.Either<Admission, string> => {
  const names = new Set<string>()
  for (const given of [inUrl(options.host), ...options.allowedHosts]) {
    const name = nameOf(given)
    if (name === undefined || name === "") return Either.left(`"${given}" is not the name of a host`)
    names.add(name)
  }
  const beyondLoopback = !isLoopback(nameOf(inUrl(options.host)) ?? "")
  const isAllowed = (name: string): boolean =>
    isLoopback(name) || names.has(name) || (isAddress(name) ? beyondLoopback : name !== "" && !name.includes("."))

  const isAllowedOrigin = (origin: string): boolean =>
    /^https?:/.test(origin) && URL.canParse(origin) && isAllowed(new URL(origin).hostname.replace(/\.$/, ""))

  return Either.right({
    problemOf: ({ headers: { host, origin } }) => {
      const name = host === undefined ? undefined : nameOf(host)
      // Only HTTP/1.0 has requests without the header, and no browser sends them.
      if (host !== undefined && (name === undefined || !isAllowed(name))) {
        return `The Host header is "${host}". Only loopback and names given with --allow-host (allowedHosts) are allowed.`
      }
      return origin === undefined || isAllowedOrigin(origin)
        ? undefined
        : `The request is from a page of "${origin}". Pages of other sites are allowed with --cors (cors: true) only.`
    }
  })
}
