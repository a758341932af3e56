/** The bytes of each example operation on the wire, against a server written by hand. */
import * as Http from "node:http"
import * as HttpClient from "@effect/platform/HttpClient"
import { expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  Credentials,
  Download,
  Filter,
  Ids,
  Operation,
  type Permissions,
  Sort,
  TableauSession,
  Upload,
  Views,
  Workbooks
} from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { listening } from "../../../../test/support/listening.js"
import * as My from "./declared/index.js"

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | ((response: Http.ServerResponse) => void)
}

interface Received {
  readonly line: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

const xml = (body: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><tsResponse xmlns="http://tableau.com/api">${body}</tsResponse>`
const job = xml('<job id="j1" mode="Asynchronous" type="RefreshExtract" createdAt="2026-03-01T09:30:00Z"/>')

const S = "/api/3.29/sites/s1"
const signIn = { body: xml('<credentials token="t0"><site id="s1" contentUrl=""/><user id="u1"/></credentials>') }

/** Cloud is https only: this treats a session over http as one of Cloud. */
const asCloud = (session: TableauSession.Service): TableauSession.Service => {
  const toCloud = (connection: TableauSession.Connection): TableauSession.Connection => ({
    ...connection,
    deployment: "Cloud",
    deploymentIsCertain: true
  })
  return {
    ...session,
    connection: Effect.map(session.connection, toCloud),
    withSite: (contentUrl) => asCloud(session.withSite(contentUrl)),
    run: (call, scope) =>
      session.run({ ...call, unsupported: (connection) => call.unsupported?.(toCloud(connection)) }, scope)
  }
}

/** Runs an effect on a session, and returns its exit and what the server received. */
const onWire = <A, E>(
  effect: Effect.Effect<A, E, TableauSession>,
  answers: Readonly<Record<string, Answer>>,
  options: Partial<TableauSession.Options> = {}
) =>
  Effect.gen(function* () {
    const received: Array<Received> = []
    const all: Readonly<Record<string, Answer>> = {
      "GET /api/2.4/serverinfo": {
        body: xml(
          '<serverInfo><productVersion build="1">2026.2</productVersion><restApiVersion>3.29</restApiVersion></serverInfo>'
        )
      },
      "POST /api/3.29/auth/signin": signIn,
      "POST /api/3.15/auth/signin": signIn,
      "POST /api/3.29/auth/signout": { status: 204 },
      "POST /api/3.15/auth/signout": { status: 204 },
      ...answers
    }
    const server = Http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const line = `${request.method} ${request.url}`
        if (!/\/auth\/|serverinfo/.test(line)) {
          received.push({ line, headers: request.headers, body: Buffer.concat(chunks).toString("latin1") })
        }
        const answer = all[line] ?? {
          status: 404,
          body: xml('<error code="404003"><summary>No</summary><detail/></error>')
        }
        response.writeHead(answer.status ?? 200, answer.headers)
        if (typeof answer.body === "function") answer.body(response)
        else response.end(answer.body ?? "")
      })
    })
    const port = yield* listening(server)
    const session = TableauSession.layer({
      server: `http://127.0.0.1:${port}`,
      credentials: Credentials.personalAccessToken({ name: "n", value: Redacted.make("v") }),
      apiVersion: "3.29",
      retry: "never",
      ...options,
      deployment: "Server"
    }).pipe(
      Layer.map((context) => {
        const session = Context.get(context, TableauSession)
        return Context.make(TableauSession, options.deployment === "Server" ? session : asCloud(session))
      }),
      Layer.provide(TableauNode.layerHttpClient())
    )
    const exit = yield* Effect.exit(Effect.provide(effect, session))
    return { exit, received }
  })

const value = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(String(exit.cause))
}

const failure = <A, E>(exit: Exit.Exit<A, E>): E => {
  if (Exit.isFailure(exit) && exit.cause._tag === "Fail") return exit.cause.error
  throw new Error(String(exit))
}

const workbook = Ids.WorkbookId.make("w1")

