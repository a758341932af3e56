import { inspect } from "node:util"
import { expect, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { RedisSessionStore } from "effect-tableau-redis"

const build = (url: string) =>
  Layer.build(RedisSessionStore.layerConfig()).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["REDIS_URL", url]])))
  )

for (const url of [
  "",
  "http://:secret@127.0.0.1",
  "127.0.0.1:6379",
  "redis://:secret@127.0.0.1:99999",
  "redis://:secret%@127.0.0.1",
  "redis://user:p@secret#w@127.0.0.1:6390",
  "redis://user:p@secret/w@127.0.0.1:6390",
  "redis://user:p@secret?w@127.0.0.1:6390"
]) {
  it.scoped(`REDIS_URL is "${url}", an error of the configuration without the URL`, () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(build(url))
      expect(ConfigError.isConfigError(error)).toBe(true)
      expect(String(error)).toContain("rediss://")
      expect(String(error)).not.toContain("secret")
    })
  )
}

for (const url of ["redis://127.0.0.1:6379", "rediss://user:secret@redis.example.com:6380/2"]) {
  it.scoped(`REDIS_URL is "${url}", the store is built without a connection`, () => build(url))
}

for (const url of ["not a url", "http://:secret@127.0.0.1", "redis://:secret@host:port", "redis://:secret%@host"]) {
  it.scoped(`the option redis is "${url}", BadRequest without the URL`, () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(RedisSessionStore.make({ redis: url }))
      const text = inspect(exit, { depth: 10, showHidden: true })
      expect(text).toContain("BadRequest")
      expect(text).not.toContain("secret")
    })
  )
}

for (const [name, duration] of [
  ["heartbeat", 0],
  ["lease", Number.NaN],
  ["commandTimeout", "0.1 millis"],
  ["keep", -1]
] as const) {
  it.scoped(`the option ${name} is ${duration}, BadRequest`, () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(RedisSessionStore.make({ redis: "redis://127.0.0.1", [name]: duration }))
      expect(error.message).toContain(`\`${name}\` is a duration of at least a millisecond`)
    })
  )
}
