import type * as Http from "node:http"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Download, Ids, type TableauError, TableauSession, Views, Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { keyOf, type ScriptedRequest, scriptedServer } from "../../../../test/support/scriptedServer.js"
import { admin, server, session } from "../../../../test/support/session.js"

export type Downloading = Effect.Effect<Download.Download, TableauError.ListError, TableauSession | Scope.Scope>

export const bytesOf = <E, R>(content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(content), (chunks) => Buffer.concat([...chunks]))

export const read = (downloading: Downloading) => bytesOf(Download.stream(downloading))

export const textOf = (downloading: Downloading) => Effect.map(read(downloading), (bytes) => bytes.toString())

/** The numbers of these workbooks are their places in the demo content. */
const named = (name: string) =>
  Effect.flatMap(Workbooks.list({ filter: [], pageSize: 10 }), ({ items }) =>
    Effect.flatten(Stream.runHead(Stream.filter(items, (workbook) => workbook.name === name)))
  ).pipe(Effect.orDie)

export const superstore = Effect.map(named("Superstore"), ({ id }) => id)

/** Two megabytes and a little. */
export const large = Effect.map(named("Été 売上"), ({ id }) => id)

export const firstView = Effect.flatMap(superstore, Views.listForWorkbook).pipe(
  Effect.flatMap(([view]) => Effect.fromNullable(view)),
  Effect.map(({ id }) => id),
  Effect.orDie
)

export const asAdmin = <A, E>(
  program: Effect.Effect<A, E, TableauSession | Simulator | FileSystem.FileSystem | NodeContext.NodeContext>,
  options: Simulator.Options = {},
  given: Partial<TableauSession.Options> = {}
) =>
  program.pipe(
    Effect.provide(session({ credentials: admin, ...given })),
    Effect.provide(server(options)),
    Effect.provide(NodeContext.layer)
  )

export const last = Effect.gen(function* () {
  const { path, query } = (yield* (yield* Simulator).requests).at(-1) ?? { path: "", query: "" }
  return `${path.replace(/^.*\/sites\/[^/]*\//, "").replaceAll(/[0-9a-f-]{36}/g, "ID")}${query === "" ? "" : `?${query}`}`
})

export const pngSize = (bytes: Buffer) => [
  bytes.subarray(1, 4).toString(),
  bytes.readUInt32BE(16),
  bytes.readUInt32BE(20)
]

/** The names in a zip archive, from the list at its end. */
export const entries = (bytes: Buffer): ReadonlyArray<string> => {
  const names: Array<string> = []
  let at = bytes.readUInt32LE(bytes.length - 6)
  while (bytes.readUInt32LE(at) === 0x02014b50) {
    const length = bytes.readUInt16LE(at + 28)
    names.push(bytes.subarray(at + 46, at + 46 + length).toString())
    at += 46 + length
  }
  return names
}

// Names with special characters, and arbitrary Unicode.
export const unit = FastCheck.oneof(
  { arbitrary: FastCheck.constantFrom(..."+%&,*[]\"'<>=:;/\\?#|() aAbBéÉ売𝒳\t\n\r\u00a0"), weight: 4 },
  { arbitrary: FastCheck.string({ unit: "binary", minLength: 1, maxLength: 1 }), weight: 1 }
)

export const someWorkbook = Ids.WorkbookId.make("w")

export type Respond = (response: Http.ServerResponse, request: ScriptedRequest) => unknown

/** A download of a workbook from a server that responds like this. */
export const from = (respond: Respond, client = layerHttpClient) =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer({
      [keyOf(Workbooks.download)]: (request: ScriptedRequest, raw: Http.ServerResponse) => respond(raw, request)
    })
    const signedIn = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
    return Workbooks.download(someWorkbook).pipe(Effect.provideService(TableauSession, signedIn))
  }).pipe((made) => Effect.flatMap(Layer.build(client), (context) => Effect.provide(made, context)))
