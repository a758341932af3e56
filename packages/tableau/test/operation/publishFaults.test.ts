/** Publications that fail: what the error says, and that no publication is ever sent twice. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Datasources, Flows, Upload, Workbooks } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { errorResponse, type Script, type ScriptedResponse, xml } from "../../../../test/support/scriptedServer.js"
import { collecting, logging } from "../telemetry/observing.js"
import { onScript } from "./onScript.js"
import {
  commits,
  credentials,
  file,
  type Publication,
  password,
  publishing,
  soon,
  uploads,
  workbook
} from "./publishing.js"
import { failure, test, value } from "./requestTests.js"

const immediately = { retry: { schedule: Schedule.recurs(5) } }

const small = Workbooks.publish(file("Sales.twbx"), {})
const large = Workbooks.publish(file("Sales.twbx"), { upload: { singleRequestLimit: 1 } })
const asJob = Workbooks.publishAsJob(file("Sales.twbx"), {})
const awaited = Workbooks.publish(file("Sales.twbx"), { asJob: true })

const ways: ReadonlyArray<readonly [string, Publication]> = [
  ["a file in one request", small],
  ["an uploaded file", large],
  ["a job", asJob],
  ["an awaited job", awaited]
]

const html = (status: number): ScriptedResponse => ({ status, body: "<html><body>Gateway</body></html>" })

/** Failures after which it is unknown whether the server has published the file. */
const uncertain: ReadonlyArray<readonly [string, ScriptedResponse, object]> = [
  ["the connection breaks", { ending: "reset" }, { _tag: "ConnectionFailed" }],
  ["the response is cut off", { ...workbook, ending: "close" }, { _tag: "ConnectionFailed" }],
  ["a gateway responds with 502", html(502), { _tag: "ServerFault", status: 502 }],
  ["a gateway responds with 504", html(504), { _tag: "ServerFault", status: 504 }],
  ["the server responds with 500", errorResponse(500, "500000"), { _tag: "ServerFault", code: "500000" }],
  ["the server responds with 503", errorResponse(503, "503000"), { _tag: "ServerFault", status: 503 }],
  ["the server responds with 408", html(408), { status: 408 }],
  ["the response is a page", html(200), { _tag: "UnexpectedResponse", kind: "Html" }],
  ["the response has no content", xml("<nothing/>"), { _tag: "UnexpectedResponse", kind: "Malformed" }]
]

describe("an unknown outcome", () => {
  for (const [way, publish] of ways) {
    for (const [what, reply, expected] of uncertain) {
      // The list before an awaited job is read: its own failures are not those of the publication.
      const script = {
        ...publishing(reply),
        "GET /sites/s/workbooks": xml('<pagination pageNumber="1" pageSize="100" totalAvailable="0"/><workbooks/>')
      }
      test(`${way} is not published again when ${what}`, () =>
        Effect.gen(function* () {
          const { calls, exit } = yield* onScript(Effect.flip(publish), script, immediately)
          expect(value(exit)).toMatchObject({ ...expected, acted: "unknown" })
          expect(commits(calls)).toHaveLength(1)
        }))
    }
  }
})

describe("a certain outcome", () => {
  test("a publication that the server did not accept for now is sent again", () =>
    Effect.gen(function* () {
      const busy = { status: 429, headers: { "retry-after": "0" } }
      const { calls, exit } = yield* onScript(small, publishing([busy, busy, workbook]), immediately)
      expect(value(exit).id).toBe("w1")
      expect(commits(calls)).toHaveLength(3)
    }))

  test("a file that cannot be read twice is not sent again", () =>
    Effect.gen(function* () {
      const content = Stream.make(new Uint8Array([1, 2, 3]))
      const once = Upload.file({ name: "Sales.twbx", size: 3, content, replayable: false })
      const { calls, exit } = yield* onScript(
        Workbooks.publish(once, {}),
        publishing([{ status: 429 }, workbook]),
        immediately
      )
      expect(failure(exit)).toMatchObject({ _tag: "RateLimited", acted: "no" })
      expect(commits(calls)).toHaveLength(1)
    }))

  test("a file that cannot be read fails with its own error, and is not published", () =>
    Effect.gen(function* () {
      const content = Stream.concat(Stream.make(new Uint8Array([1])), Stream.fail("disk" as const))
      const broken = Upload.file({ name: "Sales.twbx", size: 3, content })
      const inBlocks = Workbooks.publish(broken, { upload: { singleRequestLimit: 1 } })
      const { calls, exit } = yield* onScript(
        Effect.all([Effect.flip(Workbooks.publish(broken, {})), Effect.flip(inBlocks)]),
        publishing(),
        immediately
      )
      expect(value(exit)).toEqual(["disk", "disk"])
      expect(commits(calls)).toEqual([])
    }))

  test("an empty file is refused before anything is sent", () =>
    Effect.gen(function* () {
      const empty = file("Sales.twbx", 0)
      for (const publish of [
        Effect.asVoid(Workbooks.publish(empty, {})),
        Effect.asVoid(Workbooks.publishAsJob(empty, {}))
      ]) {
        const { calls, exit } = yield* onScript(publish, publishing())
        expect(failure(exit)).toMatchObject({ _tag: "BadRequest", acted: "no", detail: '"Sales.twbx" is empty.' })
        expect(commits(calls)).toEqual([])
      }
    }))

  test("an upload that fails is not published, and the server has not acted", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(large, {
        ...publishing(),
        "PUT /sites/s/fileUploads/{session}": errorResponse(400, "400016", "Bad Request", "too large")
      })
      expect(failure(exit)).toMatchObject({ _tag: "BadRequest", code: "400016", acted: "no" })
      expect(commits(calls)).toEqual([])
    }))
})

