/** Samples of the operations that several kinds of content share. `path` is the segment of the kind in URLs. */
import * as Redacted from "effect/Redacted"
import { Ids, type Permissions } from "effect-tableau"
import { file, fileResult, paged, site } from "./sample.js"

interface Content<Id> {
  readonly path: string
  readonly id: Id
}

const grants: ReadonlyArray<Permissions.Grant> = [
  {
    user: { id: Ids.UserId.make("u1") },
    capabilities: [
      { name: "Read", mode: "Deny" },
      { name: "Write", mode: "Allow" }
    ]
  },
  { groupSet: { id: Ids.GroupSetId.make("gs1") }, capabilities: [{ name: "Read", mode: "Deny" }] }
]

export const permissions = <Id extends string>({ id, path }: Content<Id>) =>
  ({
    permissions: {
      args: [id],
      request: `GET ${site}/${path}/${id}/permissions`,
      response: `<permissions><parent type="Project" id="p1"/>
        <granteeCapabilities><user id="u1"/><capabilities><capability name="Fly" mode="Perhaps"/></capabilities></granteeCapabilities>
        <granteeCapabilities><group id="g1"/><capabilities/></granteeCapabilities></permissions>`,
      result: {
        parent: { type: "Project", id: "p1" },
        granteeCapabilities: [
          { user: { id: "u1" }, capabilities: [{ name: "Fly", mode: "Perhaps" }] },
          { group: { id: "g1" }, capabilities: [] }
        ]
      },
      others: [["<permissions/>", { granteeCapabilities: [] }]]
    },
    addPermissions: {
      args: [id, grants],
      request: `PUT ${site}/${path}/${id}/permissions`,
      body:
        '<tsRequest><permissions><granteeCapabilities><user id="u1" /><capabilities><capability name="Read" mode="Deny" />' +
        '<capability name="Write" mode="Allow" /></capabilities></granteeCapabilities><granteeCapabilities>' +
        '<groupSet id="gs1" /><capabilities><capability name="Read" mode="Deny" /></capabilities></granteeCapabilities>' +
        "</permissions></tsRequest>",
      response: `<permissions><granteeCapabilities><user id="u1"/><capabilities><capability name="Read" mode="Deny"/>
        </capabilities></granteeCapabilities></permissions>`,
      result: {
        granteeCapabilities: [{ user: { id: "u1" }, capabilities: [{ name: "Read", mode: "Deny" }] }]
      }
    },
    deletePermission: {
      args: [id, { group: { id: Ids.GroupId.make("g1") } }, { name: "Read", mode: "Deny" }],
      request: `DELETE ${site}/${path}/${id}/permissions/groups/g1/Read/Deny`,
      response: { status: 204 },
      result: undefined
    }
  }) as const

export const tags = <Id extends string>({ id, path }: Content<Id>) =>
  ({
    addTags: {
      args: [id, ["a", "b & c"]],
      request: `PUT ${site}/${path}/${id}/tags`,
      body: '<tsRequest><tags><tag label="a" /><tag label="&quot;b &amp; c&quot;" /></tags></tsRequest>',
      response: '<tags><tag label="a"/><tag label="old"/></tags>',
      result: [{ label: "a" }, { label: "old" }],
      others: [["<tags/>", []]]
    },
    deleteTag: {
      args: [id, "a/b c"],
      request: `DELETE ${site}/${path}/${id}/tags/a%2Fb%20c`,
      response: { status: 204 },
      result: undefined
    }
  }) as const

