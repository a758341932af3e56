/** What publishing sends, in which requests, and what it refuses to send. */
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Credentials, Datasources, Flows, Ids, Operation, type TableauSession, Workbooks } from "effect-tableau"
import { xml } from "../../../../test/support/scriptedServer.js"
import { onScript } from "./onScript.js"
import {
  commits,
  credentials,
  file,
  type Publication,
  project,
  publishing,
  streamed,
  uploadSession,
  uploads,
  workbook
} from "./publishing.js"
import { failure, site, test, value } from "./requestTests.js"

const lines = (calls: ReadonlyArray<{ readonly line: string }>) => calls.map(({ line }) => line)

// JavaScript can pass anything.
const emptyProject: Ids.ProjectId = JSON.parse('""')

const start = `POST ${site}/fileUploads`
const committed = `POST ${site}/workbooks?uploadSessionId=1234%3A0A1B-0%3A0&workbookType=twbx`

describe("one request or an upload", () => {
  test("a file of exactly the limit is sent in one request, with its length", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Workbooks.publish(file("Sales.twbx", 10), { upload: { singleRequestLimit: 10 } }),
        publishing()
      )
      expect(value(exit)).toEqual({ id: "w1", name: "Sales" })
      expect(lines(calls)).toEqual([`POST ${site}/workbooks`])
      expect(calls[0]?.headers["content-length"]).toBe(String(calls[0]?.bytes.length))
    }))

  test("a file of one byte more than the limit is uploaded first, and the request that publishes has no file", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Workbooks.publish(file("Sales.twbx", 11), { projectId: project, upload: { singleRequestLimit: 10 } }),
        publishing()
      )
      expect(value(exit)).toEqual({ id: "w1", name: "Sales" })
      expect(calls[0]?.line).toBe(start)
      expect(lines(calls).at(-1)).toBe(committed)
      const [commit] = commits(calls)
      const boundary = /boundary=(\S+)$/.exec(commit?.headers["content-type"] ?? "")?.[1]
      expect(commit?.headers["content-type"]).toMatch(/^multipart\/mixed; boundary=/)
      expect(commit?.body).toBe(
        `--${boundary}\r\nContent-Disposition: name="request_payload"\r\nContent-Type: text/xml\r\n\r\n` +
          `<tsRequest><workbook name="Sales"><project id="p1" /></workbook></tsRequest>\r\n--${boundary}--\r\n`
      )
      const sent = calls.filter(({ method }) => method === "PUT").map(({ body }) => body.match(/A+/)?.[0])
      expect(sent.join("")).toBe("A".repeat(11))
    }))

  test("a file that was uploaded before is published by one request, without another upload", () =>
    Effect.gen(function* () {
      const uploaded = { uploadSessionId: Ids.UploadSessionId.make(uploadSession), name: "Sales.twbx" }
      const { calls, exit } = yield* onScript(Workbooks.publish(uploaded, { projectId: project }), publishing())
      expect(value(exit)).toEqual({ id: "w1", name: "Sales" })
      expect(lines(calls)).toEqual([committed])
      const wrong = yield* onScript(Workbooks.publish({ ...uploaded, name: "Sales.pdf" }), publishing())
      expect(failure(wrong.exit)).toMatchObject({ _tag: "BadRequest" })
      expect(wrong.calls).toEqual([])
    }))

  test("a file of unknown size is uploaded first, however small it is", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(Workbooks.publish(streamed("Sales.twbx", 3), {}), publishing())
      expect(calls[0]?.line).toBe(start)
      expect(lines(calls).at(-1)).toBe(committed)
    }))

  test("a stream of known size up to the limit is sent in one request", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(Workbooks.publish(streamed("Sales.twbx", 3, 3), {}), publishing())
      expect(lines(calls)).toEqual([`POST ${site}/workbooks`])
      expect(calls[0]?.headers["content-length"]).toBe(String(calls[0]?.bytes.length))
    }))

  test("data sources and flows are committed with their own parameters and types", () =>
    Effect.gen(function* () {
      const upload = { singleRequestLimit: 0 }
      const { calls } = yield* onScript(
        Effect.all([
          Datasources.publish(file("a.PARQUET"), { mode: "overwrite", upload }),
          Flows.publish(file("b.tfl"), { upload })
        ]),
        {
          ...uploads,
          "POST /sites/s/datasources": xml('<datasource id="d1"/>'),
          "POST /sites/s/flows": xml('<flow id="f1"/>')
        }
      )
      expect(lines(commits(calls))).toEqual([
        `POST ${site}/datasources?overwrite=true&uploadSessionId=1234%3A0A1B-0%3A0&datasourceType=parquet`,
        `POST ${site}/flows?uploadSessionId=1234%3A0A1B-0%3A0&flowType=tfl`
      ])
    }))

  test("onProgress reports a file that was sent in one request when it is published", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const onProgress = (progress: unknown) => Effect.sync(() => seen.push(progress)).pipe(Effect.asVoid)
      yield* onScript(Workbooks.publish(file("Sales.twbx", 7), { upload: { onProgress } }), publishing())
      expect(seen).toEqual([{ bytes: 7, total: 7 }])
    }))

  test("the upload session of a file is used once, for its own publication", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(
        Workbooks.publish(file("Sales.twb", 9), { upload: { singleRequestLimit: 1 } }),
        publishing()
      )
      expect(commits(calls).map(({ query }) => query.get("uploadSessionId"))).toEqual([uploadSession])
      expect(calls.filter(({ method, path }) => method === "POST" && path.endsWith("/fileUploads"))).toHaveLength(1)
    }))
})

