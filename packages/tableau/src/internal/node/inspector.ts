/// <reference types="node" preserve="true" />
/** The inspection of the network on Node: resolves the host name, connects, and reads the certificates. */
import { lookup } from "node:dns/promises"
import * as Net from "node:net"
import * as Tls from "node:tls"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Certificate, Inspector, TlsConnection } from "../diagnosis/inspector.js"
import type { ProxySelector } from "./proxy.js"
import { chainOf, isSelfSigned, nameOf } from "./trust.js"

export interface NodeInspectorOptions {
  /** That of the HttpClient. By default the certificates that Node trusts. */
  readonly secureContext?: Tls.SecureContext | undefined
  readonly proxyFor: ProxySelector
}

export const portOf = ({ port, protocol }: { readonly port: string; readonly protocol: string }): number =>
  port === "" ? (protocol === "https:" ? 443 : 80) : Number(port)

const hostOf = (server: URL): string => server.hostname.replace(/^\[|\]$/g, "")

const addressesOf = (host: string) =>
  Effect.tryPromise(() => lookup(host, { all: true })).pipe(
    Effect.map((found) => found.map(({ address }) => address)),
    Effect.orElseSucceed(() => [])
  )

/** Opens a socket that the scope closes. `None` if it fails, or is not ready within the timeout. */
const openSocket = <S extends Net.Socket>(open: () => S, readyEvent: string, timeout: Duration.Duration) =>
  Effect.gen(function* () {
    const socket = yield* Effect.acquireRelease(Effect.sync(open), (socket) => Effect.sync(() => socket.destroy()))
    return yield* Effect.async<Option.Option<S>>((resume) => {
      socket.once(readyEvent, () => resume(Effect.succeedSome(socket)))
      // `on` and not `once`: Node ends the process at an error event without a listener.
      socket.on("error", () => resume(Effect.succeedNone))
      socket.once("close", () => resume(Effect.succeedNone))
    }).pipe(Effect.timeoutOption(timeout), Effect.map(Option.flatten))
  })

const certificateOf = (peer: Tls.DetailedPeerCertificate): Certificate => {
  const hosts = peer.subjectaltname?.split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, ""))
  return {
    names: hosts ?? [nameOf(peer.subject)],
    issuer: nameOf(peer.issuer),
    selfSigned: isSelfSigned(peer),
    validFrom: new Date(peer.valid_from),
    validUntil: new Date(peer.valid_to)
  }
}

const tlsConnectionOf = (socket: Tls.TLSSocket): TlsConnection => ({
  protocol: socket.getProtocol() ?? "TLS",
  chain: chainOf(socket).map(certificateOf),
  untrusted: socket.authorized ? undefined : String(socket.authorizationError)
})

export const make = ({ proxyFor, secureContext }: NodeInspectorOptions): Inspector["Type"] => {
  const connect = (server: URL, timeout: Duration.Duration) =>
    Effect.gen(function* () {
      const host = hostOf(server)
      const secure = server.protocol === "https:"
      const open = () => Net.connect({ host, port: portOf(server) })
      const socket = Option.getOrUndefined(yield* openSocket(open, "connect", timeout))
      if (socket === undefined) return {}
      const connected = socket.remoteAddress
      if (!secure) return { connected }
      const handshake = () =>
        Tls.connect({
          socket,
          host,
          ...(Net.isIP(host) === 0 ? { servername: host } : {}),
          ...(secureContext === undefined ? {} : { secureContext }),
          // Untrusted certificates are inspected as well. No data is sent.
          rejectUnauthorized: false
        })
      const tls = Option.map(yield* openSocket(handshake, "secureConnect", timeout), tlsConnectionOf)
      return { connected, tls: Option.getOrUndefined(tls) }
    }).pipe(Effect.scoped)

  return {
    inspect: (server, timeout) =>
      Effect.gen(function* () {
        const proxy = proxyFor(server.protocol, hostOf(server), portOf(server))
        if (proxy !== undefined) return { proxy: proxy.url.origin, addresses: [] }
        const addresses = addressesOf(hostOf(server)).pipe(
          Effect.timeoutTo({ duration: timeout, onSuccess: (found) => found, onTimeout: () => [] })
        )
        const [found, connection] = yield* Effect.all([addresses, connect(server, timeout)], { concurrency: 2 })
        return { addresses: found, ...connection }
      })
  }
}
