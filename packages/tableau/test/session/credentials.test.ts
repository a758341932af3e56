import { generateKeyPairSync } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { pipe } from "effect/Function"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { decodeJwt, decodeProtectedHeader } from "jose"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { warnings } from "../../../../test/support/warnings.js"

const app = {
  clientId: "demo-client",
  secretId: "demo-key",
  secretValue: Redacted.make("demo-secret-value-0123456789abcdef"),
  username: "viewer",
  scopes: ["tableau:content:read"]
}

const open = (server: string, credentials: Credentials.Credentials, options: Partial<TableauSession.Options> = {}) =>
  Effect.provide(TableauSession.make({ server, credentials, ...options }), layerHttpClient)

const minted = (credentials: Credentials.JsonWebToken) => Effect.map(credentials.mint, Redacted.value)

describe("a connected app", () => {
  it.scoped("a connected app signs in as the user it names, on any site, any number of times", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      yield* TestClock.setTime(Date.UTC(2030, 1, 1))
      const credentials = Credentials.connectedApp(app)
      yield* open(url, credentials)
      yield* open(url, credentials, { site: "MarketingTeam" })
      expect(yield* sessions).toMatchObject([
        { user: "viewer", site: "", signedInBy: "ConnectedApp" },
        { user: "viewer", site: "MarketingTeam", signedInBy: "ConnectedApp" }
      ])
    })
  )

  it.effect(
    "a connected app mints a JWT for each sign-in, valid from a little before now for less than ten minutes",
    () =>
      Effect.gen(function* () {
        const now = Date.UTC(2030, 1, 1) / 1000
        yield* TestClock.setTime(now * 1000)
        const credentials = Credentials.connectedApp(app)
        const [one, other] = [yield* minted(credentials), yield* minted(credentials)]
        expect(decodeProtectedHeader(one)).toEqual({ alg: "HS256", typ: "JWT", kid: "demo-key" })
        expect(decodeJwt(one)).toMatchObject({
          iss: "demo-client",
          sub: "viewer",
          aud: "tableau",
          scp: ["tableau:content:read"],
          iat: now - 5,
          nbf: now - 5,
          exp: now + 300
        })
        expect(decodeJwt(one).jti).not.toBe(decodeJwt(other).jti)
      })
  )

  it.scoped(
    "a connected app with a wrong secret fails with SignInFailed, and the error does not contain the secret",
    () =>
      Effect.gen(function* () {
        const { url } = yield* Simulator.make()
        const wrong = { ...app, secretValue: Redacted.make("another-secret-value-of-32-bytes!") }
        const error = yield* Effect.flip(open(url, Credentials.connectedApp(wrong)))
        expect(error).toMatchObject({ _tag: "SignInFailed", code: "401001" })
        const empty = yield* Effect.flip(
          open(url, Credentials.connectedApp({ ...app, secretValue: Redacted.make("") }))
        )
        expect(empty).toMatchObject({ _tag: "BadRequest", operation: "Credentials.connectedApp", acted: "no" })
        expect(JSON.stringify(error)).not.toContain("another-secret")
      })
  )

  it.scoped("a connected app without scopes fails with BadRequest before a JWT is signed", () =>
    Effect.gen(function* () {
      const { count, url } = yield* Simulator.make()
      const error = yield* Effect.flip(open(url, Credentials.connectedApp({ ...app, scopes: [] })))
      expect(error).toMatchObject({ _tag: "BadRequest", operation: "Credentials.connectedApp", acted: "no" })
      expect(error.message).toContain('scopes: ["tableau:content:read"]')
      expect(yield* count("signIn")).toBe(0)
    })
  )

  it.scoped("a connected app requires API version 3.17, and no JWT is sent to an older server", () =>
    Effect.gen(function* () {
      const { count, url } = yield* Simulator.make({ apiVersion: "3.16" })
      const error = yield* Effect.flip(open(url, Credentials.connectedApp(app)))
      expect(error).toMatchObject({ _tag: "VersionUnsupported", required: "3.17", actual: "3.16" })
      expect(yield* count("signIn")).toBe(0)
    })
  )
})

