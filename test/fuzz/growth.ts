/** The growth of the time for a document with its size. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Workbooks } from "effect-tableau"
import { classify } from "../../packages/tableau/src/internal/http/errorResponse.js"
import { reader } from "../../packages/tableau/src/internal/xml/reader.js"
import * as Scalar from "../../packages/tableau/src/internal/xml/scalar.js"
import { textOf } from "../support/text.js"
import { shapes } from "./arbitraries.js"

const read = reader("workbooks", Schema.Struct({ workbooks: Scalar.list("workbook", Workbooks.Workbook) }))

const request = {
  operation: "Things.get",
  url: new URL("https://tableau.example.com/"),
  readOnly: true,
  sanitize: (text: string | undefined) => text
}

/** Reads it as a success and as an error response. */
const classified = (text: string) =>
  [200, 404].map((status) =>
    classify(
      request,
      { status, location: undefined, retryAfter: undefined, contentType: "", date: undefined, text: textOf(text) },
      read,
      0
    )
  )

const nanoseconds = (text: string) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeNanos
    yield* Effect.sync(() => classified(text))
    return Number((yield* Clock.currentTimeNanos) - start)
  })

/** The least of several times: noise only adds. */
const best = (text: string, times: number) =>
  Effect.map(Effect.replicateEffect(nanoseconds(text), times), (taken) => Math.min(...taken))

const size = 150_000

/** Times below this, in nanoseconds, are noise. */
const noise = 25e6

/** Quadratic time would be 16; linear time is a little more than 4, because of caches. */
const limit = 9

export interface Growth {
  readonly shape: string
  /** The ratio of the times for four times the size; the smaller time is at least the noise. */
  readonly factor: number
  readonly linear: boolean
}

const growth = (shape: string, make: (size: number) => string): Effect.Effect<Growth> =>
  Effect.gen(function* () {
    const [small, large] = [make(size), make(4 * size)]
    let factor = Number.POSITIVE_INFINITY
    // Repeated if it is too large: another program may have used the processor.
    for (let attempt = 0; attempt < 8 && factor > limit; attempt++) {
      factor = Math.min(factor, (yield* best(large, 4)) / Math.max(yield* best(small, 4), noise))
    }
    return { shape, factor, linear: factor <= limit }
  })

/** One measurement for each shape of document. */
export const growths = Object.entries(shapes).map(([shape, make]) => growth(shape, make))
