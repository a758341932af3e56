/** What the server reads from published files: the sheets of workbooks, connections, and whether there is an extract. */
import { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl"
import { attribute, child, children, type Element } from "../protocol/element.js"
import { fromXml } from "../protocol/xml.js"
import * as Storage from "./storage.js"

export interface Sheet {
  readonly name: string
  readonly sheetType: "worksheet" | "dashboard" | "story"
}

interface FileConnection {
  readonly type: string
  readonly serverAddress: string
  readonly serverPort: number
  readonly userName: string
  /** The content URL of a published data source. */
  readonly datasourceUrl: string | undefined
}

export interface Summary {
  /** The sheets that are not hidden. */
  readonly sheets: ReadonlyArray<Sheet>
  readonly connections: ReadonlyArray<FileConnection>
  readonly hasExtracts: boolean
}

/** In bytes. Larger documents would block the server for seconds. */
const documentLimit = 16 * 1024 * 1024

const entryLimit = 10_000

/** Dashboards nest their zones. */
const documentDepth = 200

const extract = /\.(hyper|tde)$/i

/** The windows are in the order of the tabs, and say which sheets are hidden. */
const sheetsOf = (workbook: Element): ReadonlyArray<Sheet> => {
  const windows = children(child(workbook, "windows"), "window")
  const position = new Map(windows.map((window, index) => [attribute(window, "name"), index]))
  const hidden = new Set(
    windows.filter((window) => attribute(window, "hidden") === "true").map((window) => attribute(window, "name"))
  )
  const named = (list: string, item: string, typeOf: (sheet: Element) => Sheet["sheetType"]) =>
    children(child(workbook, list), item).map((sheet) => ({
      name: attribute(sheet, "name") ?? "",
      sheetType: typeOf(sheet)
    }))
  const sheets = [
    ...named("worksheets", "worksheet", () => "worksheet"),
    ...named("dashboards", "dashboard", (sheet) => (attribute(sheet, "type") === "storyboard" ? "story" : "dashboard"))
  ]
  const places = new Map(sheets.map((sheet, index) => [sheet, position.get(sheet.name) ?? windows.length + index]))
  return sheets
    .filter(({ name }) => name !== "" && !hidden.has(name))
    .sort((left, right) => (places.get(left) ?? 0) - (places.get(right) ?? 0))
}

const connectionsOf = (datasource: Element): ReadonlyArray<FileConnection> => {
  const outer = child(datasource, "connection")
  const named = children(child(outer, "named-connections"), "named-connection").map((one) => child(one, "connection"))
  const location = child(datasource, "repository-location")
  return [outer, ...named].flatMap((connection) => {
    const serverAddress = attribute(connection, "server") ?? ""
    if (connection === undefined || serverAddress === "") return []
    const type = attribute(connection, "class") ?? ""
    const port = Number(attribute(connection, "port"))
    return [
      {
        type,
        serverAddress,
        serverPort: Number.isInteger(port) ? port : 0,
        userName: attribute(connection, "username") ?? "",
        datasourceUrl: type === "sqlproxy" ? attribute(location, "id") : undefined
      }
    ]
  })
}

const summaryOf = (text: string, root: string): Either.Either<Summary, string> =>
  fromXml(text, documentDepth).pipe(
    Either.filterOrLeft(
      ({ name }) => name === root,
      ({ name }) => `The root is <${name}> and not <${root}>.`
    ),
    Either.map((document) => {
      const datasources = root === "datasource" ? [document] : children(child(document, "datasources"), "datasource")
      return {
        sheets: sheetsOf(document),
        connections: datasources.flatMap(connectionsOf),
        hasExtracts: datasources.some((datasource) => attribute(child(datasource, "extract"), "enabled") === "true")
      }
    })
  )

class FileReader extends RandomAccessReader {
  constructor(private readonly file: Storage.StoredFile) {
    super()
  }
  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(Storage.read(this.file, start, end))
  }
  override close(callback: (error: Error | null) => void): void {
    callback(null)
  }
}

const tooLarge = `The document is larger than ${documentLimit} bytes.`

/** The document of a package, and whether there is an extract beside it. The archive is read from its directory. */
const readPackage = async (
  zip: ZipFile,
  documentName: RegExp
): Promise<Either.Either<{ readonly text: string; readonly hasExtracts: boolean }, string>> => {
  if (zip.entryCount > entryLimit) return Either.left(`The archive has more than ${entryLimit} entries.`)
  let document: Entry | undefined
  let hasExtracts = false
  for await (const entry of zip.eachEntry()) {
    if (extract.test(entry.fileName)) hasExtracts = true
    if (document === undefined && documentName.test(entry.fileName)) document = entry
  }
  if (document === undefined) return Either.left("The archive has no document.")
  if (document.uncompressedSize > documentLimit) return Either.left(tooLarge)
  // The stream fails if the entry is larger than it says.
  const text = (await buffer(await zip.openReadStreamPromise(document))).toString("utf8")
  return Either.right({ text, hasExtracts })
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const readDocument = (file: Storage.StoredFile): Effect.Effect<string, string> =>
  file.size > documentLimit
    ? Effect.fail(tooLarge)
    : Effect.tryPromise({
        try: async () => (await buffer(Readable.from(Storage.read(file)))).toString("utf8"),
        catch: messageOf
      })

const summarizePackage = (
  file: Storage.StoredFile,
  documentName: RegExp,
  root: string
): Effect.Effect<Summary, string> =>
  Effect.acquireUseRelease(
    Effect.tryPromise({
      try: () => fromRandomAccessReaderPromise(new FileReader(file), file.size, { autoClose: false }),
      catch: messageOf
    }),
    (zip) =>
      Effect.tryPromise({ try: () => readPackage(zip, documentName), catch: messageOf }).pipe(
        Effect.flatten,
        Effect.flatMap(({ hasExtracts, text }) =>
          Either.map(summaryOf(text, root), (summary) => ({
            ...summary,
            hasExtracts: hasExtracts || summary.hasExtracts
          }))
        )
      ),
    (zip) => Effect.sync(() => zip.close())
  )

/** Reads a file by its type. The content is not trusted: a failure says what is wrong with it. */
export const summarize = (file: Storage.StoredFile, type: string): Effect.Effect<Summary, string> => {
  switch (type) {
    case "twb":
      return Effect.flatMap(readDocument(file), (text) => summaryOf(text, "workbook"))
    case "tds":
      return Effect.flatMap(readDocument(file), (text) => summaryOf(text, "datasource"))
    case "twbx":
      return summarizePackage(file, /\.twb$/i, "workbook")
    case "tdsx":
      return summarizePackage(file, /\.tds$/i, "datasource")
    default:
      return Effect.succeed({ sheets: [], connections: [], hasExtracts: true })
  }
}
