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
