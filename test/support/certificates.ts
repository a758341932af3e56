import * as Http from "node:http"
import * as Https from "node:https"
import type { TlsOptions } from "node:tls"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { generate } from "selfsigned"
import { listening } from "./listening.js"

/** Certificates, and a TLS gateway. Validity is long, so that no test depends on the date. */

export interface Pair {
  readonly cert: string
  readonly key: string
}

export interface Wanted {
  readonly host?: string | undefined
  readonly from?: string | undefined
  readonly until?: string | undefined
  /** The issuer. Self-signed by default. */
  readonly authority?: Pair | undefined
}

class CertificateNotCreated extends Data.TaggedError("CertificateNotCreated")<{ readonly cause: unknown }> {}

const make = (name: string, { authority, from = "2020-01-01", host, until = "2100-01-01" }: Wanted) =>
  Effect.tryPromise({
    try: () =>
      generate([{ name: "commonName", value: name }], {
        algorithm: "sha256",
        keyType: "ec",
        notBeforeDate: new Date(from),
        notAfterDate: new Date(until),
        ...(authority === undefined ? {} : { ca: authority }),
        extensions: [
          { name: "basicConstraints", cA: host === undefined },
          { name: "keyUsage", digitalSignature: true, keyCertSign: host === undefined },
          ...(host === undefined
            ? []
            : [
                {
                  name: "subjectAltName" as const,
                  altNames: [host === "127.0.0.1" ? { type: 7 as const, ip: host } : { type: 2 as const, value: host }]
                }
              ])
        ]
      }),
    catch: (cause) => new CertificateNotCreated({ cause })
  }).pipe(Effect.map((made): Pair => ({ cert: made.cert, key: made.private })))

/** A private certificate authority. */
export const authority = make("Company Authority", {})

/** An authority whose certificate another one has signed. */
export const intermediate = (name: string, authority: Pair) => make(name, { authority })

/** The certificate of a server, by default of 127.0.0.1. */
export const certificate = (wanted: Wanted = {}) => {
  const host = wanted.host ?? "127.0.0.1"
  return make(host, { ...wanted, host })
}

/** TLS options of a gateway. */
export type Terms = Pick<
  TlsOptions,
  "ca" | "requestCert" | "rejectUnauthorized" | "minVersion" | "maxVersion" | "ciphers"
>

/** A gateway with TLS in front of a server without. */
export const gateway = (to: string, { cert, key }: Pair, chain: ReadonlyArray<string> = [], terms: Terms = {}) =>
  Effect.gen(function* () {
    const seen = { connections: 0, requests: 0, clients: new Set<unknown>() }
    const server = Https.createServer({ ...terms, key, cert: [cert, ...chain].join("\n") }, (request, response) => {
      seen.requests += 1
      const { headers, method, url } = request
      const onward = Http.request(new URL(url ?? "/", to), { headers, method, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      onward.on("error", () => response.destroy())
      request.pipe(onward)
    })
    server.on("secureConnection", (socket) => {
      seen.connections += 1
      seen.clients.add(socket.getPeerCertificate().subject?.CN)
    })
    // Ignore clients that disconnect during the handshake.
    server.on("tlsClientError", (_, socket) => socket.destroy())
    const port = yield* listening(server)
    return { url: `https://127.0.0.1:${port}`, seen }
  })
