/** Members of a session over a store in memory, by the clock of the test, and a server that has one session at a time. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Ids, type SessionStore } from "effect-tableau"
import * as Box from "../src/internal/box.js"
import * as Protocol from "../src/internal/protocol.js"
import * as Memory from "./memoryBackend.js"
export const identity: SessionStore.Identity = {
  origin: "https://tableau.example.com",
  name: "nightly",
  secret: Redacted.make("the-secret"),
  site: "Sales",
  impersonate: undefined
}

export const settings: Protocol.Settings = {
  lease: 1000,
  heartbeat: 1000,
  poll: 100,
  evictionWindow: 60_000,
  onStoreFailure: "wait",
  alonePause: 500,
  signOut: "lastMember"
}

/** A server that gives one session to the token: the newest. */
const makeServer = () => {
  const server = {
    signIns: 0,
    signedOut: new Set<string>(),
    live: undefined as string | undefined,
    signIn: Effect.sync((): SessionStore.Session => {
      server.signIns += 1
      const token = `token-${server.signIns}`
      server.live = token
      return {
        token: Redacted.make(token),
        site: { id: Ids.SiteId.make("site"), contentUrl: "Sales" },
        user: { id: Ids.UserId.make("user") },
        renewIn: undefined
      }
    }),
    signOut: ({ token }: SessionStore.Session) =>
      Effect.sync(() => {
        server.signedOut.add(Redacted.value(token))
        if (server.live === Redacted.value(token)) server.live = undefined
        return true
      })
  }
  return server
}

export const setUp = (given: Partial<Protocol.Settings> = {}) => {
  const memory = Memory.make(3000)
  const server = makeServer()
  const member = (name: string, more: Partial<Protocol.Settings> = {}, site = identity.site) =>
    Protocol.join(memory.backend(`${name}:${site}`), Box.make(identity), { ...settings, ...given, ...more }, site)
  return { memory, server, member }
}

export const need = (
  failed: number | undefined = undefined,
  reason: SessionStore.Reason = failed === undefined ? "none" : "expired"
): SessionStore.Need => ({
  operation: "test",
  reason,
  failed,
  deadline: Duration.seconds(3),
  onWait: () => Effect.void
})

/** Runs while the clock moves on, in small steps. */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while ((yield* Fiber.poll(fiber))._tag === "None") {
      yield* TestClock.adjust(100)
      yield* Effect.yieldNow()
    }
    return yield* Fiber.join(fiber)
  })

export const tokenOf = ({ token }: SessionStore.Session) => Redacted.value(token)
