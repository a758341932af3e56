/** Every kind of request that Tableau has, by operations that users declare (`declared`), byte for byte. */
import { describe, expect } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Ids, Operation, type Permissions, Response, Upload } from "effect-tableau"
import { type Handler, noContent, type ScriptedResponse, xml } from "../../../../test/support/scriptedServer.js"
import { element } from "../../../../test/support/xml.js"
import * as Declared from "./declared/index.js"
import { onScript } from "./onScript.js"
import { failure, site, test, value } from "./requestTests.js"

const workbook = Ids.WorkbookId.make("w1")
const job = { ...xml(element("job", { id: "j1", createdAt: "2026-03-01T09:30:00Z" })), status: 202 }

const json = (body: string, status?: number): ScriptedResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body
})

describe("XML request bodies", () => {
  test("an empty object sends an empty tsRequest, and an element with attributes replaces it", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Effect.zip(Declared.Workbooks.refresh(workbook), Declared.Workbooks.refresh(workbook, { incremental: true })),
        { "POST /sites/s/workbooks/w1/refresh": job }
      )
      expect(value(exit)[0].id).toBe("j1")
      expect(calls.map(({ body }) => body)).toEqual([
        "<tsRequest />",
        '<tsRequest><extractRefresh incremental="true" /></tsRequest>'
      ])
      expect(calls[0]?.headers["content-type"]).toBe("text/xml; charset=utf-8")
    }))

  test("several elements are sent side by side, and several are decoded", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Declared.Tasks.createCloud(
          { workbook: { id: workbook } },
          { frequency: "Daily", start: "06:00:00", intervals: [{ hours: 24 }, { weekDay: "Monday" }] }
        ),
        {
          "POST /sites/s/tasks/extractRefreshes": xml(
            element("extractRefresh", { id: "t1", priority: 50 }, element("workbook", { id: "w1" })),
            element("schedule", { id: "x", frequency: "Daily" })
          )
        }
      )
      expect(calls[0]?.body).toBe(
        '<tsRequest><extractRefresh type="FullRefresh"><workbook id="w1" /></extractRefresh>' +
          '<schedule frequency="Daily"><frequencyDetails start="06:00:00"><intervals><interval hours="24" />' +
          '<interval weekDay="Monday" /></intervals></frequencyDetails></schedule></tsRequest>'
      )
      expect(value(exit)).toMatchObject({ extractRefresh: { id: "t1" }, schedule: { frequency: "Daily" } })
    }))

  test("scalars in an array become elements with text", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Declared.Workbooks.updateConnections(workbook, [Ids.ConnectionId.make("c1"), Ids.ConnectionId.make("c<2")], {
          serverPort: 5432
        }),
        {
          "PUT /sites/s/workbooks/w1/connections": xml(
            element("connections", {}, element("connection", { id: "c1", serverPort: "" }))
          )
        }
      )
      expect(calls[0]?.body).toBe(
        "<tsRequest><connectionLuids><connectionLuid>c1</connectionLuid><connectionLuid>c&lt;2</connectionLuid>" +
          '</connectionLuids><connection serverPort="5432" /></tsRequest>'
      )
      expect(value(exit)).toEqual([{ id: "c1" }])
    }))

  test("an operation can have a colon in a path segment, and DELETE can have a body", () =>
    Effect.gen(function* () {
      const contents = [{ id: "w1", contentType: "Workbook" as const }]
      const { calls, exit } = yield* onScript(
        Effect.zip(Declared.Tags.addToMany(["a", "b"], contents), Declared.Tags.removeFromMany(["a"], contents)),
        {
          "PUT /sites/s/tags:batchCreate": xml('<tagBatch><tags><tag label="a"/><tag label="b"/></tags></tagBatch>'),
          "DELETE /sites/s/tags:BatchDelete": noContent
        }
      )
      expect(value(exit)).toEqual([{ tags: [{ label: "a" }, { label: "b" }] }, undefined])
      expect(calls.map(({ line }) => line)).toEqual([`PUT ${site}/tags:batchCreate`, `DELETE ${site}/tags:BatchDelete`])
      expect(calls[1]?.body).toBe(
        '<tsRequest><tagBatch><tags><tag label="a" /></tags><contents><content id="w1" contentType="Workbook" />' +
          "</contents></tagBatch></tsRequest>"
      )
    }))

  test("several operations can be declared by one function", () =>
    Effect.gen(function* () {
      const rules = xml(
        '<permissions><granteeCapabilities><group id="g1"/><capabilities><capability name="Read" mode="Allow"/>' +
          "</capabilities></granteeCapabilities></permissions>"
      )
      const grants: ReadonlyArray<Permissions.Grant> = [
        { group: { id: Ids.GroupId.make("g1") }, capabilities: [{ name: "Read", mode: "Allow" }] }
      ]
      const { calls, exit } = yield* onScript(
        Effect.all([
          Declared.Permissions.Workbooks.permissions(workbook),
          Declared.Permissions.defaultPermissions(Ids.ProjectId.make("p1"), "flows"),
          Declared.Permissions.Flows.replacePermissions(Ids.FlowId.make("f1"), grants)
        ]),
        {
          "GET /sites/s/workbooks/w1/permissions": rules,
          "GET /sites/s/projects/p1/default-permissions/flows": rules,
          "POST /sites/s/flows/f1/permissions": { status: 200 }
        }
      )
      expect(value(exit)[1].granteeCapabilities).toHaveLength(1)
      expect(calls[2]?.body).toBe(
        '<tsRequest><permissions><granteeCapabilities><group id="g1" /><capabilities>' +
          '<capability name="Read" mode="Allow" /></capabilities></granteeCapabilities></permissions></tsRequest>'
      )
    }))
})

