import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { admin, credentials, send } from "../support/http.js"

it.scoped("the listener with TLS has a certificate that is valid for loopback", () =>
  Effect.gen(function* () {
    const { certificate, url } = yield* Simulator.make({ tls: true })
    expect(url).toMatch(/^https:/)
    const port = new URL(url).port
    for (const host of ["127.0.0.1", "localhost"]) {
      expect((yield* send(`https://${host}:${port}/api/3.29/serverinfo`, { ca: certificate })).status).toBe(200)
    }
    const distrust = yield* Effect.flip(send(`${url}/api/3.29/serverinfo`))
    expect(distrust.message).toMatch(/self.signed/)
  })
)

it.scoped("the redirect listener redirects to the same path of the main listener", () =>
  Effect.gen(function* () {
    const { count, redirectUrl = "", requests, url } = yield* Simulator.make({ tls: true, redirectFrom: 0 })
    const path = "/api/3.29/auth/signin?a=b"
    const response = yield* send(redirectUrl + path, { body: credentials(admin, "") })
    expect([response.status, response.headers.location]).toEqual([301, url + path])
    expect(yield* requests).toMatchObject([{ operation: "signIn", listener: "redirect", status: 301 }])
    expect(yield* count("signIn")).toBe(1)
  })
)

it.scoped("the listener closes with its scope", () =>
  Effect.gen(function* () {
    const url = yield* Effect.scoped(Effect.map(Simulator.make(), ({ url }) => url))
    expect((yield* Effect.flip(send(url))).message).toContain("ECONNREFUSED")
  })
)

it.scoped("Simulator.make fails with StartFailed on a port that is in use", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const port = Number(new URL(url).port)
    const error = yield* Effect.flip(Effect.scoped(Simulator.make({ port })))
    expect([error._tag, error.message]).toEqual(["StartFailed", `The simulator did not start: port ${port} is taken.`])
  })
)

it.scoped("latency delays responses by the clock of the effect that started the simulator", () =>
  Effect.gen(function* () {
    const { awaitSeen, url } = yield* Simulator.make({ latency: "50 millis" })
    const pending = yield* Effect.fork(send(`${url}/api/3.29/serverinfo`))
    yield* awaitSeen("serverInfo")
    expect(yield* Fiber.poll(pending)).toMatchObject({ _tag: "None" })
    yield* TestClock.adjust("50 millis")
    expect((yield* Fiber.join(pending)).status).toBe(200)
  })
)

it.scoped("cross-origin requests are allowed with the option cors only", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ cors: true })
    const preflight = yield* send(`${url}/api/3.29/auth/signin`, {
      method: "OPTIONS",
      headers: { "access-control-request-headers": "x-tableau-auth" }
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers["access-control-allow-headers"]).toBe("x-tableau-auth")
    expect((yield* send(`${url}/api/3.29/serverinfo`)).headers["access-control-allow-origin"]).toBe("*")
    const strict = yield* Simulator.make()
    const response = yield* send(`${strict.url}/api/3.29/serverinfo`)
    expect(response.headers["access-control-allow-origin"]).toBeUndefined()
  })
)
