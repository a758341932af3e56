import { type Datasources, Filter, Ids } from "effect-tableau"
import * as Families from "./families.js"
import { firstPage, one, paged, type SamplesOf, site } from "./sample.js"

const id = Ids.DatasourceId.make("d1")
const content = { path: "datasources", id }

const permissions = Families.permissions(content)
const tags = Families.tags(content)
const connections = Families.connections(content)
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
    files: { datasource_get_by_id: 1, datasource_publish: 1, datasource_update: 1 }
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
        uploadSessionId: "1:2-3:0",
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
  connections: {
    ...connections.connections,
    files: { datasource_populate_connections: 2, datasource_connections_update: 2 }
  },
  ...tags,
  addTags: { ...tags.addTags, files: { datasource_add_tags: 4 } },
  ...permissions,
  permissions: { ...permissions.permissions, files: { datasource_populate_permissions: 1 } }
}
