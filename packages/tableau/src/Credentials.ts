/**
 * The ways to sign in. What is secret in them is `Redacted`.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import type * as Redacted from "effect/Redacted"

/**
 * How to sign in. Made by the constructors of this module.
 *
 * @since 0.1.0
 * @category models
 */
export type Credentials = PersonalAccessToken | Password

/**
 * @since 0.1.0
 * @category models
 */
export interface PersonalAccessToken {
  readonly _tag: "PersonalAccessToken"
  readonly name: string
  readonly value: Redacted.Redacted
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Password {
  readonly _tag: "Password"
  readonly username: string
  readonly password: Redacted.Redacted
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
}): PersonalAccessToken => Credentials.PersonalAccessToken(options)

/**
 * A user name and a password. Tableau Cloud with multi-factor authentication wants a personal access token instead.
 *
 * @since 0.1.0
 * @category constructors
 */
export const password = (options: { readonly username: string; readonly password: Redacted.Redacted }): Password =>
  Credentials.Password(options)

/**
 * Credentials from `TABLEAU_TOKEN_NAME` and `TABLEAU_TOKEN_VALUE`, or else from `TABLEAU_USERNAME` and
 * `TABLEAU_PASSWORD`.
 *
 * @since 0.1.0
 * @category config
 */
export const environment: Config.Config<Credentials> = Config.all({
  name: Config.nonEmptyString("TABLEAU_TOKEN_NAME"),
  value: Config.redacted("TABLEAU_TOKEN_VALUE")
}).pipe(
  Config.map((token): Credentials => personalAccessToken(token)),
  Config.orElse(() =>
    Config.map(
      Config.all({
        username: Config.nonEmptyString("TABLEAU_USERNAME"),
        password: Config.redacted("TABLEAU_PASSWORD")
      }),
      password
    )
  )
)
