/**
 * One sample for each operation of a module: its arguments, the request that it must send and a response with its result.
 * Every test that covers all operations reads these samples, so an operation needs an entry here and nothing else.
 */
import type * as Effect from "effect/Effect"
import { type Operation, Upload } from "effect-tableau"
import type { ScriptedResponse } from "../../../../../test/support/scriptedServer.js"
import { pagination } from "../../../../../test/support/xml.js"

/** The content of `<tsResponse>`, or a whole response. */
export type Content = string | ScriptedResponse

export interface Sample<Args> {
  readonly args: Args
  /** Method, path and query, byte for byte. The session has API version 3.29 and site `s`. */
  readonly request: string
  /** The body of the request, byte for byte; the boundary of its parts is `boundary`. By default it has none. */
  readonly body?: string
  readonly response: Content
  /**
   * The result as JSON: of a list `{ totalAvailable, items }`, of a file its name, type and content as text.
   * `undefined` if the operation returns nothing.
   */
  readonly result: unknown
  /** Other responses and their results. */
  readonly others?: ReadonlyArray<readonly [response: Content, result: unknown]>
  /** Files with responses of real servers (`../shared/samples`) that the operation decodes, and how many items each has. */
  readonly files?: Readonly<Record<string, number>>
}

type Call = Operation.Any & ((...args: never) => Effect.Effect<unknown, unknown, unknown>)

/** A sample for each operation of a module. A stream has the sample of its list. */
export type SamplesOf<Module> = {
  readonly [Name in keyof Module as Module[Name] extends Call ? Name : never]: Module[Name] extends (
    ...args: infer Args
  ) => unknown
    ? Sample<Readonly<Args>>
    : never
}

export const site = "/api/3.29/sites/s"

/** The first page of a list. */
export const paged = (total: number, content: string): string => `${pagination({ total })}${content}`

/** A list with one item. */
export const one = (item: object) => ({ totalAvailable: 1, items: [item] })

/** The query of the first page of a list. */
export const firstPage = "pageNumber=1&pageSize=100"

/** A file: its content and its name. */
export const file = (contentType: string, fileName: string, body: string): ScriptedResponse => ({
  headers: { "content-type": contentType, "content-disposition": `name="file"; filename="${fileName}"` },
  body
})

/** What a call returns for {@link file}. */
export const fileResult = (contentType: string, fileName: string, content: string) => ({
  fileName,
  contentType,
  content
})

/** A body with a payload, and a file unless it has been uploaded before. */
export const multipart = (
  payload: string,
  file?: { readonly part: string; readonly name: string; readonly content: string }
) =>
  [
    `--boundary\r\nContent-Disposition: name="request_payload"\r\nContent-Type: text/xml\r\n\r\n${payload}\r\n`,
    file === undefined
      ? ""
      : `--boundary\r\nContent-Disposition: name="${file.part}"; filename="${file.name}"\r\n` +
        `Content-Type: application/octet-stream\r\n\r\n${file.content}\r\n`,
    "--boundary--\r\n"
  ].join("")

/** A file of some bytes. */
export const upload = (name: string, content: string) => Upload.bytes(name, new TextEncoder().encode(content))
