/**
 * Four workers, one personal access token: a demonstration of durable work that survives its processes.
 *
 * It starts Redis, PostgreSQL, a simulated Tableau Server, and four processes of worker.ts. They refresh workbooks and data
 * sources. In the middle it kills the worker that has signed in. The others go on with its work and with the session.
 *
 * `npm run cluster`, or `npm run cluster -- --verbose` with the logs of the workers.
 */

import * as NodeContext from "@effect/platform-node/NodeContext"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as TableauNode from "effect-tableau/node"
import { type Content, Simulator } from "effect-tableau-simulator"
import { Client, Session } from "./layers.js"
import * as Observe from "./observe.js"
import * as Servers from "./servers.js"
import * as Submit from "./submit.js"
import * as Workers from "./workers.js"

// A terminal signals npm and this program, and npm repeats the signal: the second one must not end the program while the
// workers sign out.
process.on("SIGINT", constVoid).on("SIGTERM", constVoid)
// Ctrl-\ would end it at once, and leave the servers and their folders.
process.on("SIGQUIT", () => process.kill(process.pid, "SIGTERM"))

const names = ["worker-1", "worker-2", "worker-3", "worker-4"]
const token = { name: "demo-token", secret: "demo-secret" }
const content: Content.Content = {
  users: [{ name: "admin", siteRole: "ServerAdministrator" }],
  personalAccessTokens: [{ ...token, user: "admin" }],
  sites: [
    {
      contentUrl: "",
      workbooks: Array.from({ length: 16 }, (_, n) => ({ name: `Report ${n + 1}`, hasExtracts: true })),
      datasources: Array.from({ length: 16 }, (_, n) => ({ name: `Orders ${n + 1}` }))
    }
  ]
}
/** How long the server takes for a refresh: longer than the workers take to notice that one of them was killed. */
const duration = "10 seconds"
/** A killed worker counts as one that uses the session for three heartbeats. */
const silence = "7 seconds"
/** Refreshes that have not finished by then are lost. */
const deadline = "80 seconds"

