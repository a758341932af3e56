import { generateKeyPairSync, randomUUID } from "node:crypto"
import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { SignJWT } from "jose"
import { facts, names } from "../../src/internal/operations/table.js"
import { isSimulated } from "../../src/internal/resources/handlers.js"
import { admin, attribute, code, credentials, demoToken, send, signIn, switchTo, viewer } from "../support/http.js"

const secret = "demo-secret-value-0123456789abcdef"

interface Recipe {
  readonly secret?: string | undefined
  readonly kid?: string | undefined
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** In seconds from now. */
  readonly expires?: number | undefined
}

/** The JWT of a connected app, with the changes of a recipe. */
const mint = ({ claims = {}, expires = 300, kid = "demo-key", ...recipe }: Recipe = {}) =>
  Effect.gen(function* () {
    const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const payload = {
      iss: "demo-client",
      sub: "viewer",
      aud: "tableau",
      jti: randomUUID(),
      scp: ["tableau:content:read"],
      iat: now - 5,
      nbf: now - 5,
      exp: now + expires,
      ...claims
    }
    const jwt = new SignJWT(payload).setProtectedHeader({ alg: "HS256", typ: "JWT", kid })
    return yield* Effect.promise(() => jwt.sign(new TextEncoder().encode(recipe.secret ?? secret)))
  })

const post = (url: string, jwt: string, site = "", isUat = "false") =>
  send(`${url}/api/3.29/auth/signin`, { body: credentials({ jwt, isUat }, site) })

it.scoped("signIn accepts the JWT of a connected app and signs its subject in", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    expect((yield* post(url, yield* mint())).status).toBe(200)
    expect(yield* sessions).toMatchObject([{ user: "viewer", site: "", signedInBy: "ConnectedApp" }])
    yield* TestClock.setTime(Date.UTC(2030, 1, 1))
    expect((yield* post(url, yield* mint({ expires: 600 }))).status).toBe(200)
  })
)

it.scoped("signIn fails with 401001 for a JWT with any invalid part", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    yield* TestClock.setTime(Date.UTC(2030, 1, 1))
    const recipes: Record<string, Recipe> = {
      signature: { secret: `${secret}x` },
      "key id": { kid: "other-key" },
      client: { claims: { iss: "other-client" } },
      audience: { claims: { aud: "excel" } },
      subject: { claims: { sub: "nobody" } },
      "no subject": { claims: { sub: undefined } },
      expired: { expires: -60 },
      "valid for too long": { expires: 601 },
      "no id": { claims: { jti: undefined } },
      "not yet valid": { claims: { nbf: Date.UTC(2031, 1, 1) / 1000 } }
    }
    for (const [what, recipe] of Object.entries(recipes)) {
      const response = yield* post(url, yield* mint(recipe))
      expect([what, response.status, code(response)]).toEqual([what, 401, "401001"])
    }
    expect(code(yield* post(url, "not.a.jwt"))).toBe("401001")
    expect(code(yield* post(url, yield* mint(), "Finance"))).toBe("401001")
    expect(yield* sessions).toEqual([])
  })
)

it.scoped("a JWT is valid for one sign-in", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const jwt = yield* mint()
    expect((yield* post(url, jwt)).status).toBe(200)
    expect(code(yield* post(url, jwt))).toBe("401001")
    // A sign-in does not end other sessions of the same app.
    expect((yield* post(url, yield* mint())).status).toBe(200)
  })
)

/** Starts a session by a JWT with scopes. */
const granted = (url: string, scp: unknown) =>
  Effect.map(
    Effect.flatMap(mint({ claims: { scp, sub: "admin" } }), (jwt) => post(url, jwt)),
    ({ text }) => ({
      token: attribute(text, "credentials", "token"),
      siteId: attribute(text, "site", "id")
    })
  )

type Granted = Effect.Effect.Success<ReturnType<typeof granted>>

const list = (url: string, { siteId, token }: Granted) => send(`${url}/api/3.29/sites/${siteId}/workbooks`, { token })
const create = (url: string, { siteId, token }: Granted, name: string) =>
  send(`${url}/api/3.29/sites/${siteId}/projects`, {
    token,
    body: `<tsRequest><project name="${name}"/></tsRequest>`
  })

it.scoped.each([
  { scp: ["tableau:content:read"], lists: true, creates: false },
  { scp: ["tableau:content:*"], lists: true, creates: false },
  { scp: ["tableau:*:read"], lists: true, creates: false },
  { scp: ["tableau:*:*"], lists: true, creates: true },
  { scp: ["tableau:projects:create", "tableau:content:read"], lists: true, creates: true },
  { scp: ["tableau:projects:*"], lists: false, creates: true },
  { scp: ["tableau:users:read", "tableau:projects:update"], lists: false, creates: false },
  { scp: ["tableau:*", "*", "tableau:content:read:more"], lists: false, creates: false },
  { scp: [], lists: false, creates: false },
  { scp: undefined, lists: false, creates: false },
  // Tableau requires an array.
  { scp: "tableau:content:read", lists: false, creates: false }
])("the scopes $scp of a JWT allow list: $lists, create: $creates", ({ creates, lists, scp }) =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const session = yield* granted(url, scp)
    const listed = yield* list(url, session)
    expect([listed.status, code(listed)]).toEqual(lists ? [200, ""] : [401, "401002"])
    const made = yield* create(url, session, "Scoped")
    expect([made.status, code(made)]).toEqual(creates ? [201, ""] : [401, "401002"])
    // A missing scope does not end the session.
    expect(yield* sessions).toHaveLength(1)
  })
)

