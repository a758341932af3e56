import { isIP } from "node:net"
import * as Effect from "effect/Effect"
import { generate } from "selfsigned"
import { StartFailed } from "../../SimulatorError.js"

export interface Certificate {
  readonly certificate: string
  readonly privateKey: string
}

/** The kinds of names in a certificate, by their numbers in the standard. */
const toAltName = (host: string) =>
  isIP(host) === 0 ? { type: 2 as const, value: host } : { type: 7 as const, ip: host }

/** Makes a self-signed certificate for the names and addresses of loopback, and for other hosts. */
export const make = (hosts: ReadonlyArray<string>): Effect.Effect<Certificate, StartFailed> =>
  Effect.tryPromise({
    try: () =>
      generate([{ name: "commonName", value: "localhost" }], {
        algorithm: "sha256",
        keyType: "ec",
        extensions: [
          { name: "basicConstraints", cA: true },
          { name: "keyUsage", digitalSignature: true, keyCertSign: true },
          { name: "extKeyUsage", serverAuth: true },
          {
            name: "subjectAltName",
            altNames: [...new Set(["localhost", "127.0.0.1", "::1", ...hosts])].map(toAltName)
          }
        ]
      }),
    catch: (cause) => new StartFailed({ reason: "its certificate could not be made", cause })
  }).pipe(Effect.map(({ cert, private: privateKey }) => ({ certificate: cert, privateKey })))