const startedAt = performance.now()
const say = (text: string) =>
  Effect.suspend(() => Console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`))

const Database = PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })

/** Waits until each worker has its part of the work: workflows that start meanwhile would be moved. */
const untilShared = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const locks = sql<{ shards: number }>`SELECT count(*)::int AS shards FROM pg_locks
    WHERE locktype = 'advisory' AND granted GROUP BY pid ORDER BY pid`
  const shared = Effect.map(locks, (rows) => rows.map(({ shards }) => shards))
  return yield* Effect.repeat(Effect.delay(shared, "300 millis"), {
    until: (shards) => shards.length === names.length && Math.max(...shards) - Math.min(...shards) <= 2
  })
})

/** The worker to kill: the one that has signed in, if refreshes run that it has started, or else the one with the most. */
const chooseVictim = (
  workers: ReadonlyArray<Workers.Worker>,
  running: ReadonlyArray<Observe.Refresh>,
  signedIn: string
) => {
  const started = (name: string) => running.filter(({ worker }) => worker === name).length
  const rank = (name: string) => (name === signedIn && started(name) > 0 ? Number.POSITIVE_INFINITY : started(name))
  return workers.reduce((best, next) => (rank(next.name) > rank(best.name) ? next : best))
}

/** Starts the workers, has them refresh everything, kills one meanwhile, and stops the others when the scope closes. */
const demonstrate = (environment: Readonly<Record<string, string>>, simulator: Simulator.Service) =>
  Effect.gen(function* () {
    yield* say(`Starting ${names.length} workers, all with one personal access token. This takes some seconds …`)
    const isVerbose = process.argv.includes("--verbose")
    const workers = yield* Workers.startAll(names, environment, isVerbose ? Console.log : () => Effect.void)
    const killed = new Set<string>()
    let finished = 0

    const submit = (item: Submit.Content) =>
      Effect.gen(function* () {
        const { job, start } = yield* Submit.refresh(item, "tonight")
        finished += 1
        const starter = (yield* Observe.refreshes(simulator)).find(({ content }) => content === item.id)?.worker
        const last = yield* Observe.lastPoll(simulator, job)
        const how = start === "started" ? "" : ", which found its job on the server"
        if (starter !== last)
          yield* say(`${item.name}: started by ${starter}, taken over and finished by ${last}${how}.`)
        return true
      }).pipe(
        Effect.timeoutTo({ duration: deadline, onSuccess: (done) => done, onTimeout: () => false }),
        Effect.catchAllCause((cause) => Effect.as(say(`${item.name} failed: ${Cause.squash(cause)}`), false))
      )

    const killOne = (total: number, signedIn: string) =>
      Effect.gen(function* () {
        const running = yield* Effect.repeat(Effect.delay(Observe.refreshes(simulator), "100 millis"), {
          until: (running) =>
            running.length === total ||
            (running.length >= total / 2 && running.some(({ worker }) => worker === signedIn))
        })
        const victim = chooseVictim(workers, running, signedIn)
        killed.add(victim.name)
        yield* victim.kill
        yield* say(`${running.length} refreshes run at the server: ${Observe.perWorker(running)}.`)
        yield* say(`KILLED: ${victim.name}${victim.name === signedIn ? ", which had signed in," : ""} by SIGKILL.`)
        yield* Effect.sleep(silence)
      }).pipe(Effect.timeoutOption(deadline))

    const work = Effect.gen(function* () {
      yield* Effect.forEach(
        workers,
        ({ name, pid, ready }) => Effect.andThen(ready, say(`${name} is ready (process ${pid}).`)),
        { concurrency: "unbounded", discard: true }
      )
      const first = yield* Observe.signed("in", simulator)
      yield* say(
        `Sign-ins at the server: ${yield* simulator.count("signIn")}, by ${first}. The others use its session.`
      )
      yield* say(`Each worker takes its part of all work: ${(yield* untilShared).join(" + ")} shards.`)
      const items = yield* Effect.provide(Submit.content, Session)
      yield* say(`Submitting ${items.length} refreshes, each of which takes the server ${duration} …`)
      const progress = Effect.suspend(() => say(`${finished} of ${items.length} refreshes have finished.`))
      const [done] = yield* Effect.all(
        [Effect.forEach(items, submit, { concurrency: "unbounded" }), killOne(items.length, first)],
        { concurrency: "unbounded" }
      ).pipe(Effect.raceFirst(Effect.forever(Effect.delay(progress, "3 seconds"))))
      yield* progress
      yield* say("Stopping the workers by SIGTERM: the last one signs out …")
      return { items, lost: done.filter((isDone) => !isDone).length, killed: killed.size, workers: workers.length }
    })

    const unexpectedEnd = Effect.forEach(
      workers,
      ({ ended, name }) => Effect.catchTag(ended, "WorkerEnded", (error) => (killed.has(name) ? Effect.never : error)),
      { concurrency: "unbounded", discard: true }
    )
    return yield* Effect.raceFirst(work, Effect.andThen(unexpectedEnd, Effect.never))
  }).pipe(Effect.scoped, Effect.provide(Client), Effect.provide(Database))

const program = Effect.gen(function* () {
  yield* Servers.redisInstalled
  yield* Servers.postgresInstalled
  yield* say("Starting Redis, PostgreSQL and a simulated Tableau Server …")
  const [redis, postgres, simulator] = yield* Effect.all(
    [Servers.redis, Servers.postgres, Simulator.make({ content, jobRun: duration })],
    { concurrency: "unbounded" }
  )
  const environment = {
    TABLEAU_SERVER_URL: simulator.url,
    TABLEAU_TOKEN_NAME: token.name,
    TABLEAU_TOKEN_VALUE: token.secret,
    REDIS_URL: Redacted.value(redis.url),
    DATABASE_URL: Redacted.value(postgres.url)
  }
  const settings = ConfigProvider.fromMap(new Map(Object.entries({ ...environment, WORKER_NAME: "main" })))
  const { items, killed, lost, workers } = yield* Effect.withConfigProvider(
    demonstrate(environment, simulator),
    settings
  )
  const refreshes = yield* Observe.refreshes(simulator)
  const once = items.filter(({ id }) => refreshes.filter(({ content }) => content === id).length === 1).length
  const signIns = yield* simulator.count("signIn")
  const left = (yield* simulator.sessions).length
  yield* say(`The workers have ended. ${yield* Observe.signed("out", simulator)} was the last one, and has signed out.`)
  yield* say(`${once} of ${items.length} workbooks and data sources were refreshed exactly once.`)
  yield* Console.log(
    `workers: ${workers}, killed: ${killed}, sign-ins: ${signIns}, lost: ${lost}, sessions left: ${left}`
  )
  // One more is possible if the worker is killed at the instant at which it has signed in.
  return once === items.length && killed === 1 && lost === 0 && left === 0 && signIns <= 2
}).pipe(
  Effect.onInterrupt(() => say("Interrupted: stopping the workers and the servers …")),
  Effect.scoped,
  // What is expected to go wrong has a message, which is enough.
  Effect.catchTag("ProgramMissing", "ServerFailed", "StartFailed", "WorkerEnded", ({ message }) =>
    Effect.as(Console.error(message), false)
  ),
  Effect.flatMap((isGood) =>
    Effect.sync(() => {
      if (!isGood) process.exitCode = 1
    })
  )
)

program.pipe(
  Effect.provide(NodeContext.layer),
  // Without the warning that the simulator has no TLS.
  Logger.withMinimumLogLevel(LogLevel.Error),
  TableauNode.runMain
)
