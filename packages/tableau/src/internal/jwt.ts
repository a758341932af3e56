/** JWTs for signing in, each minted anew: Tableau takes one for ten minutes at most, and only once. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { CryptoKey, JWTHeaderParameters, KeyObject } from "jose"
import type { BadRequest } from "../TableauError.js"
import { badRequest } from "./badRequest.js"

/** Clocks differ: it begins a little before now, and ends in the middle of what Tableau allows. */
const skewSeconds = 5
const lifetimeSeconds = 5 * 60

// Loaded when the first JWT is minted: most programs sign in with a token.
const jose = Effect.promise(() => import("jose"))

interface Recipe {
  readonly operation: string
  readonly header: JWTHeaderParameters
  readonly claims: Readonly<Record<string, unknown>>
  readonly scopes: ReadonlyArray<string>
  readonly key: Effect.Effect<CryptoKey | KeyObject | Uint8Array, BadRequest>
}

/** The error of the library is left out: it may quote the key. */
export const mint = ({
  claims,
  header,
  key,
  operation,
  scopes
}: Recipe): Effect.Effect<Redacted.Redacted, BadRequest> =>
  Effect.gen(function* () {
    if (scopes.length === 0) {
      return yield* badRequest(
        operation,
        'There are no scopes, so that the session could do nothing. Name what it shall do, such as scopes: ["tableau:content:read"].'
      )
    }
    const { SignJWT } = yield* jose
    const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const jwt = new SignJWT({ ...claims, scp: scopes, jti: crypto.randomUUID() })
      .setProtectedHeader(header)
      .setIssuedAt(now - skewSeconds)
      .setNotBefore(now - skewSeconds)
      .setExpirationTime(now + lifetimeSeconds)
    const signingKey = yield* key
    const signed = yield* Effect.tryPromise({
      try: () => jwt.sign(signingKey),
      catch: () => badRequest(operation, `The key cannot sign with ${header.alg}.`)
    })
    return Redacted.make(signed)
  })

/** The scopes that a JWT grants; nothing is known of one that cannot be read. */
export const scopes = (token: Redacted.Redacted): Effect.Effect<ReadonlyArray<string> | undefined> =>
  Effect.flatMap(jose, ({ decodeJwt }) => Effect.try(() => decodeJwt(Redacted.value(token))["scp"])).pipe(
    Effect.map((scp) => (Array.isArray(scp) ? scp.filter(Predicate.isString) : undefined)),
    Effect.orElseSucceed(() => undefined)
  )

/** The first of the scopes wanted that is not among the granted ones, in which `*` stands for any part. */
export const missingScope = (granted: ReadonlyArray<string>, wanted: ReadonlyArray<string>): string | undefined => {
  const patterns = granted.map((scope) => scope.split(":"))
  return wanted.find((scope) => {
    const parts = scope.split(":")
    return !patterns.some((pattern) => parts.every((part, index) => pattern[index] === "*" || pattern[index] === part))
  })
}

/** A key of characters, as a connected app has it. */
export const secretKey = (operation: string, secret: Redacted.Redacted): Recipe["key"] =>
  Effect.suspend(() => {
    const value = Redacted.value(secret).trim()
    return value === ""
      ? Effect.fail(badRequest(operation, "The secret is empty."))
      : Effect.succeed(new TextEncoder().encode(value))
  })

/** A private RSA key in PEM. */
export const privateKey = (operation: string, pem: Redacted.Redacted): Recipe["key"] =>
  Effect.flatMap(jose, ({ importPKCS8 }) =>
    Effect.tryPromise({
      try: () => importPKCS8(Redacted.value(pem).trim(), "RS256"),
      catch: () =>
        badRequest(
          operation,
          'The private key is not an RSA key in PKCS#8, which begins with "-----BEGIN PRIVATE KEY-----". `openssl pkcs8 -topk8 -nocrypt` makes one of an older kind.'
        )
    })
  )
