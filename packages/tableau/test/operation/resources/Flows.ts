import { type Flows, Ids } from "effect-tableau"
import * as Families from "./families.js"
import { file, fileResult, firstPage, one, paged, type SamplesOf, site } from "./sample.js"

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
    files: { flow_get_by_id: 1, flow_update: 1 }
  },
  download: {
    args: [id],
    request: `GET ${site}/flows/f1/content`,
    response: file("application/octet-stream", "Clean.tflx", "PK..."),
    result: fileResult("application/octet-stream", "Clean.tflx", "PK...")
  },
  ...Families.connections(content),
  ...Families.tags(content),
  ...permissions,
  permissions: { ...permissions.permissions, files: { flow_populate_permissions: 1 } }
}
