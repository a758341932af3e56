/** JWTs for signing in. One is minted for each sign-in: Tableau accepts a JWT only once, and for ten minutes at most. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { CryptoKey, JWTHeaderParameters, KeyObject } from "jose"
import type { BadRequest } from "../TableauError.js"
import { badRequest } from "./badRequest.js"

/** Clocks differ: a JWT is valid from a little before now, and for half of the time that Tableau allows. */
const skewSeconds = 5
const lifetimeSeconds = 5 * 60

// Loaded when the first JWT is minted: most programs use a personal access token.
const jose = Effect.promise(() => import("jose"))

interface Recipe {
  readonly operation: string
  readonly header: JWTHeaderParameters
  readonly claims: Readonly<Record<string, unknown>>
  readonly scopes: ReadonlyArray<string>
  readonly key: Effect.Effect<CryptoKey | KeyObject | Uint8Array, BadRequest>
}

/** Signs a JWT. The error of the library is dropped, because it may quote the key. */
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
        'There are no scopes, so the session could do nothing. Name at least one, such as scopes: ["tableau:content:read"].'
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

/** The scopes that a JWT grants; undefined if it cannot be read. */
export const scopes = (token: Redacted.Redacted): Effect.Effect<ReadonlyArray<string> | undefined> =>
  Effect.flatMap(jose, ({ decodeJwt }) => Effect.try(() => decodeJwt(Redacted.value(token))["scp"])).pipe(
    Effect.map((scp) => (Array.isArray(scp) ? scp.filter(Predicate.isString) : undefined)),
    Effect.orElseSucceed(() => undefined)
  )

/** The first required scope that is not granted. In a granted scope, `*` matches any part. */
export const missingScope = (granted: ReadonlyArray<string>, required: ReadonlyArray<string>): string | undefined => {
  const patterns = granted.map((scope) => scope.split(":"))
  return required.find((scope) => {
    const parts = scope.split(":")
    return !patterns.some((pattern) => parts.every((part, index) => pattern[index] === "*" || pattern[index] === part))
  })
}

/** The secret of a connected app as a key. */
export const secretKey = (operation: string, secret: Redacted.Redacted): Recipe["key"] =>
  Effect.suspend(() => {
    const value = Redacted.value(secret).trim()
    return value === ""
      ? Effect.fail(badRequest(operation, "The secret is empty."))
      : Effect.succeed(new TextEncoder().encode(value))
  })

/** Keys are often kept as base64, of PEM or of its content alone: a variable then needs no line breaks. */
const toPem = (key: string): string => {
  const text = key.trim()
  if (text.includes("-----BEGIN")) return text
  const decoded = Either.getOrElse(Encoding.decodeBase64String(text.replaceAll(/\s/g, "")), () => "")
  return decoded.includes("-----BEGIN")
    ? decoded.trim()
    : `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----`
}

/** Imports an RSA private key in PEM, or in base64. */
export const privateKey = (operation: string, key: Redacted.Redacted): Recipe["key"] =>
  Effect.flatMap(jose, ({ importPKCS8 }) =>
    Effect.tryPromise({
      try: () => importPKCS8(toPem(Redacted.value(key)), "RS256"),
      catch: () =>
        badRequest(
          operation,
          'The private key is not an RSA key in PKCS#8, which begins with "-----BEGIN PRIVATE KEY-----". `openssl pkcs8 -topk8 -nocrypt` converts a key of an older format.'
        )
    })
  )
