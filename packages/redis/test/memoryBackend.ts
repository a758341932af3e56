/** The commands of the store in memory, by the clock of the test. A test can stop, empty and delay it. */
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { type Backend, type Command, type Reply, type StoredRecord, StoreFailure } from "../src/internal/backend.js"

interface Kept extends Omit<StoredRecord, "renewIn"> {
  readonly renewAt: number | undefined
}

export interface Memory {
  readonly backend: (member: string) => Backend
  /** Each command that was run: member and name. */
  readonly log: Array<string>
  /** Fails all commands. */
  down: boolean
  readonly flush: () => void
  readonly record: () => Kept | undefined
}

const siteOf = (member: string) => member.split(":")[1]

export const make = (memberLife: number): Memory => {
  let record: Kept | undefined
  let lease: { owner: string; until: number } | undefined
  let taken = 0
  let settled = 0
  let members = new Map<string, number>()
  let signInError: { box: string; until: number } | undefined
  const memory: Memory = {
    log: [],
    down: false,
    flush: () => {
      record = undefined
      lease = undefined
      taken = 0
      settled = 0
      members = new Map()
      signInError = undefined
    },
    record: () => record,
    backend: (me) => ({
      changed: (atMost) => Effect.sleep(atMost),
      run: (command) =>
        Effect.flatMap(TestClock.currentTimeMillis, (now) => {
          if (memory.down) return Effect.fail(new StoreFailure({ detail: "down" }))
          memory.log.push(`${me.replace(/:.*/, "")} ${command.op}`)
          return Effect.succeed(execute(me, command, now))
        })
    })
  }

  const execute = (me: string, command: Command, now: number): Reply => {
    let ok = true
    if (lease !== undefined && lease.until <= now) lease = undefined
    const prune = () => {
      for (const [member, until] of members) if (until <= now) members.delete(member)
    }
    const beat = () => {
      members.set(me, now + memberLife)
      prune()
    }
    const isHeld = () => lease !== undefined && lease.owner !== me
    const isMine = () => lease?.owner === me
    const settle = (count = 1) => {
      settled = Math.min(taken, settled + count)
    }
    const take = (millis: number) => {
      if (isMine()) settle()
      if (taken === 0) taken = settled = now
      lease = { owner: me, until: now + millis }
      taken += 1
    }
    const put = (generation: number, box: string, renewIn: number | undefined, fence: number) => {
      const renewAt = renewIn === undefined ? undefined : now + renewIn
      const { expired = 0, expiredAt = 0 } = record ?? {}
      record = { generation, box, renewAt, closing: false, fence, expired, expiredAt }
    }
    switch (command.op) {
      case "read":
        break
      case "beat":
        beat()
        break
      case "take":
        beat()
        if (isHeld()) ok = false
        else take(command.lease)
        break
      case "extend":
        if (isMine() && taken === command.fence) lease = { owner: me, until: now + command.lease }
        else ok = false
        break
      case "write": {
        const lost = taken === 0 && record === undefined
        if (record?.generation === command.generation) break
        if (isHeld() || !(lost || taken === command.fence)) {
          ok = false
          break
        }
        if (lost) {
          taken = command.fence
          settled = command.fence - 1
        }
        put(command.generation, command.box, command.renewIn, command.fence)
        if (record !== undefined && command.expired !== undefined) {
          record = { ...record, expired: command.expired, expiredAt: now }
        }
        settle(command.explains ? 2 : 1)
        lease = undefined
        signInError = undefined
        break
      }
      case "release":
        if (command.settled) settle()
        if (isMine() && taken === command.fence) {
          lease = undefined
          if (command.signInError !== undefined) {
            signInError = { box: command.signInError.box, until: now + command.signInError.life }
          }
        } else ok = false
        break
      case "restore":
        if (record?.generation === command.generation) break
        if (
          (lease !== undefined && !(isMine() && taken === command.fence)) ||
          (record !== undefined && record.generation !== command.replaces)
        ) {
          ok = false
          break
        }
        put(command.generation, command.box, command.renewIn, taken)
        if (taken === command.fence) {
          settle()
          lease = undefined
        }
        break
      case "leave":
        members.delete(me)
        prune()
        if (members.size > 0 || isHeld() || record === undefined) ok = false
        else {
          take(command.lease)
          record = { ...record, closing: true }
        }
        break
      case "quit":
        members.delete(me)
        break
      case "settle":
        if (lease !== undefined || record !== undefined) ok = false
        else settled = taken
        break
      case "forget":
        if (isMine() && taken === command.fence) {
          record = undefined
          lease = undefined
          settle()
        } else ok = false
    }
    const { renewAt } = record ?? {}
    const alive = [...members].filter(([, until]) => until > now).map(([member]) => member)
    return {
      ok,
      now,
      record:
        record === undefined ? undefined : { ...record, renewIn: renewAt === undefined ? undefined : renewAt - now },
      members: alive.length,
      elsewhere: alive.filter((member) => siteOf(member) !== siteOf(me)).length,
      lease: lease === undefined ? "free" : lease.owner === me ? "mine" : "other",
      fence: taken,
      settled,
      signInError: signInError !== undefined && signInError.until > now ? signInError.box : undefined
    }
  }
  return memory
}
