import * as Redacted from "effect/Redacted"
import { type Datasources, Filter, Ids } from "effect-tableau"
import * as Families from "./families.js"
import { firstPage, multipart, one, paged, type SamplesOf, site, upload } from "./sample.js"

const id = Ids.DatasourceId.make("d1")
const content = { path: "datasources", id }

const permissions = Families.permissions(content)
const tags = Families.tags(content)
const connections = Families.contentConnections(content)
const revisions = Families.revisions(content)

export const samples: SamplesOf<typeof Datasources> = {
  list: {
    args: [{ filter: [Filter.eq("isCertified", true)] }],
    request: `GET ${site}/datasources?filter=isCertified%3Aeq%3Atrue&sort=createdAt%3Aasc&${firstPage}`,
    response: paged(1, '<datasources><datasource id="d1" isCertified="true"/></datasources>'),
    result: one({ id: "d1", isCertified: true }),
    files: { datasource_get: 2 }
  },
  get: {
    args: [id],
    request: `GET ${site}/datasources/d1`,
    response: `<datasource id="d1" isCertified="True" hasExtracts="" connectedWorkbooksCount="2"><askData enablement="Enabled"/>
      <parentDataSourceUrls>a</parentDataSourceUrls><parentDataSourceUrls>b</parentDataSourceUrls></datasource>`,
    result: {
      id: "d1",
      isCertified: true,
      connectedWorkbooksCount: 2,
      askData: { enablement: "Enabled" },
      parentDataSourceUrls: ["a", "b"]
    },
    files: { datasource_get_by_id: 1 }
  },
  publish: {
    args: [
      upload("today.hyper", "HyPe"),
      {
        name: "Orders",
        projectId: Ids.ProjectId.make("00000000-0000-8000-8000-0000000000a1"),
        mode: "append",
        isCertified: true,
        certificationNote: "Checked",
        useRemoteQueryAgent: false,
        credentials: { name: "ana", password: Redacted.make("secret"), embed: true }
      }
    ],
    request: `POST ${site}/datasources?append=true`,
    body: multipart(
      '<tsRequest><datasource name="Orders" useRemoteQueryAgent="false" isCertified="true" certificationNote="Checked">' +
        '<connectionCredentials name="ana" password="secret" embed="true" /><project id="00000000-0000-8000-8000-0000000000a1" /></datasource></tsRequest>',
      { part: "tableau_datasource", name: "today.hyper", content: "HyPe" }
    ),
    response: '<datasource id="d1" name="Orders" type="hyper"><project id="p1"/></datasource>',
    result: { id: "d1", name: "Orders", type: "hyper", project: { id: "p1" } },
    files: { datasource_publish: 1 }
  },
  publishAsJob: {
    args: [
      upload("orders.tds", "<datasource/>"),
      {
        mode: "overwrite",
        description: "All orders",
        connections: [{ serverAddress: "db" }]
      }
    ],
    request: `POST ${site}/datasources?overwrite=true&asJob=true`,
    body: multipart(
      '<tsRequest><datasource name="orders" description="All orders"><connections><connection serverAddress="db" />' +
        "</connections></datasource></tsRequest>",
      { part: "tableau_datasource", name: "orders.tds", content: "<datasource/>" }
    ),
    response: '<job id="j1" type="PublishDatasource"/>',
    result: { id: "j1", type: "PublishDatasource" },
    files: { datasource_publish_async: 1 }
  },
  update: {
    args: [
      id,
      {
        name: "Orders",
        description: "All",
        isCertified: true,
        certificationNote: "Checked",
        encryptExtracts: true,
        useRemoteQueryAgent: true,
        projectId: Ids.ProjectId.make("p1"),
        ownerId: Ids.UserId.make("u1")
      }
    ],
    request: `PUT ${site}/datasources/d1`,
    body:
      '<tsRequest><datasource name="Orders" description="All" isCertified="true" certificationNote="Checked" ' +
      'encryptExtracts="true" useRemoteQueryAgent="true"><project id="p1" /><owner id="u1" /></datasource></tsRequest>',
    response: '<datasource id="d1" name="Orders"><job id="j1"/></datasource>',
    result: { id: "d1", name: "Orders", job: { id: "j1" } },
    files: { datasource_update: 1 }
  },
  delete: {
    args: [id],
    request: `DELETE ${site}/datasources/d1`,
    response: { status: 204 },
    result: undefined
  },
  ...Families.refresh({ path: "datasources", id }),
  updateData: {
    args: [
      id,
      {
        uploadSessionId: Ids.UploadSessionId.make("1:2-3:0"),
        actions: [
          {
            action: "update",
            "source-table": "s",
            "target-table": "t",
            "target-schema": "Extract",
            condition: {
              op: "and",
              args: [
                { op: "eq", "target-col": "id", "source-col": "id" },
                { op: "gt", "target-col": "at", const: { type: "datetime", v: new Date("2026-01-31T12:00:00Z") } }
              ]
            }
          }
        ]
      }
    ],
    request: `PATCH ${site}/datasources/d1/data?uploadSessionId=1%3A2-3%3A0`,
    body:
      '{"actions":[{"action":"update","source-table":"s","target-table":"t","target-schema":"Extract","condition":{"op":"and",' +
      '"args":[{"op":"eq","target-col":"id","source-col":"id"},{"op":"gt","target-col":"at","const":{"type":"datetime",' +
      '"v":"2026-01-31T12:00:00.000Z"}}]}}]}',
    response: `<job id="j1" mode="Asynchronous" type="UpdateUploadedFile"><updateUploadedFileJob><datasource id="d1"/>
      <connectionLuid>c1</connectionLuid></updateUploadedFileJob></job>`,
    result: {
      id: "j1",
      mode: "Asynchronous",
      type: "UpdateUploadedFile",
      updateUploadedFileJob: { datasource: { id: "d1" }, connectionLuid: "c1" }
    }
  },
  updateConnectionData: {
    args: [
      id,
      Ids.ConnectionId.make("c1"),
      {
        actions: [
          {
            action: "delete",
            "target-table": "t",
            condition: { op: "lt", "target-col": "year", const: { type: "integer", v: 2020 } }
          }
        ]
      }
    ],
    request: `PATCH ${site}/datasources/d1/connections/c1/data`,
    body:
      '{"actions":[{"action":"delete","target-table":"t","condition":{"op":"lt","target-col":"year",' +
      '"const":{"type":"integer","v":2020}}}]}',
    response: '<job id="j1"/>',
    result: { id: "j1" }
  },
  ...revisions,
  revisions: { ...revisions.revisions, files: { datasource_revision: 3 } },
  ...connections,
  connections: { ...connections.connections, files: { datasource_populate_connections: 2 } },
  updateConnection: { ...connections.updateConnection, files: { datasource_connection_update: 1 } },
  updateConnections: { ...connections.updateConnections, files: { datasource_connections_update: 2 } },
  ...tags,
  addTags: { ...tags.addTags, files: { datasource_add_tags: 4 } },
  ...permissions,
  permissions: { ...permissions.permissions, files: { datasource_populate_permissions: 1 } }
}
