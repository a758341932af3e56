/**
 * One small call, again and again: by this package, by this package through the HttpClient of `@effect/platform`, by that
 * HttpClient alone, or by undici alone.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Credentials, TableauSession, Users } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { RedisSessionStore } from "effect-tableau-redis"
import { request } from "undici"
import { type Session, signIn, signOut } from "./bare.js"
import { given, givenNumber, inTurns } from "./reporting.js"
import * as Tracing from "./tracing.js"

const server = given("SERVER")
const atOnce = Number(process.env["AT_ONCE"] ?? 1)
const traced = process.env["TRACED"] === "yes"
const places = Array.from({ length: atOnce })

/** Runs the call so often, `atOnce` calls at a time. */
type Repeat = (calls: number) => Promise<number>

/** Microseconds of CPU for a call, and how many calls returned the name of the user. */
const measure = async (repeat: Repeat): Promise<void> => {
  await repeat(1000)
  await inTurns(async () => {
    const calls = givenNumber("CALLS")
    const spans = Tracing.ended()
    const before = process.cpuUsage()
    const items = await repeat(calls)
    const { system, user } = process.cpuUsage(before)
    return { items, perItem: (system + user) / calls, spans: (Tracing.ended() - spans) / calls }
  })
}

const measureEffect = <E, R>(call: Effect.Effect<string | undefined, E, R>) =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime<R>()
    const repeat = (calls: number) =>
      Effect.gen(function* () {
        let good = 0
        const counted = Effect.map(call, (name) => {
          if (name === "admin") good += 1
        })
        for (let done = 0; done < calls; done += atOnce) {
          if (atOnce === 1) yield* counted
          else yield* Effect.forEach(places, () => counted, { concurrency: "unbounded", discard: true })
        }
        return good
      }).pipe(
        traced ? Effect.withTracer(Tracing.tracer) : (effect) => effect,
        Effect.provide(runtime),
        Effect.runPromise
      )
    yield* Effect.promise(() => measure(repeat))
  })

const oursBy = (credentials: Credentials.Credentials) =>
  Effect.gen(function* () {
    const session = yield* TableauSession
    const { user } = yield* session.current
    yield* measureEffect(Effect.map(Users.get(user.id), ({ name }) => name))
  }).pipe(Effect.provide(TableauSession.layer({ server, credentials })))

const ours = oursBy(Credentials.password({ username: "admin", password: Redacted.make("admin-password") }))

/** With a session that other processes could share. */
const shared = Effect.suspend(() =>
  oursBy(Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })).pipe(
    Effect.provide(RedisSessionStore.layer({ redis: given("REDIS") }))
  )
)

const url = ({ site, user }: Session) => `${server}/api/3.29/sites/${site}/users/${user}`

/** The name alone, from the text: no model is made. */
const nameIn = (text: string): string | undefined => /<user [^>]*name="([^"]*)"/.exec(text)?.[1]

const platform = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const session = yield* Effect.promise(() => signIn(server))
  yield* measureEffect(
    client.get(url(session), { headers: { "x-tableau-auth": session.token } }).pipe(
      Effect.flatMap((response) => response.text),
      Effect.map(nameIn)
    )
  )
  yield* Effect.promise(() => signOut(server, session))
})

const undici = async (): Promise<void> => {
  const session = await signIn(server)
  const call = async () => {
    const { body } = await request(url(session), { headers: { "x-tableau-auth": session.token } })
    return nameIn(await body.text())
  }
  await measure(async (calls) => {
    let good = 0
    for (let done = 0; done < calls; done += atOnce) {
      const names = await Promise.all(places.map(call))
      good += names.filter((name) => name === "admin").length
    }
    return good
  })
  await signOut(server, session)
}

const programs: Readonly<Record<string, Effect.Effect<void, unknown>>> = {
  ours: Effect.provide(ours, TableauNode.layerHttpClient()),
  shared: Effect.provide(shared, TableauNode.layerHttpClient()),
  foreign: Effect.provide(ours, NodeHttpClient.layerUndici),
  platform: Effect.provide(platform, NodeHttpClient.layerUndici),
  undici: Effect.promise(undici)
}

NodeRuntime.runMain(programs[given("BY")] ?? Effect.die("BY names no program"))