it.scopedLive("1: get, list, stream and image", () =>
  Effect.gen(function* () {
    const page = (n: number, id: string) =>
      xml(
        `<pagination pageNumber="${n}" pageSize="1" totalAvailable="2"/><workbooks><workbook id="${id}" name="x"/></workbooks>`
      )
    const { exit, received } = yield* onWire(
      Effect.scoped(
        Effect.gen(function* () {
          const one = yield* Workbooks.get(workbook)
          const { totalAvailable } = yield* Workbooks.list({
            pageSize: 1,
            filter: [Filter.eq("name", "Sales")],
            sort: [Sort.desc("name")],
            fields: ["name"]
          })
          const all = yield* Stream.runCollect(Workbooks.stream({ pageSize: 1 }))
          const bytes = yield* Stream.runFold(
            Download.stream(Views.image(Ids.ViewId.make("v1"), { resolution: "high" })),
            0,
            (n, b) => n + b.length
          )
          return { one, totalAvailable, all: Chunk.toReadonlyArray(all).map(({ id }) => id), bytes }
        })
      ),
      {
        [`GET ${S}/workbooks/w1`]: { body: xml('<workbook id="w1" name="Sales" size="2"/>') },
        [`GET ${S}/workbooks?filter=name%3Aeq%3ASales&sort=name%3Adesc&fields=id%2Cname&pageNumber=1&pageSize=1`]: {
          body: page(1, "w1")
        },
        [`GET ${S}/workbooks?sort=createdAt%3Aasc&pageNumber=1&pageSize=1`]: { body: page(1, "w1") },
        [`GET ${S}/workbooks?sort=createdAt%3Aasc&pageNumber=2&pageSize=1`]: { body: page(2, "w2") },
        [`GET ${S}/views/v1/image?resolution=high`]: { headers: { "content-type": "image/png" }, body: "PNG!" }
      }
    )
    expect(value(exit)).toEqual({
      one: { id: "w1", name: "Sales", size: 2 },
      totalAvailable: 2,
      all: ["w1", "w2"],
      bytes: 4
    })
    expect(received.map(({ line }) => line)).toHaveLength(5)
  })
)

it.scopedLive("2: refresh, with an empty request and incremental", () =>
  Effect.gen(function* () {
    const answers = { [`POST ${S}/workbooks/w1/refresh`]: { status: 202, body: job } }
    const { exit, received } = yield* onWire(
      Effect.zip(My.Workbooks.refresh(workbook), My.Workbooks.refresh(workbook, { incremental: true })),
      answers
    )
    expect(value(exit)[0].id).toBe("j1")
    expect(received.map(({ body }) => body)).toEqual([
      "<tsRequest />",
      '<tsRequest><extractRefresh incremental="true" /></tsRequest>'
    ])
    expect(received[0]?.headers["content-type"]).toBe("text/xml; charset=utf-8")
    const old = yield* onWire(My.Workbooks.refresh(workbook, { incremental: true }), {}, { apiVersion: "3.15" })
    expect(failure(old.exit)).toMatchObject({ _tag: "VersionUnsupported", required: "3.28", acted: "no" })
    expect(old.received).toEqual([])
  })
)

it.scopedLive("3: two siblings", () =>
  Effect.gen(function* () {
    const { exit, received } = yield* onWire(
      My.Tasks.createCloud(
        { workbook: { id: workbook } },
        { frequency: "Daily", start: "06:00:00", intervals: [{ hours: 24 }, { weekDay: "Monday" }] }
      ),
      {
        [`POST ${S}/tasks/extractRefreshes`]: {
          body: xml(
            '<extractRefresh id="t1" priority="50" type="RefreshExtractTask"><workbook id="w1"/></extractRefresh><schedule id="x" frequency="Daily"/>'
          )
        }
      }
    )
    expect(received[0]?.body).toBe(
      '<tsRequest><extractRefresh type="FullRefresh"><workbook id="w1" /></extractRefresh><schedule frequency="Daily"><frequencyDetails start="06:00:00"><intervals><interval hours="24" /><interval weekDay="Monday" /></intervals></frequencyDetails></schedule></tsRequest>'
    )
    expect(value(exit).extractRefresh.id).toBe("t1")
    expect(value(exit).schedule?.frequency).toBe("Daily")
  })
)