describe("headers", () => {
  test("the id of the Location header is available to the response", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Effect.zip(
          Declared.Groups.create("Sales"),
          Declared.Groups.create(
            "AD",
            { domain: "corp", siteRole: "Viewer", grantLicenseMode: "onSync" },
            { asJob: true }
          )
        ),
        {
          "POST /sites/s/groups": { ...xml(element("group", { id: "g1", name: "Sales" })), status: 201 },
          "POST /sites/s/groups?asJob=true": { ...job, headers: { location: `${site}/groups/g2` } }
        }
      )
      expect(value(exit)).toMatchObject([
        { _tag: "Created", group: { id: "g1" } },
        { _tag: "Importing", groupId: "g2", job: { id: "j1" } }
      ])
      expect(calls[1]?.body).toBe(
        '<tsRequest><group name="AD"><import source="ActiveDirectory" domainName="corp" siteRole="Viewer" ' +
          'grantLicenseMode="onSync" /></group></tsRequest>'
      )
    }))

  test("an operation sends its own headers, but none that is undefined", () =>
    Effect.gen(function* () {
      const find = Operation.make({
        name: "find",
        request: "GET /sites/{siteId}/things",
        since: "2.0",
        scope: "tableau:content:read",
        input: (language?: string) => ({ headers: { "accept-language": language, "x-kind": "all" } }),
        response: Response.empty
      })
      const { calls } = yield* onScript(Effect.zip(find("de"), find()), { "GET /sites/s/things": noContent })
      expect(calls.map(({ headers }) => [headers["accept-language"], headers["x-kind"]])).toEqual([
        ["de", "all"],
        [undefined, "all"]
      ])
    }))

  test("PATCH with JSON repeats its idempotency key when the connection breaks, and decodes an XML job", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Declared.Datasources.updateHyperData(
          Ids.DatasourceId.make("d1"),
          [{ action: "insert", "source-table": "a", "target-table": "b" }],
          "1:2-0"
        ),
        { "PATCH /sites/s/datasources/d1/data": [{ ending: "reset" }, job] },
        { retry: {} }
      )
      expect(value(exit).id).toBe("j1")
      const [first, second] = calls
      expect(calls.map(({ line }) => line)).toEqual(
        Array.from({ length: 2 }, () => `PATCH ${site}/datasources/d1/data?uploadSessionId=1%3A2-0`)
      )
      expect(first?.headers["requestid"]).toMatch(/^[0-9a-f]{32}$/)
      expect(second?.headers["requestid"]).toBe(first?.headers["requestid"])
      expect(first?.headers["content-type"]).toBe("application/json")
      expect(first?.headers.accept).toBe("application/xml")
      expect(first?.body).toBe('{"actions":[{"action":"insert","source-table":"a","target-table":"b"}]}')
    }))
})

