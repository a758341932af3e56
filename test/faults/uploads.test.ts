/** Faults at each stage of a publish: the result of the caller, and what is on the server then. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import { Datasources, TableauSession, type Upload } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { open, server } from "../support/session.js"
import { contentOf, copies, ended, name, requestsInFlight, strike, toTheEnd, tracked } from "./publishing.js"

const MiB = 1024 * 1024

/** Three blocks, of which the server's megabytes show that one is missing or repeated. */
const large = { content: contentOf(6 * MiB), upload: { blockSize: 2 * MiB, singleRequestLimit: 0 } }

/** Three blocks that the server's megabytes do not show. */
const small = { content: contentOf(40 * 1024), upload: { blockSize: 16 * 1024, singleRequestLimit: 0 } }

/** One request. */
const whole = { content: contentOf(40 * 1024), upload: {} }

const after = { when: "after" } as const

/** What the server does instead of the normal response. */
const faults = {
  "503": Fault.status(503),
  "503, when it was done": Fault.status(503, after),
  "500": Fault.status(500),
  "429": Fault.rateLimited("10 seconds"),
  "a reset": Fault.reset(),
  "a reset, when it was done": Fault.reset(after),
  "no response": Fault.hang(),
  "no response, when it was done": Fault.hang(after),
  "a cut response": Fault.truncate(10),
  "a login page": Fault.loginPage,
  "an ended session": Fault.endSession,
  "403": Fault.status(403),
  "404 for the upload": Fault.status(404, { code: "404015" }),
  "413": Fault.status(413)
} as const

type Name = keyof typeof faults

const timesOut = (fault: Name): boolean => fault.startsWith("no response")

type Expected = Readonly<Record<Name, string>>

/** An upload more has no effect, so that a transient failure only costs time. */
const atStart: Expected = {
  "503": "success",
  "503, when it was done": "success",
  "500": "ServerFault, acted: no",
  "429": "success",
  "a reset": "success",
  "a reset, when it was done": "success",
  "no response": "success",
  "no response, when it was done": "success",
  "a cut response": "success",
  "a login page": "UnexpectedResponse, acted: no",
  "an ended session": "success",
  "403": "Forbidden, acted: no",
  "404 for the upload": "NotFound, acted: no",
  "413": "BadRequest, acted: no"
}

/** A block is sent again, or the upload begins again, unless a second block would be refused, too. */
const inBlock: Expected = { ...atStart, "500": "success", "a login page": "success", "404 for the upload": "success" }

/** The commit is sent again only if the server did nothing. */
const atCommit: Expected = {
  "503": "ServerFault, acted: unknown",
  "503, when it was done": "ServerFault, acted: unknown",
  "500": "ServerFault, acted: unknown",
  "429": "success",
  "a reset": "ConnectionFailed, acted: unknown",
  "a reset, when it was done": "ConnectionFailed, acted: unknown",
  "no response": "TimedOut, acted: unknown",
  "no response, when it was done": "TimedOut, acted: unknown",
  "a cut response": "ConnectionFailed, acted: unknown",
  "a login page": "UnexpectedResponse, acted: unknown",
  "an ended session": "success",
  "403": "Forbidden, acted: no",
  "404 for the upload": "NotFound, acted: no",
  "413": "BadRequest, acted: no"
}

interface Stage {
  readonly title: string
  readonly operation: Simulator.Operation
  readonly request: number
  readonly given: { readonly content: string; readonly upload: Upload.Options }
  readonly expected: Expected
}

const inBlocks = (title: string, given: Stage["given"]): ReadonlyArray<Stage> => [
  { title: `${title}: the start`, operation: "initiateFileUpload", request: 1, given, expected: atStart },
  ...[1, 2, 3].map((request) => ({
    title: `${title}: block ${request}`,
    operation: "appendToFileUpload" as const,
    request,
    given,
    expected: inBlock
  })),
  { title: `${title}: the commit`, operation: "publishDataSource", request: 1, given, expected: atCommit }
]

const stages: ReadonlyArray<Stage> = [
  ...inBlocks("blocks of 2 MiB", large),
  ...inBlocks("blocks of 16 KiB", small),
  { title: "one request", operation: "publishDataSource", request: 1, given: whole, expected: atCommit }
]

