/** The protocol while the store, the server or a member fails. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import { TableauError } from "effect-tableau"
import { StoreFailure } from "../src/internal/backend.js"
import * as Box from "../src/internal/box.js"
import * as Protocol from "../src/internal/protocol.js"
import { identity, need, run, settings, setUp, tokenOf } from "./members.js"

describe("members of one session while something fails", () => {
  it.scoped("the store lost its data, a heartbeat gives the session back", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      const { generation } = yield* a.acquire(need(), server.signIn, server.signOut)
      memory.flush()
      yield* TestClock.adjust(1100)
      expect(memory.record()?.generation).toBe(generation)
      const b = yield* member("b")
      expect(tokenOf(yield* b.acquire(need(), Effect.die("signs in"), server.signOut))).toBe("token-1")
    })
  )

  it.scoped("the response to a write is lost, the session is that of the store and the last member signs out", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const backend = memory.backend("a")
      const a = yield* Protocol.join(
        {
          ...backend,
          run: (command) =>
            command.op === "write"
              ? Effect.andThen(backend.run(command), new StoreFailure({ detail: "lost" }))
              : backend.run(command)
        },
        Box.make(identity),
        settings,
        identity.site
      )
      const b = yield* member("b")
      yield* run(a.acquire(need(), server.signIn, server.signOut))
      yield* b.acquire(need(), Effect.die("signs in"), server.signOut)
      const { fence, settled } = yield* backend.run({ op: "read" })
      expect([fence, settled]).toEqual([1, 1])
      yield* TestClock.adjust(1100)
      yield* a.leave(server.signOut)
      expect([...server.signedOut]).toEqual([])
      yield* b.leave(server.signOut)
      expect([...server.signedOut]).toEqual(["token-1"])
    })
  )

  it.scoped("an early renewal fails, the session that the store never got is signed out at the end", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp({ onStoreFailure: "alone" })
      memory.down = true
      const a = yield* member("a")
      const { generation } = yield* run(a.acquire(need(), server.signIn, server.signOut))
      const failure = new TableauError.TimedOut({ operation: "test", acted: "no", after: 1 })
      yield* Effect.flip(run(a.acquire(need(generation, "aboutToExpire"), failure, server.signOut)))
      yield* run(a.leave(server.signOut))
      expect([...server.signedOut]).toEqual(["token-1"])
    })
  )

  it.scoped("taking a lease takes most of it, SessionStoreUnavailable at the deadline without a sign-in", () =>
    Effect.gen(function* () {
      const { memory, server } = setUp()
      const backend = memory.backend("a")
      const slow = yield* Protocol.join(
        { ...backend, run: (command) => Effect.delay(backend.run(command), command.op === "take" ? 600 : 0) },
        Box.make(identity),
        settings,
        identity.site
      )
      const error = yield* Effect.flip(run(slow.acquire(need(), server.signIn, server.signOut)))
      expect(error._tag).toBe("SessionStoreUnavailable")
      expect(yield* TestClock.currentTimeMillis).toBeLessThan(5000)
      expect(server.signIns).toBe(0)
    })
  )

  it.scoped("the store lost its data and the last member leaves, its session is signed out", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      yield* a.acquire(need(), server.signIn, server.signOut)
      memory.flush()
      yield* run(a.leave(server.signOut))
      expect([...server.signedOut]).toEqual(["token-1"])
      expect(memory.record()).toBeUndefined()
    })
  )

  it.scoped("the store fails until the deadline, SessionStoreUnavailable without a sign-in", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      memory.down = true
      const a = yield* member("a")
      const error = yield* Effect.flip(run(a.acquire(need(), server.signIn, server.signOut)))
      expect(error).toMatchObject({ _tag: "SessionStoreUnavailable", detail: "down", acted: "no" })
      expect(server.signIns).toBe(0)
    })
  )

  it.scoped("another member has the lease until the deadline, SessionStoreBusy", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      yield* memory.backend("other").run({ op: "take", lease: 60_000 })
      const a = yield* member("a")
      const error = yield* Effect.flip(run(a.acquire(need(), server.signIn, server.signOut)))
      expect(error._tag).toBe("SessionStoreBusy")
      expect(server.signIns).toBe(0)
    })
  )

  it.scoped("the policy alone, a session without the store, which gets it later", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp({ onStoreFailure: "alone" })
      memory.down = true
      const a = yield* member("a")
      const { generation } = yield* run(a.acquire(need(), server.signIn, server.signOut))
      expect(generation).toBeLessThan(0)
      memory.down = false
      yield* TestClock.adjust(1100)
      const b = yield* member("b")
      expect(tokenOf(yield* b.acquire(need(), Effect.die("signs in"), server.signOut))).toBe("token-1")
      yield* a.leave(server.signOut)
      expect([...server.signedOut]).toEqual([])
      yield* b.leave(server.signOut)
      expect([...server.signedOut]).toEqual(["token-1"])
    })
  )

  it.scoped("the policy alone and one command that fails, the session of the store", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp({ onStoreFailure: "alone" })
      const a = yield* member("a")
      yield* a.acquire(need(), server.signIn, server.signOut)
      const backend = memory.backend("b")
      let hasFailed = false
      const b = yield* Protocol.join(
        {
          ...backend,
          run: (command) => {
            if (hasFailed) return backend.run(command)
            hasFailed = true
            return new StoreFailure({ detail: "Connection is closed." })
          }
        },
        Box.make(identity),
        { ...settings, onStoreFailure: "alone" },
        identity.site
      )
      const stored = yield* run(b.acquire(need(), Effect.die("signs in"), server.signOut))
      expect(tokenOf(stored)).toBe("token-1")
    })
  )

  it.scoped("another site, SessionPinned while there are other members", () =>
    Effect.gen(function* () {
      const { member, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b", {}, "Finance")
      yield* a.acquire(need(), server.signIn, server.signOut)
      const error = yield* Effect.flip(b.acquire(need(), server.signIn, server.signOut))
      expect(error).toMatchObject({ _tag: "SessionPinned", site: "Finance", pinnedTo: "Sales" })
    })
  )

  it.scoped("a record of another site without members there, members that begin together sign in once", () =>
    Effect.gen(function* () {
      const { member, server } = setUp({ signOut: "never" })
      yield* Effect.scoped(Effect.flatMap(member("a"), (a) => a.acquire(need(), server.signIn, server.signOut)))
      const members = yield* Effect.forEach(["b", "c", "d"], (name) => member(name, {}, "Finance"))
      const signIn = Effect.map(server.signIn, (session) => ({
        ...session,
        site: { ...session.site, contentUrl: "Finance" }
      }))
      const sessions = yield* run(
        Effect.forEach(members, ({ acquire }) => acquire(need(), signIn, server.signOut), { concurrency: "unbounded" })
      )
      expect(sessions.map(tokenOf)).toEqual(["token-2", "token-2", "token-2"])
    })
  )

  it.scoped("refused credentials, the others are refused without a sign-in", () =>
    Effect.gen(function* () {
      const { member, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b")
      const refused = new TableauError.SignInFailed({
        operation: "test",
        acted: "no",
        code: "401001",
        server: identity.origin,
        site: "Sales",
        credentialType: "PersonalAccessToken"
      })
      yield* Effect.flip(a.acquire(need(), refused, server.signOut))
      const error = yield* Effect.flip(b.acquire(need(), server.signIn, server.signOut))
      expect(error).toEqual(refused)
      expect(server.signIns).toBe(0)
    })
  )

  for (const [what, failure, forgotten] of [
    [
      "429 with Retry-After",
      new TableauError.RateLimited({ operation: "test", acted: "no", retryAfter: Duration.seconds(2) }),
      2000
    ],
    ["429", new TableauError.RateLimited({ operation: "test", acted: "no" }), 5000],
    ["503", new TableauError.ServerFault({ operation: "test", acted: "unknown", status: 503 }), 5000]
  ] as const) {
    it.scoped(`${what} as response to a sign-in, the others fail with it without one until its time is over`, () =>
      Effect.gen(function* () {
        const { member, server } = setUp()
        const [a, b] = yield* Effect.all([member("a"), member("b")])
        yield* Effect.flip(a.acquire(need(), Effect.fail(failure), server.signOut))
        yield* TestClock.adjust(forgotten - 1)
        const error = yield* Effect.flip(b.acquire(need(), server.signIn, server.signOut))
        // It has sent nothing.
        expect(error).toMatchObject({ _tag: failure._tag, message: failure.message, acted: "no" })
        expect(server.signIns).toBe(0)
        yield* TestClock.adjust(1)
        yield* b.acquire(need(), server.signIn, server.signOut)
      })
    )
  }

  it.scoped("a record that was changed, it is not used", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b")
      yield* a.acquire(need(), server.signIn, server.signOut)
      const { box = "" } = memory.record() ?? {}
      yield* memory.backend("mallory").run({
        ...{ op: "restore", generation: 5, box, renewIn: undefined, fence: undefined },
        replaces: memory.record()?.generation
      })
      expect(tokenOf(yield* b.acquire(need(), server.signIn, server.signOut))).toBe("token-2")
    })
  )

  it.scoped("no secret is in the log", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => lines.push(JSON.stringify(message)))
      yield* Effect.gen(function* () {
        const a = yield* member("a")
        yield* a.acquire(need(), server.signIn, server.signOut)
        memory.down = true
        yield* Effect.flip(run(a.acquire(need(1), server.signIn, server.signOut)))
        yield* run(a.leave(server.signOut))
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      expect(lines.length).toBeGreaterThan(0)
      expect(lines.join("\n")).not.toMatch(/the-secret|token-1/)
    })
  )
})