it.scopedLive("4: text inside elements, and a secret below the user's client", () =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const { exit, received } = yield* onWire(
      My.Workbooks.updateConnections(workbook, [Ids.ConnectionId.make("c1"), Ids.ConnectionId.make("c<2")], {
        serverPort: 5432,
        password: Redacted.make("s3cret")
      }),
      {
        [`PUT ${S}/workbooks/w1/connections`]: {
          body: xml('<connections><connection id="c1" serverPort=""/></connections>')
        }
      },
      {
        transformClient: HttpClient.mapRequest((request) => {
          seen.push(`${request.method} ${request.body._tag}`)
          return request
        })
      }
    )
    expect(seen).toContain("PUT Empty")
    expect(received[0]?.body).toBe(
      '<tsRequest><connectionLuids><connectionLuid>c1</connectionLuid><connectionLuid>c&lt;2</connectionLuid></connectionLuids><connection serverPort="5432" password="s3cret" /></tsRequest>'
    )
    expect(value(exit)).toEqual([{ id: "c1" }])
  })
)

it.scopedLive("5: a colon in a path, and a DELETE with a body", () =>
  Effect.gen(function* () {
    const contents = [{ id: "w1", contentType: "Workbook" as const }]
    const { exit, received } = yield* onWire(
      Effect.zip(My.Tags.addToMany(["a", "b"], contents), My.Tags.removeFromMany(["a"], contents)),
      {
        [`PUT ${S}/tags:batchCreate`]: {
          body: xml('<tagBatch><tags><tag label="a"/><tag label="b"/></tags></tagBatch>')
        },
        [`DELETE ${S}/tags:BatchDelete`]: { status: 204 }
      }
    )
    expect(value(exit)).toEqual([{ tags: [{ label: "a" }, { label: "b" }] }, undefined])
    expect(received.map(({ line }) => line)).toEqual([`PUT ${S}/tags:batchCreate`, `DELETE ${S}/tags:BatchDelete`])
    expect(received[1]?.body).toBe(
      '<tsRequest><tagBatch><tags><tag label="a" /></tags><contents><content id="w1" contentType="Workbook" /></contents></tagBatch></tsRequest>'
    )
  })
)

it.scopedLive("6: a group, or a job with a Location", () =>
  Effect.gen(function* () {
    const { exit, received } = yield* onWire(
      Effect.zip(
        My.Groups.create("Sales"),
        My.Groups.create("AD", { domain: "corp", siteRole: "Viewer", grantLicenseMode: "onSync" }, { asJob: true })
      ),
      {
        [`POST ${S}/groups`]: {
          status: 201,
          body: xml('<group id="g1" name="Sales"><import domainName="local"/></group>')
        },
        [`POST ${S}/groups?asJob=true`]: { status: 202, headers: { location: `${S}/groups/g2` }, body: job }
      }
    )
    expect(value(exit)).toMatchObject([
      { _tag: "Created", group: { id: "g1" } },
      { _tag: "Importing", groupId: "g2", job: { id: "j1" } }
    ])
    expect(received[1]?.body).toBe(
      '<tsRequest><group name="AD"><import source="ActiveDirectory" domainName="corp" siteRole="Viewer" grantLicenseMode="onSync" /></group></tsRequest>'
    )
  })
)

