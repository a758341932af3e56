import { expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, Simulator } from "effect-tableau-simulator"

layer(
  Simulator.layer({
    content: {
      users: [{ name: "ana", password: "secret" }],
      sites: [{ contentUrl: "Sales", workbooks: [{ name: "Forecast", tags: ["draft"] }] }]
    }
  })
)("my program", (it) => {
  it.effect("the program retries a sign-in whose connection was reset", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.reset() })

      // Replace this by your program.
      const body =
        '<tsRequest><credentials name="ana" password="secret"><site contentUrl="Sales"/></credentials></tsRequest>'
      const signIn = Effect.tryPromise(() => fetch(`${simulator.url}/api/3.29/auth/signin`, { method: "POST", body }))
      yield* Effect.retry(signIn, { times: 1 })

      expect(yield* simulator.count("signIn")).toBe(2)
      expect(yield* simulator.sessions).toMatchObject([{ user: "ana", site: "Sales" }])
    })
  )
})