/** The name in the request that publishes a workbook, and the name of its file. */
const namesOf = (body = "") => [/<workbook name="([^"]*)"/.exec(body)?.[1], /filename="([^"]*)"/.exec(body)?.[1]]

describe("names and types", () => {
  const names = [
    ["Sales.twbx", undefined, "Sales"],
    ["Sales.2026.TWB", undefined, "Sales.2026"],
    ["Umsätze – 売上 🎉.twbx", undefined, "Umsätze – 売上 🎉"],
    ["Cafe\u0301.twbx", undefined, "Caf\u00e9"],
    ["file.twbx", "Cafe\u0301", "Cafe\u0301"],
    ["file.twbx", "R & D <2026>", "R &amp; D &lt;2026&gt;"]
  ] as const
  for (const [fileName, name, sent] of names) {
    test(`${fileName} is published as ${name ?? "its name without the ending"}`, () =>
      Effect.gen(function* () {
        const { calls } = yield* onScript(Workbooks.publish(file(fileName), { name }), publishing())
        expect(namesOf(calls[0]?.body)).toEqual([sent, fileName])
      }))
  }

  const refused: ReadonlyArray<readonly [string, Publication, detail: string]> = [
    ["a file without an ending", Workbooks.publish(file("twbx"), {}), "must end with one of .twb, .twbx."],
    ["a file of another type", Workbooks.publish(file("a.tds"), {}), "must end with one of .twb, .twbx."],
    ["a large file of another type", Workbooks.publish(streamed("a.xlsx", 9), {}), "must end with one of"],
    ["a flow of another type", Flows.publish(file("a.twb"), {}), "must end with one of .tfl, .tflx."],
    ["a data source of another type", Datasources.publish(file("a.csv"), {}), ".tds, .tdsx, .hyper, .parquet, .tde."],
    ["a job of another type", Workbooks.publishAsJob(file("a.csv"), {}), "must end with one of"],
    ["an awaited job of another type", Workbooks.publish(file("a.csv"), { asJob: true }), "must end with one of"],
    ["a file whose name is only an ending", Workbooks.publish(file(".twbx"), {}), "There is no name: give `name`."],
    ["a blank name", Workbooks.publish(file("a.twbx"), { name: " " }), "There is no name: give `name`."],
    [
      "a character that XML does not allow, before a large file is uploaded",
      Workbooks.publish(streamed("a.twbx", 9), { name: "a\u0001" }),
      "contains a character that XML does not allow"
    ],
    [
      "a user and a group for the thumbnails",
      Workbooks.publish(file("a.twbx"), {
        thumbnailsUserId: Ids.UserId.make("u"),
        thumbnailsGroupId: Ids.GroupId.make("g")
      }),
      "`thumbnailsUserId` and `thumbnailsGroupId`"
    ],
    ["an empty project", Workbooks.publish(file("a.twbx"), { projectId: emptyProject }), 'projectId is ""'],
    ["an empty project of a flow", Flows.publish(file("a.tfl"), { projectId: emptyProject }), 'projectId is ""'],
    [
      "an empty user for the thumbnails",
      Workbooks.publish(file("a.twbx"), { thumbnailsUserId: JSON.parse('""') }),
      'thumbnailsUserId is ""'
    ],
    [
      "a deadline of the job that is no duration, before anything is published",
      Workbooks.publish(file("a.twbx"), { asJob: { deadline: -1 } }),
      '`asJob.deadline` is "-1"'
    ],
    [
      "a publish timeout that is no duration, before a large file is uploaded",
      Workbooks.publish(streamed("a.twbx", 9), { publishTimeout: -1 }),
      '`publishTimeout` is "-1"'
    ],
    [
      "credentials of all connections and of one",
      Workbooks.publish(file("a.twbx"), { credentials, connections: [{ serverAddress: "db", credentials }] }),
      "Both `credentials` and `connections` are given"
    ],
    [
      "both credentials for a data source",
      Datasources.publish(file("a.tds"), { credentials, connections: [{ serverAddress: "db", credentials }] }),
      "Both `credentials` and `connections` are given"
    ],
    [
      "a block size of 0, also of a small file",
      Workbooks.publish(file("a.twbx"), { upload: { blockSize: 0 } }),
      "is 0"
    ],
    ["no concurrency, also of a small file", Flows.publish(file("a.tfl"), { upload: { concurrency: 0 } }), "is 0"],
    ...[0.5, Number.NaN, -1].flatMap((size): typeof refused => [
      [`a file of ${size} bytes`, Workbooks.publish(streamed("a.twbx", 4, size), {}), "it is a whole number of bytes"],
      [
        `a file of ${size} bytes for a job`,
        Workbooks.publish(streamed("a.twbx", 4, size), { asJob: true }),
        "it is a whole number of bytes"
      ]
    ]),
    ...[Number.NaN, -1].map((singleRequestLimit): (typeof refused)[number] => [
      `a limit of ${singleRequestLimit} bytes`,
      Workbooks.publish(file("a.twbx"), { upload: { singleRequestLimit } }),
      `\`singleRequestLimit\` is ${singleRequestLimit}`
    ])
  ]
  for (const [what, publish, detail] of refused) {
    test(`${what} fails with BadRequest, and nothing is sent`, () =>
      Effect.gen(function* () {
        const { calls, exit } = yield* onScript(Effect.flip(publish), publishing())
        const error = value(exit)
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(String(error)).toContain(detail)
        expect(calls).toEqual([])
      }))
  }

  // As JavaScript calls them, where no compiler checks the options.
  const withMode = (mode: string) => JSON.parse(JSON.stringify({ mode }))
  const modes: ReadonlyArray<readonly [string, Publication, detail: string]> = [
    ["a workbook", Workbooks.publish(file("a.twb"), withMode("Overwrite")), 'it is one of "create", "overwrite".'],
    ["a job", Workbooks.publishAsJob(file("a.twb"), withMode("append")), 'it is one of "create", "overwrite".'],
    ["an awaited job", Workbooks.publish(file("a.twb"), { ...withMode("x"), asJob: true }), "it is one of"],
    [
      "a large data source",
      Datasources.publish(streamed("a.tds", 9), withMode("x")),
      '"overwrite", "append", "replace".'
    ],
    ["a flow", Flows.publish(file("a.tfl"), withMode("replace")), '`mode` is "replace"; it is one of']
  ]
  for (const [what, publish, detail] of modes) {
    test(`an unknown mode of ${what} fails with BadRequest, and nothing is sent`, () =>
      Effect.gen(function* () {
        const { calls, exit } = yield* onScript(Effect.flip(publish), publishing())
        const error = value(exit)
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(String(error)).toContain(detail)
        expect(calls).toEqual([])
      }))
  }

  test("without options, content is created with the name of its file", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(
        Effect.all([
          Workbooks.publish(file("a.twb")),
          Datasources.publish(file("b.tds")),
          Flows.publish(file("c.tfl")),
          Datasources.publishAsJob(file("d.tds"))
        ]),
        {
          "POST /sites/s/workbooks": workbook,
          "POST /sites/s/datasources": [xml('<datasource id="d1"/>'), xml('<job id="j1"/>')],
          "POST /sites/s/flows": xml('<flow id="f1"/>')
        }
      )
      expect(lines(calls)).toEqual([
        `POST ${site}/workbooks`,
        `POST ${site}/datasources`,
        `POST ${site}/flows`,
        `POST ${site}/datasources?asJob=true`
      ])
      expect(calls.map(({ body }) => /<(?:workbook|datasource|flow) name="([^"]*)"/.exec(body)?.[1])).toEqual([
        "a",
        "b",
        "c",
        "d"
      ])
    }))

  test("no hidden views and no connections send no elements for them", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(
        Workbooks.publish(file("a.twbx"), { hiddenViews: [], connections: [] }),
        publishing()
      )
      expect(calls[0]?.body).toContain('<tsRequest><workbook name="a" /></tsRequest>')
    }))
})