describe("JSON services", () => {
  test("bodies are encoded and decoded by Schema, below a path of their own", () =>
    Effect.gen(function* () {
      const alert = { name: "a", due: DateTime.unsafeMake("2026-01-11T08:00:00Z") }
      const { calls, exit } = yield* onScript(
        Effect.all([
          Declared.UsersOwn.getWebhook("h/1"),
          Declared.UsersOwn.usage("workbook", "w1"),
          Declared.UsersOwn.createAlert(alert)
        ]),
        {
          "GET /sites/s/webhooks/{id}": xml(element("webhook", { id: "h1", name: "n", isEnabled: true })),
          "GET /api/-/content/usage-stats/workbook/w1": json('{"hitsTotal":3,"hitsLastOneMonthTotal":1}'),
          "POST /api/-/pulse/alerts": json('{"name":"a","due":"2026-01-11T08:00:00.000Z"}', 201)
        }
      )
      const [webhook, usage, created] = value(exit)
      expect(webhook).toEqual({ id: "h1", name: "n", isEnabled: true })
      expect(usage.hitsTotal).toBe(3)
      expect(DateTime.Equivalence(created.due, alert.due)).toBe(true)
      expect(calls.map(({ line }) => line)).toEqual([
        `GET ${site}/webhooks/h%2F1`,
        "GET /api/-/content/usage-stats/workbook/w1",
        "POST /api/-/pulse/alerts"
      ])
      expect(calls[2]?.body).toBe('{"name":"a","due":"2026-01-11T08:00:00.000Z"}')
      expect(calls[2]?.headers).toMatchObject({ "content-type": "application/json", "x-tableau-auth": "t" })
    }))

  test("a path below /api/exp has no API version in it", () =>
    Effect.gen(function* () {
      const getSetting = Operation.make({
        name: "getSetting",
        request: "GET /api/exp/sites/{siteId}/settings/{name}",
        since: "3.20",
        scope: "tableau:content:read",
        input: (name: string) => ({ name }),
        response: Response.member("setting", Schema.Struct({ enabled: Schema.Boolean }))
      })
      const { calls, exit } = yield* onScript(getSetting("mcp"), { "*": json('{"setting":{"enabled":true}}') })
      expect(value(exit)).toEqual({ enabled: true })
      expect(calls.map(({ line }) => line)).toEqual(["GET /api/exp/sites/s/settings/mcp"])
    }))

  test("an error response of a JSON service has the error class of its code", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(Effect.flip(Declared.Pulse.updateDefinition("d2", { name: "n" })), {
        "PATCH /api/-/pulse/definitions/d2": json('{"code":"400945","message":"0x1"}', 400)
      })
      expect(value(exit)).toMatchObject({ _tag: "BadRequest", code: "400945", detail: "0x1", status: 400 })
      expect(calls[0]?.body).toBe('{"definition_id":"d2","name":"n"}')
    }))

  const document = "query($n: String) { workbooks(filter: {name: $n}) { luid } }"
  const Data = Schema.Struct({ workbooks: Schema.Array(Schema.Struct({ luid: Schema.String })) })
  const query = (response: string) =>
    onScript(Declared.Metadata.query(document, Data, { n: "x" }), { "POST /api/metadata/graphql": json(response) })

  test("a GraphQL query returns its data with the errors beside it as warnings", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* query(
        '{"data":{"workbooks":[{"luid":"w1"}]},"errors":[{"message":"limit","path":null,' +
          '"extensions":{"severity":"WARNING","code":"NODE_LIMIT_EXCEEDED"}}]}'
      )
      expect(value(exit)).toEqual({
        data: { workbooks: [{ luid: "w1" }] },
        warnings: [{ message: "limit", code: "NODE_LIMIT_EXCEEDED", severity: "WARNING", path: undefined }]
      })
      expect(calls[0]?.body).toBe(JSON.stringify({ query: document, variables: { n: "x" } }))
    }))

  test("a GraphQL query fails with QueryFailed without data, and with UnexpectedResponse for other data", () =>
    Effect.gen(function* () {
      const none = yield* query('{"data":null,"errors":[{"message":"no such field"}]}')
      expect(failure(none.exit)).toMatchObject({ _tag: "QueryFailed", problems: [{ message: "no such field" }] })
      const other = yield* query('{"data":{"workbooks":1}}')
      expect(failure(other.exit)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed", acted: "no" })
    }))
})

