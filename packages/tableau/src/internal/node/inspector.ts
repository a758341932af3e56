/// <reference types="node" preserve="true" />
/** How Node sees the way to a server: the addresses of its name, a connection, and the certificates that it shows. */
import { lookup } from "node:dns/promises"
import * as Net from "node:net"
import * as Tls from "node:tls"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Certificate, Inspector, Secured } from "../diagnosis/inspector.js"
import type { Choose } from "./proxy.js"

export interface NodeInspectorOptions {
  /** The one that the client's own connections have; without, what Node trusts. */
  readonly secureContext?: Tls.SecureContext | undefined
  readonly proxyFor: Choose
}

export const portOf = ({ port, protocol }: { readonly port: string; readonly protocol: string }): number =>
  port === "" ? (protocol === "https:" ? 443 : 80) : Number(port)

const hostOf = (server: URL): string => server.hostname.replace(/^\[|\]$/g, "")

const addressesOf = (host: string) =>
  Effect.tryPromise(() => lookup(host, { all: true })).pipe(
    Effect.map((found) => found.map(({ address }) => address)),
    Effect.orElseSucceed(() => [])
  )

/** A socket that is open as long as the scope is, once it says so; nothing, if it fails first. */
const opened = <S extends Net.Socket>(open: () => S, ready: string, limit: Duration.Duration) =>
  Effect.gen(function* () {
    const socket = yield* Effect.acquireRelease(Effect.sync(open), (socket) => Effect.sync(() => socket.destroy()))
    return yield* Effect.async<Option.Option<S>>((resume) => {
      socket.once(ready, () => resume(Effect.succeedSome(socket)))
      // For as long as it lives: an error that nobody listens to would end the process.
      socket.on("error", () => resume(Effect.succeedNone))
      socket.once("close", () => resume(Effect.succeedNone))
    }).pipe(Effect.timeoutOption(limit), Effect.map(Option.flatten))
  })

const nameOf = ({ CN, O }: Tls.Certificate): string => [CN ?? O ?? "an unnamed one"].flat().join(", ")

const certificateOf = (shown: Tls.DetailedPeerCertificate): Certificate => {
  const hosts = shown.subjectaltname?.split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, ""))
  return {
    names: hosts ?? [nameOf(shown.subject)],
    issuer: nameOf(shown.issuer),
    root: JSON.stringify(shown.subject) === JSON.stringify(shown.issuer),
    from: new Date(shown.valid_from),
    until: new Date(shown.valid_to)
  }
}

const securedOf = (socket: Tls.TLSSocket): Secured => {
  const chain = new Map<string, Certificate>()
  let shown: Tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  // A root is its own issuer.
  while (shown?.subject !== undefined && !chain.has(shown.fingerprint256)) {
    chain.set(shown.fingerprint256, certificateOf(shown))
    shown = shown.issuerCertificate
  }
  return {
    protocol: socket.getProtocol() ?? "TLS",
    chain: [...chain.values()],
    untrusted: socket.authorized ? undefined : String(socket.authorizationError)
  }
}

export const make = ({ proxyFor, secureContext }: NodeInspectorOptions): Inspector["Type"] => {
  const connect = (server: URL, limit: Duration.Duration) =>
    Effect.gen(function* () {
      const host = hostOf(server)
      const secure = server.protocol === "https:"
      const connect = () => Net.connect({ host, port: portOf(server) })
      const socket = Option.getOrUndefined(yield* opened(connect, "connect", limit))
      if (socket === undefined) return {}
      const connected = socket.remoteAddress
      if (!secure) return { connected }
      const greet = () =>
        Tls.connect({
          socket,
          host,
          ...(Net.isIP(host) === 0 ? { servername: host } : {}),
          ...(secureContext === undefined ? {} : { secureContext }),
          // To see also what is not to be trusted: nothing is sent to it.
          rejectUnauthorized: false
        })
      const secured = Option.map(yield* opened(greet, "secureConnect", limit), securedOf)
      return { connected, secured: Option.getOrUndefined(secured) }
    }).pipe(Effect.scoped)

  return {
    inspect: (server, limit) =>
      Effect.gen(function* () {
        const proxy = proxyFor(server.protocol, hostOf(server), portOf(server))
        if (proxy !== undefined) return { proxy: proxy.url.origin, addresses: [] }
        const addresses = addressesOf(hostOf(server)).pipe(
          Effect.timeoutTo({ duration: limit, onSuccess: (found) => found, onTimeout: () => [] })
        )
        const [found, connection] = yield* Effect.all([addresses, connect(server, limit)], { concurrency: 2 })
        return { addresses: found, ...connection }
      })
  }
}