const exists = 'publish with `mode: "overwrite"` to replace it'

/** Tableau's errors of publications, and what their messages advise. */
const advised: ReadonlyArray<readonly [ScriptedResponse, object, string]> = [
  [errorResponse(403, "403007", "Forbidden", "not allowed"), { _tag: "Forbidden" }, '`mode: "overwrite"` replaces it'],
  [errorResponse(403, "403130", "Forbidden"), { _tag: "Forbidden" }, exists],
  [errorResponse(409, "409012", "Conflict"), { _tag: "Conflict" }, exists],
  [errorResponse(409, "409013", "Conflict"), { _tag: "Conflict" }, exists],
  [errorResponse(409, "409015", "Conflict"), { _tag: "Conflict" }, exists],
  [errorResponse(409, "409041", "Conflict"), { _tag: "Conflict" }, exists],
  [errorResponse(409, "409000", "Conflict"), { _tag: "Conflict" }, 'publish with `mode: "overwrite"`'],
  [errorResponse(403, "403008", "Forbidden"), { _tag: "Forbidden" }, "storage of the site is used up"],
  [errorResponse(403, "403131", "Forbidden"), { _tag: "Forbidden" }, "Another publish of this name is in progress"],
  [errorResponse(403, "403132", "Forbidden"), { _tag: "Forbidden" }, "`skipConnectionCheck: true`"],
  [
    errorResponse(400, "400011", "Bad Request", "The file has a problem: no such table"),
    { _tag: "BadRequest", detail: "The file has a problem: no such table" },
    "The file has a problem: no such table"
  ],
  [errorResponse(403, "403132", "Forbidden"), { _tag: "Forbidden" }, "the server refused this"],
  [errorResponse(404, "404004", "Not found"), { _tag: "NotFound" }, "check `name` and `projectId`"],
  [html(502), { _tag: "ServerFault", status: 502 }, "look for the content before you publish it again"],
  [{ ending: "reset" }, { _tag: "ConnectionFailed", isSignedIn: true }, "look for the content before you publish it"],
  [html(504), { _tag: "ServerFault", status: 504 }, "With `asJob: true` the server publishes in the background"]
]

describe("advice", () => {
  for (const [reply, expected, advice] of advised) {
    test(`${JSON.stringify(expected)} says: ${advice}`, () =>
      Effect.gen(function* () {
        const { exit } = yield* onScript(small, publishing(reply))
        const error = failure(exit)
        expect(error).toMatchObject({ ...expected, operation: "Workbooks.publish" })
        expect(String(error)).toContain(advice)
        // Generic advice does not contradict the specific one.
        expect(String(error)).not.toMatch(/speaks TLS|signed-in user may not/)
      }))
  }

  test("a publication that takes too long advises to look for the content, and to publish in the background", () =>
    Effect.gen(function* () {
      const slow: ScriptedResponse = { ...workbook, delay: "1 minute" }
      const { calls, exit } = yield* onScript(small, publishing(slow), { requestTimeout: "100 millis", ...immediately })
      const error = failure(exit)
      expect(error).toMatchObject({ _tag: "TimedOut", acted: "unknown" })
      expect(String(error)).toContain("look for the content before you publish it again")
      expect(commits(calls)).toHaveLength(1)
    }))
})

