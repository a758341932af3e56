import { generateKeyPairSync, randomUUID } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { SignJWT } from "jose"
import { admin, attribute, code, credentials, demoToken, send, signIn, viewer } from "./http.js"

const secret = "demo-secret-value-0123456789abcdef"

interface Recipe {
  readonly secret?: string | undefined
  readonly kid?: string | undefined
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** Seconds ahead. */
  readonly expires?: number | undefined
}

/** A JWT as a connected app makes it, with whatever is wrong with it. */
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

describe("the JWT of a connected app", () => {
  it.scoped("signs its subject in", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      expect((yield* post(url, yield* mint())).status).toBe(200)
      expect(yield* sessions).toMatchObject([{ user: "viewer", site: "", signedInBy: "ConnectedApp" }])
      yield* TestClock.setTime(Date.UTC(2030, 1, 1))
      expect((yield* post(url, yield* mint({ expires: 600 }))).status).toBe(200)
    })
  )

  it.scoped("is refused for everything that is wrong with it", () =>
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
        const answer = yield* post(url, yield* mint(recipe))
        expect([what, answer.status, code(answer)]).toEqual([what, 401, "401001"])
      }
      expect(code(yield* post(url, "not.a.jwt"))).toBe("401001")
      expect(code(yield* post(url, yield* mint(), "Finance"))).toBe("401001")
      expect(yield* sessions).toEqual([])
    })
  )

  it.scoped("works once", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const jwt = yield* mint()
      expect((yield* post(url, jwt)).status).toBe(200)
      expect(code(yield* post(url, jwt))).toBe("401001")
      // Sessions of one app do not end each other.
      expect((yield* post(url, yield* mint())).status).toBe(200)
    })
  )
})

describe("a unified access token", () => {
  it.scoped("signs in whom its issuer names, by its issuer's key", () =>
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
      const mintUnified = (kid: string, key = privateKey) =>
        Effect.promise(() =>
          new SignJWT({ iss: "https://id.example.com", email: "ana@example.com", jti: randomUUID(), exp: 300 })
            .setProtectedHeader({ alg: "RS256", kid })
            .sign(key)
        )
      expect((yield* post(url, yield* mintUnified("key-1"), "Sales", "true")).status).toBe(200)
      expect(yield* sessions).toMatchObject([{ user: "ana@example.com", signedInBy: "UnifiedAccessToken" }])
      expect(code(yield* post(url, yield* mintUnified("key-2"), "Sales", "true"))).toBe("401001")
      expect(code(yield* post(url, yield* mintUnified("key-1"), "Sales", "false"))).toBe("401001")
      const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
      expect(code(yield* post(url, yield* mintUnified("key-1", stranger), "Sales", "true"))).toBe("401001")
    })
  )
})

describe("impersonation", () => {
  it.scoped("is for server administrators, of users on the site", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const { userId } = yield* signIn(url, viewer)
      const as = (who: Readonly<Record<string, string>>, id: string, site = "") =>
        send(`${url}/api/3.29/auth/signin`, { body: credentials(who, site, `<user id="${id}" />`) })
      const answer = yield* as(demoToken, userId)
      expect(attribute(answer.text, "user", "id")).toBe(userId)
      expect((yield* sessions).map(({ user }) => user)).toEqual(["viewer", "viewer"])
      const unknown = yield* as(admin, "00000000-0000-0000-0000-000000000000")
      expect([unknown.status, code(unknown)]).toEqual([404, "404002"])
      expect(code(yield* as(admin, userId, "Finance"))).toBe("404002")
      expect(code(yield* as(viewer, userId))).toBe("401001")
    })
  )
})
