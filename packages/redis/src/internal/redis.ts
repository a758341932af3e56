/** The store in Redis: a connection, and the commands over it. */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { TableauError } from "effect-tableau"
import { type Cluster, Redis, type RedisOptions } from "ioredis"
import { type Backend, type Command, type Reply, StoreFailure } from "./backend.js"
import { type Script, script as sessions } from "./script.js"

/** A connection, and another one for messages. */
export interface Connection {
  readonly run: (
    keys: ReadonlyArray<string>,
    values: ReadonlyArray<string>,
    script: Script
  ) => Effect.Effect<unknown, StoreFailure>
  /** Calls back at each message. Returns how to stop. Failures are ignored: members also poll. */
  readonly listen: (channel: string, onMessage: () => void) => () => void
}

const expectedUrl =
  "Expected redis://user:password@host:port, or rediss:// with TLS, in which user and password are encoded: @ is %40, # is %23"

/**
 * ioredis takes the scheme of any other URL for the name of a host, and an empty one for localhost. Its error, or Node's, for
 * a malformed one contains the URL, which can have a password.
 */
const isUrl = (text: string): boolean =>
  /^rediss?:\/\/./.test(text) &&
  Either.isRight(
    Either.try(() => {
      const { hash, password, pathname, search, username } = new URL(text)
      decodeURIComponent(username + password)
      // A part of a password that is not encoded would be taken for the host, and be in its errors.
      return hash === "" && !`${pathname}${search}`.includes("@")
    }).pipe(Either.filterOrLeft(Boolean, () => "not encoded"))
  )

/** The URL in `REDIS_URL`. `Config.redacted` would hide the name of a variable that is missing. */
export const urlConfig = Config.string("REDIS_URL").pipe(
  Config.validate({ message: `${expectedUrl}, in REDIS_URL`, validation: isUrl }),
  Config.map(Redacted.make)
)

type Client = Redis | Cluster

/** Of Node, in milliseconds: 24 days. */
export const longestTimer = 2 ** 31 - 1

const optionsWith = (commandTimeout: number): RedisOptions => ({
  lazyConnect: true,
  // A command that waits in a queue, or is sent again, could run after its member has given it up.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  connectTimeout: 5000,
  // Without it, a connection whose other end has vanished is used until TCP gives it up, after a quarter of an hour.
  socketTimeout: commandTimeout,
  retryStrategy: (times) => Math.min(times * 50, 1000),
  // The server has become a replica: its name may lead to another server now.
  reconnectOnError: ({ message }) => message.includes("READONLY")
})

/** The passwords that a client sends. */
const passwordsOf = (client: Client): ReadonlyArray<string> => {
  const { password, sentinelPassword }: RedisOptions =
    client instanceof Redis ? client.options : (client.options.redisOptions ?? {})
  return [password, sentinelPassword].filter(Predicate.isString).filter((text) => text !== "")
}

/** What Redis says, or a proxy before it, can be of any length, and can repeat what was sent, such as a password. */
const detailOf = (error: unknown, passwords: ReadonlyArray<string>): string => {
  const original = error instanceof Error ? error.message : String(error)
  // What ioredis says when a command cannot be sent, because of our options.
  const text = original.startsWith("Stream isn't writeable")
    ? "there is no connection, or the server is not Redis"
    : original
  const [said = ""] = passwords
    .reduce((text, password) => text.replaceAll(password, "<redacted>"), text)
    .replaceAll(/\p{C}+/gu, " ")
    .split(/,? with args/)
  return `Redis: ${said.slice(0, 200)}`
}

/** An error that Redis has sent. The other ones are of the connection. */
const isReply = (error: unknown): error is Error => error instanceof Error && error.name === "ReplyError"

/** What Redis says to a wrong password, an absent one, and a user without the right to a command. */
const isDenial = (detail: string): boolean =>
  /^Redis: (WRONGPASS|NOAUTH|NOPERM|ERR invalid password)/.test(detail) || isOfDatabase(detail)

/** What Redis says to `SELECT`, when ioredis goes on with database 0. */
const isOfDatabase = (detail: string): boolean => /^Redis: (ERR.* DB index|NOPERM.*'select')/.test(detail)

