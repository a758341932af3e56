/**
 * Distributes work over a pool of sessions, one for each personal access token. TABLEAU_TOKENS is a comma-separated list of
 * `name:value`.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Pool from "effect/Pool"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const settings = Config.all({
  server: Config.nonEmptyString("TABLEAU_SERVER_URL"),
  site: Config.withDefault(Config.string("TABLEAU_SITE"), ""),
  tokens: Config.array(Config.redacted(Config.nonEmptyString()), "TABLEAU_TOKENS")
})

const credentials = (token: Redacted.Redacted) => {
  const [name = "", ...value] = Redacted.value(token).split(":")
  return Credentials.personalAccessToken({ name, value: Redacted.make(value.join(":")) })
}

/** A pool that signs in once with each token, and signs out when the scope closes. */
const makePool = Effect.gen(function* () {
  const { server, site, tokens } = yield* settings
  const free = yield* Queue.unbounded<Redacted.Redacted>()
  yield* Queue.offerAll(free, tokens)
  const acquire = Effect.gen(function* () {
    const token = yield* Effect.acquireRelease(Queue.take(free), (token) => Queue.offer(free, token))
    return yield* TableauSession.make({ server, site, credentials: credentials(token) })
  })
  return yield* Pool.make({ acquire, size: tokens.length })
})

const report = (number: number) =>
  Effect.gen(function* () {
    const { totalAvailable } = yield* Workbooks.list()
    yield* Console.log(`Report ${number}: ${totalAvailable} workbooks`)
  })

const program = Effect.gen(function* () {
  const pool = yield* makePool
  /** Runs an effect with exclusive use of a session, as soon as one is free. */
  const leased = <A, E>(effect: Effect.Effect<A, E, TableauSession>) =>
    Effect.scoped(Effect.flatMap(pool.get, (session) => Effect.provideService(effect, TableauSession, session)))

  yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], (number) => leased(report(number)), {
    concurrency: "unbounded",
    discard: true
  })
})

program.pipe(Effect.scoped, Effect.provide(TableauNode.layerHttpClient()), TableauNode.runMain)