it.scopedLive("7: PATCH with JSON, an idempotency key, an XML job; repeated with the same key", () =>
  Effect.gen(function* () {
    let calls = 0
    const { exit, received } = yield* onWire(
      My.Datasources.updateHyperData(
        Ids.DatasourceId.make("d1"),
        [{ action: "insert", "source-table": "a", "target-table": "b" }],
        "1:2-0"
      ),
      {
        [`PATCH ${S}/datasources/d1/data?uploadSessionId=1%3A2-0`]: {
          body: (response) => {
            calls += 1
            if (calls === 1) response.destroy()
            else response.end(job)
          }
        }
      },
      { retry: {} }
    )
    expect(value(exit).id).toBe("j1")
    expect(received).toHaveLength(2)
    const [first, second] = received
    expect(first?.headers.requestid).toMatch(/^[0-9a-f]{32}$/)
    expect(second?.headers.requestid).toBe(first?.headers.requestid)
    expect(first?.headers["content-type"]).toBe("application/json")
    expect(first?.headers.accept).toBe("application/xml")
    expect(first?.body).toBe('{"actions":[{"action":"insert","source-table":"a","target-table":"b"}]}')
  })
)

const Data = Schema.Struct({ workbooks: Schema.Array(Schema.Struct({ luid: Schema.String })) })