describe("advice after an upload", () => {
  const refusals: ReadonlyArray<readonly [string, ScriptedResponse]> = [
    ["Conflict", errorResponse(409, "409000", "Conflict")],
    ["ServerFault", html(504)]
  ]
  for (const [_tag, reply] of refusals) {
    test(`${_tag} of the request that publishes an upload has the advice of a publication`, () =>
      Effect.gen(function* () {
        const { exit } = yield* onScript(large, publishing(reply))
        const error = failure(exit)
        expect(error).toMatchObject({ _tag, operation: "Workbooks.publish" })
        expect(error).toHaveProperty("hint", expect.stringMatching(/mode: "overwrite"|With `asJob: true`/))
      }))

    test(`${_tag} of the upload itself has no advice on publications`, () =>
      Effect.gen(function* () {
        const { calls, exit } = yield* onScript(large, { ...publishing(), "POST /sites/s/fileUploads": reply })
        const error = failure(exit)
        expect(error).toMatchObject({ _tag, operation: "FileUploads.initiate" })
        expect(String(error)).not.toMatch(/overwrite|asJob/)
        expect(commits(calls)).toEqual([])
      }))
  }
})

describe("time", () => {
  test("a publication after an upload has 30 minutes, and no others", () =>
    Effect.gen(function* () {
      const later: ScriptedResponse = { ...workbook, delay: "500 millis" }
      const options = { requestTimeout: "200 millis", ...immediately } as const
      const patient = yield* onScript(large, publishing(later), options)
      expect(value(patient.exit).id).toBe("w1")
      const impatient = yield* onScript(small, publishing(later), options)
      expect(failure(impatient.exit)).toMatchObject({ _tag: "TimedOut", after: 200 })
    }))

  test("publishTimeout limits the publication after an upload", () =>
    Effect.gen(function* () {
      const publish = Workbooks.publish(file("Sales.twbx"), {
        upload: { singleRequestLimit: 1 },
        publishTimeout: "150 millis"
      })
      const { calls, exit } = yield* onScript(publish, publishing(slow), immediately)
      expect(failure(exit)).toMatchObject({ _tag: "TimedOut", after: 150, acted: "unknown" })
      expect(commits(calls)).toHaveLength(1)
    }))

  const slow: ScriptedResponse = { ...workbook, delay: "1 minute" }

  test("the deadline of an upload ends its publication, whose outcome is then unknown", () =>
    Effect.gen(function* () {
      for (const singleRequestLimit of [0, 100]) {
        const publish = Workbooks.publish(file("Sales.twbx"), {
          upload: { deadline: "300 millis", singleRequestLimit }
        })
        const { calls, exit } = yield* onScript(publish, publishing(slow), immediately)
        expect(failure(exit)).toMatchObject({ _tag: "TimedOut", operation: "Workbooks.publish", acted: "unknown" })
        expect(commits(calls)).toHaveLength(1)
      }
    }))

  test("the deadline of a file that was not read completely means that nothing is published", () =>
    Effect.gen(function* () {
      const part = new Uint8Array(2)
      for (const [content, acted] of [
        [Stream.concat(Stream.make(part), Stream.never), "no"],
        [Stream.make(part, part), "unknown"]
      ] as const) {
        const upload = { deadline: "300 millis" } as const
        const publish = Workbooks.publish(Upload.file({ name: "Sales.twbx", size: 4, content }), { upload })
        const { exit } = yield* onScript(publish, publishing(slow), immediately)
        expect(failure(exit)).toMatchObject({ _tag: "TimedOut", operation: "Workbooks.publish", acted })
      }
    }))

  test("the deadline of an upload that has not ended means that nothing is published", () =>
    Effect.gen(function* () {
      const upload = { deadline: "300 millis", singleRequestLimit: 0 } as const
      const { calls, exit } = yield* onScript(Workbooks.publish(file("Sales.twbx"), { upload }), {
        ...publishing(),
        "POST /sites/s/fileUploads": slow
      })
      expect(failure(exit)).toMatchObject({ _tag: "TimedOut", acted: "no" })
      expect(commits(calls)).toEqual([])
    }))

  test("the stall timeout of an upload is also that of the request that publishes", () =>
    Effect.gen(function* () {
      const upload = { stallTimeout: "100 millis" } as const
      const publish = Workbooks.publish(file("Sales.twbx"), { upload })
      const { calls, exit } = yield* onScript(publish, publishing(slow), immediately)
      expect(failure(exit)).toMatchObject({ _tag: "TimedOut", after: 100, acted: "unknown" })
      expect(commits(calls)).toHaveLength(1)
    }))
})

