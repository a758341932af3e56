/** Opens a session: asks for the API version, signs in, and enters the site. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Credentials } from "../../Credentials.js"
import type * as RateLimiter from "../../RateLimiter.js"
import type * as SessionStore from "../../SessionStore.js"
import {
  type OpenError,
  SignInFailed,
  type SiteSwitchFailed,
  type SiteSwitchUnavailable,
  VersionUnsupported
} from "../../TableauError.js"
import * as ApiVersion from "../apiVersion.js"
import type { Deployment } from "../deployment.js"
import { fieldsOf } from "../errors/fields.js"
import { serverInfo } from "../http/serverInfo.js"
import { beforeDeadline } from "../http/timeouts.js"
import type { Transport } from "../http/transport.js"
import * as Telemetry from "../telemetry.js"
import * as Authentication from "./authentication.js"
import type { Client, ConnectionSettings } from "./client.js"
import * as Options from "./options.js"
import * as Registry from "./registry.js"
import * as Retry from "./retry.js"
import type { ServerSession } from "./serverSession.js"

interface Settings extends Pick<ConnectionSettings, "signInTimeout" | "signOutTimeout"> {
  readonly transport: Transport
  readonly site: string
  readonly credentials: Credentials
  readonly store: SessionStore.Service | undefined
  readonly rateLimiter: RateLimiter.RateLimiter | undefined
  readonly apiVersion: string | undefined
  readonly deployment: Deployment | undefined
  readonly requireTls: boolean | undefined
  readonly policy: Retry.Policy
}

/** A client of an open session. */
export interface Opened extends Registry.Lease {
  readonly client: Client
}

const probeTraits: Retry.RequestTraits = {
  operation: Options.openOperation,
  readOnly: true,
  idempotent: true,
  replayable: true
}

/** The pinned version, or the server's own. */
const apiVersionOf = ({ apiVersion, policy, site, transport }: Settings) => {
  const probed = Retry.retrying(policy, Retry.makePause(), probeTraits, ({ resend, timing }) =>
    beforeDeadline(timing, serverInfo(transport, Options.openOperation)).pipe(
      Telemetry.observed(Options.openOperation, site, resend)
    )
  ).pipe(Effect.map(({ restApiVersion }) => apiVersion ?? restApiVersion))
  // With plain http a pinned version is probed too: a redirect must be found before credentials are sent.
  return apiVersion !== undefined && transport.origin.startsWith("https:") ? Effect.succeed(apiVersion) : probed
}

/** A session that other clients have opened may be on another site, which this user may not enter. */
const enterSite = (client: Client, session: ServerSession, site: string): Effect.Effect<void, OpenError> => {
  const toSignInFailed = (error: SiteSwitchFailed | SiteSwitchUnavailable) =>
    new SignInFailed({
      ...fieldsOf(error),
      server: client.transport.origin,
      site,
      credentialType: client.credentials._tag
    })
  return session.visit(client, client.policy, site, Authentication.signInOperation).pipe(
    Effect.catchTags({
      SiteSwitchFailed: toSignInFailed,
      SiteSwitchUnavailable: toSignInFailed
    }),
    Effect.asVoid
  )
}

/** A secret is about to be sent. A redirect to https has been followed before, if it is allowed. */
const warnOfPlainHttp = (origin: string): Effect.Effect<void> =>
  origin.startsWith("http:")
    ? Effect.logWarning(
        `effect-tableau: ${origin} has no TLS, so the password or the token is sent in clear text. Use https, or \`requireTls: true\` to send nothing.`
      )
    : Effect.void

/** Opens a session until the end of the scope. */
export const open = (settings: Settings): Effect.Effect<Opened, OpenError, Scope.Scope> =>
  Effect.gen(function* () {
    const { credentials, policy, rateLimiter, requireTls, signInTimeout, signOutTimeout, site, store, transport } =
      settings
    const apiVersion = yield* apiVersionOf(settings)
    // A redirect may have led to Tableau Cloud, which requires more.
    const { deployment, deploymentIsCertain } = yield* Options.checkServer({
      server: transport.origin,
      site,
      deployment: settings.deployment,
      requireTls
    })
    const required = Options.sinceOf(credentials, deployment)
    if (!ApiVersion.includes(apiVersion, required)) {
      const operation = Options.openOperation
      return yield* new VersionUnsupported({ operation, required, actual: apiVersion, acted: "no" })
    }
    yield* warnOfPlainHttp(transport.origin)
    const client: Client = {
      transport,
      apiVersion,
      policy,
      credentials,
      store,
      rateLimiter,
      deployment,
      deploymentIsCertain,
      signInTimeout,
      signOutTimeout,
      closed: false
    }
    const lease = yield* Registry.acquire(client, site)
    yield* enterSite(client, lease.session, site)
    return { client, ...lease }
  })
