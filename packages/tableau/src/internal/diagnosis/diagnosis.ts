/** The result of a diagnosis, and its text. */
import type { Deployment } from "../deployment.js"
import type { ServerInfoError } from "../http/serverInfo.js"

/**
 * One of the checks of a diagnosis.
 *
 * @since 0.1.0
 * @category models
 */
export interface Check {
  /**
   * - `address`: the address can be parsed.
   * - `dns`: the host name can be resolved.
   * - `connection`: a TCP connection can be opened.
   * - `tls`: the certificates are trusted.
   * - `redirect`: the server does not redirect to another address.
   * - `api`: the response is Tableau's, not that of a proxy, a login page or another program.
   * - `version`: the product and API version.
   * - `clock`: the clock of the server agrees with the local clock.
   */
  readonly name: "address" | "dns" | "connection" | "tls" | "redirect" | "api" | "version" | "clock"
  /** `skipped`: this runtime or HttpClient cannot check it, or an earlier check has failed. */
  readonly outcome: "ok" | "warning" | "failed" | "skipped"
  /** What was found. */
  readonly detail: string
  /** What to do about it. */
  readonly advice?: string
}

/**
 * What lies between a program and a server, as plain data without secrets.
 *
 * @since 0.1.0
 * @category models
 */
export interface Diagnosis {
  /** All checks, always in the same order: each depends on the ones before it. At most one has failed. */
  readonly checks: ReadonlyArray<Check>
  /** Scheme, host and port, without a trailing slash. Absent if the address cannot be parsed. */
  readonly server: string | undefined
  /** The content URL of the site in the address: `""` is the Default site. Absent if the address names no site. */
  readonly site: string | undefined
  /** Derived from the host name. */
  readonly deployment: Deployment | undefined
  readonly productVersion: string | undefined
  readonly build: string | undefined
  readonly restApiVersion: string | undefined
  /**
   * How far the clock of the server, or of a gateway in front of it, is ahead of the local clock. In milliseconds, with
   * an accuracy of about one second.
   */
  readonly clockSkew: number | undefined
  /** Why a session cannot be opened. Absent if only the sign-in itself is left to try. */
  readonly error: ServerInfoError | undefined
}

/** One line for each check, and one line for all checks after the one that failed. */
export const format = ({ checks }: Diagnosis): string => {
  const failedAt = checks.findIndex(({ outcome }) => outcome === "failed")
  const reached = failedAt === -1 ? checks : checks.slice(0, failedAt + 1)
  const rest = checks.slice(reached.length)
  const names = rest.map(({ name }) => name).join(", ")
  return [
    ...reached.map(({ advice, detail, name, outcome }) =>
      [outcome.padEnd(8), name.padEnd(11), advice === undefined ? detail : `${detail}. ${advice}`].join(" ")
    ),
    ...rest.slice(0, 1).map(({ detail, outcome }) => [outcome.padEnd(8), `${names} ${detail}`].join(" "))
  ].join("\n")
}
