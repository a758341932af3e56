/** Sessions that several processes share through a store. Here the store is in memory, and each has a member per client. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Credentials, Projects, SessionStore, TableauError, TableauSession } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { server } from "../../../../test/support/session.js"
import { clientLayer, enter, type Given, list, received } from "./clients.js"

/** A store for members of one test, which call each other one after the other. */
const makeRecord = () => {
  interface Record {
    stored: SessionStore.Stored | undefined
    members: number
    readonly needs: Array<SessionStore.Need>
  }
  const record: Record = { stored: undefined, members: 0, needs: [] }
  const service = (change: (stored: SessionStore.Stored) => SessionStore.Stored = (stored) => stored) => ({
    join: () =>
      Effect.sync((): SessionStore.Member => {
        record.members += 1
        return {
          acquire: (need, signIn) =>
            Effect.gen(function* () {
              record.needs.push(need)
              if (record.stored !== undefined && record.stored.generation !== need.failed) return change(record.stored)
              const generation = (record.stored?.generation ?? 0) + 1
              record.stored = { ...(yield* signIn), generation }
              return record.stored
            }),
          leave: (signOut) =>
            Effect.suspend(() => {
              record.members -= 1
              return record.members > 0 || record.stored === undefined ? Effect.void : signOut(record.stored)
            })
        }
      })
  })
  return { record, service }
}

/** Clients with different stores share no session in the process: each is like a process of its own. */
const enterWith = (name: string, store: SessionStore.Service, given: Given = {}) =>
  Effect.provideService(enter(name, given), SessionStore.SessionStore, store)

const busy = new TableauError.SessionStoreBusy({ operation: "test", acted: "no" })

/** A store whose members do something else before they acquire, or instead of it. */
const changing = (
  change: <A, E>(need: SessionStore.Need, acquired: Effect.Effect<A, E>) => Effect.Effect<A, E>
): SessionStore.Service => {
  const { join } = makeRecord().service()
  return {
    join: () =>
      Effect.map(join(), (member) => ({
        ...member,
        acquire: (need, ...more) => change(need, member.acquire(need, ...more))
      }))
  }
}

/** The error of a call that waits until the clock has reached its deadline. */
const failureInTime = <A, E, R>(call: Effect.Effect<A, E, R>, waits: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const calling = yield* Effect.fork(Effect.flip(call))
    yield* waits
    while ((yield* Fiber.poll(calling))._tag === "None") yield* TestClock.adjust("10 seconds")
    return yield* Fiber.join(calling)
  })

describe("sessions of a store", () => {
  it.effect("two members, one signs in and the last one signs out", () =>
    Effect.gen(function* () {
      const { service } = makeRecord()
      const a = yield* enterWith("a", service())
      const b = yield* enterWith("b", service())
      yield* a.run(list)
      yield* a.end
      yield* b.run(list)
      yield* b.end
      expect(yield* received).toEqual([
        "a signIn 200",
        "a queryWorkbooksForSite 200",
        "b queryWorkbooksForSite 200",
        "b signOut 204"
      ])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("the session ended, one member signs in again and the other gets its session", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { record, service } = makeRecord()
      const a = yield* enterWith("a", service())
      const b = yield* enterWith("b", service())
      yield* simulator.endSessions
      yield* a.run(list)
      yield* b.run(list)
      expect(yield* simulator.count("signIn")).toBe(2)
      expect(record.needs.map(({ failed, reason }) => [reason, failed])).toEqual([
        ["none", undefined],
        ["none", undefined],
        ["expired", 1],
        ["expired", 1]
      ])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("the deadline of a call ends while the store is waited for, the error says what it waited for", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const a = yield* enterWith(
        "a",
        changing((need, acquired) =>
          need.failed === undefined ? acquired : Effect.andThen(need.onWait(busy), Effect.never)
        )
      )
      yield* simulator.endSessions
      expect(yield* failureInTime(a.run(list), simulator.awaitSeen("queryWorkbooksForSite"))).toEqual(busy)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("the deadline of a call ends while Tableau is waited for, the error does not name the store", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const a = yield* enterWith(
        "a",
        changing((need, acquired) => Effect.andThen(need.onWait(busy), acquired))
      )
      yield* simulator.endSessions
      yield* simulator.inject({ operation: "signIn", fault: Fault.hang() })
      const create = Projects.create({ name: "once" })
      const error = yield* failureInTime(a.run(create), simulator.awaitSeen("signIn", 2))
      expect(error).toMatchObject({ _tag: "TimedOut", acted: "no" })
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("another site, SessionPinned and the session stays where it is", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const a = yield* enterWith("a", makeRecord().service(), { site: "MarketingTeam" })
      const error = yield* Effect.flip(a.run(TableauSession.withSite("Finance")(list)))
      expect(error).toBeInstanceOf(TableauError.SessionPinned)
      expect(error.message).toContain("another personal access token")
      const moved = a.run(Effect.flatMap(TableauSession, ({ switchSite }) => switchSite("Finance")))
      expect((yield* Effect.flip(moved))._tag).toBe("SessionPinned")
      yield* a.run(list)
      expect(yield* simulator.count("switchSite")).toBe(0)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a record of another site, its token is not used", () =>
    Effect.gen(function* () {
      const { service } = makeRecord()
      yield* enterWith("a", service())
      const elsewhere = service((stored) => ({ ...stored, site: { ...stored.site, contentUrl: "Finance" } }))
      expect((yield* Effect.flip(enterWith("b", elsewhere)))._tag).toBe("SiteMismatch")
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a password, the store is not used", () =>
    Effect.gen(function* () {
      const { record, service } = makeRecord()
      const password = Redacted.make("ana-password")
      const credentials = Credentials.password({ username: "ana", password })
      yield* Effect.exit(enterWith("a", service(), { credentials }))
      expect(record.members).toBe(0)
      expect(record.needs).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a layer of a store, the session finds it", () =>
    Effect.gen(function* () {
      const { record, service } = makeRecord()
      const store = Layer.succeed(SessionStore.SessionStore, service())
      yield* Effect.provide(list, Layer.provide(clientLayer("a"), store))
      expect(record.needs).toHaveLength(1)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )
})