describe("passwords", () => {
  const published: ReadonlyArray<Publication> = [
    Workbooks.publish(file("a.twbx"), { connections: [{ serverAddress: "db", credentials }] }),
    Workbooks.publish(file("a.twbx"), { credentials, upload: { singleRequestLimit: 0 } }),
    Datasources.publishAsJob(file("a.tds"), { credentials }),
    Flows.publish(file("a.tfl"), { connections: [{ serverAddress: "db", credentials }] }),
    Workbooks.publish(file("a.twbx"), { credentials, asJob: true })
  ]

  for (const [index, publish] of published.entries()) {
    test(`a password is in the body of publication ${index + 1}, and in no error, log line or span`, () =>
      Effect.gen(function* () {
        // The server repeats what it was sent, in clear text and as XML.
        const repeated = password.replace("&", "&amp;")
        const echo = errorResponse(400, "400011", `bad ${repeated}`, `${repeated} is not the password of "${repeated}"`)
        const { spans, tracing } = collecting()
        const { layer, lines } = logging()
        const { calls, exit } = yield* onScript(Effect.provide(Effect.sandbox(publish), layer), {
          ...uploads,
          "GET /sites/s/workbooks": xml('<pagination pageNumber="1" pageSize="100" totalAvailable="0"/><workbooks/>'),
          "POST /sites/s/workbooks": echo,
          "POST /sites/s/datasources": echo,
          "POST /sites/s/flows": echo
        }).pipe(Effect.provide(tracing))
        expect(commits(calls)[0]?.body).toContain(`password="${repeated}"`)
        expect(calls.filter(({ body }) => body.includes(repeated))).toHaveLength(1)
        expect(exit._tag).toBe("Failure")
        const shown = [
          JSON.stringify(exit),
          exit._tag === "Failure" ? Cause.pretty(exit.cause, { renderErrorCause: true }) : "",
          ...lines,
          JSON.stringify(spans.map(({ attributes, events, exit }) => [[...attributes], events, exit]))
        ].join("\n")
        expect(shown).not.toContain(password)
        expect(shown).not.toContain(repeated)
        expect(shown).toContain("400011")
      }))
  }

  const noList = xml('<pagination pageNumber="1" pageSize="100" totalAvailable="0"/><workbooks/>')
  const escaped = password.replace("&", "&amp;")
  const refusal = errorResponse(403, "403004", `bad ${escaped}`, `${escaped} is not the password`)
  const startedJob = { ...xml('<job id="j1" type="PublishWorkbook"/>'), status: 202 }
  const endedJob = (finishCode: number) =>
    xml(
      `<job id="j1" type="PublishWorkbook" finishCode="${finishCode}" completedAt="2026-03-01T10:00:05Z"><statusNotes><statusNote type="error" text="no sign-in of ana with ${escaped}"/></statusNotes><extractRefreshJob><notes>pwd=${escaped};</notes></extractRefreshJob></job>`
    )
  const jobs: ReadonlyArray<readonly [string, tag: string, rest: string, Script]> = [
    ["the notes of a failed job", "JobFailed", "no sign-in of ana with", { "GET /sites/s/jobs/j1": endedJob(1) }],
    ["the notes of a cancelled job", "JobCancelled", "no sign-in of ana with", { "GET /sites/s/jobs/j1": endedJob(2) }],
    ["the error of a poll", "JobTimedOut", "403004", { "GET /sites/s/jobs/j1": refusal }],
    [
      "the error of the list after the job",
      "NotFound",
      "403004",
      { "GET /sites/s/jobs/j1": endedJob(0), "GET /sites/s/workbooks": [noList, refusal] }
    ]
  ]
  for (const [where, tag, rest, script] of jobs) {
    it.effect(`a password of a publication is not in what the user sees of ${where}`, () =>
      Effect.gen(function* () {
        const { spans, tracing } = collecting()
        const { layer, lines } = logging()
        const connections = [{ serverAddress: "db", credentials }]
        const publish = Workbooks.publish(file("a.twbx"), { connections, asJob: true })
        const { exit } = yield* onScript(soon(Effect.provide(publish, layer)), {
          ...publishing(startedJob),
          "GET /sites/s/workbooks": noList,
          ...script
        }).pipe(Effect.provide(tracing))
        const error = failure(exit)
        expect(error).toMatchObject({ _tag: tag, acted: "yes" })
        const shown = [
          String(error),
          inspect(error, { depth: 20, showHidden: true }),
          JSON.stringify(error),
          ...lines,
          // A span ends with what its effect returns, and of a success nothing is exported: the job is a result of its poll.
          ...spans.map(({ attributes, events, exit }) =>
            inspect([attributes, events, exit?._tag === "Failure" && exit], { depth: 20 })
          )
        ].join("\n")
        expect(String(error)).toContain(rest)
        expect(shown).toContain("<redacted>")
        expect(shown).not.toContain(password)
        expect(shown).not.toContain(escaped)
      }).pipe(Effect.provide(layerHttpClient))
    )
  }
})
