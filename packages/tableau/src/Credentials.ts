/**
 * The ways to sign in. What is secret in them is `Redacted`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm#sign_in
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
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
}): PersonalAccessToken => Credentials.PersonalAccessToken({ ...options, impersonate: undefined })

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
    mint: Effect.isEffect(options.token) ? options.token : Effect.succeed(options.token),
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
  readonly clientId: string
  readonly secretId: string
  readonly secretValue: Redacted.Redacted
  /** In the case that Tableau has it; on Tableau Cloud an email address. */
  readonly username: string
  /** What the session may do, such as `tableau:content:read`. */
  readonly scopes: ReadonlyArray<string>
}): JsonWebToken => {
  const operation = "Credentials.connectedApp"
  const { clientId, scopes, secretId, secretValue, username } = options
  return jwt({
    token: Jwt.mint({
      operation,
      header: { alg: "HS256", typ: "JWT", kid: secretId },
      claims: { iss: clientId, sub: username, aud: "tableau", scp: scopes },
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
        [options.usernameClaim ?? "email"]: options.username,
        scp: options.scopes
      },
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
  credentials: Config.map(
    Config.all({
      name: Config.nonEmptyString("TABLEAU_TOKEN_NAME"),
      value: Config.redacted("TABLEAU_TOKEN_VALUE")
    }),
    (given): Credentials => personalAccessToken(given)
  ).pipe(
    Config.orElse(() =>
      Config.map(
        Config.all({
          clientId: Config.nonEmptyString("TABLEAU_CONNECTED_APP_CLIENT_ID"),
          secretId: Config.nonEmptyString("TABLEAU_CONNECTED_APP_SECRET_ID"),
          secretValue: Config.redacted("TABLEAU_CONNECTED_APP_SECRET_VALUE"),
          username: Config.nonEmptyString("TABLEAU_USERNAME"),
          scopes: Config.array(Config.nonEmptyString(), "TABLEAU_SCOPES")
        }),
        connectedApp
      )
    ),
    Config.orElse(() => Config.map(Config.redacted("TABLEAU_JWT"), (token) => jwt({ token }))),
    Config.orElse(() =>
      Config.map(
        Config.all({
          username: Config.nonEmptyString("TABLEAU_USERNAME"),
          password: Config.redacted("TABLEAU_PASSWORD")
        }),
        password
      )
    )
  ),
  impersonate: Config.option(Config.map(Config.nonEmptyString("TABLEAU_IMPERSONATE_USER_ID"), (id) => UserId.make(id)))
}).pipe(
  Config.map(({ credentials, impersonate }) =>
    Option.match(impersonate, {
      onNone: () => credentials,
      onSome: (userId) => impersonating(userId)(credentials)
    })
  )
)
