/** Files that the server renders from its content: images, documents, tables and archives. They are reproducible. */
import { deflateSync } from "node:zlib"
import { escape } from "../protocol/xml.js"
import { crc32, type Entry, type Generated, zip } from "./zip.js"

/** A row of a view's data: a value for each column. */
export type Row = Readonly<Record<string, string>>

/** A file in a response. */
export interface File {
  /** Without a name the response has no `Content-Disposition`. */
  readonly name?: string | undefined
  /** The `name` in the `Content-Disposition`. */
  readonly part?: string
  readonly contentType: string
  readonly body: Uint8Array | Generated
}

/** Tableau omits the disposition type, and encodes characters outside of ASCII by RFC 8187. */
const disposition = (name: string, part: string | undefined): string => {
  const first = part === undefined ? "attachment" : `name="${part}"`
  return /^[ !#-[\]-~]*$/.test(name)
    ? `${first}; filename="${name}"`
    : `${first}; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)}`
}

export const headersOf = ({ contentType, name, part }: File): Readonly<Record<string, string>> => ({
  "content-type": contentType,
  ...(name === undefined ? {} : { "content-disposition": disposition(name, part) })
})

const bigEndian = (...values: ReadonlyArray<number>): Buffer => {
  const buffer = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, 4 * index)
  return buffer
}

const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(type), data])
  return Buffer.concat([bigEndian(data.length), named, bigEndian(crc32(named))])
}

/** A white image. */
export const png = (width: number, height: number): File => {
  const line = Buffer.alloc(1 + Math.ceil(width / 8), 0xff)
  line[0] = 0
  return {
    contentType: "image/png",
    body: Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      pngChunk("IHDR", Buffer.concat([bigEndian(width, height), Buffer.from([1, 0, 0, 0, 0])])),
      pngChunk("IDAT", deflateSync(Buffer.concat(Array<Buffer>(height).fill(line)))),
      pngChunk("IEND", Buffer.alloc(0))
    ])
  }
}

/** A document of one page. Characters outside of ASCII become question marks. */
export const pdf = (name: string, lines: ReadonlyArray<string>, [width, height]: readonly [number, number]): File => {
  const text = lines
    .map((line) => `(${line.replaceAll(/[^ -~]/g, "?").replaceAll(/[\\()]/g, String.raw`\$&`)}) Tj T*`)
    .join("\n")
  const content = `BT /F1 12 Tf 14 TL 36 ${height - 36} Td\n${text}\nET`
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
  ]
  let document = "%PDF-1.4\n"
  const offsets = objects.map((object, index) => {
    const offset = document.length
    document += `${index + 1} 0 obj\n${object}\nendobj\n`
    return `${String(offset).padStart(10, "0")} 00000 n \n`
  })
  const size = objects.length + 1
  const start = document.length
  document += `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join("")}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`
  return { name: `${name}.pdf`, contentType: "application/pdf", body: Buffer.from(document) }
}

const columnsOf = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => [...new Set(rows.flatMap(Object.keys))]

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The columns are those of all rows, even if no row is selected. */
export const csv = (all: ReadonlyArray<Row>, rows: ReadonlyArray<Row>): File => {
  const columns = columnsOf(all)
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))]
  return {
    contentType: "text/csv;charset=utf-8",
    body: Buffer.from(lines.map((line) => `${line.map(cell).join(",")}\n`).join(""))
  }
}

const xml = (name: string, content: string): Entry => ({
  name,
  data: Buffer.from(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${content}`)
})

const office = "http://schemas.openxmlformats.org"

const types = (part: string, contentType: string, more = "") =>
  xml(
    "[Content_Types].xml",
    `<Types xmlns="${office}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/${part}" ContentType="${contentType}.main+xml"/>${more}</Types>`
  )

const relations = (name: string, type: string, target: string) =>
  xml(
    name,
    `<Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="rId1" Type="${office}/officeDocument/2006/relationships/${type}" Target="${target}"/></Relationships>`
  )

const spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
const presentation = "application/vnd.openxmlformats-officedocument.presentationml"

/** A workbook of one sheet. The first row has the names of the columns. */
export const xlsx = (name: string, all: ReadonlyArray<Row>, rows: ReadonlyArray<Row>): File => {
  const columns = columnsOf(all)
  const sheet = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))]
    .map((line) => `<row>${line.map((text) => `<c t="inlineStr"><is><t>${escape(text)}</t></is></c>`).join("")}</row>`)
    .join("")
  const worksheet = "xl/worksheets/sheet1.xml"
  const main = `xmlns="${office}/spreadsheetml/2006/main"`
  return {
    name: `${name}.xlsx`,
    contentType: `${spreadsheet}.sheet`,
    body: zip([
      types(
        "xl/workbook.xml",
        `${spreadsheet}.sheet`,
        `<Override PartName="/${worksheet}" ContentType="${spreadsheet}.worksheet+xml"/>`
      ),
      relations("_rels/.rels", "officeDocument", "xl/workbook.xml"),
      xml(
        "xl/workbook.xml",
        `<workbook ${main} xmlns:r="${office}/officeDocument/2006/relationships"><sheets><sheet name="Sheet 1" sheetId="1" r:id="rId1"/></sheets></workbook>`
      ),
      relations("xl/_rels/workbook.xml.rels", "worksheet", "worksheets/sheet1.xml"),
      xml(worksheet, `<worksheet ${main}><sheetData>${sheet}</sheetData></worksheet>`)
    ])
  }
}

/** A presentation without slides. */
export const pptx = (name: string): File => ({
  name: `${name}.pptx`,
  contentType: `${presentation}.presentation`,
  body: zip([
    types("ppt/presentation.xml", `${presentation}.presentation`),
    relations("_rels/.rels", "officeDocument", "ppt/presentation.xml"),
    xml(
      "ppt/presentation.xml",
      `<p:presentation xmlns:p="${office}/presentationml/2006/main"><p:notesSz cx="6858000" cy="9144000"/></p:presentation>`
    )
  ])
})

const megabyte = 1024 * 1024
const block = Buffer.from("Tableau ".repeat(8 * 1024))

/** An archive of content: a document that describes it, and data up to its size. */
export const content = (options: {
  readonly name: string
  readonly extension: string
  readonly part: string
  readonly description: string
  /** What the description has in it, as XML. */
  readonly inner?: string
  readonly revision: number
  readonly megabytes: number
  /** The name of the data in the archive. `undefined` for an archive without data. */
  readonly data: string | undefined
}): File => {
  const { data, description, extension, inner = "", megabytes, name, part, revision } = options
  // A package without its data would have no extract when it is published again.
  const fill = Math.max(1, Math.max(0, megabytes - 1) * (megabyte / block.length))
  return {
    name: `${name}.${extension}`,
    part,
    contentType: "application/octet-stream",
    body: zip([
      xml(
        `${name}.${extension.slice(0, -1)}`,
        `<${description} name="${escape(name)}" revision="${revision}">${inner}</${description}>`
      ),
      ...(data === undefined ? [] : [{ name: data, data: block, times: fill }])
    ])
  }
}
