import { createPublicKey } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { decodeJwt, decodeProtectedHeader, type JWTVerifyOptions, jwtVerify } from "jose"
import * as World from "../content/world.js"
import { attribute, type Element } from "../protocol/element.js"
import { badRequest, type ErrorResponse, signInFailed } from "../protocol/errorResponse.js"
import type { Proof } from "./sessions.js"

/** The account of a sign-in, and the credentials that proved it. */
export interface Identity {
  readonly account: string
  readonly proof: Proof
}

/** A JWT is valid for one sign-in. Its `jti` is stored until the JWT expires. */
export interface SpentJwts {
  readonly spend: (id: string, expiresAt: number) => Effect.Effect<boolean>
}

export const makeSpentJwts = (): SpentJwts => {
  const spent = new Map<string, number>()
  return {
    spend: (id, expiresAt) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const [other, expiry] of spent) if (expiry <= now) spent.delete(other)
        if (spent.has(id)) return false
        spent.set(id, expiresAt)
        return true
      })
  }
}

interface Key {
  readonly secret: Parameters<typeof jwtVerify>[1]
  readonly options: JWTVerifyOptions
  /** The claim that names the user. */
  readonly username: string
}

/** Looks up the verification key for the issuer that the JWT claims. Does not verify the JWT. */
const keyOf = (world: World.World, jwt: string, unified: boolean): Key | undefined => {
  const { alg, iss: headerIssuer, kid } = decodeProtectedHeader(jwt)
  const { iss: issuer = headerIssuer } = decodeJwt(jwt)
  if (unified) {
    const trusted = world.unifiedAccess.find((known) => known.issuer === issuer && known.keyId === kid)
    return (
      trusted && {
        secret: createPublicKey(trusted.publicKey),
        options: { algorithms: ["RS256"] },
        username: trusted.usernameClaim
      }
    )
  }
  const app = world.connectedApps.find((known) => known.clientId === issuer && known.secretId === kid)
  return alg === "HS256" && app !== undefined
    ? {
        secret: new TextEncoder().encode(app.secretValue),
        options: { algorithms: ["HS256"], audience: "tableau" },
        username: "sub"
      }
    : undefined
}

/** In seconds. Tableau rejects a JWT that is valid for longer. */
const maximumValidity = 10 * 60

const byJwt = (
  world: World.World,
  spentJwts: SpentJwts,
  jwt: string,
  unified: boolean
): Effect.Effect<Identity, ErrorResponse> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const key = yield* Effect.try(() => keyOf(world, jwt, unified))
    if (key === undefined) return yield* signInFailed
    const { payload } = yield* Effect.tryPromise(() =>
      jwtVerify(jwt, key.secret, {
        ...key.options,
        currentDate: new Date(now),
        clockTolerance: 5,
        requiredClaims: ["exp", "jti"]
      })
    )
    const account = payload[key.username]
    const { exp = 0, jti = "" } = payload
    if (typeof account !== "string" || exp * 1000 - now > maximumValidity * 1000) return yield* signInFailed
    if (!(yield* spentJwts.spend(`${payload.iss ?? ""} ${jti}`, exp * 1000))) return yield* signInFailed
    const scopes = Array.isArray(payload["scp"]) ? payload["scp"].filter((scope) => typeof scope === "string") : []
    return { account, proof: { _tag: unified ? ("UnifiedAccessToken" as const) : ("ConnectedApp" as const), scopes } }
  }).pipe(Effect.catchTag("UnknownException", () => Effect.fail(signInFailed)))

const byToken = (world: World.World, name: string, secret: string): Effect.Effect<Identity, ErrorResponse> => {
  const token = world.personalAccessTokens.find((known) => known.name === name && known.secret === secret)
  return token === undefined
    ? Effect.fail(signInFailed)
    : Effect.succeed({ account: token.user, proof: { _tag: "PersonalAccessToken", token } })
}

const byPassword = (world: World.World, name: string, password: string): Effect.Effect<Identity, ErrorResponse> => {
  const account = World.findAccount(world, name)
  return account?.password === undefined || account.password !== password
    ? Effect.fail(signInFailed)
    : Effect.succeed({ account: account.name, proof: { _tag: "Password" } })
}

/** Verifies the `<credentials>` of a sign-in. */
export const prove = (
  world: World.World,
  spentJwts: SpentJwts,
  given: Element
): Effect.Effect<Identity, ErrorResponse> => {
  const name = attribute(given, "name")
  const password = attribute(given, "password")
  const tokenName = attribute(given, "personalAccessTokenName")
  const secret = attribute(given, "personalAccessTokenSecret")
  const jwt = attribute(given, "jwt")
  const unified = attribute(given, "isUat")?.toLowerCase() === "true"
  const methods = [
    name !== undefined && password !== undefined ? byPassword(world, name, password) : undefined,
    tokenName !== undefined && secret !== undefined ? byToken(world, tokenName, secret) : undefined,
    jwt !== undefined ? byJwt(world, spentJwts, jwt, unified) : undefined
  ].filter((method) => method !== undefined)
  const [method, ...others] = methods
  return method === undefined || others.length > 0
    ? Effect.fail(
        badRequest(
          "Exactly one of these is required: name and password, name and secret of a personal access token, or a JWT."
        )
      )
    : method
}
