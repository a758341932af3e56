/** `npm run fuzz`: many more cases than in the tests, and the growth of time with size. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { growths } from "./growth.js"
import type { Property } from "./property.js"
import { sharesOf } from "./shares.js"

class Failed extends Data.TaggedError("Failed")<{ readonly failures: number }> {}

/** Cases between yields, for output and interruption. */
const batch = 2000

/** Stop a property after this many failures. */
const failureLimit = 5

interface Counts {
  readonly cases: number
  readonly failures: number
}

const runProperty = (property: Property, cases: number, seed: number): Effect.Effect<Counts> =>
  Effect.gen(function* () {
    let done = 0
    let failures = 0
    const [taken] = yield* Effect.timed(
      Effect.gen(function* () {
        for (let part = 0; done < cases && failures < failureLimit; part++) {
          const outcome = yield* property.run(Math.min(batch, cases - done), seed + part)
          done += outcome.cases
          if (outcome.failure !== undefined) {
            failures += 1
            yield* Console.log(`${property.name}: failed\n${outcome.failure}`)
          }
          yield* Effect.yieldNow()
        }
      })
    )
    const seconds = Duration.toSeconds(taken).toFixed(1)
    yield* Console.log(`${property.name}: ${done} cases, ${failures} failures, ${seconds} seconds`)
    return { cases: done, failures }
  })

const checkGrowth = Effect.gen(function* () {
  const results = yield* Effect.all(growths)
  const bad = results.filter(({ linear }) => !linear)
  for (const { factor, shape } of bad) {
    yield* Console.log(`${shape}: failed\nFour times the size takes ${factor.toFixed(1)} times the time.`)
  }
  const worst = results.reduce((a, b) => (a.factor > b.factor ? a : b))
  yield* Console.log(
    `no document takes more than linear time: ${results.length} cases, ${bad.length} failures, the worst is ${worst.shape}: ${worst.factor.toFixed(1)} times the time for 4 times the size`
  )
  return { cases: results.length, failures: bad.length }
})

const options = {
  cases: Options.integer("cases").pipe(
    Options.withDefault(1_000_000),
    Options.withDescription(
      "Cases that compare the scanner with saxes, and again cases of all other properties together."
    )
  ),
  seed: Options.integer("seed").pipe(
    Options.optional,
    Options.withDescription("The seed that the run to repeat printed.")
  )
}

const fuzz = Command.make("fuzz", options, ({ cases, seed }) =>
  Effect.gen(function* () {
    const first = yield* Effect.catchAll(seed, () => Random.nextIntBetween(0, 2 ** 30))
    yield* Console.log(`seed ${first}`)
    const all: Array<Counts> = [yield* checkGrowth]
    for (const share of sharesOf(cases)) all.push(yield* runProperty(share.property, share.cases, first))
    const sum = (of: (counts: Counts) => number) => all.reduce((total, counts) => total + of(counts), 0)
    const failures = sum((counts) => counts.failures)
    yield* Console.log(`fuzz: ${sum((counts) => counts.cases)} cases, ${failures} failures`)
    if (failures > 0) yield* new Failed({ failures })
  })
)

Command.run(fuzz, { name: "fuzz", version: "0" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  // The failures are printed already, and the last line is the count.
  NodeRuntime.runMain({ disableErrorReporting: true })
)
