/**
 * A process that sends small calls. Each line of its standard input is a step: it opens the session, sends the calls, and
 * leaves.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Credentials, TableauSession, Users } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { RedisSessionStore } from "effect-tableau-redis"
import { cpu, given, givenNumber, inTurns } from "../../bench/programs/reporting.js"

const redis = process.env["REDIS"]
const calls = givenNumber("CALLS")
const atOnce = givenNumber("AT_ONCE")

/** A token has one session, a password has one for each process. */
const credentials =
  given("CREDENTIALS") === "token"
    ? Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })
    : Credentials.password({ username: "admin", password: Redacted.make("admin-password") })

const withoutStore = TableauSession.layer({ server: given("SERVER"), site: "MarketingTeam", credentials }).pipe(
  Layer.provide(TableauNode.layerHttpClient())
)

const Session = redis === undefined ? withoutStore : Layer.provide(withoutStore, RedisSessionStore.layer({ redis }))

const send = Effect.gen(function* () {
  const session = yield* TableauSession
  const { user } = yield* session.current
  let sent = 0
  let right = 0
  const one = Effect.gen(function* () {
    while (sent < calls) {
      sent += 1
      const { name } = yield* Users.get(user.id)
      if (name === "admin") right += 1
    }
  })
  const before = cpu()
  yield* Effect.forEach(Array.from({ length: atOnce }), () => one, { concurrency: "unbounded", discard: true })
  return { right, cpu: cpu() - before }
})

const program = Effect.gen(function* () {
  const scope = yield* Scope.make()
  const context = yield* Effect.cached(Layer.buildWithScope(Session, scope))
  const steps: Array<Effect.Effect<Readonly<Record<string, number>>, unknown>> = [
    Effect.as(context, { opened: 1 }),
    Effect.flatMap(context, (session) => Effect.provide(send, session)),
    Effect.as(Scope.close(scope, Exit.void), { left: 1 })
  ]
  yield* Effect.promise(() =>
    inTurns(() => Effect.runPromise(steps.shift() ?? Effect.dieMessage("There are three steps.")))
  )
})

NodeRuntime.runMain(program)
