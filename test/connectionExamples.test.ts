/** The examples of credentials, API versions, certificates, diagnosis and proxies. */
import { createPrivateKey } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { certificateFile, examplePrograms, luid, success } from "./examplePrograms.js"
import { patience, start } from "./programs.js"
import { authority, certificate, gateway } from "./support/certificates.js"
import { makeProxy } from "./support/proxy.js"

const { run } = examplePrograms()

describe.concurrent("examples", patience, () => {
  it.scoped("personal-access-token.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const [line] = yield* run("personal-access-token.ts", simulator, { TABLEAU_SITE: "Finance" })
      expect(line).toMatch(new RegExp(`^Signed in to site "Finance" as user ${luid}$`))
      expect((yield* simulator.requests).map(({ operation }) => operation)).toEqual(["serverInfo", "signIn", "signOut"])
    })
  )

  it.scoped("password.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const env = { TABLEAU_USERNAME: "admin", TABLEAU_PASSWORD: "admin-password" }
      const [line] = yield* run("password.ts", simulator, env)
      expect(line).toMatch(new RegExp(`^Signed in to site "" as user ${luid}$`))
      expect((yield* simulator.requests).map(({ operation }) => operation)).toEqual(["serverInfo", "signIn", "signOut"])
    })
  )

  const app = {
    TABLEAU_CONNECTED_APP_CLIENT_ID: "demo-client",
    TABLEAU_CONNECTED_APP_SECRET_ID: "demo-key",
    TABLEAU_CONNECTED_APP_SECRET_VALUE: "demo-secret-value-0123456789abcdef",
    TABLEAU_USERNAME: "viewer"
  }

  // By the real clock: a JWT must not be from the future.
  it.scopedLive("connected-app.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const [who, count] = yield* run("connected-app.ts", simulator, app)
      expect(who).toMatch(new RegExp(`^Signed in to site "" as user ${luid}$`))
      expect(count).toMatch(/^There are \d+ workbooks on site$/)
      const signIns = (yield* simulator.requests).filter(({ operation }) => operation === "signIn")
      expect(signIns).toMatchObject([{ user: "viewer", status: 200 }])
      const poor = { ...app, TABLEAU_SCOPES: "tableau:users:read,tableau:groups:read" }
      const [, missing] = yield* run("connected-app.ts", simulator, poor)
      expect(missing).toBe("The scope tableau:content:read is missing")
    })
  )

  it.scoped("api-version.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      expect(yield* run("api-version.ts", simulator)).toEqual([
        "Tableau 2026.2.0 has API version 3.29",
        "The session uses API version 3.29",
        "The session uses API version 3.10",
        "Signing in by token needs 3.6, not 3.5"
      ])
      const paths = (yield* simulator.requests).map(({ path }) => path)
      expect(paths.filter((path) => path.endsWith("/signin"))).toEqual([
        "/api/3.29/auth/signin",
        "/api/3.10/auth/signin"
      ])
    })
  )

  it.scoped("certificate.ts without a CA explains the TLS error", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const [why, remedy] = yield* run("certificate.ts", simulator)
      expect(why).toBe("SelfSigned, DEPTH_ZERO_SELF_SIGNED_CERT")
      expect(remedy).toContain("TableauNode.layerHttpClient({ ca:")
      expect(yield* simulator.requests).toEqual([])
    })
  )

  it.scoped("certificate.ts trusts a CA by its path", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const env = { TABLEAU_CA: yield* certificateFile(simulator) }
      expect(yield* run("certificate.ts", simulator, env)).toEqual(["There are 120 workbooks on site"])
    })
  )

  it.scoped("certificate.ts trusts a CA by its PEM text", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const env = { TABLEAU_CA: simulator.certificate ?? "" }
      expect(yield* run("certificate.ts", simulator, env)).toEqual(["There are 120 workbooks on site"])
    })
  )

  it.scoped("certificate.ts with TABLEAU_VERIFY=false accepts any certificate and warns", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const printed = yield* run("certificate.ts", simulator, { TABLEAU_VERIFY: "false" })
      expect(printed.join("\n")).toContain("WARN")
      expect(printed).toContain("There are 120 workbooks on site")
    })
  )

  it.scopedLive("diagnose.ts prints that all checks succeeded", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const printed = yield* run("diagnose.ts", simulator, { TABLEAU_CA: simulator.certificate ?? "" })
      expect(printed).toHaveLength(9)
      for (const line of printed.slice(0, 8)) expect(line).toMatch(/^ok {7}/)
      expect(printed[6]).toBe("ok       version     Tableau Server 2026.2.0, build 20262.26.0612.0942, REST API 3.29")
      expect(printed[8]).toBe("Ready to sign in.")
      expect((yield* simulator.requests).map(({ operation }) => operation)).toEqual(["serverInfo"])
    })
  )

  it.scoped("diagnose.ts prints the failed TLS check of the address in its argument", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const program = yield* start(process.execPath, ["--import", "tsx", "examples/diagnose.ts", simulator.url])
      const printed = yield* success(program)
      expect(printed).toHaveLength(5)
      expect(printed[3]).toMatch(/^failed {3}tls {9}.*SELF_SIGNED.*TLSv1.*valid from.*layerHttpClient\(\{ ca:/)
      expect(printed[4]).toBe("skipped  redirect, api, version, clock not checked: tls failed")
      expect(yield* simulator.requests).toEqual([])
    })
  )

  it.scoped("company-network.ts connects through a proxy to a server that requires a client certificate", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const company = yield* authority
      const client = yield* certificate({ authority: company, host: "reports.example.com" })
      const terms = { ca: company.cert, requestCert: true }
      const guarded = yield* gateway(simulator.url, yield* certificate({ authority: company }), [], terms)
      const proxy = yield* makeProxy({ credentials: "reports:proxy-password" })
      const env = {
        TABLEAU_SERVER_URL: guarded.url,
        TABLEAU_CA: company.cert,
        TABLEAU_CLIENT_CERT: client.cert,
        TABLEAU_CLIENT_KEY: client.key,
        NO_PROXY: "",
        no_proxy: ""
      }
      const explicit = {
        ...env,
        TABLEAU_CLIENT_KEY: createPrivateKey(client.key)
          .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "its-passphrase" })
          .toString(),
        TABLEAU_CLIENT_PASSPHRASE: "its-passphrase",
        TABLEAU_PROXY: proxy.url,
        TABLEAU_PROXY_USERNAME: "reports",
        TABLEAU_PROXY_PASSWORD: "proxy-password"
      }
      expect(yield* run("company-network.ts", simulator, explicit)).toEqual(["There are 120 workbooks on site"])
      expect([...guarded.seen.clients]).toEqual(["reports.example.com"])
      expect(new Set(proxy.seen.tunnels)).toEqual(new Set([new URL(guarded.url).host]))
      const byEnvironment = { ...env, https_proxy: proxy.url.replace("://", "://reports:proxy-password@") }
      expect(yield* run("company-network.ts", simulator, byEnvironment)).toEqual(["There are 120 workbooks on site"])
      const [reason, remedy] = yield* run("company-network.ts", simulator, { ...env, https_proxy: proxy.url })
      expect(reason).toBe("ProxyAuthentication")
      expect(remedy).toContain("username, password")
    })
  )

  it.scoped("company-network.ts connects through a proxy without a client certificate", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const proxy = yield* makeProxy({})
      const env = { TABLEAU_CA: simulator.certificate ?? "", https_proxy: proxy.url, NO_PROXY: "", no_proxy: "" }
      expect(yield* run("company-network.ts", simulator, env)).toEqual(["There are 120 workbooks on site"])
      expect(new Set(proxy.seen.tunnels)).toEqual(new Set([new URL(simulator.url).host]))
    })
  )
})
