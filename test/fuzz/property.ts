/** A property that holds for arbitrary values. */
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"

interface Outcome {
  readonly cases: number
  /** The smallest counterexample, and the seed that leads to it. */
  readonly failure: string | undefined
}

export interface Property {
  readonly name: string
  readonly run: (cases: number, seed: number) => Effect.Effect<Outcome>
}

/** A property that holds unless `holds` throws. */
export const property = <A>(name: string, arbitrary: FastCheck.Arbitrary<A>, holds: (value: A) => void): Property => ({
  name,
  run: (cases, seed) =>
    Effect.sync(() => {
      const details = FastCheck.check(FastCheck.property(arbitrary, holds), { numRuns: cases, seed })
      return {
        cases: details.numRuns,
        failure: details.failed ? (FastCheck.defaultReportMessage(details) ?? "no report") : undefined
      }
    })
})