const isUnknownScript = (error: unknown): boolean => isReply(error) && error.message.startsWith("NOSCRIPT")

export const connect = (settings: {
  /** The public function, for its error. */
  readonly operation: string
  readonly client: string | (() => Client)
  readonly commandTimeout: Duration.DurationInput
}): Effect.Effect<Connection, TableauError.BadRequest, Scope.Scope> =>
  Effect.gen(function* () {
    const { client: given, operation } = settings
    if (typeof given === "string" && !isUrl(given)) {
      const detail = `\`redis\` is not a URL of Redis. ${expectedUrl}.`
      return yield* new TableauError.BadRequest({ operation, acted: "no", detail })
    }
    const commandTimeout = Math.min(Math.max(1, Duration.toMillis(settings.commandTimeout)), longestTimer)
    const isTls = typeof given === "string" && given.startsWith("rediss:")
    const silence = `Redis did not respond within ${Duration.format(commandTimeout)}${isTls ? ": does its port speak TLS?" : ""}`
    let lastError: string | undefined
    let noDatabase: string | undefined
    let isClosed = false
    const open = () => {
      const client = typeof given === "string" ? new Redis(given, optionsWith(commandTimeout)) : given()
      // ioredis would subscribe again by itself, and not handle a failure, which ends the process. `ready` does it here.
      if (client instanceof Redis) client.options.autoResubscribe = false
      const passwords = passwordsOf(client)
      // Without a listener, ioredis writes connection errors to the console.
      client.on("error", (error: unknown) => {
        lastError = detailOf(error, passwords)
        if (isOfDatabase(lastError)) noDatabase = lastError
      })
      client.on("ready", () => {
        lastError = undefined
      })
      return client
    }
    const client = yield* Effect.acquireRelease(Effect.sync(open), (client) =>
      Effect.sync(() => {
        isClosed = true
        client.disconnect()
      })
    )

    // Its SELECT follows.
    client.on("connect", () => {
      noDatabase = undefined
    })
    // One listener for all commands: Node warns of more than ten.
    const waiting = new Set<() => void>()
    client.on("ready", () => {
      for (const resolve of waiting) resolve()
      waiting.clear()
    })

    /** Completes when commands can be sent. */
    const ready = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        if (client.status === "ready") return resolve()
        waiting.add(resolve)
        signal.addEventListener("abort", () => waiting.delete(resolve))
        // Its failure is an `error` event, and it connects again by itself.
        if (client.status === "wait" || client.status === "end") client.connect().catch(() => undefined)
      })

    const listeners = new Map<string, Set<() => void>>()
    let subscriber: Client | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => subscriber?.disconnect()))

    const subscribe = (channel: string): void => {
      if (isClosed) return
      if (subscriber === undefined) {
        subscriber = open()
        subscriber.on("message", (from: string) => {
          for (const onMessage of listeners.get(from) ?? []) onMessage()
        })
        subscriber.on("ready", () => {
          for (const name of listeners.keys()) subscriber?.subscribe(name).catch(() => undefined)
        })
        if (subscriber.status === "wait") subscriber.connect().catch(() => undefined)
      } else if (subscriber.status === "ready") subscriber.subscribe(channel).catch(() => undefined)
    }

    return {
      // Not interruptible: what a command has done must be known, or be a failure.
      run: (keys, values, { digest, text }) =>
        Effect.async<unknown, StoreFailure>((resume) => {
          const gaveUp = new AbortController()
          const end = (effect: Effect.Effect<unknown, StoreFailure>) => {
            clearTimeout(timer)
            gaveUp.abort()
            resume(effect)
          }
          const fail = (detail: string) => end(Effect.fail(new StoreFailure({ detail, isDenied: isDenial(detail) })))
          const timer = setTimeout(() => fail(lastError ?? silence), commandTimeout)
          // A closed client would connect again, and stay open.
          if (isClosed) return fail("the connection to Redis is closed")
          const send = async () => {
            await ready(gaveUp.signal)
            if (gaveUp.signal.aborted) return undefined
            if (noDatabase !== undefined) return fail(noDatabase)
            return client
              .evalsha(digest, keys.length, ...keys, ...values)
              .catch((error: unknown) =>
                isUnknownScript(error) ? client.eval(text, keys.length, ...keys, ...values) : Promise.reject(error)
              )
          }
          send().then(
            (reply) => end(Effect.succeed(reply)),
            // A command that cannot be sent says less than the error of the connection.
            (error: unknown) => fail((isReply(error) ? undefined : lastError) ?? detailOf(error, passwordsOf(client)))
          )
        }).pipe(Effect.uninterruptible),
      listen: (channel, onMessage) => {
        const existing = listeners.get(channel)
        const others = existing ?? new Set()
        others.add(onMessage)
        listeners.set(channel, others)
        if (existing === undefined) subscribe(channel)
        return () => {
          others.delete(onMessage)
        }
      }
    }
  })

