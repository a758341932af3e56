/**
 * Credentials to sign in with. Their secrets are `Redacted`.
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
 * How to sign in: made by the constructors of this module.
 *
 * @since 0.1.0
 * @category models
 */
export type Credentials = PersonalAccessToken | Password | JsonWebToken

interface Impersonation {
  /** The user to sign in as, for server administrators. */
  readonly impersonate: UserId | undefined
}

/**
 * A personal access token: its name and its value.
 *
 * @since 0.1.0
 * @category models
 */
export interface PersonalAccessToken extends Impersonation {
  readonly _tag: "PersonalAccessToken"
  readonly name: string
  readonly value: Redacted.Redacted
}

/**
 * A user name and a password.
 *
 * @since 0.1.0
 * @category models
 */
export interface Password extends Impersonation {
  readonly _tag: "Password"
  readonly username: string
  readonly password: Redacted.Redacted
}

/**
 * A JWT, of a connected app or a unified access token.
 *
 * @since 0.1.0
 * @category models
 */
export interface JsonWebToken extends Impersonation {
  readonly _tag: "JsonWebToken"
  /** Runs at each sign-in. */
  readonly mint: Effect.Effect<Redacted.Redacted, BadRequest>
  /** Whether it is a unified access token. */
  readonly unifiedAccess: boolean
}

const Credentials = Data.taggedEnum<Credentials>()

/** Secrets read from files end in a line break. No token contains white space. */
const trimmed = (token: Redacted.Redacted) => Redacted.make(Redacted.value(token).trim())

/**
 * Signs in with a personal access token, from API version 3.6 on. A token has one session at a time: signing in again
 * ends the previous session on any site. Sessions of the same token in one process are shared.
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
 * Signs in with a user name and a password. Tableau Cloud with multi-factor authentication requires a personal access
 * token instead.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-tableau"
 * import * as Redacted from "effect/Redacted"
 *
 * const credentials = Credentials.password({ username: "ana", password: Redacted.make("secret") })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const password = (options: { readonly username: string; readonly password: Redacted.Redacted }): Password =>
  Credentials.Password({ ...options, impersonate: undefined })

/**
 * Signs in with a JWT that another program issues. A value can sign in only once, so such a session cannot be renewed;
 * an effect runs at each sign-in. From API version 3.17 on (3.16 on Tableau Cloud), for a unified access token from 3.27
 * on.
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
  /** Whether it is a unified access token. By default false: it is one of a connected app. */
  readonly unifiedAccess?: boolean | undefined
}): JsonWebToken =>
  Credentials.JsonWebToken({
    mint: Effect.map(Effect.isEffect(options.token) ? options.token : Effect.succeed(options.token), trimmed),
    unifiedAccess: options.unifiedAccess ?? false,
    impersonate: undefined
  })

/**
 * Signs in as a user with a connected app (direct trust). A JWT is minted for each sign-in: signed with HS256, valid for
 * five minutes. `Operation.scopes` returns the scopes that operations require.
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
  /** The client id, from the page of the connected app in Tableau. */
  readonly clientId: string
  /** The id of one of its secrets, from the same page. */
  readonly secretId: string
  /** The value of that secret. It signs the JWT and is never sent. */
  readonly secretValue: Redacted.Redacted
  /** Case-sensitive. On Tableau Cloud an email address. */
  readonly username: string
  /** At least one scope, such as `tableau:content:read`. A call without its scope fails with `MissingScope`. */
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
 * Signs in to Tableau Cloud with a unified access token. It is minted for each sign-in: signed with RS256, valid for five
 * minutes. Tableau Cloud must have the public key.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-tableau"
 * import * as Config from "effect/Config"
 *
 * const fromConfig = Config.map(Config.redacted("PRIVATE_KEY"), (privateKey) =>
 *   Credentials.unifiedAccessToken({
 *     issuer: "https://issuer.example.com",
 *     keyId: "key-1",
 *     privateKey,
 *     tenantId: "6a1f…",
 *     username: "ana@example.com",
 *     scopes: ["tableau:content:read"]
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const unifiedAccessToken = (options: {
  /** The issuer URI of the configuration in Tableau Cloud. */
  readonly issuer: string
  /** The id of the key in the JWKS of that configuration. */
  readonly keyId: string
  /** An RSA key (PKCS#8) in PEM, or in base64. */
  readonly privateKey: Redacted.Redacted
  readonly tenantId: string
  readonly username: string
  /** The claim that contains the user name. By default `email`. */
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
 * Changes credentials to sign in as another user, for server administrators.
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

/** One kind of credentials and its variables. The last variable also belongs to another kind. */
interface Candidate {
  readonly variables: Readonly<Record<string, Option.Option<unknown>>>
  readonly credentials: Option.Option<Credentials>
}

/** The first complete candidate. Otherwise the error names what an incomplete one lacks, or all candidates. */
const choose = (candidates: ReadonlyArray<Candidate>): Either.Either<Credentials, ConfigError.ConfigError> => {
  const complete = Option.firstSomeOf(candidates.map(({ credentials }) => credentials))
  if (Option.isSome(complete)) return Either.right(complete.value)
  const incomplete = candidates.find(({ variables }) => Object.values(variables).slice(0, -1).some(Option.isSome))
  if (incomplete === undefined) {
    const all = candidates.map(({ variables }) => `  ${Object.keys(variables).join(", ")}`)
    const message = `No credentials in the environment. Set the variables of one of these lines:\n${all.join("\n")}`
    return Either.left(ConfigError.MissingData([], message))
  }
  const [set, missing] = Array.partition(Object.entries(incomplete.variables), ([, value]) => Option.isNone(value))
  const names = (variables: ReadonlyArray<readonly [string, unknown]>) => variables.map(([name]) => name).join(", ")
  return Either.left(ConfigError.MissingData([], `${names(set)} is set, but not ${names(missing)}.`))
}

/**
 * Reads credentials from the environment. The first complete set of variables is used:
 *
 * 1. `TABLEAU_TOKEN_NAME` and `TABLEAU_TOKEN_VALUE`
 * 2. `TABLEAU_CONNECTED_APP_CLIENT_ID`, `TABLEAU_CONNECTED_APP_SECRET_ID`, `TABLEAU_CONNECTED_APP_SECRET_VALUE`,
 *    `TABLEAU_USERNAME` and `TABLEAU_SCOPES` (separated by commas)
 * 3. `TABLEAU_JWT`
 * 4. `TABLEAU_USERNAME` and `TABLEAU_PASSWORD`
 *
 * With `TABLEAU_IMPERSONATE_USER_ID` the session is that of this user.
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
