/** Files that clients publish. */
import { zip } from "../../src/internal/content/zip.js"

export interface Sheets {
  readonly worksheets?: ReadonlyArray<string>
  readonly dashboards?: ReadonlyArray<string>
  readonly stories?: ReadonlyArray<string>
  readonly hidden?: ReadonlyArray<string>
  readonly connections?: string
}

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&apos;")

/** A workbook as Tableau Desktop writes it, without what the server does not read. */
export const twb = ({
  connections = "",
  dashboards = [],
  hidden = [],
  stories = [],
  worksheets = []
}: Sheets): string =>
  `<?xml version='1.0' encoding='utf-8' ?>
<workbook source-build='2026.2.0' version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>
  <datasources>${connections}</datasources>
  <worksheets>${worksheets.map((name) => `<worksheet name='${escape(name)}'><table/></worksheet>`).join("")}</worksheets>
  <dashboards>${dashboards.map((name) => `<dashboard name='${escape(name)}'/>`).join("")}${stories
    .map((name) => `<dashboard name='${escape(name)}' type='storyboard'/>`)
    .join("")}</dashboards>
  <windows>${[...stories, ...dashboards, ...worksheets]
    .map((name) => `<window class='worksheet' name='${escape(name)}'${hidden.includes(name) ? " hidden='true'" : ""}/>`)
    .join("")}</windows>
</workbook>`

export const federated = (type: string, server: string, port: number) =>
  `<datasource name='federated.1'><connection class='federated'><named-connections><named-connection name='one'>` +
  `<connection class='${type}' server='${server}' port='${port}' username='reader'/>` +
  `</named-connection></named-connections></connection></datasource>`

export const archive = (entries: Readonly<Record<string, string | Uint8Array>>): Buffer =>
  Buffer.concat([...zip(Object.entries(entries).map(([name, data]) => ({ name, data: Buffer.from(data) }))).chunks()])

export const twbx = (sheets: Sheets, data: Uint8Array = Buffer.from("rows")): Buffer =>
  archive({ "Book.twb": twb(sheets), "Data/Extracts/data.hyper": data })

export const tds = (type: string, server: string, port = 5432): string =>
  `<?xml version='1.0' encoding='utf-8' ?>\n${federated(type, server, port)}`