export const connections = <Id extends string>({ id, path }: Content<Id>) =>
  ({
    connections: {
      args: [id],
      request: `GET ${site}/${path}/${id}/connections`,
      response: `<connections>
        <connection id="1" type="sqlserver" serverPort="" embedPassword="" userName="" useOAuthManagedKeychain="false"/>
        <connection type="sqlproxy" serverPort="443"><datasource id="d1" name="D"/></connection></connections>`,
      result: [
        { id: "1", type: "sqlserver", userName: "", useOAuthManagedKeychain: false },
        { type: "sqlproxy", serverPort: 443, datasource: { id: "d1", name: "D" } }
      ],
      others: [["<connections/>", []]]
    },
    updateConnection: {
      args: [
        id,
        Ids.ConnectionId.make("c/1"),
        { password: Redacted.make('p&"w'), userName: "ana", serverAddress: "db", serverPort: 5432, embedPassword: true }
      ],
      request: `PUT ${site}/${path}/${id}/connections/c%2F1`,
      body:
        '<tsRequest><connection serverAddress="db" serverPort="5432" userName="ana" password="p&amp;&quot;w" ' +
        'embedPassword="true" /></tsRequest>',
      response: '<connection id="c/1" serverAddress="db" serverPort="5432" userName="ana"/>',
      result: { id: "c/1", serverAddress: "db", serverPort: 5432, userName: "ana" }
    }
  }) as const

const several = [Ids.ConnectionId.make("c1"), Ids.ConnectionId.make("c2")]

export const contentConnections = <Id extends string>(content: Content<Id>) =>
  ({
    ...connections(content),
    updateConnections: {
      args: [content.id, several, { authenticationType: "oauth", queryTaggingEnabled: false }],
      request: `PUT ${site}/${content.path}/${content.id}/connections`,
      body:
        "<tsRequest><connectionLuids><connectionLuid>c1</connectionLuid><connectionLuid>c2</connectionLuid>" +
        '</connectionLuids><connection authenticationType="oauth" queryTaggingEnabled="false" /></tsRequest>',
      response: '<connection id="c1" authenticationType="oauth"/>',
      result: [{ id: "c1", authenticationType: "oauth" }],
      others: [
        ['<connections><connection id="c1"/><connection id="c2"/></connections>', [{ id: "c1" }, { id: "c2" }]],
        ['<connection id="c1"/><connection id="c2"/>', [{ id: "c1" }, { id: "c2" }]]
      ]
    }
  }) as const

export const revisions = <Id extends string>({ id, path }: Content<Id>) =>
  ({
    revisions: {
      args: [id, { pageSize: 20 }],
      request: `GET ${site}/${path}/${id}/revisions?pageNumber=1&pageSize=20`,
      response: paged(
        2,
        `<revisions><revision revisionNumber="1" publishedAt="" deleted="False"/>
         <revision revisionNumber="2" current="true" sizeInBytes="5"><publisher id="u1"/></revision></revisions>`
      ),
      result: {
        totalAvailable: 2,
        items: [
          { revisionNumber: 1, deleted: false },
          { revisionNumber: 2, current: true, sizeInBytes: 5, publisher: { id: "u1" } }
        ]
      }
    },
    download: {
      args: [id, { includeExtract: false }],
      request: `GET ${site}/${path}/${id}/content?includeExtract=False`,
      response: file("application/octet-stream", "Sales.zip", "PK..."),
      result: fileResult("application/octet-stream", "Sales.zip", "PK...")
    },
    downloadRevision: {
      args: [id, 3],
      request: `GET ${site}/${path}/${id}/revisions/3/content`,
      response: file("application/octet-stream", "Sales.zip", "PK..."),
      result: fileResult("application/octet-stream", "Sales.zip", "PK...")
    },
    deleteRevision: {
      args: [id, 3],
      request: `DELETE ${site}/${path}/${id}/revisions/3`,
      response: { status: 204 },
      result: undefined
    }
  }) as const

const refreshJob = '<job id="j1" mode="Asynchronous" type="RefreshExtract" createdAt="2026-01-31T12:00:00Z"/>'

export const refresh = <Id extends string>({ id, path }: Content<Id>) =>
  ({
    refresh: {
      args: [id],
      request: `POST ${site}/${path}/${id}/refresh`,
      body: "<tsRequest />",
      response: refreshJob,
      result: { id: "j1", mode: "Asynchronous", type: "RefreshExtract", createdAt: "2026-01-31T12:00:00.000Z" }
    }
  }) as const
