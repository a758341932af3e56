/**
 * The ways to sign in. What is secret in them is `Redacted`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm#sign_in
 * @since 0.1.0
 */
import * as Array from "effect/Array"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { UserId } from "./Ids.js"
import * as Jwt from "./internal/jwt.js"
import type { BadRequest } from "./TableauError.js"

/**
 * How to sign in. Made by the constructors of this module.
 *
 * @since 0.1.0
 * @category models
 */
export type Credentials = PersonalAccessToken | Password | JsonWebToken

interface Impersonation {
  /** Sign in as this user: for server administrators. */
  readonly impersonate: UserId | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PersonalAccessToken extends Impersonation {
  readonly _tag: "PersonalAccessToken"
  readonly name: string
  readonly value: Redacted.Redacted
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Password extends Impersonation {
  readonly _tag: "Password"
  readonly username: string
  readonly password: Redacted.Redacted
}

/**
 * @since 0.1.0
 * @category models
 */
export interface JsonWebToken extends Impersonation {
  readonly _tag: "JsonWebToken"
  /** Runs at each sign-in. */
  readonly mint: Effect.Effect<Redacted.Redacted, BadRequest>
  readonly unifiedAccess: boolean
}

const Credentials = Data.taggedEnum<Credentials>()

/** As secrets come from files, with an end of line. No token has white space. */
const trimmed = (token: Redacted.Redacted) => Redacted.make(Redacted.value(token).trim())

/**
 * A personal access token, by its name and its value, from API version 3.6 on. It holds one session at a time: who
 * signs in with it ends the session before, on whatever site that was.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-tableau"
 * import * as Config from "effect/Config"
 *
 * const fromConfig = Config.map(Config.redacted("TOKEN"), (value) =>
 *   Credentials.personalAccessToken({ name: "nightly", value })
 * )
 * ```
 *
 * @see https://help.tableau.com/current/server/en-us/security_personal_access_tokens.htm
 * @since 0.1.0
 * @category constructors
 */
export const personalAccessToken = (options: {
  readonly name: string
  readonly value: Redacted.Redacted
}): PersonalAccessToken =>
  Credentials.PersonalAccessToken({ name: options.name, value: trimmed(options.value), impersonate: undefined })

/**
 * A user name and a password. Tableau Cloud with multi-factor authentication wants a personal access token instead.
 *
 * @since 0.1.0
 * @category constructors
 */
export const password = (options: { readonly username: string; readonly password: Redacted.Redacted }): Password =>
  Credentials.Password({ ...options, impersonate: undefined })

/**
 * A JWT that somebody else makes: a value, which signs in once, or an effect that mints one for each sign-in. From API
 * version 3.17 on (3.16 on Tableau Cloud); a unified access token from 3.27 on.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-tableau"
 * import * as Redacted from "effect/Redacted"
 *
 * const credentials = Credentials.jwt({ token: Redacted.make("eyJhbGciOi…") })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const jwt = (options: {
  readonly token: Redacted.Redacted | Effect.Effect<Redacted.Redacted, BadRequest>
  /** Whether it is a unified access token. By default false: one of a connected app. */
  readonly unifiedAccess?: boolean | undefined
}): JsonWebToken =>
  Credentials.JsonWebToken({
    mint: Effect.map(Effect.isEffect(options.token) ? options.token : Effect.succeed(options.token), trimmed),
    unifiedAccess: options.unifiedAccess ?? false,
    impersonate: undefined
  })

/**
 * A connected app with direct trust: signs in as any user that the app may name, with a JWT that is minted for each
 * sign-in, signed with HS256 and valid for five minutes.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-tableau"
 * import * as Config from "effect/Config"
 *
 * const fromConfig = Config.map(Config.redacted("SECRET_VALUE"), (secretValue) =>
 *   Credentials.connectedApp({
 *     clientId: "1f3c…",
 *     secretId: "7a90…",
 *     secretValue,
 *     username: "ana@example.com",
 *     scopes: ["tableau:content:read"]
 *   })
 * )
 * ```
 *
 * @see https://help.tableau.com/current/online/en-us/connected_apps_direct.htm
 * @since 0.1.0
 * @category constructors
 */
export const connectedApp = (options: {
  /** The app's own id: Tableau shows it on the page of the connected app, as it does the other two. */
  readonly clientId: string
  /** The id of one of its secrets. */
  readonly secretId: string
  /** That secret itself, which signs the JWT and is never sent. */
  readonly secretValue: Redacted.Redacted
  /** In the case that Tableau has it; on Tableau Cloud an email address. */
  readonly username: string
  /** What the session may do, such as `tableau:content:read`; one at least. `MissingScope` names one that is lacking. */
  readonly scopes: ReadonlyArray<string>
}): JsonWebToken => {
  const operation = "Credentials.connectedApp"
  const { clientId, scopes, secretId, secretValue, username } = options
  return jwt({
    token: Jwt.mint({
      operation,
      header: { alg: "HS256", typ: "JWT", kid: secretId },
      claims: { iss: clientId, sub: username, aud: "tableau" },
      scopes,
      key: Jwt.secretKey(operation, secretValue)
    })
  })
}

/**
 * A unified access token of Tableau Cloud, minted for each sign-in: signed with RS256 by a private key whose public half
 * Tableau was given, and valid for five minutes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const unifiedAccessToken = (options: {
  /** The issuer URI that was configured. */
  readonly issuer: string
  /** The key's id in the JWKS that was configured. */
  readonly keyId: string
  /** RSA, in PEM (PKCS#8). */
  readonly privateKey: Redacted.Redacted
  readonly tenantId: string
  readonly username: string
  /** The claim that names the user. By default `email`. */
  readonly usernameClaim?: string | undefined
  readonly scopes: ReadonlyArray<string>
}): JsonWebToken => {
  const operation = "Credentials.unifiedAccessToken"
  return jwt({
    unifiedAccess: true,
    token: Jwt.mint({
      operation,
      header: { alg: "RS256", typ: "JWT", kid: options.keyId },
      claims: {
        iss: options.issuer,
        "https://tableau.com/tenantId": options.tenantId,
        [options.usernameClaim ?? "email"]: options.username
      },
      scopes: options.scopes,
      key: Jwt.privateKey(operation, options.privateKey)
    })
  })
}

