/** How the time for a document grows with its size. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Workbooks } from "effect-tableau"
import { classify } from "../../packages/tableau/src/internal/http/errorResponse.js"
import { reader } from "../../packages/tableau/src/internal/xml/reader.js"
import * as Leaf from "../../packages/tableau/src/internal/xml/scalar.js"
import { textOf } from "../support/text.js"
import { shapes } from "./arbitraries.js"

const read = reader("workbooks", Schema.Struct({ workbooks: Leaf.list("workbook", Workbooks.Workbook) }))

const asked = { operation: "Things.get", url: new URL("https://tableau.example.com/"), readOnly: true }

/** As an answer and as a refusal: all that is ever done with a text. */
const answered = (text: string) =>
  [200, 404].map((status) =>
    classify(
      asked,
      { status, location: undefined, retryAfter: undefined, contentType: "", date: undefined, text: textOf(text) },
      read,
      0
    )
  )

const nanoseconds = (text: string) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeNanos
    yield* Effect.sync(() => answered(text))
    return Number((yield* Clock.currentTimeNanos) - start)
  })

/** The best of some, which noise makes no better. */
const best = (text: string, times: number) =>
  Effect.map(Effect.replicateEffect(nanoseconds(text), times), (taken) => Math.min(...taken))

const size = 150_000

/** Less time than this for the small one, in nanoseconds, says more of the machine than of the document. */
const noise = 25e6

/** A square would make it 16; what is linear gets a little more than 4 out of memory that is less near. */
const limit = 9

export interface Growth {
  readonly shape: string
  /** How many times as long it takes for four times as much, or as the time that is noise if that is longer. */
  readonly factor: number
  readonly linear: boolean
}

const growth = (shape: string, make: (size: number) => string): Effect.Effect<Growth> =>
  Effect.gen(function* () {
    const [small, large] = [make(size), make(4 * size)]
    let factor = Number.POSITIVE_INFINITY
    // Again if it looks bad: another program may have had the processor.
    for (let attempt = 0; attempt < 8 && factor > limit; attempt++) {
      factor = Math.min(factor, (yield* best(large, 4)) / Math.max(yield* best(small, 4), noise))
    }
    return { shape, factor, linear: factor <= limit }
  })

/** Each shape of document, one after the other. */
export const growths = Object.entries(shapes).map(([shape, make]) => growth(shape, make))
