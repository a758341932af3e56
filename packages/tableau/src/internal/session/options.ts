/** Checks of the options of a session. Nothing is sent. `TableauSession.Options` documents them. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Schedule from "effect/Schedule"
import type { Credentials } from "../../Credentials.js"
import type { BadRequest, TableauError } from "../../TableauError.js"
import * as TableauUrl from "../../TableauUrl.js"
import * as ApiVersion from "../apiVersion.js"
import { badRequest } from "../badRequest.js"
import type { Deployment } from "../deployment.js"
import * as Redirect from "../http/redirect.js"
import { defaultRequestTimeout } from "../http/transport.js"
import * as Retry from "./retry.js"

/** The operation in the errors of opening a session. */
export const openOperation = "TableauSession.open"

const fail = (detail: string) => badRequest(openOperation, detail)

interface ServerOptions {
  readonly server: string
  readonly site?: string | undefined
  readonly deployment?: Deployment | undefined
  readonly requireTls?: boolean | undefined
  readonly redirects?: RedirectOptions["redirects"]
}

interface RedirectOptions {
  readonly redirects?: "refuse" | "upgrade" | undefined
  readonly redirectHosts?: ReadonlyArray<string> | undefined
}

interface TimeoutOptions {
  readonly requestTimeout?: Duration.DurationInput | undefined
  readonly signInTimeout?: Duration.DurationInput | undefined
  readonly signOutTimeout?: Duration.DurationInput | undefined
}

interface RetryOptions {
  readonly schedule?: Schedule.Schedule<unknown, TableauError> | undefined
  readonly deadline?: Duration.DurationInput | undefined
  readonly sendWithin?: Duration.DurationInput | undefined
  readonly retryAfterLimit?: Duration.DurationInput | undefined
  readonly requestTimeout?: Duration.DurationInput | undefined
}

/**
 * Resolves the address and the site, and checks that they fit the deployment. With `redirects: "upgrade"` an http address
 * may be one that only redirects to https: then the address of the open session is checked again.
 */
export const checkServer = (options: ServerOptions) =>
  Effect.gen(function* () {
    const { server, site } = yield* TableauUrl.resolve(options.server, options.site)
    const isCloudHost = TableauUrl.isCloud(server)
    const deployment = options.deployment ?? (isCloudHost ? "Cloud" : "Server")
    const tlsRequired = options.requireTls === true && options.redirects !== "upgrade"
    if (server.startsWith("http:") && (tlsRequired || deployment === "Cloud")) {
      const reason = deployment === "Cloud" ? "Tableau Cloud accepts https only" : "`requireTls` is set"
      return yield* fail(`\`server\` is ${server}, but ${reason}. Use ${server.replace("http:", "https:")}.`)
    }
    if (deployment === "Cloud" && site === "") {
      return yield* fail(
        "`site` is missing: Tableau Cloud has no Default site. It is what follows /site/ in the browser."
      )
    }
    return { server, site, deployment, deploymentIsCertain: options.deployment !== undefined || isCloudHost }
  })

/** The hosts that a redirect may lead to. Undefined if redirects are not followed. */
export const checkRedirects = ({
  redirectHosts,
  redirects
}: RedirectOptions): Effect.Effect<ReadonlyArray<string> | undefined, BadRequest> => {
  if (redirects !== "upgrade") {
    return redirectHosts === undefined
      ? Effect.succeed(undefined)
      : fail('`redirectHosts` means nothing without `redirects: "upgrade"`.')
  }
  const hosts = redirectHosts ?? []
  const invalid = hosts.find((host) => !Redirect.isHost(host))
  return invalid === undefined
    ? Effect.succeed(hosts)
    : fail(
        `\`redirectHosts\` has ${invalid.includes("@") ? "a URL with a user name" : JSON.stringify(invalid)}; a host looks like 10ax.online.tableau.com or *.online.tableau.com.`
      )
}

const emptyPart = (credentials: Credentials): string | undefined => {
  switch (credentials._tag) {
    case "PersonalAccessToken":
      if (credentials.name.trim() === "") return "The name of the personal access token"
      return Redacted.value(credentials.value) === "" ? "The value of the personal access token" : undefined
    case "Password":
      if (credentials.username.trim() === "") return "The user name"
      return Redacted.value(credentials.password) === "" ? "The password" : undefined
    case "JsonWebToken":
      // Checked at each sign-in, when it is minted.
      return undefined
  }
}

