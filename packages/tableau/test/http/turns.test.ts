/** A large response lets the event loop turn while it is decoded and read; a small one takes no turn. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { Xml } from "effect-tableau"
import { textOf } from "../../../../test/support/text.js"
import { tsResponse } from "../../../../test/support/xml.js"
import * as BodyText from "../../src/internal/http/bodyText.js"
import type { IncomingResponse } from "../../src/internal/http/exchange.js"
import { withoutSecrets } from "../../src/internal/http/serverText.js"
import { turnSize } from "../../src/internal/http/turns.js"
import { xmlReader } from "../../src/internal/http/xmlResponse.js"
import { reader } from "../../src/internal/xml/reader.js"

const item = (index: number) => `<thing id="${index}" name="${"é".repeat(40)}"/>`

/** A document with as many characters, or a few more. */
const documentOf = (length: number): string => {
  const items: Array<string> = []
  for (let size = 0; size < length; size += item(items.length).length) items.push(item(items.length))
  return tsResponse(`<things>${items.join("")}</things>`)
}

const things = Schema.Struct({ things: Xml.list("thing", Schema.Struct({ id: Schema.String, name: Schema.String })) })

const responseOf = (text: string): IncomingResponse => ({
  request: {
    operation: "Things.list",
    url: new URL("https://tableau.example.com"),
    readOnly: true,
    sanitize: withoutSecrets
  },
  head: {
    status: 200,
    location: undefined,
    retryAfter: undefined,
    contentType: "application/xml",
    date: undefined
  },
  header: () => undefined,
  text: Effect.sync(() => textOf(text)),
  bytes: Effect.sync(() => new TextEncoder().encode(text)),
  end: Effect.void,
  now: () => 0
})

const receive = (text: string) => xmlReader(reader("things", things)).receive(responseOf(text))

const decode = (text: string) => Effect.suspend(() => BodyText.decode(responseOf(text), new TextEncoder().encode(text)))

/** How often the event loop turned while an effect ran. */
const turns = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    let count = 0
    let hasEnded = false
    const tick = () => {
      if (hasEnded) return
      count += 1
      setImmediate(tick)
    }
    setImmediate(tick)
    const result = yield* effect
    hasEnded = true
    return { count, result }
  })

describe("a response of many slices", () => {
  it.live("reading it lets the event loop turn once per slice", () =>
    Effect.gen(function* () {
      const slices = 12
      const text = documentOf(slices * turnSize)
      const { count, result } = yield* turns(receive(text))
      expect(result.value.things.length).toBe(text.match(/<thing /g)?.length)
      expect(count).toBeGreaterThanOrEqual(slices - 1)
    })
  )

  it.live("decoding its bytes lets the event loop turn once per slice", () =>
    Effect.gen(function* () {
      const text = documentOf(3 * turnSize)
      const { count, result } = yield* turns(decode(text))
      expect(result.join("")).toBe(text)
      expect(count).toBeGreaterThanOrEqual(Math.floor(Buffer.byteLength(text) / turnSize) - 1)
    })
  )

  it.live("reading it ends at once when it is interrupted", () =>
    Effect.gen(function* () {
      let scalars = 0
      const counted = Schema.String.pipe(
        Schema.filter(() => {
          scalars += 1
          return true
        })
      )
      const read = reader("things", Schema.Struct({ things: Xml.list("thing", Schema.Struct({ id: counted })) }))
      const text = documentOf(40 * turnSize)
      const fiber = yield* Effect.fork(xmlReader(read).receive(responseOf(text)))
      yield* Effect.sleep(1)
      yield* Fiber.interrupt(fiber)
      const atInterrupt = scalars
      expect(atInterrupt).toBeGreaterThan(0)
      expect(atInterrupt).toBeLessThan(text.match(/<thing /g)?.length ?? 0)
      yield* Effect.sleep(20)
      expect(scalars).toBe(atInterrupt)
    })
  )

  it.live("an error in a late slice is reported, with its line", () =>
    Effect.gen(function* () {
      const text = documentOf(5 * turnSize).replace("</things>", "\n</thing>")
      expect(yield* Effect.flip(receive(text))).toMatchObject({
        kind: "Malformed",
        detail: "2:1: <things> is not closed here"
      })
      const bytes = Buffer.from(documentOf(3 * turnSize))
      bytes[bytes.length - 3] = 0xff
      expect(yield* Effect.flip(Effect.suspend(() => BodyText.decode(responseOf(""), bytes)))).toMatchObject({
        kind: "Malformed",
        detail: `It is not valid UTF-8 (at byte ${bytes.length - 3}).`
      })
    })
  )
})

describe("a response of one slice", () => {
  it("it is decoded and read without a step of the fiber", () => {
    const text = documentOf(turnSize / 2)
    const decoded = BodyText.decode(responseOf(text), new TextEncoder().encode(text))
    expect(Either.isEither(decoded)).toBe(true)
    expect(Effect.runSync(receive(text)).value.things.length).toBeGreaterThan(100)
  })
})