it.scopedLive("8: GraphQL, with errors beside data and without", () =>
  Effect.gen(function* () {
    const document = "query($n: String) { workbooks(filter: {name: $n}) { luid } }"
    const ask = My.Metadata.query(document, Data, { n: "x" })
    const answer = (body: string) => ({
      "POST /api/metadata/graphql": { headers: { "content-type": "application/json" }, body }
    })
    const partial = yield* onWire(
      ask,
      answer(
        '{"data":{"workbooks":[{"luid":"w1"}]},"errors":[{"message":"limit","path":null,"extensions":{"severity":"WARNING","code":"NODE_LIMIT_EXCEEDED"}}]}'
      )
    )
    expect(value(partial.exit)).toEqual({
      data: { workbooks: [{ luid: "w1" }] },
      warnings: [{ message: "limit", code: "NODE_LIMIT_EXCEEDED", severity: "WARNING", path: undefined }]
    })
    expect(partial.received[0]?.body).toBe(JSON.stringify({ query: document, variables: { n: "x" } }))
    const none = yield* onWire(ask, answer('{"data":null,"errors":[{"message":"no such field"}]}'))
    expect(failure(none.exit)).toMatchObject({ _tag: "QueryFailed", problems: [{ message: "no such field" }] })
    const wrong = yield* onWire(ask, answer('{"data":{"workbooks":1}}'))
    expect(failure(wrong.exit)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed", acted: "no" })
  })
)

it.scopedLive("9: rows as they arrive, no faster than they are taken, and an error after status 200", () =>
  Effect.gen(function* () {
    const Row = Schema.Struct({ Category: Schema.String, n: Schema.Number })
    const path = "POST /api/v1/vizql-data-service/query-datasource"
    const query = My.VizqlData.query(Ids.DatasourceId.make("d1"), { fields: [{ fieldCaption: "Category" }] }, Row)
    const broken = yield* onWire(Stream.runCollect(Stream.either(query)), {
      [path]: {
        headers: { "content-type": "application/json" },
        body: (response) => {
          response.write('{"data":[{"Category":"a,\\"]","n":1},{"Cate')
          setTimeout(() => response.end('gory":"b","n":2}],"error":{"errorCode":"408801","message":"too slow"}}'), 20)
        }
      }
    })
    expect(Chunk.toReadonlyArray(value(broken.exit))).toMatchObject([
      { _tag: "Right", right: { Category: 'a,"]', n: 1 } },
      { _tag: "Right", right: { Category: "b", n: 2 } },
      { _tag: "Left", left: { _tag: "ServerFault", code: "408801", acted: "no", detail: "too slow" } }
    ])
    expect(broken.received[0]?.body).toBe(
      '{"datasource":{"datasourceLuid":"d1"},"query":{"fields":[{"fieldCaption":"Category"}]},"options":{"returnFormat":"OBJECTS"}}'
    )
    let written = 0
    let closed = false
    const slow = yield* onWire(Stream.runCollect(Stream.take(query, 3)), {
      [path]: {
        headers: { "content-type": "application/json" },
        body: (response) => {
          response.on("close", () => {
            closed = true
          })
          response.write('{"data":[')
          const pour = () => {
            while (!response.destroyed && response.write(`{"Category":"${"x".repeat(1000)}","n":${written}},`))
              written += 1
            written += 1
          }
          response.on("drain", pour)
          pour()
        }
      }
    })
    expect(Chunk.size(value(slow.exit))).toBe(3)
    yield* Effect.sleep("50 millis")
    expect(closed).toBe(true)
    // An endless response: what the sockets hold, and no more.
    expect(written).toBeLessThan(10_000)
    const refused = yield* onWire(Stream.runDrain(query), {
      [path]: {
        status: 403,
        body: '{"errorCode":"403800","message":"no API Access","datetime":"2025-10-30T20:53:13.804356606Z"}'
      }
    })
    expect(failure(refused.exit)).toMatchObject({ _tag: "Forbidden", code: "403800", detail: "no API Access" })
  })
)

it.scopedLive("10: Pulse, its own error body, and pages by token", () =>
  Effect.gen(function* () {
    const D = "/api/-/pulse/definitions"
    const definition = (id: string) => `{"metadata":{"id":"${id}","name":"n"}}`
    const json = { "content-type": "application/json" }
    const { exit, received } = yield* onWire(
      Effect.gen(function* () {
        const updated = yield* My.Pulse.updateDefinition("d1", { name: "n" })
        const { items, totalAvailable } = yield* My.Pulse.listDefinitions({ pageSize: 1 })
        const error = yield* Effect.flip(My.Pulse.updateDefinition("d2", { name: "n" }))
        return { updated, totalAvailable, ids: Chunk.toReadonlyArray(yield* Stream.runCollect(items)), error }
      }),
      {
        [`PATCH ${D}/d1`]: { headers: json, body: `{"definition":${definition("d1")}}` },
        [`PATCH ${D}/d2`]: { status: 400, headers: json, body: '{"code":"400945","message":"0x1"}' },
        [`GET ${D}?page_size=1`]: {
          headers: json,
          body: `{"definitions":[${definition("d1")}],"next_page_token":"p2","total_available":2}`
        },
        [`GET ${D}?page_size=1&page_token=p2`]: {
          headers: json,
          body: `{"definitions":[${definition("d2")}],"next_page_token":""}`
        }
      }
    )
    const { error, ids, totalAvailable, updated } = value(exit)
    expect(updated.metadata.id).toBe("d1")
    expect(totalAvailable).toBe(2)
    expect(ids.map(({ metadata }) => metadata.id)).toEqual(["d1", "d2"])
    expect(error).toMatchObject({ _tag: "BadRequest", code: "400945", detail: "0x1", status: 400 })
    expect(received[0]?.body).toBe('{"definition_id":"d1","name":"n"}')
    expect(received.map(({ line }) => line)).toEqual([
      `PATCH ${D}/d1`,
      `GET ${D}?page_size=1`,
      `PATCH ${D}/d2`,
      `GET ${D}?page_size=1&page_token=p2`
    ])
  })
)

it.scopedLive("11: search", () =>
  Effect.gen(function* () {
    const query = (page: number) =>
      `GET /api/-/search?terms=sales&page=${page}&limit=2&filter=type%3Ain%3A%5Bworkbook%2Cview%5D%2CmodifiedTime%3Agte%3A2026-01-11T08%3A00%3A00.000Z`
    const options = {
      types: ["workbook", "view"],
      modifiedSince: DateTime.unsafeMake("2026-01-11T08:00:00Z"),
      limit: 2
    } as const
    const { exit } = yield* onWire(Operation.stream(My.Search.content)("sales", options).pipe(Stream.runCollect), {
      [query(0)]: {
        body: '{"hits":{"next":"u","pageIndex":0,"total":3,"items":[{"uri":"a","content":{}},{"uri":"b","content":{}}]}}'
      },
      [query(1)]: { body: '{"hits":{"pageIndex":1,"total":3,"items":[{"uri":"c","content":{}}]}}' }
    })
    expect(Chunk.toReadonlyArray(value(exit)).map(({ uri }) => uri)).toEqual(["a", "b", "c"])
    const refused = yield* onWire(My.Search.content("x", { limit: 101 }), {})
    expect(failure(refused.exit)).toMatchObject({ _tag: "BadRequest", acted: "no", operation: "Search.content" })
    expect(refused.received).toEqual([])
  })
)

class Unreadable extends Error {
  readonly _tag = "Unreadable"
}

it.scopedLive("12: publish a stream, commit an upload, append a block", () =>
  Effect.gen(function* () {
    const bytes = new Uint8Array([0, 255, 13, 10, 7])
    const file = Upload.file({ name: "x.twbx", size: 5, content: Stream.make(bytes.subarray(0, 2), bytes.subarray(2)) })
    const created = { status: 201, body: xml('<workbook id="w9" name="Sales"/>') }
    const { exit, received } = yield* onWire(
      Effect.gen(function* () {
        const one = yield* My.Workbooks.publish(file, { name: "Sales", hiddenViews: ["Raw"] }, { overwrite: true })
        yield* My.Workbooks.publish({ uploadSessionId: "1:2-0", type: "twbx" }, { name: "Sales" })
        yield* My.FileUploads.append("1:2-0", bytes, 7)
        return one
      }),
      {
        [`POST ${S}/workbooks?overwrite=true`]: created,
        [`POST ${S}/workbooks?uploadSessionId=1%3A2-0&workbookType=twbx`]: created,
        [`PUT ${S}/fileUploads/1%3A2-0?sequenceID=7`]: {
          body: xml('<fileUpload uploadSessionId="1:2-0" fileSize="1"/>')
        }
      }
    )
    expect(value(exit).id).toBe("w9")
    const [first, second, third] = received
    const boundary = /boundary=(.+)$/.exec(first?.headers["content-type"] ?? "")?.[1] ?? ""
    expect(first?.headers["content-type"]).toBe(`multipart/mixed; boundary=${boundary}`)
    expect(boundary.length).toBeLessThanOrEqual(70)
    expect(first?.headers["content-length"]).toBe(String(first?.body.length))
    expect(first?.body).toBe(
      [
        `--${boundary}`,
        'Content-Disposition: name="request_payload"',
        "Content-Type: text/xml",
        "",
        '<tsRequest><workbook name="Sales"><views><view name="Raw" hidden="true" /></views></workbook></tsRequest>',
        `--${boundary}`,
        'Content-Disposition: name="tableau_workbook"; filename="x.twbx"',
        "Content-Type: application/octet-stream",
        "",
        "\x00\xff\r\n\x07",
        `--${boundary}--`,
        ""
      ].join("\r\n")
    )
    expect(second?.body).not.toContain("tableau_workbook")
    expect(third?.body).toContain('Content-Disposition: name="request_payload"\r\nContent-Type: text/xml\r\n\r\n\r\n--')
    expect(third?.body).toContain(
      'name="tableau_file"; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\n\x00\xff\r\n\x07\r\n--'
    )
    const failing = Upload.file({
      name: "x.twbx",
      size: 5,
      content: Stream.concat(Stream.make(bytes), Stream.fail(new Unreadable()))
    })
    const lost = yield* onWire(My.Workbooks.publish(failing, { name: "Sales" }), { [`POST ${S}/workbooks`]: created })
    const error = failure(lost.exit)
    expect(error._tag).toBe("Unreadable")
  })
)

it.scopedLive("13: refused before a request", () =>
  Effect.gen(function* () {
    const onCloud = yield* onWire(My.Sessions.end("x"), {})
    expect(failure(onCloud.exit)).toMatchObject({ _tag: "DeploymentUnsupported", required: "Server", actual: "Cloud" })
    const onServer = yield* onWire(My.Sessions.listTokens(Ids.UserId.make("u1")), {}, { deployment: "Server" })
    expect(failure(onServer.exit)).toMatchObject({ _tag: "DeploymentUnsupported", required: "Cloud" })
    const removed = yield* onWire(My.Sessions.accelerationReport(), {}, { deployment: "Server" })
    expect(failure(removed.exit)).toMatchObject({
      _tag: "VersionUnsupported",
      detail: "It was removed with API version 3.16."
    })
    expect([onCloud, onServer, removed].map(({ received }) => received)).toEqual([[], [], []])
    const allowed = yield* onWire(
      My.Sessions.end("x"),
      { "DELETE /api/3.29/sessions/x": { status: 204 } },
      { deployment: "Server" }
    )
    expect(value(allowed.exit)).toBeUndefined()
  })
)

it.scopedLive("14: a user's own operations", () =>
  Effect.gen(function* () {
    const alert = { name: "a", due: DateTime.unsafeMake("2026-01-11T08:00:00Z") }
    const { exit, received } = yield* onWire(
      Effect.all([My.Mine.getWebhook("h/1"), My.Mine.usage("workbook", "w1"), My.Mine.createAlert(alert)]),
      {
        [`GET ${S}/webhooks/h%2F1`]: { body: xml('<webhook id="h1" name="n" isEnabled="true"/>') },
        "GET /api/-/content/usage-stats/workbook/w1": { body: '{"hitsTotal":3,"hitsLastOneMonthTotal":1}' },
        "POST /api/-/pulse/alerts": { status: 201, body: '{"name":"a","due":"2026-01-11T08:00:00.000Z"}' }
      }
    )
    const [webhook, usage, created] = value(exit)
    expect(webhook).toEqual({ id: "h1", name: "n", isEnabled: true })
    expect(usage.hitsTotal).toBe(3)
    expect(DateTime.toEpochMillis(created.due)).toBe(DateTime.toEpochMillis(alert.due))
    expect(received.at(-1)?.body).toBe('{"name":"a","due":"2026-01-11T08:00:00.000Z"}')
  })
)

it.scopedLive("15: permissions of several kinds", () =>
  Effect.gen(function* () {
    const rules = xml(
      '<permissions><project id="p1"/><granteeCapabilities><group id="g1"/><capabilities><capability name="Read" mode="Allow"/></capabilities></granteeCapabilities></permissions>'
    )
    const grants: ReadonlyArray<Permissions.Grant> = [
      { group: { id: Ids.GroupId.make("g1") }, capabilities: [{ name: "Read", mode: "Allow" }] }
    ]
    const { exit, received } = yield* onWire(
      Effect.all([
        My.Permissions.Workbooks.permissions(workbook),
        My.Permissions.defaultPermissions(Ids.ProjectId.make("p1"), "flows"),
        My.Permissions.Flows.replacePermissions(Ids.FlowId.make("f1"), grants)
      ]),
      {
        [`GET ${S}/workbooks/w1/permissions`]: { body: rules },
        [`GET ${S}/projects/p1/default-permissions/flows`]: { body: rules },
        [`POST ${S}/flows/f1/permissions`]: { status: 200 }
      }
    )
    expect(value(exit)[1].granteeCapabilities).toHaveLength(1)
    expect(received[2]?.body).toBe(
      '<tsRequest><permissions><granteeCapabilities><group id="g1" /><capabilities><capability name="Read" mode="Allow" /></capabilities></granteeCapabilities></permissions></tsRequest>'
    )
  })
)

it("the table of operations, from the values", () => {
  const rows = Object.entries(My).flatMap(([module, exports]) =>
    Object.entries(exports).flatMap(([name, value]) =>
      Operation.isOperation(value) && module !== "Mine" ? [{ export: `${module}.${name}`, ...value.spec }] : []
    )
  )
  expect(rows.filter((row) => row.export !== row.name && module(row.export) !== "Permissions")).toEqual([])
  expect(rows.length).toBe(19)
  expect(Operation.scopes(My.Metadata.query, My.VizqlData.query, My.Sessions.listTokens)).toEqual([
    "tableau:content:read",
    "tableau:viz_data_service:read"
  ])
})

const module = (name: string) => name.split(".")[0]
