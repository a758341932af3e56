import type * as Duration from "effect/Duration"
import type { Credentials } from "../../Credentials.js"
import type * as RateLimiter from "../../RateLimiter.js"
import type * as SessionStore from "../../SessionStore.js"
import type { Deployment } from "../deployment.js"
import type { Transport } from "../http/transport.js"
import type { Policy } from "./retry.js"

/** How to reach the server. */
export interface ConnectionSettings {
  readonly transport: Transport
  readonly apiVersion: string
  readonly signInTimeout: Duration.Duration
  readonly signOutTimeout: Duration.Duration
}

/** A client of a session, with its own connection settings. Sessions of a personal access token are shared. */
export interface Client extends ConnectionSettings {
  readonly policy: Policy
  readonly credentials: Credentials
  /** Where processes share the session of a personal access token. */
  readonly store: SessionStore.Service | undefined
  readonly rateLimiter: RateLimiter.RateLimiter | undefined
  readonly deployment: Deployment
  /** False if `deployment` is a guess from the name of the host. */
  readonly deploymentIsCertain: boolean
  /** Whether it has released the session. */
  closed: boolean
}
