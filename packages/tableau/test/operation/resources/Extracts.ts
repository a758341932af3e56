import { type Extracts, Ids } from "effect-tableau"
import { type SamplesOf, site } from "./sample.js"

const workbook = Ids.WorkbookId.make("w1")
const datasource = Ids.DatasourceId.make("d1")

export const samples: SamplesOf<typeof Extracts> = {
  createForWorkbook: {
    args: [workbook, { encrypt: true, datasourceIds: [datasource, Ids.DatasourceId.make("d2")] }],
    request: `POST ${site}/workbooks/w1/createExtract?encrypt=true`,
    body: '<tsRequest><datasources includeAll="false"><datasource id="d1" /><datasource id="d2" /></datasources></tsRequest>',
    response: `<job id="j1" mode="Asynchronous" type="CreateExtract"><extractCreationJob><workbook id="w1" name="W"/>
      <jobLuid>j2</jobLuid></extractCreationJob></job>`,
    result: {
      id: "j1",
      mode: "Asynchronous",
      type: "CreateExtract",
      extractCreationJob: { workbook: { id: "w1", name: "W" }, jobLuid: "j2" }
    }
  },
  createForDatasource: {
    args: [datasource],
    request: `POST ${site}/datasources/d1/createExtract`,
    body: "<tsRequest />",
    response: '<job id="j1"><extractCreationJob><datasource id="d1"/><jobLuid>j1</jobLuid></extractCreationJob></job>',
    result: { id: "j1", extractCreationJob: { datasource: { id: "d1" }, jobLuid: "j1" } }
  },
  deleteForWorkbook: {
    args: [workbook],
    request: `POST ${site}/workbooks/w1/deleteExtract`,
    body: '<tsRequest><datasources includeAll="true" /></tsRequest>',
    response: "",
    result: undefined
  },
  deleteForDatasource: {
    args: [datasource],
    request: `POST ${site}/datasources/d1/deleteExtract`,
    body: "<tsRequest />",
    response: { status: 204 },
    result: undefined
  },
  encrypt: {
    args: [],
    request: `POST ${site}/encrypt-extracts`,
    response: "",
    result: undefined
  },
  decrypt: {
    args: [],
    request: `POST ${site}/decrypt-extracts`,
    response: "",
    result: undefined
  },
  reencrypt: {
    args: [],
    request: `POST ${site}/reencrypt-extracts`,
    response: "",
    result: undefined
  }
}
