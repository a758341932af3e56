import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Ids, TableauSession } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { layerTrusting } from "../../../../test/support/httpClient.js"

/** Interrupts a fiber without waiting for its end. */
export const interruptSoon = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) =>
  Effect.zipRight(Fiber.interruptAsFork(fiber, FiberId.none), Effect.yieldNow())

export const isRunning = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => Effect.map(Fiber.poll(fiber), Option.isNone)

export const workbookId = Ids.WorkbookId.make("11111111-2222-3333-4444-555555555555")

export const connection = Effect.flatMap(TableauSession, ({ connection }) => connection)

/** An HttpClient that trusts the certificate of the test server. */
const trusting = Layer.unwrapEffect(Effect.map(Simulator, ({ certificate = "" }) => layerTrusting(certificate)))

export const secureServer = (options: Simulator.Options = {}) =>
  Layer.provideMerge(trusting, Simulator.layer({ tls: true, ...options }))