describe("API versions", () => {
  const large = { singleRequestLimit: 0 }
  const later: ReadonlyArray<readonly [string, apiVersion: string, required: string, Publication]> = [
    ["description of a workbook", "3.19", "3.20", Workbooks.publish(file("a.twbx"), { description: "d" })],
    ["asJob", "2.8", "3.0", Workbooks.publish(file("a.twbx"), { asJob: true })],
    ["replace", "3.24", "3.25", Datasources.publish(file("a.hyper"), { mode: "replace" })],
    ["parentDataSourceUrls", "3.28", "3.29", Datasources.publish(file("a.tds"), { parentDataSourceUrls: ["a"] })],
    [
      "the latest of several options",
      "3.0",
      "3.29",
      Datasources.publishAsJob(file("a.hyper"), { mode: "replace", parentDataSourceUrls: ["a"] })
    ],
    [
      "an option for a large file",
      "3.19",
      "3.20",
      Workbooks.publish(file("a.twbx"), { description: "d", upload: large })
    ]
  ]
  for (const [what, apiVersion, required, publish] of later) {
    test(`${what} fails with VersionUnsupported on ${apiVersion}, and nothing is sent`, () =>
      Effect.gen(function* () {
        const { calls, exit } = yield* onScript(Effect.flip(publish), publishing(), { apiVersion })
        expect(value(exit)).toMatchObject({ _tag: "VersionUnsupported", required, actual: apiVersion, acted: "no" })
        expect(calls).toEqual([])
      }))
  }

  test("a workbook without later options is published on the first version", () =>
    Effect.gen(function* () {
      const { exit } = yield* onScript(Workbooks.publish(file("a.twbx"), {}), publishing(), { apiVersion: "2.0" })
      expect(value(exit).id).toBe("w1")
    }))

  test("data sources are replaced and composed on the latest version", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(
        Datasources.publish(file("a.hyper"), { mode: "replace", parentDataSourceUrls: ["a", "b & c"] }),
        { "POST /sites/s/datasources": xml('<datasource id="d1"/>') }
      )
      expect(lines(calls)).toEqual([`POST ${site}/datasources?replace=true`])
      expect(calls[0]?.body).toContain(
        '<tsRequest><datasource name="a"><parentDataSourceUrls>a</parentDataSourceUrls><parentDataSourceUrls>b &amp; c' +
          "</parentDataSourceUrls></datasource></tsRequest>"
      )
    }))
})