describe("a JWT from another program", () => {
  it.scoped("a JWT signs in once as a value, and each time as an effect", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const { mint } = Credentials.connectedApp(app)
      const value = Credentials.jwt({ token: yield* mint })
      yield* open(url, value)
      expect(yield* Effect.flip(open(url, value))).toMatchObject({ _tag: "SignInFailed" })
      const effect = Credentials.jwt({ token: mint })
      yield* open(url, effect)
      yield* open(url, effect)
      expect(yield* sessions).toHaveLength(3)
    })
  )

  it.scoped("a line break after a JWT is removed, and an empty JWT is rejected", () =>
    Effect.gen(function* () {
      const { count, url } = yield* Simulator.make()
      const { mint } = Credentials.connectedApp(app)
      const fromFile = Effect.map(mint, (token) => Redacted.make(`${Redacted.value(token)}\n`))
      yield* open(url, Credentials.jwt({ token: fromFile }))
      yield* open(url, Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret\r\n") }))
      const error = yield* Effect.flip(open(url, Credentials.jwt({ token: Redacted.make(" ") })))
      expect(error).toMatchObject({ _tag: "BadRequest", detail: "The JWT is empty.", acted: "no" })
      expect(yield* count("signIn")).toBe(2)
    })
  )

  it.scoped("a JWT that is never issued fails with TimedOut and acted: no", () =>
    Effect.gen(function* () {
      const { count, url } = yield* Simulator.make()
      const minting = yield* Effect.makeLatch()
      const token = Effect.zipRight(minting.open, Effect.never)
      const lines = yield* warnings(
        Effect.gen(function* () {
          const opening = yield* Effect.fork(Effect.flip(open(url, Credentials.jwt({ token }), { retry: "never" })))
          yield* minting.await
          yield* TestClock.adjust("1 minute")
          expect(yield* Fiber.join(opening)).toMatchObject({ _tag: "TimedOut", acted: "no" })
        })
      )
      expect(lines).toEqual([])
      expect(yield* count("signIn")).toBe(0)
    })
  )
})

describe("a unified access token", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" }
  })
  const content = {
    users: [{ name: "ana@example.com" }],
    sites: [{ contentUrl: "Sales" }],
    unifiedAccess: [{ issuer: "https://issuer.example.com", keyId: "key-1", publicKey }]
  }
  const recipe = {
    issuer: "https://issuer.example.com",
    keyId: "key-1",
    privateKey: Redacted.make(privateKey),
    tenantId: "tenant-1",
    username: "ana@example.com",
    scopes: ["tableau:content:read"]
  }

  it.scoped("a unified access token signs in the user of its claim, with RS256", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make({ content })
      yield* open(url, Credentials.unifiedAccessToken(recipe), { site: "Sales" })
      expect(yield* sessions).toMatchObject([{ user: "ana@example.com", signedInBy: "UnifiedAccessToken" }])
      const claims = decodeJwt(yield* minted(Credentials.unifiedAccessToken({ ...recipe, usernameClaim: "upn" })))
      expect(claims).toMatchObject({ upn: "ana@example.com", "https://tableau.com/tenantId": "tenant-1" })
    })
  )

  it.scoped("a private key in base64 signs, as PEM or as its content, with and without line breaks", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make({ content })
      const lines = Buffer.from(privateKey).toString("base64").replaceAll(/.{64}/g, "$&\n")
      const body = privateKey.replaceAll(/-----.*-----/g, "").trim()
      const forms = [lines, lines.replaceAll("\n", ""), body, body.replaceAll("\n", "")]
      for (const form of forms) {
        const credentials = Credentials.unifiedAccessToken({ ...recipe, privateKey: Redacted.make(form) })
        yield* open(url, credentials, { site: "Sales" })
      }
      expect(yield* sessions).toHaveLength(forms.length)
    })
  )

  it.scoped("an invalid private key fails with the expected format, and the error does not contain the key", () =>
    Effect.gen(function* () {
      const { count, url } = yield* Simulator.make({ content })
      const broken = { ...recipe, privateKey: Redacted.make("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n") }
      const error = yield* Effect.flip(open(url, Credentials.unifiedAccessToken(broken), { site: "Sales" }))
      expect(error).toMatchObject({ _tag: "BadRequest", operation: "Credentials.unifiedAccessToken", acted: "no" })
      expect(error.message).toContain("BEGIN PRIVATE KEY")
      expect(JSON.stringify(error)).not.toContain("c2VjcmV0")
      expect(yield* count("signIn")).toBe(0)
    })
  )
})

describe("impersonation", () => {
  const byToken = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })
  const byPassword = (username: string, password: string) =>
    Credentials.password({ username, password: Redacted.make(password) })

  it.scoped("an administrator signs in as another user with each kind of credentials", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const viewer = yield* open(url, byPassword("viewer", 'p@ss"w&rd<é'))
      const { user } = yield* viewer.current
      const administrator = Credentials.connectedApp({ ...app, username: "admin" })
      for (const credentials of [byToken, byPassword("admin", "admin-password"), administrator]) {
        const session = yield* open(url, pipe(credentials, Credentials.impersonating(user.id)))
        expect((yield* session.current).user).toEqual(user)
      }
      expect((yield* sessions).map((session) => session.user)).toEqual(["viewer", "viewer", "viewer", "viewer"])
    })
  )
})