export const checkCredentials = (credentials: Credentials): Effect.Effect<void, BadRequest> => {
  const empty = emptyPart(credentials)
  return empty === undefined ? Effect.void : fail(`${empty} is empty.`)
}

export const checkApiVersion = (apiVersion: string | undefined): Effect.Effect<void, BadRequest> =>
  apiVersion === undefined || ApiVersion.isApiVersion(apiVersion)
    ? Effect.void
    : fail(`\`apiVersion\` is ${JSON.stringify(apiVersion)}; it looks like 3.29.`)

/** Rejects what a header cannot hold: Node would fail each request, as if the connection were broken. */
export const checkUserAgent = (userAgent: string | undefined): Effect.Effect<void, BadRequest> => {
  const invalid = /[^\t -~\u00a0-\u00ff]/u.exec(userAgent ?? "")?.[0].codePointAt(0)
  return invalid === undefined
    ? Effect.void
    : fail(
        `\`userAgent\` has a character that an HTTP header cannot hold, U+${invalid.toString(16).toUpperCase().padStart(4, "0")}. Use letters, digits and punctuation on one line, such as nightly/2.`
      )
}

/** The first API version that has this kind of credentials. */
export const sinceOf = (credentials: Credentials, deployment: Deployment): string => {
  switch (credentials._tag) {
    case "PersonalAccessToken":
      return "3.6"
    case "Password":
      return "2.0"
    case "JsonWebToken":
      if (credentials.unifiedAccess) return "3.27"
      return deployment === "Cloud" ? "3.16" : "3.17"
  }
}

/** Decodes a duration. Rejects negative numbers and other input that `Duration.decode` turns into zero. */
export const readDuration = (operation: string, name: string, input: Duration.DurationInput) => {
  const parts = Array.isArray(input) ? input : [typeof input === "string" ? Number.parseFloat(input) : input]
  const isValid = parts.every((part) => Duration.isDuration(part) || part >= 0)
  return Option.filter(Duration.decodeUnknown(input), () => isValid).pipe(
    Effect.mapError(() =>
      badRequest(operation, `\`${name}\` is ${JSON.stringify(String(input))}; a duration looks like "30 seconds".`)
    )
  )
}

export const readTimeouts = (options: TimeoutOptions) =>
  Effect.all({
    requestTimeout: readDuration(openOperation, "requestTimeout", options.requestTimeout ?? defaultRequestTimeout),
    signInTimeout: readDuration(openOperation, "signInTimeout", options.signInTimeout ?? "1 minute"),
    signOutTimeout: readDuration(openOperation, "signOutTimeout", options.signOutTimeout ?? "10 seconds")
  })

/** Long enough for two attempts and the delay between them. */
const leastDeadline = (requestTimeout: Duration.Duration): Duration.Duration => Duration.times(requestTimeout, 2.5)

export const defaultPolicy = (requestTimeout: Duration.Duration): Retry.Policy => ({
  schedule: Retry.defaultSchedule,
  requestTimeout,
  deadline: Duration.max(Duration.minutes(5), leastDeadline(requestTimeout)),
  retryAfterLimit: Duration.minutes(1)
})

/** Changes a retry policy. Rejects a deadline that is shorter than one attempt may take. */
export const changePolicy = (
  operation: string,
  retry: RetryOptions | "never",
  base: Retry.Policy
): Effect.Effect<Retry.Policy, BadRequest> =>
  Effect.gen(function* () {
    if (retry === "never") return { ...base, schedule: Retry.never }
    const read = (name: keyof RetryOptions, input: Duration.DurationInput) => readDuration(operation, name, input)
    const requestTimeout = yield* read("requestTimeout", retry.requestTimeout ?? base.requestTimeout)
    const least = leastDeadline(requestTimeout)
    const deadline = yield* read("deadline", retry.deadline ?? Duration.max(base.deadline, least))
    if (Duration.lessThan(deadline, requestTimeout)) {
      return yield* badRequest(
        operation,
        `\`deadline\`, ${Duration.format(deadline)}, is shorter than one attempt may take: ${Duration.format(requestTimeout)} (\`requestTimeout\`).`
      )
    }
    return {
      schedule: retry.schedule ?? (base.schedule === Retry.never ? Retry.defaultSchedule : base.schedule),
      requestTimeout,
      deadline,
      sendWithin: retry.sendWithin === undefined ? base.sendWithin : yield* read("sendWithin", retry.sendWithin),
      retryAfterLimit: yield* read("retryAfterLimit", retry.retryAfterLimit ?? base.retryAfterLimit)
    }
  })