/**
 * The same credentials, signing in as another user, who is named by id: for server administrators.
 *
 * @example
 * ```ts
 * import { Credentials, Ids } from "effect-tableau"
 * import { pipe } from "effect/Function"
 * import * as Redacted from "effect/Redacted"
 *
 * const credentials = pipe(
 *   Credentials.personalAccessToken({ name: "nightly", value: Redacted.make("secret") }),
 *   Credentials.impersonating(Ids.UserId.make("1a96d216-e9b8-497b-a82a-0b899a965e01"))
 * )
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_impersonation.htm
 * @since 0.1.0
 * @category combinators
 */
export const impersonating =
  (userId: UserId) =>
  (credentials: Credentials): Credentials => ({ ...credentials, impersonate: userId })

const variable = (name: string) => Config.option(Config.nonEmptyString(name))

const secret = (name: string) => Config.option(Config.nonEmptyString(name)).pipe(Config.map(Option.map(Redacted.make)))

/** A way to sign in, by the variables that it needs; the last one is not of this way only. */
interface Way {
  readonly variables: Readonly<Record<string, Option.Option<unknown>>>
  readonly credentials: Option.Option<Credentials>
}

/** The first way that is there in full; otherwise what is missing from the one that was begun, or all that there are. */
const choose = (ways: ReadonlyArray<Way>): Either.Either<Credentials, ConfigError.ConfigError> => {
  const whole = Option.firstSomeOf(ways.map(({ credentials }) => credentials))
  if (Option.isSome(whole)) return Either.right(whole.value)
  const begun = ways.find(({ variables }) => Object.values(variables).slice(0, -1).some(Option.isSome))
  if (begun === undefined) {
    const all = ways.map(({ variables }) => `  ${Object.keys(variables).join(", ")}`)
    const message = `No credentials in the environment. Set the variables of one of these lines:\n${all.join("\n")}`
    return Either.left(ConfigError.MissingData([], message))
  }
  const [there, missing] = Array.partition(Object.entries(begun.variables), ([, value]) => Option.isNone(value))
  const names = (given: ReadonlyArray<readonly [string, unknown]>) => given.map(([name]) => name).join(", ")
  return Either.left(ConfigError.MissingData([], `${names(there)} is set, but not ${names(missing)}.`))
}

/**
 * Credentials from the first of these that is there: `TABLEAU_TOKEN_NAME` and `TABLEAU_TOKEN_VALUE`;
 * `TABLEAU_CONNECTED_APP_CLIENT_ID`, `TABLEAU_CONNECTED_APP_SECRET_ID`, `TABLEAU_CONNECTED_APP_SECRET_VALUE`,
 * `TABLEAU_USERNAME` and `TABLEAU_SCOPES`, with commas between the scopes; `TABLEAU_JWT`; `TABLEAU_USERNAME` and
 * `TABLEAU_PASSWORD`. With `TABLEAU_IMPERSONATE_USER_ID`, as that user.
 *
 * @since 0.1.0
 * @category config
 */
export const environment: Config.Config<Credentials> = Config.all({
  tokenName: variable("TABLEAU_TOKEN_NAME"),
  tokenValue: secret("TABLEAU_TOKEN_VALUE"),
  clientId: variable("TABLEAU_CONNECTED_APP_CLIENT_ID"),
  secretId: variable("TABLEAU_CONNECTED_APP_SECRET_ID"),
  secretValue: secret("TABLEAU_CONNECTED_APP_SECRET_VALUE"),
  scopes: Config.option(Config.array(Config.nonEmptyString(), "TABLEAU_SCOPES")),
  token: secret("TABLEAU_JWT"),
  username: variable("TABLEAU_USERNAME"),
  word: secret("TABLEAU_PASSWORD"),
  impersonate: variable("TABLEAU_IMPERSONATE_USER_ID")
}).pipe(
  Config.mapOrFail((given) => {
    const { clientId, scopes, secretId, secretValue, token, tokenName, tokenValue, username, word } = given
    const credentials = choose([
      {
        variables: { TABLEAU_TOKEN_NAME: tokenName, TABLEAU_TOKEN_VALUE: tokenValue },
        credentials: Option.map(Option.all({ name: tokenName, value: tokenValue }), personalAccessToken)
      },
      {
        variables: {
          TABLEAU_CONNECTED_APP_CLIENT_ID: clientId,
          TABLEAU_CONNECTED_APP_SECRET_ID: secretId,
          TABLEAU_CONNECTED_APP_SECRET_VALUE: secretValue,
          TABLEAU_SCOPES: scopes,
          TABLEAU_USERNAME: username
        },
        credentials: Option.map(Option.all({ clientId, secretId, secretValue, scopes, username }), connectedApp)
      },
      { variables: { TABLEAU_JWT: token }, credentials: Option.map(token, (value) => jwt({ token: value })) },
      {
        variables: { TABLEAU_PASSWORD: word, TABLEAU_USERNAME: username },
        credentials: Option.map(Option.all({ username, password: word }), password)
      }
    ])
    return Either.map(credentials, (signsIn) =>
      Option.match(given.impersonate, {
        onNone: () => signsIn,
        onSome: (userId) => impersonating(UserId.make(userId))(signsIn)
      })
    )
  })
)