/** Runs a publish, and checks what must hold whatever happens. Returns how it ended. */
const publishUnder = (
  stage: Stage,
  fault: Name,
  { asJob = false, ...options }: Parameters<typeof tracked>[1] & { readonly asJob?: boolean } = {}
) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator
    const inFlight = yield* requestsInFlight
    const published = yield* copies(simulator)
    const { content, upload } = stage.given
    const { file, seen } = tracked(content, options)
    yield* strike(simulator, stage.operation, stage.request, faults[fault])
    const session = yield* open({ retry: undefined })
    const exit = yield* toTheEnd(
      Effect.provideService(Datasources.publish(file, { name, upload, asJob }), TableauSession, session),
      Effect.map(simulator.count(stage.operation), (count) => timesOut(fault) && count === stage.request)
    )
    const end = ended(exit)
    const there = yield* published
    expect(there.length).toBeLessThanOrEqual(1)
    for (const copy of there) expect(copy === content, "the bytes are those of the file").toBe(true)
    if (end === "success") expect(there).toHaveLength(1)
    if (end.endsWith("acted: no")) expect(there).toHaveLength(0)
    expect(seen.closed).toBe(seen.opened)
    expect(yield* inFlight).toBe(0)
    return end
  }).pipe(Effect.scoped)

const names = Record.keys(faults)

// The outcome of the block is unknown, and it is sent again under its number.
const unknown = ["503, when it was done", "a reset", "a reset, when it was done", "a cut response"] as const

for (const repeatedSequenceId of ["replace", "append", "refuse"] as const) {
  const numbered = { ...large, upload: { ...large.upload, concurrency: 2 } }
  describe(`a publish in parallel blocks, where the server does this with a repeated number: ${repeatedSequenceId}`, () => {
    for (const stage of inBlocks("blocks of 2 MiB", numbered).filter(({ expected }) => expected === inBlock)) {
      for (const fault of unknown) {
        it.effect(`${stage.title} under ${fault} succeeds`, () =>
          Effect.gen(function* () {
            expect(yield* publishUnder(stage, fault)).toBe("success")
          }).pipe(Effect.provide(server({ repeatedSequenceId })))
        )
      }
    }
  })
}

describe("a publish of a file that can be read once", () => {
  const [, , second] = inBlocks("blocks of 16 KiB", small)
  if (second === undefined) return
  it.effect("fails when a small block may be there twice, and nothing is published", () =>
    Effect.gen(function* () {
      const end = yield* publishUnder(second, "a reset, when it was done", { replayable: false })
      expect(end).toBe("ConnectionFailed, acted: no")
    }).pipe(Effect.provide(server()))
  )
})

describe("a publish", () => {
  for (const stage of stages) {
    for (const fault of names) {
      it.effect(`${stage.title} under ${fault} ends with ${stage.expected[fault]}`, () =>
        Effect.gen(function* () {
          expect(yield* publishUnder(stage, fault)).toBe(stage.expected[fault])
        }).pipe(Effect.provide(server()))
      )
    }
  }
})

describe("a publish by a job", () => {
  // A poll changes nothing: the next one may succeed.
  const passes = ["503", "500", "429", "a reset", "no response", "a cut response", "an ended session"] as const
  for (const request of [1, 2]) {
    const stage: Stage = { title: `poll ${request}`, operation: "queryJob", request, given: small, expected: atStart }
    for (const fault of passes) {
      it.effect(`${stage.title} under ${fault} returns the content`, () =>
        Effect.gen(function* () {
          expect(yield* publishUnder(stage, fault, { asJob: true })).toBe("success")
        }).pipe(Effect.provide(server()))
      )
    }
  }

  for (const [end, expected] of [
    ["Failed", "JobFailed"],
    ["Cancelled", "JobCancelled"]
  ] as const) {
    it.effect(`that is ${end} fails with ${expected}, and nothing is published`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const published = yield* copies(simulator)
        yield* simulator.planJobs({ type: "PublishDatasource", end })
        const session = yield* open()
        const { file } = tracked(small.content)
        const publish = Datasources.publish(file, { name, upload: small.upload, asJob: true })
        expect(ended(yield* toTheEnd(Effect.provideService(publish, TableauSession, session)))).toContain(expected)
        expect(yield* published).toEqual([])
      }).pipe(Effect.scoped, Effect.provide(server()))
    )
  }
})
