import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Function from "effect/Function"
import { contextOf, type SendOptions } from "../../src/internal/http/exchange.js"
import { InFlight } from "../../src/internal/http/inFlight.js"

const request = { operation: "Things.get", method: "GET", readOnly: true, path: "/api/3.29/things" } as const

const make = (given: Partial<SendOptions> = {}) => {
  const options = { timing: { timeout: 3000, deadline: undefined }, restore: Function.identity, ...given }
  return new InFlight(contextOf(request, "https://tableau.example.com"), options, Clock.make())
}

const abort = () => () => {}

const header = () => undefined

const body = Uint8Array.of(1, 2, 3)

/** Another fiber can receive parts of a response before the fiber that has sent the request waits for it. */
describe("a response that is received before its fiber waits", () => {
  it.live("the whole response is passed on at once", () =>
    Effect.gen(function* () {
      const inFlight = make({ onHead: () => true })
      const opened = inFlight.open(abort)
      inFlight.onHead(200, header)
      inFlight.onData(body)
      inFlight.onEnd()
      expect(yield* Effect.flatMap(opened, ({ bytes }) => bytes)).toEqual(body)
    })
  )

  it.live("the headers are passed on at once, and the body when it has been received", () =>
    Effect.gen(function* () {
      const inFlight = make({ onHead: () => false })
      const opened = inFlight.open(abort)
      inFlight.onHead(200, header)
      const response = yield* opened
      inFlight.onData(body)
      setTimeout(() => inFlight.onEnd(), 5)
      expect(yield* response.bytes).toEqual(body)
    })
  )

  it.live("a response that ended before the wait began is passed on, and has no limit of time any more", () =>
    Effect.gen(function* () {
      const inFlight = make({ onHead: () => true, timing: { timeout: 30, deadline: undefined } })
      inFlight.onHead(200, header)
      inFlight.onData(body)
      inFlight.onEnd()
      const response = yield* inFlight.open(abort)
      yield* Effect.sleep("100 millis")
      expect(yield* response.bytes).toEqual(body)
    })
  )
})
