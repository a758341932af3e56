import * as Effect from "effect/Effect"
import { generate } from "selfsigned"
import { StartFailed } from "../../SimulatorError.js"

export interface Certificate {
  readonly certificate: string
  readonly privateKey: string
}

/** Makes a self-signed certificate for the names and addresses of loopback. */
export const make: Effect.Effect<Certificate, StartFailed> = Effect.tryPromise({
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
          altNames: [
            { type: 2, value: "localhost" },
            { type: 7, ip: "127.0.0.1" },
            { type: 7, ip: "::1" }
          ]
        }
      ]
    }),
  catch: (cause) => new StartFailed({ reason: "its certificate could not be made", cause })
}).pipe(Effect.map(({ cert, private: privateKey }) => ({ certificate: cert, privateKey })))
