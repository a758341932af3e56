import { join } from "node:path"
import { inspect } from "node:util"
import * as FileSystem from "@effect/platform/FileSystem"
import { expect } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { demoToken } from "./session.js"

/** Programs over an HttpClient of `effect-tableau/node`. */

/** Signs in, reads all workbooks, signs out. */
export const listWorkbooks = (server: string, options?: TableauNode.HttpClientOptions) =>
  Effect.gen(function* () {
    const { items, totalAvailable } = yield* Workbooks.list()
    expect(Chunk.size(yield* Stream.runCollect(items))).toBe(totalAvailable)
    return totalAvailable
  }).pipe(
    Effect.provide(
      TableauSession.layer({ server, credentials: demoToken, retry: "never" }).pipe(
        Layer.provide(TableauNode.layerHttpClient(options))
      )
    )
  )

/** The error of the program; checks that no way to print it contains a secret. */
export const failure = <A, E extends Error, R>(program: Effect.Effect<A, E, R>, secrets: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const cause = yield* Effect.flip(Effect.sandbox(program))
    const error = yield* Cause.failureOrCause(cause).pipe((either) =>
      either._tag === "Left" ? Effect.succeed(either.left) : Effect.failCause(either.right)
    )
    const printed = [
      error.message,
      String(error),
      error.stack ?? "",
      JSON.stringify(error),
      JSON.stringify(cause),
      inspect(error, { depth: 9, showHidden: true }),
      Cause.pretty(cause, { renderErrorCause: true })
    ].join("\n")
    for (const secret of ["demo-secret", ...secrets]) {
      expect(printed).not.toContain(secret)
      expect(printed).not.toContain(Buffer.from(secret).toString("base64"))
    }
    return error
  })

/** The same; checks that the server did not act. */
export const unreached = (server: string, options?: TableauNode.HttpClientOptions, secrets?: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const error = yield* failure(listWorkbooks(server, options), secrets)
    expect(error).toMatchObject({ operation: "TableauSession.open", acted: "no" })
    return error
  })

/** A file of this content, until the scope ends. */
export const file = (content: string | Uint8Array, name = "company.pem") =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = join(yield* files.makeTempDirectoryScoped(), name)
    yield* files.writeFile(path, Buffer.from(content))
    return path
  })
