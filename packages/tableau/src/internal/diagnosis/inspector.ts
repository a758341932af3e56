/**
 * Inspection of the network: DNS, TCP and TLS. Only some runtimes can do it, so it is an optional service.
 * `TableauNode.layerHttpClient` provides it together with the HttpClient, without showing it in its type.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

export interface Certificate {
  /** The hosts that it is valid for. For a certificate authority: its own name. */
  readonly names: ReadonlyArray<string>
  readonly issuer: string
  readonly selfSigned: boolean
  readonly validFrom: Date
  readonly validUntil: Date
}

export interface TlsConnection {
  /** Such as `TLSv1.3`. */
  readonly protocol: string
  /** The certificate of the server, then that of its issuer, and so on as far as they are known. */
  readonly chain: ReadonlyArray<Certificate>
  /** Why the chain is not trusted, such as `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly untrusted: string | undefined
}

/** A step that failed is absent; the error of the request that follows says why. */
export interface Inspection {
  /** With a proxy nothing else is inspected, because the proxy resolves the name and connects. */
  readonly proxy?: string | undefined
  readonly addresses: ReadonlyArray<string>
  /** The IP address of the TCP connection. */
  readonly connected?: string | undefined
  readonly tls?: TlsConnection | undefined
}

export class Inspector extends Context.Tag("effect-tableau/internal/Inspector")<
  Inspector,
  {
    /** Sends a TLS handshake and nothing else. The timeout applies to each step. */
    readonly inspect: (server: URL, timeout: Duration.Duration) => Effect.Effect<Inspection>
  }
>() {}
