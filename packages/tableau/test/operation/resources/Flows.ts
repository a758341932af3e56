import * as Redacted from "effect/Redacted"
import { type Flows, Ids } from "effect-tableau"
import * as Families from "./families.js"
import { file, fileResult, firstPage, multipart, one, paged, type SamplesOf, site, upload } from "./sample.js"

const id = Ids.FlowId.make("f1")
const content = { path: "flows", id }

const permissions = Families.permissions(content)

export const samples: SamplesOf<typeof Flows> = {
  list: {
    args: [],
    request: `GET ${site}/flows?sort=createdAt%3Aasc&${firstPage}`,
    response: paged(1, '<flows><flow id="f1" name="Clean"/></flows>'),
    result: one({ id: "f1", name: "Clean" })
  },
  get: {
    args: [id],
    request: `GET ${site}/flows/f1`,
    response: `<flow id="f1" fileType="tflx">
      <parameters><parameter id="p" name="n" isRequired="true" value="v"/></parameters></flow>`,
    result: { id: "f1", fileType: "tflx", parameters: [{ id: "p", name: "n", isRequired: true, value: "v" }] },
    files: { flow_get_by_id: 1 }
  },
  publish: {
    args: [
      upload("Clean.tflx", "PK..."),
      {
        projectId: Ids.ProjectId.make("00000000-0000-8000-8000-0000000000a1"),
        mode: "overwrite",
        description: "Cleans",
        connections: [{ serverAddress: "db", credentials: { name: "ana", password: Redacted.make("secret") } }]
      }
    ],
    request: `POST ${site}/flows?overwrite=true`,
    body: multipart(
      '<tsRequest><flow name="Clean" description="Cleans"><project id="00000000-0000-8000-8000-0000000000a1" /></flow><connections>' +
        '<connection serverAddress="db"><connectionCredentials name="ana" password="secret" /></connection></connections>' +
        "</tsRequest>",
      { part: "tableau_flow", name: "Clean.tflx", content: "PK..." }
    ),
    response: '<flow id="f1" name="Clean"/>',
    result: { id: "f1", name: "Clean" }
  },
  update: {
    args: [id, { projectId: Ids.ProjectId.make("p1"), ownerId: Ids.UserId.make("u1") }],
    request: `PUT ${site}/flows/f1`,
    body: '<tsRequest><flow><project id="p1" /><owner id="u1" /></flow></tsRequest>',
    response: '<flow id="f1"><owner id="u1"/></flow>',
    result: { id: "f1", owner: { id: "u1" } },
    files: { flow_update: 1 }
  },
  updateOwner: {
    args: [id, Ids.UserId.make("u1")],
    request: `PUT ${site}/flows/f1/owner/u1`,
    response: "",
    result: undefined
  },
  delete: {
    args: [id],
    request: `DELETE ${site}/flows/f1`,
    response: { status: 204 },
    result: undefined
  },
  download: {
    args: [id],
    request: `GET ${site}/flows/f1/content`,
    response: file("application/octet-stream", "Clean.tflx", "PK..."),
    result: fileResult("application/octet-stream", "Clean.tflx", "PK...")
  },
  ...Families.connections(content),
  updateConnections: {
    args: [id, [Ids.ConnectionId.make("c1"), Ids.ConnectionId.make("c2")], { serverAddress: "db" }],
    request: `PUT ${site}/flows/f1/connections`,
    body:
      '<tsRequest><connections><connection id="c1" serverAddress="db" /><connection id="c2" serverAddress="db" />' +
      "</connections></tsRequest>",
    response: '<connections><connection id="c1" serverAddress="db"/><connection id="c2"/></connections>',
    result: [{ id: "c1", serverAddress: "db" }, { id: "c2" }]
  },
  ...Families.tags(content),
  ...permissions,
  permissions: { ...permissions.permissions, files: { flow_populate_permissions: 1 } }
}
