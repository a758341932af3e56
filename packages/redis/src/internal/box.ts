/**
 * Sessions at rest: AES-256-GCM with a key that HKDF derives from the value of the personal access token, which every
 * member has. There is no second secret to hand out, and a new token makes old records unreadable.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Ids, type SessionStore, TableauError } from "effect-tableau"

const Sealed = Schema.parseJson(
  Schema.Struct({
    token: Schema.String,
    site: Schema.Struct({ id: Ids.SiteId, contentUrl: Schema.String }),
    user: Schema.Struct({ id: Ids.UserId })
  })
)

const Failure = Schema.Union(TableauError.SignInFailed, TableauError.RateLimited, TableauError.ServerFault)

/** The failure of a sign-in that others need not try as well. */
export type Failure = typeof Failure.Type

const SignInError = Schema.parseJson(Failure)

type SealedSession = Omit<SessionStore.Session, "renewIn">

export interface Box {
  /** The name of the record: a hash, from which neither the server nor the token can be read. */
  readonly name: string
  /** A hash of a site. Names of sites are case-insensitive. */
  readonly siteTag: (contentUrl: string) => string
  readonly seal: (session: SealedSession, generation: number) => string
  /** `None` if it was not sealed by a member for this generation. */
  readonly open: (text: string, generation: number) => Option.Option<SealedSession>
  readonly sealSignInError: (error: Failure) => string
  readonly openSignInError: (text: string) => Option.Option<Failure>
}

const purpose = "effect-tableau-redis 1"

/** Lengths before the parts, so that no two identities have the same text. */
const joined = (parts: ReadonlyArray<string>): string => parts.map((part) => `${part.length}:${part}`).join("")

export const make = (identity: Omit<SessionStore.Identity, "site">): Box => {
  const { impersonate = "", name, origin } = identity
  const secret = Redacted.value(identity.secret)
  const proof = createHmac("sha256", secret).update(`${purpose} name`).digest("hex")
  const record = createHash("sha256")
    .update(joined([origin, name, impersonate, proof]))
    .digest("hex")
  // Kept as a function's variable only: nothing prints it.
  const key = Buffer.from(hkdfSync("sha256", secret, record, `${purpose} encryption`, 32))

  const encrypt = (text: string, context: string): string => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(`${record} ${context}`))
    const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString("base64")
  }

  const decrypt = (text: string, context: string): Option.Option<string> => {
    const bytes = Buffer.from(text, "base64")
    return Option.flatten(
      Option.liftThrowable(() => {
        if (bytes.length < 28) return Option.none<string>()
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12), { authTagLength: 16 })
        decipher.setAAD(Buffer.from(`${record} ${context}`)).setAuthTag(bytes.subarray(12, 28))
        return Option.some(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8"))
      })()
    )
  }

  const sessionContext = (generation: number) => `session ${generation}`
  return {
    name: record.slice(0, 40),
    siteTag: (contentUrl) =>
      createHash("sha256")
        .update(joined([record, contentUrl.toLowerCase()]))
        .digest("hex")
        .slice(0, 16),
    seal: ({ site, token, user }, generation) =>
      encrypt(JSON.stringify({ token: Redacted.value(token), site, user }), sessionContext(generation)),
    open: (text, generation) =>
      decrypt(text, sessionContext(generation)).pipe(
        Option.flatMap((json) => Either.getRight(Schema.decodeEither(Sealed)(json))),
        Option.map(({ site, token, user }) => ({ token: Redacted.make(token), site, user }))
      ),
    sealSignInError: (error) => encrypt(Schema.encodeSync(SignInError)(error), "signInError"),
    openSignInError: (text) =>
      Option.flatMap(decrypt(text, "signInError"), (json) => Either.getRight(Schema.decodeEither(SignInError)(json)))
  }
}