const optional = (value: number | undefined): string => (value === undefined ? "" : String(Math.round(value)))
const flag = (value: boolean): string => (value ? "1" : "0")

const argumentsOf = (command: Command): ReadonlyArray<string> => {
  switch (command.op) {
    case "read":
    case "beat":
    case "quit":
    case "settle":
      return []
    case "take":
    case "leave":
      return [String(command.lease)]
    case "extend":
      return [String(command.fence), String(command.lease)]
    case "write":
      return [
        String(command.fence),
        String(command.generation),
        command.box,
        optional(command.renewIn),
        optional(command.expired),
        flag(command.explains)
      ]
    case "release":
      return [
        String(command.fence),
        flag(command.settled),
        command.signInError?.box ?? "",
        String(command.signInError?.life ?? 0)
      ]
    case "restore":
      return [
        String(command.generation),
        command.box,
        optional(command.renewIn),
        optional(command.replaces),
        optional(command.fence)
      ]
    case "forget":
      return [String(command.fence)]
  }
}

/** Undefined if it is absent or was not written by a member. */
const integer = (text: string | undefined): number | undefined => {
  const value = text === "" ? Number.NaN : Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

const replyOf = (received: unknown): Reply | undefined => {
  if (!Array.isArray(received) || received.length !== 15 || !received.every(Predicate.isString)) return undefined
  const [
    ok,
    time,
    generationText,
    box = "",
    renewAtText,
    closing,
    fence,
    expired,
    expiredAt,
    members,
    elsewhere,
    lease,
    taken,
    settled,
    signInError
  ] = received
  const now = integer(time) ?? 0
  const generation = integer(generationText)
  const renewAt = integer(renewAtText)
  return {
    ok: ok === "1",
    now,
    record:
      generation === undefined
        ? undefined
        : {
            generation,
            box,
            renewIn: renewAt === undefined ? undefined : renewAt - now,
            closing: closing === "1",
            fence: integer(fence) ?? 0,
            expired: integer(expired) ?? 0,
            expiredAt: integer(expiredAt) ?? 0
          },
    members: integer(members) ?? 0,
    elsewhere: integer(elsewhere) ?? 0,
    lease: lease === "mine" || lease === "other" ? lease : "free",
    fence: integer(taken) ?? 0,
    settled: integer(settled) ?? 0,
    signInError: signInError === "" ? undefined : signInError
  }
}

export const backend = (
  connection: Connection,
  settings: {
    /** The name of the record. */
    readonly name: string
    readonly prefix: string
    readonly member: string
    readonly memberLife: number
    readonly recordLife: number
  }
): Backend => {
  const { member, memberLife, name, prefix, recordLife } = settings
  // What is in braces decides the slot of a cluster.
  const key = (part: string) => `${prefix}{${name}}:${part}`
  const keys = ["session", "lease", "counters", "members", "signInError"].map(key)
  const channel = key("changed")
  return {
    run: (command) =>
      Effect.flatMap(
        connection.run(
          keys,
          [command.op, member, channel, String(memberLife), String(recordLife), ...argumentsOf(command)],
          sessions
        ),
        (received) => {
          const reply = replyOf(received)
          return reply === undefined
            ? new StoreFailure({ detail: "Redis returned a state that this version does not know" })
            : Effect.succeed(reply)
        }
      ),
    changed: (atMost) =>
      Effect.async<void>((resume) => {
        const stop = connection.listen(channel, () => resume(Effect.void))
        return Effect.sync(stop)
      }).pipe(Effect.timeoutOption(Duration.millis(atMost)), Effect.asVoid)
  }
}