it.scoped("switchSite keeps the scopes of the session, and needs none, like signOut", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const { token } = yield* granted(url, ["tableau:users:read"])
    const moved = yield* send(`${url}/api/3.29/auth/switchSite`, { token, body: switchTo("Finance") })
    expect(moved.status).toBe(200)
    const session = {
      token: attribute(moved.text, "credentials", "token"),
      siteId: attribute(moved.text, "site", "id")
    }
    expect(code(yield* list(url, session))).toBe("401002")
    const out = yield* send(`${url}/api/3.29/auth/signout`, { method: "POST", token: session.token })
    expect(out.status).toBe(204)
    expect(yield* sessions).toEqual([])
  })
)

it.scoped("every simulated operation requires its scope from sessions of a JWT only", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const bare = yield* granted(url, [])
    const byPassword = yield* signIn(url, admin)
    const request = (verb: string, path: string, { siteId, token }: Granted) =>
      send(`${url}/api/3.29${path.replace("{siteId}", siteId).replaceAll(/\{\w+\}/g, "none")}`, {
        method: verb,
        token
      })
    for (const operation of names.filter(isSimulated)) {
      const [line, , scope, deployment] = facts(operation)
      if (scope === "no token" || operation === "signOut" || deployment === "Cloud") continue
      const [verb = "", path = ""] = line.split(" ")
      const withScope = yield* granted(url, scope === "no scope" ? [] : [scope])
      expect([operation, (yield* request(verb, path, withScope)).status]).not.toEqual([operation, 401])
      expect([operation, (yield* request(verb, path, byPassword)).status]).not.toEqual([operation, 401])
      const without = yield* request(verb, path, bare)
      if (scope === "no scope") expect([operation, without.status]).not.toEqual([operation, 401])
      else expect([operation, without.status, code(without)]).toEqual([operation, 401, "401002"])
    }
  })
)

it.scoped("signIn accepts a unified access token for the user of its claim, by the key of its issuer", () =>
  Effect.gen(function* () {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const { sessions, url } = yield* Simulator.make({
      content: {
        users: [{ name: "ana@example.com" }],
        unifiedAccess: [
          {
            issuer: "https://id.example.com",
            keyId: "key-1",
            publicKey: publicKey.export({ type: "spki", format: "pem" }).toString()
          }
        ],
        sites: [{ contentUrl: "Sales" }]
      }
    })
    const mintUnified = (kid: string, key = privateKey, scp: ReadonlyArray<string> = []) =>
      Effect.promise(() =>
        new SignJWT({ iss: "https://id.example.com", email: "ana@example.com", jti: randomUUID(), exp: 300, scp })
          .setProtectedHeader({ alg: "RS256", kid })
          .sign(key)
      )
    expect((yield* post(url, yield* mintUnified("key-1"), "Sales", "true")).status).toBe(200)
    expect(yield* sessions).toMatchObject([{ user: "ana@example.com", signedInBy: "UnifiedAccessToken" }])
    expect(code(yield* post(url, yield* mintUnified("key-2"), "Sales", "true"))).toBe("401001")
    expect(code(yield* post(url, yield* mintUnified("key-1"), "Sales", "false"))).toBe("401001")
    const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
    expect(code(yield* post(url, yield* mintUnified("key-1", stranger), "Sales", "true"))).toBe("401001")
    for (const [scope, status] of [
      ["tableau:content:read", 200],
      ["tableau:users:read", 401]
    ] as const) {
      const { text } = yield* post(url, yield* mintUnified("key-1", privateKey, [scope]), "Sales", "true")
      const path = `${url}/api/3.29/sites/${attribute(text, "site", "id")}/workbooks`
      expect((yield* send(path, { token: attribute(text, "credentials", "token") })).status).toBe(status)
    }
  })
)

it.scoped("signIn impersonates users of the site for server administrators only", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const { userId } = yield* signIn(url, viewer)
    const as = (who: Readonly<Record<string, string>>, id: string, site = "") =>
      send(`${url}/api/3.29/auth/signin`, { body: credentials(who, site, `<user id="${id}" />`) })
    const response = yield* as(demoToken, userId)
    expect(attribute(response.text, "user", "id")).toBe(userId)
    expect((yield* sessions).map(({ user }) => user)).toEqual(["viewer", "viewer"])
    const unknown = yield* as(admin, "00000000-0000-0000-0000-000000000000")
    expect([unknown.status, code(unknown)]).toEqual([404, "404002"])
    expect(code(yield* as(admin, userId, "Finance"))).toBe("404002")
    expect(code(yield* as(viewer, userId))).toBe("401001")
  })
)
