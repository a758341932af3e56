/** One small call, again and again: by this package, or by `@effect/platform`'s HttpClient on undici. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Credentials, TableauSession, Users } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { signIn, signOut } from "./bare.js"
import { given, givenNumber, report } from "./reporting.js"

const server = given("SERVER")

/** Microseconds of CPU for a call, and how many of them gave what was asked for. */
const measure = <E, R>(call: Effect.Effect<string | undefined, E, R>) =>
  Effect.gen(function* () {
    const calls = givenNumber("CALLS")
    yield* Effect.repeatN(call, calls)
    let good = 0
    const before = process.cpuUsage()
    for (let done = 0; done < calls; done += 1) {
      if ((yield* call) === "admin") good += 1
    }
    const { system, user } = process.cpuUsage(before)
    report(() => ({ items: good, perItem: (system + user) / calls }))
  })

const ours = Effect.gen(function* () {
  const session = yield* TableauSession
  const { user } = yield* session.current
  yield* measure(Effect.map(Users.get(user.id), ({ name }) => name))
}).pipe(
  Effect.provide(
    TableauSession.layer({
      server,
      credentials: Credentials.password({ username: "admin", password: Redacted.make("admin-password") })
    })
  ),
  Effect.provide(TableauNode.layerHttpClient())
)

const platform = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const session = yield* Effect.promise(() => signIn(server))
  const url = `${server}/api/3.29/sites/${session.site}/users/${session.user}`
  const call = client.get(url, { headers: { "x-tableau-auth": session.token } }).pipe(
    Effect.flatMap((response) => response.text),
    // The name alone, from the text: nothing is read as a model.
    Effect.map((text) => /<user [^>]*name="([^"]*)"/.exec(text)?.[1])
  )
  yield* measure(call)
  yield* Effect.promise(() => signOut(server, session))
}).pipe(Effect.provide(NodeHttpClient.layerUndici))

const program: Effect.Effect<void, unknown> = given("BY") === "ours" ? ours : platform

NodeRuntime.runMain(program)
