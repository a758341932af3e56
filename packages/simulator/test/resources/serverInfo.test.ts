import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { send } from "../support/http.js"

it.scoped("serverInfo needs no token, has two spellings, and exists at any version", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ apiVersion: "3.21", productVersion: "2023.3.1" })
    for (const path of ["2.4/serverInfo", "3.29/serverinfo", "9.99/serverInfo"]) {
      const { status, text } = yield* send(`${url}/api/${path}`)
      expect(status).toBe(200)
      expect(text).toContain("<restApiVersion>3.21</restApiVersion>")
      expect(text).toMatch(/<productVersion build="[\d.]+">2023\.3\.1<\/productVersion>/)
    }
  })
)

it.scoped("serverInfo reports the API version of Cloud", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ cloud: true })
    expect((yield* send(`${url}/api/2.4/serverinfo`)).text).toContain("<restApiVersion>3.30</restApiVersion>")
  })
)
