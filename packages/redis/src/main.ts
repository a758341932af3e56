#!/usr/bin/env node
/**
 * `effect-tableau-redis sweep`: signs out the session of a personal access token that no process uses any longer.
 *
 * @since 0.1.0
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { urlConfig } from "./internal/redis.js"
import * as RedisSessionStore from "./RedisSessionStore.js"

const help = `effect-tableau-redis sweep

Signs out the session of a personal access token if all processes that shared it were killed.
It needs the value of the token, because the session in Redis is encrypted with it.

Reads from the environment:
  REDIS_URL             such as redis://127.0.0.1:6379
  REDIS_PREFIX          what the names of the keys begin with, by default tableau:
  TABLEAU_SERVER_URL    the same address as that of the processes, after redirects
  TABLEAU_SITE          the content URL of the site
  TABLEAU_TOKEN_NAME    the name of the token
  TABLEAU_TOKEN_VALUE   its value
  TABLEAU_IMPERSONATE_USER_ID   the user whose session it is, if the processes impersonate one`

const environment = Config.all({
  redis: urlConfig,
  prefix: Config.map(Config.option(Config.string("REDIS_PREFIX")), Option.getOrUndefined)
})

class Unusable extends Data.TaggedError("Unusable")<{ readonly message: string }> {}

const sweep = Effect.gen(function* () {
  const { prefix, redis } = yield* environment
  const { credentials, server, site } = yield* TableauSession.environment
  if (credentials._tag !== "PersonalAccessToken") {
    return yield* new Unusable({ message: "Set TABLEAU_TOKEN_NAME and TABLEAU_TOKEN_VALUE: only tokens are shared." })
  }
  const swept = yield* RedisSessionStore.sweep({ redis, prefix }, { server, site, credentials })
  switch (swept._tag) {
    case "Nothing":
      return yield* Console.log("Redis has no session of this token, with this value, on this server.")
    case "InUse":
      return yield* Console.log(
        `The session is in use: processes that were heard of lately: ${swept.members}. If they were killed, sweep again when they have been silent for three heartbeats.`
      )
    case "SignedOut":
      return yield* Console.log(`Signed out the session on site "${swept.site}".`)
    case "Left":
      return yield* new Unusable({
        message: `The session on site "${swept.site}" could not be signed out: sweep again.`
      })
  }
}).pipe(Effect.provide(TableauNode.layerHttpClient()))

const [command, ...rest] = process.argv.slice(2)

const program = Effect.gen(function* () {
  if (command === "sweep" && rest.length === 0) return yield* sweep
  yield* Console.log(help)
  if (command === undefined || command === "help" || [command, ...rest].includes("--help")) return
  return yield* new Unusable({ message: `Unknown arguments: ${[command, ...rest].join(" ")}` })
})

program.pipe(
  // Its output is what it did.
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.prettyLogger({ stderr: true }))),
  Effect.tapError((error) => Console.error("message" in error ? error.message : String(error))),
  Effect.tapDefect((cause) => Console.error(Cause.pretty(cause))),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
