/**
 * A process that shares the session: it sends requests, and leaves when it has sent them or receives a line. It can be killed
 * or stopped at one step of the protocol.
 */
import { createInterface } from "node:readline"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Credentials, type RateLimiter as Limiter, Projects, TableauSession, Workbooks } from "effect-tableau"
import { RateLimiter, RedisSessionStore } from "effect-tableau-redis"
import { Redis } from "ioredis"
import type { Told } from "./workers.js"

const told: Told = JSON.parse(process.env["WORKER"] ?? "{}")

// This host's clock is wrong.
const now = Date.now
Date.now = () => now() + told.clockOffset

const say = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`)

/** Stops the whole process, as a debugger or a machine that is out of memory does. */
const stall = (millis: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)

let isDone = false
const reach = (step: string) => {
  if (isDone || told.at !== step) return
  isDone = true
  process.stdout.write(`${JSON.stringify({ reached: step })}\n`)
  if (told.does === "kill") process.kill(process.pid, "SIGKILL")
  // SIGKILL takes effect before this ends.
  stall(told.does === "kill" ? 10_000 : told.does)
}

const connect = () => {
  const client = new Redis(told.redis, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(times * 50, 1000)
  })
  const { evalsha } = client
  client.evalsha = function (this: Redis, ...args: Array<never>) {
    const op = String(args[7])
    reach(`${op}:before`)
    const reply: Promise<unknown> = Reflect.apply(evalsha, this, args)
    return reply.then((value) => {
      reach(`${op}:after`)
      return value
    })
  } as typeof evalsha
  return client
}

const sessionWith = (rateLimiter: Limiter.RateLimiter | undefined) =>
  TableauSession.layer({
    server: told.server,
    rateLimiter,
    site: told.site,
    credentials: Credentials.personalAccessToken({ name: told.name, value: Redacted.make(told.secret) }),
    transformClient: HttpClient.transform((response, request) => {
      const step = /auth\/(signin|signout)$/.exec(request.url)?.[1]
      if (step === undefined) return response
      return Effect.zipRight(
        Effect.sync(() => reach(`${step}:before`)),
        Effect.tap(response, () => Effect.sync(() => reach(`${step}:after`)))
      )
    })
  }).pipe(
    Layer.provide(RedisSessionStore.layer({ ...told.options, redis: connect })),
    Layer.provide(NodeHttpClient.layerUndici)
  )

const Session =
  told.budget === undefined
    ? sessionWith(undefined)
    : Layer.unwrapScoped(
        Effect.map(
          RateLimiter.make(
            { calls: { limit: told.budget, window: "1 hour", burst: told.budget } },
            { redis: told.redis, commandTimeout: "1 minute" }
          ),
          sessionWith
        )
      )

let leave = false
let go = () => {}
const isToldToGo = new Promise<void>((resolve) => {
  go = resolve
})
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "leave") leave = true
  go()
})

const ok = { count: 0 }
const failures: Record<string, number> = {}

/** One in ten changes something: it would fail if it were sent twice. */
const request = (n: number) =>
  (n % 10 === 0
    ? Effect.asVoid(Projects.create({ name: `${told.id} ${n}` }))
    : Effect.asVoid(Workbooks.list({ pageSize: 1 }))
  ).pipe(
    Effect.matchCauseEffect({
      onSuccess: () => Effect.sync(() => ok.count++),
      onFailure: (cause) =>
        Effect.sync(() => {
          const error = Cause.squash(cause)
          const tag = error instanceof Error && "_tag" in error ? String(error._tag) : "Defect"
          failures[tag] = (failures[tag] ?? 0) + 1
          process.stderr.write(`${Cause.pretty(cause)}\n`)
        })
    })
  )

const program = Effect.gen(function* () {
  yield* TableauSession
  say({ opened: true })
  if (told.idle) yield* Effect.promise(() => isToldToGo)
  const numbers = { next: 0 }
  const lane = Effect.gen(function* () {
    while (!leave && numbers.next < told.requests) {
      yield* request(numbers.next++)
      if (told.pause > 0) yield* Effect.sleep(told.pause)
    }
  })
  yield* Effect.all(
    Array.from({ length: told.concurrency }, () => lane),
    { concurrency: "unbounded", discard: true }
  )
}).pipe(Effect.provide(Session))

say({ started: true })

const waiting = told.waits ? Effect.promise(() => isToldToGo) : Effect.void

Effect.runPromiseExit(Effect.andThen(waiting, program)).then((exit) => {
  if (Exit.isFailure(exit)) {
    const error = Cause.squash(exit.cause)
    failures[error instanceof Error && "_tag" in error ? String(error._tag) : "Defect"] = 1
    process.stderr.write(`${Cause.pretty(exit.cause)}\n`)
  }
  say({ ok: ok.count, failures })
  process.exit(0)
})
