import { Ids, type Views } from "effect-tableau"
import * as Families from "./families.js"
import { file, fileResult, firstPage, paged, type SamplesOf, site } from "./sample.js"

const id = Ids.ViewId.make("v1")
const content = { path: "views", id }
const excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

const permissions = Families.permissions(content)
const tags = Families.tags(content)

export const samples: SamplesOf<typeof Views> = {
  list: {
    args: [{ includeUsageStatistics: true }],
    request: `GET ${site}/views?includeUsageStatistics=true&sort=createdAt%3Aasc&${firstPage}`,
    response: paged(
      2,
      `<views><view id="v1" hidden="false" sheetType="hologram"><usage totalViewCount="7"/><workbook id="w" name="W"/>
       <dataAccelerationConfig accelerationEnabled="true" lastUpdatedAt=""/></view><view id="v2"/></views>`
    ),
    result: {
      totalAvailable: 2,
      items: [
        {
          id: "v1",
          hidden: false,
          sheetType: "hologram",
          usage: { totalViewCount: 7 },
          workbook: { id: "w", name: "W" },
          dataAccelerationConfig: { accelerationEnabled: true }
        },
        { id: "v2" }
      ]
    },
    files: {
      view_get: 2,
      queryset_slicing_page_1: 10,
      request_option_page_number: 10,
      request_option_page_size: 5,
      request_option_pagination: 10,
      request_option_slicing_queryset: 10
    }
  },
  listForWorkbook: {
    args: [Ids.WorkbookId.make("w1"), { includeUsageStatistics: true }],
    request: `GET ${site}/workbooks/w1/views?includeUsageStatistics=true`,
    response: '<views><view id="v1" name="Overview"/></views>',
    result: [{ id: "v1", name: "Overview" }],
    others: [["", []]],
    files: { workbook_populate_views: 3, workbook_populate_views_usage: 3 }
  },
  get: {
    args: [id],
    request: `GET ${site}/views/v1`,
    response: '<view id="v1" createdAt=""><tags/></view>',
    result: { id: "v1", tags: [] },
    files: { view_get_id: 1, view_get_id_usage: 1 }
  },
  image: {
    args: [id, { resolution: "high", maxAge: "2 minutes", filters: { Region: ["East", "West"] } }],
    request: `GET ${site}/views/v1/image?resolution=high&maxAge=2&vf_Region=East%2CWest`,
    response: file("image/png", "Overview.png", "PNG"),
    result: fileResult("image/png", "Overview.png", "PNG")
  },
  pdf: {
    args: [id, { type: "letter", orientation: "portrait", language: "de", vizWidth: 800, vizHeight: 600 }],
    request: `GET ${site}/views/v1/pdf?language=de&type=letter&orientation=portrait&vizWidth=800&vizHeight=600`,
    response: file("application/pdf", "Overview.pdf", "%PDF-1.4"),
    result: fileResult("application/pdf", "Overview.pdf", "%PDF-1.4")
  },
  data: {
    args: [id, { maxAge: "1 minute", parameters: { "Top N": 5 } }],
    request: `GET ${site}/views/v1/data?maxAge=1&vf_Parameters.Top+N=5`,
    response: file("text/csv", "Overview.csv", "a,b\r\n1,2\r\n"),
    result: fileResult("text/csv", "Overview.csv", "a,b\r\n1,2\r\n")
  },
  crosstab: {
    args: [id],
    request: `GET ${site}/views/v1/crosstab/excel`,
    response: file(excel, "Overview.xlsx", "PK..."),
    result: fileResult(excel, "Overview.xlsx", "PK...")
  },
  previewImage: {
    args: [Ids.WorkbookId.make("w1"), id],
    request: `GET ${site}/workbooks/w1/views/v1/previewImage`,
    response: { headers: { "content-type": "image/png" }, body: "PNG" },
    result: fileResult("image/png", "v1.png", "PNG")
  },
  delete: {
    args: [id],
    request: `DELETE ${site}/views/v1`,
    response: { status: 204 },
    result: undefined
  },
  ...tags,
  addTags: { ...tags.addTags, files: { view_add_tags: 4 } },
  ...permissions,
  permissions: { ...permissions.permissions, files: { view_populate_permissions: 1 } },
  addPermissions: { ...permissions.addPermissions, files: { view_update_permissions: 1 } }
}