describe("rows", () => {
  const Row = Schema.Struct({ Category: Schema.String, n: Schema.Number })
  const path = "POST /api/v1/vizql-data-service/query-datasource"
  const query = Declared.VizqlData.query(Ids.DatasourceId.make("d1"), { fields: [{ fieldCaption: "Category" }] }, Row)

  test("rows are decoded while they are received, and an error after status 200 fails the stream", () =>
    Effect.gen(function* () {
      const firstRow = yield* Deferred.make<void>()
      const inTwoParts: Handler = (_, raw) => {
        raw.writeHead(200, { "content-type": "application/json" })
        raw.write('{"data":[{"Category":"a,\\"]","n":1},{"Cate')
        const rest = 'gory":"b","n":2}],"error":{"errorCode":"408801","message":"too slow"}}'
        Effect.runFork(Effect.map(Deferred.await(firstRow), () => raw.end(rest)))
      }
      const rows = Stream.tap(Stream.either(query), () => Deferred.succeed(firstRow, undefined))
      const { calls, exit } = yield* onScript(Stream.runCollect(rows), { [path]: inTwoParts })
      expect(Chunk.toReadonlyArray(value(exit))).toMatchObject([
        { _tag: "Right", right: { Category: 'a,"]', n: 1 } },
        { _tag: "Right", right: { Category: "b", n: 2 } },
        { _tag: "Left", left: { _tag: "ServerFault", code: "408801", acted: "no", detail: "too slow" } }
      ])
      expect(calls[0]?.body).toBe(
        '{"datasource":{"datasourceLuid":"d1"},"query":{"fields":[{"fieldCaption":"Category"}]},' +
          '"options":{"returnFormat":"OBJECTS"}}'
      )
    }))

  test("the server is read as fast as rows are consumed, and the request ends with the stream", () =>
    Effect.gen(function* () {
      let written = 0
      const closed = yield* Deferred.make<void>()
      const endless: Handler = (_, raw) => {
        raw.on("close", () => Deferred.unsafeDone(closed, Effect.void))
        raw.writeHead(200, { "content-type": "application/json" })
        raw.write('{"data":[')
        const fill = () => {
          do written += 1
          while (!raw.destroyed && raw.write(`{"Category":"${"x".repeat(1000)}","n":${written}},`))
        }
        raw.on("drain", fill)
        fill()
      }
      const { exit } = yield* onScript(Stream.runCollect(Stream.take(query, 3)), { [path]: endless })
      expect(Chunk.size(value(exit))).toBe(3)
      yield* Deferred.await(closed)
      // Only the buffers of the sockets have been filled.
      expect(written).toBeLessThan(10_000)
    }))

  test("an error response fails the stream with the error class of its code", () =>
    Effect.gen(function* () {
      const { exit } = yield* onScript(Stream.runDrain(query), {
        [path]: { status: 403, body: '{"errorCode":"403800","message":"no API Access"}' }
      })
      expect(failure(exit)).toMatchObject({ _tag: "Forbidden", code: "403800", detail: "no API Access" })
    }))
})

class Unreadable extends Error {
  readonly _tag = "Unreadable"
}

describe("multipart bodies", () => {
  const bytes = new Uint8Array([0, 255, 13, 10, 7])
  const created = { ...xml(element("workbook", { id: "w9", name: "Sales" })), status: 201 }

  test("a payload and a streamed file are sent as parts, with their length", () =>
    Effect.gen(function* () {
      const content = Stream.make(bytes.subarray(0, 2), bytes.subarray(2))
      const file = Upload.file({ name: "x.twbx", size: 5, content })
      const { calls, exit } = yield* onScript(
        Declared.Workbooks.publish(file, { name: "Sales", hiddenViews: ["Raw"] }, { overwrite: true }),
        { "POST /sites/s/workbooks?overwrite=true": created }
      )
      expect(value(exit).id).toBe("w9")
      const [call] = calls
      const boundary = /boundary=(.+)$/.exec(call?.headers["content-type"] ?? "")?.[1] ?? ""
      expect(call?.headers["content-type"]).toBe(`multipart/mixed; boundary=${boundary}`)
      expect(boundary.length).toBeLessThanOrEqual(70)
      expect(call?.headers["content-length"]).toBe(String(call?.bytes.length))
      expect(call?.bytes.toString("latin1")).toBe(
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
    }))

  test("a part that is undefined is not sent, and an empty payload is sent empty", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(
        Effect.andThen(
          Declared.Workbooks.publish({ uploadSessionId: "1:2-0", type: "twbx" }, { name: "Sales" }),
          Declared.FileUploads.append("1:2-0", bytes, 7)
        ),
        {
          "POST /sites/s/workbooks?uploadSessionId=1:2-0&workbookType=twbx": created,
          "PUT /sites/s/fileUploads/{id}?sequenceID=7": xml(element("fileUpload", { uploadSessionId: "1:2-0" }))
        }
      )
      const [publish, append] = calls
      expect(publish?.body).not.toContain("tableau_workbook")
      const text = append?.bytes.toString("latin1")
      expect(text).toContain('Content-Disposition: name="request_payload"\r\nContent-Type: text/xml\r\n\r\n\r\n--')
      expect(text).toContain(
        'name="tableau_file"; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\n\x00\xff\r\n\x07\r\n--'
      )
    }))

  test("a file whose stream fails fails the call with its own error", () =>
    Effect.gen(function* () {
      const content = Stream.concat(Stream.make(bytes), Stream.fail(new Unreadable()))
      const failing = Upload.file({ name: "x.twbx", size: 10, content })
      const { exit } = yield* onScript(Declared.Workbooks.publish(failing, { name: "Sales" }), {
        "POST /sites/s/workbooks": created
      })
      expect(failure(exit)._tag).toBe("Unreadable")
    }))
})
