/** What only some runtimes can see of the way to a server. `TableauNode.layerHttpClient` brings it along, unseen. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

export interface Certificate {
  /** The hosts that it is for; of an authority, its own name. */
  readonly names: ReadonlyArray<string>
  readonly issuer: string
  /** Whether it signed itself, as the last of a chain does. */
  readonly root: boolean
  readonly from: Date
  readonly until: Date
}

export interface Secured {
  /** Such as `TLSv1.3`. */
  readonly protocol: string
  /** The server's own certificate, then that of its issuer, and so on as far as it is known. */
  readonly chain: ReadonlyArray<Certificate>
  /** Why it is not trusted, such as `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly untrusted: string | undefined
}

/** What is absent was not seen; why, the request itself will tell. */
export interface Inspection {
  /** Then names and certificates are its business, and nothing else here was looked at. */
  readonly proxy?: string | undefined
  readonly addresses: ReadonlyArray<string>
  /** The address that a connection was made to. */
  readonly connected?: string | undefined
  readonly secured?: Secured | undefined
}

export class Inspector extends Context.Tag("effect-tableau/internal/Inspector")<
  Inspector,
  {
    /** Sends nothing but a greeting of TLS. Each of its steps may take so long. */
    readonly inspect: (server: URL, limit: Duration.Duration) => Effect.Effect<Inspection>
  }
>() {}