const jwt = (scopes: ReadonlyArray<string>): Partial<TableauSession.Options> => {
  const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString("base64url")
  return {
    credentials: Credentials.jwt({ token: Redacted.make(`${part({ alg: "none" })}.${part({ scp: scopes })}.`) })
  }
}

describe("scopes", () => {
  test("Operation.scopes returns all that a publication can need", () =>
    Effect.sync(() => {
      const upload = "tableau:file_uploads:create"
      expect(Operation.scopes(Flows.publish)).toEqual(["tableau:flows:create", upload])
      expect(Operation.scopes(Workbooks.publishAsJob)).toEqual(["tableau:workbooks:create", upload])
      expect(Operation.scopes(Datasources.publish)).toEqual(
        expect.arrayContaining(["tableau:datasources:create", upload, "tableau:jobs:read", "tableau:content:read"])
      )
      expect(Operation.scopes(Workbooks.publish)).toEqual(
        expect.arrayContaining(["tableau:workbooks:create", upload, "tableau:jobs:read", "tableau:content:read"])
      )
    }))

  test("a JWT without the scope to publish fails with MissingScope before a large file is uploaded", () =>
    Effect.gen(function* () {
      const publish = Workbooks.publish(streamed("a.twbx", 9), {})
      const options = jwt(["tableau:file_uploads:create"])
      const { calls, exit } = yield* onScript(Effect.flip(publish), publishing(), options)
      expect(value(exit)).toMatchObject({ _tag: "MissingScope", scope: "tableau:workbooks:create", acted: "no" })
      expect(calls).toEqual([])
    }))

  test("a JWT needs no scope for uploads and jobs to publish a small file", () =>
    Effect.gen(function* () {
      const publish = Workbooks.publish(file("a.twbx"), {})
      const { exit } = yield* onScript(publish, publishing(workbook), jwt(["tableau:workbooks:create"]))
      expect(value(exit).id).toBe("w1")
    }))
})

describe("flows", () => {
  test("the mode create is not sent, and an unknown response fails", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(Flows.publish(file("a.tflx"), { mode: "create" }), {
        "POST /sites/s/flows": xml("<nothing/>")
      })
      expect(lines(calls)).toEqual([`POST ${site}/flows`])
      expect(failure(exit)).toMatchObject({ _tag: "UnexpectedResponse", acted: "unknown" })
    }))
})
