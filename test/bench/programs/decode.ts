/** From the bytes of a page to models: by this package, or by the bare loop. */
import { readFileSync } from "node:fs"
import { given, givenNumber, inTurns, Tally } from "./reporting.js"

/** Decodes a page and returns its number of items; adds them to the tally if there is one. */
type Read = (bytes: Uint8Array, tally?: Tally) => number

const bare = async (): Promise<Read> => {
  const { read } = await import("./bare.js")
  return (bytes, tally) => {
    const { workbooks } = read(bytes)
    for (const { createdAt, name, size, tags } of tally === undefined ? [] : workbooks) {
      tally?.add(name, size, createdAt?.getTime(), tags.length)
    }
    return workbooks.length
  }
}

/**
 * What happens to each response: it is classified, and read. The modules are internal, so they are loaded as the
 * compiler wrote them, before the build joined them.
 */
const ours = async (): Promise<Read> => {
  const file = (name: string) => new URL(`./build/${name}.js`, import.meta.resolve("effect-tableau/package.json")).href
  const Classify: typeof import("../../../packages/tableau/src/internal/http/errorResponse.js") = await import(
    file("internal/http/errorResponse")
  )
  const Leaf: typeof import("../../../packages/tableau/src/internal/xml/scalar.js") = await import(
    file("internal/xml/scalar")
  )
  const Paging: typeof import("../../../packages/tableau/src/internal/operation/numberedPages.js") = await import(
    file("internal/operation/numberedPages")
  )
  const Reader: typeof import("../../../packages/tableau/src/internal/xml/reader.js") = await import(
    file("internal/xml/reader")
  )
  const Text: typeof import("../../../packages/tableau/src/internal/xml/chunks.js") = await import(
    file("internal/xml/chunks")
  )
  const Either = await import("effect/Either")
  const DateTime = await import("effect/DateTime")
  const Schema = await import("effect/Schema")
  const { Workbook }: typeof import("../../../packages/tableau/src/Workbooks.js") = await import(file("Workbooks"))
  const read = Reader.reader(
    "bench",
    Schema.Struct({ pagination: Paging.Pagination, workbooks: Leaf.list("workbook", Workbook) })
  )
  const request = {
    operation: "bench",
    url: new URL("http://127.0.0.1"),
    readOnly: true,
    sanitize: (text: string | undefined) => text
  }
  return (bytes, tally) => {
    const text = Text.decode(bytes)
    const response = {
      status: 200,
      location: undefined,
      retryAfter: undefined,
      contentType: "application/xml",
      date: undefined,
      // Another checkout may decode without a check.
      text: Either.isEither(text) ? Either.getOrThrow(text) : text
    }
    const { value } = Either.getOrThrow(Classify.classify(request, response, read, 0))
    for (const { createdAt, name, size, tags } of tally === undefined ? [] : value.workbooks) {
      tally?.add(name, size, createdAt && DateTime.toEpochMillis(createdAt), tags?.length ?? 0)
    }
    return value.workbooks.length
  }
}

const read = await (given("BY") === "bare" ? bare() : ours())
const bytes = new Uint8Array(readFileSync(given("PAGE")))

/** Decodes the page for some seconds, and returns the microseconds of CPU for an item. */
const run = (seconds: number): number => {
  let items = 0
  const before = process.cpuUsage()
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) items += read(bytes)
  const { system, user } = process.cpuUsage(before)
  return (system + user) / items
}

const tally = new Tally()
read(bytes, tally)
run(1)
await inTurns(() => ({ items: tally.items, sum: tally.sum, perItem: run(givenNumber("SECONDS")) }))
