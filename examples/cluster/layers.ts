/**
 * What workers and the program that submits work have in common: one Tableau session of one personal access token, one budget
 * of calls, and one database of workflows. All settings come from the environment.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { RateLimiter, RedisSessionStore } from "effect-tableau-redis"
import * as Postgres from "effect-tableau-workflow/Postgres"

/** In the header `User-Agent` of each request, so that the server's log says which process has sent it. */
export const processName = Config.string("WORKER_NAME")

const redis = Config.redacted("REDIS_URL")

/**
 * What the server allows this user on this site, for all processes together: the numbers that people report of Tableau Cloud,
 * with more refreshes, because this server is a simulator.
 */
const limits: RateLimiter.Limits = {
  ...RateLimiter.unverified,
  refreshes: { limit: 200, window: "1 hour", burst: 100 }
}

/**
 * The session of the token in `TABLEAU_TOKEN_NAME` and `TABLEAU_TOKEN_VALUE`, which all processes share through `REDIS_URL`:
 * the first one signs in, the last one signs out.
 */
export const Session = Layer.unwrapScoped(
  Effect.gen(function* () {
    const rateLimiter = yield* RateLimiter.make(limits, { redis: yield* redis })
    const userAgent = yield* processName
    return TableauSession.layer({ ...(yield* TableauSession.environment), rateLimiter, userAgent })
  })
).pipe(
  Layer.provide(
    RedisSessionStore.layerConfig({
      redis,
      // A killed worker counts as a user of the session for three heartbeats, and the last user signs out. With the default
      // of 10 seconds, workers that end sooner than 30 seconds after a kill would leave the session to `sweep`.
      heartbeat: Config.succeed("2 seconds")
    })
  ),
  Layer.provide(TableauNode.layerHttpClient())
)

const sharding = {
  // The others take over the work of a killed worker after this time, or earlier, if they notice that its port is closed. The
  // default of 35 seconds is for networks and machines that pause: locks in Postgres make sure that a worker which is only
  // slow keeps its work.
  shardLockExpiration: "6 seconds",
  runnerHealthCheckInterval: "2 seconds",
  // How soon a worker notices that another one has come or gone. By default 3 seconds.
  refreshAssignmentsInterval: "1 second",
  // How exact the waits of workflows are. By default 1 second.
  entityMessagePollInterval: "500 millis",
  // Work that moves to another worker has this long to finish what it does, such as a request. The default of 15 seconds is
  // for uploads.
  entityTerminationTimeout: "3 seconds"
} as const

/** Runs workflows. They, their results and their timers are in the database at `DATABASE_URL`. */
export const Engine = Postgres.layerConfig({
  url: Config.redacted("DATABASE_URL"),
  // The system chooses a free port. On several hosts, also set `host` to the name of the host.
  port: Config.succeed(0),
  sharding: Config.succeed(sharding)
})

/** Submits workflows and waits for their results. It runs none: that is what workers are for. */
export const Client = Postgres.layerClientConfig({
  url: Config.redacted("DATABASE_URL"),
  sharding: Config.succeed(sharding)
})