describe("Credentials.environment", () => {
  const session = (url: string, variables: Readonly<Record<string, string>>) =>
    Effect.flatMap(TableauSession.environment, (options) => open(url, options.credentials)).pipe(
      Effect.withConfigProvider(
        ConfigProvider.fromMap(new Map(Object.entries({ TABLEAU_SERVER_URL: url, ...variables })))
      )
    )

  it.scoped("the variables of a connected app, of a JWT and of a user to impersonate are read", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      yield* session(url, {
        TABLEAU_CONNECTED_APP_CLIENT_ID: "demo-client",
        TABLEAU_CONNECTED_APP_SECRET_ID: "demo-key",
        TABLEAU_CONNECTED_APP_SECRET_VALUE: "demo-secret-value-0123456789abcdef",
        TABLEAU_USERNAME: "viewer",
        TABLEAU_SCOPES: "tableau:content:read,tableau:views:download"
      })
      const jwt = yield* minted(Credentials.connectedApp({ ...app, username: "admin" }))
      const viewer = yield* session(url, { TABLEAU_USERNAME: "viewer", TABLEAU_PASSWORD: 'p@ss"w&rd<é' })
      const { user } = yield* viewer.current
      yield* session(url, { TABLEAU_JWT: jwt, TABLEAU_IMPERSONATE_USER_ID: user.id })
      expect(yield* sessions).toMatchObject([
        { user: "viewer", signedInBy: "ConnectedApp" },
        { user: "viewer", signedInBy: "Password" },
        { user: "viewer", signedInBy: "ConnectedApp" }
      ])
    })
  )
})

describe("an incomplete environment", () => {
  const messageOf = (variables: Readonly<Record<string, string>>) =>
    Effect.map(
      Effect.flip(
        Effect.withConfigProvider(Credentials.environment, ConfigProvider.fromMap(new Map(Object.entries(variables))))
      ),
      String
    )

  it.effect.each([
    [{ TABLEAU_TOKEN_NAME: "nightly" }, "TABLEAU_TOKEN_NAME is set, but not TABLEAU_TOKEN_VALUE."],
    [{ TABLEAU_TOKEN_VALUE: "x", TABLEAU_TOKEN_NAME: "" }, "TABLEAU_TOKEN_NAME"],
    [
      { TABLEAU_CONNECTED_APP_CLIENT_ID: "a", TABLEAU_CONNECTED_APP_SECRET_VALUE: "s3cret", TABLEAU_USERNAME: "ana" },
      "but not TABLEAU_CONNECTED_APP_SECRET_ID, TABLEAU_SCOPES."
    ],
    [{ TABLEAU_PASSWORD: "s3cret" }, "TABLEAU_PASSWORD is set, but not TABLEAU_USERNAME."]
  ] as const)("%j fails with the names of the missing variables", ([variables, text]) =>
    Effect.gen(function* () {
      const error = yield* messageOf({ ...variables })
      expect(error).toContain(text)
      expect(error).not.toContain("s3cret")
    })
  )

  it.effect("an environment without credentials fails with all sets of variables", () =>
    Effect.gen(function* () {
      for (const variables of [{}, { TABLEAU_USERNAME: "ana" }]) {
        const error = yield* messageOf(variables)
        expect(error).toContain("No credentials in the environment")
        for (const name of ["TABLEAU_TOKEN_NAME, TABLEAU_TOKEN_VALUE", "TABLEAU_JWT", "TABLEAU_PASSWORD"]) {
          expect(error).toContain(name)
        }
      }
    })
  )
})

describe("an error response because of a missing scope", () => {
  const refused = Fault.status(401, { code: "401002", detail: "Invalid authentication credentials were provided." })

  const listing = (credentials: Credentials.Credentials, fault: Fault.Fault) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      yield* TestClock.setTime(Date.UTC(2030, 1, 1))
      const session = yield* TableauSession.make({ server: simulator.url, credentials })
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault, times: 3 })
      return yield* Effect.flip(Effect.provideService(Workbooks.list(), TableauSession, session))
    }).pipe(Effect.provide(layerHttpClient))

  it.scoped.each([
    ["401002", refused],
    ["403", Fault.status(403, { code: "403004" })]
  ] as const)("a missing scope is named, with response code %s", ([, fault]) =>
    Effect.gen(function* () {
      const error = yield* listing(Credentials.connectedApp({ ...app, scopes: ["tableau:users:read"] }), fault)
      expect(error).toMatchObject({
        _tag: "MissingScope",
        operation: "Workbooks.list",
        scope: "tableau:content:read",
        acted: "no"
      })
      expect(error.message).toContain("does not grant tableau:content:read")
    })
  )

  it.scoped.each(["tableau:content:read", "tableau:content:*", "tableau:*:*"])(
    "the response is not taken for a missing scope if %s is granted",
    (scope) =>
      Effect.gen(function* () {
        const error = yield* listing(Credentials.connectedApp({ ...app, scopes: [scope] }), refused)
        // The session is renewed twice without success.
        expect(error._tag).toBe("SessionEvicted")
      })
  )

  it.scoped("the response is not taken for a missing scope without a JWT", () =>
    Effect.gen(function* () {
      const error = yield* listing(
        Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") }),
        refused
      )
      expect(error._tag).toBe("SessionEvicted")
    })
  )
})
