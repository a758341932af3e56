import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { xmlDocument } from "../../../../test/support/scriptedServer.js"
import { type Name, receive, respond, sampled } from "./operations.js"

/**
 * Responses of real servers. They are not part of the repository; without them nothing is checked. The operations that
 * decode them are named in `resources`.
 */
const folder = fileURLToPath(new URL("../../../../../shared/samples/", import.meta.url))

const decoded = sampled.flatMap((operation) =>
  operation.isStream
    ? []
    : Object.entries(operation.sample.files ?? {}).map(
        ([file, items]) => [file, operation.name, { operation, items }] as const
      )
)

/** Responses to requests that the client does not send, an operation that cannot decode them, and its error. */
const unknown: ReadonlyArray<readonly [file: string, operation: Name, error: string]> = [
  ["flow_runs_get_by_id", "Flows.get", "tsResponse has no flow"],
  ["flow_runs_get_by_id_failed", "Flows.get", "tsResponse has no flow"],
  ["group_create", "Groups.list", "tsResponse has no pagination"],
  ["group_update", "Groups.list", "tsResponse has no pagination"],
  ["group_add_users", "Users.list", "tsResponse has no pagination"],
  ["schedule_add_datasource", "Tasks.get", "extractRefresh has no id"],
  ["schedule_add_flow", "Tasks.get", "task has no extractRefresh"],
  ["schedule_add_workbook", "Tasks.get", "task has no extractRefresh"],
  ["user_update", "Users.get", "user has no id"]
]

const unreadable = "group_update_async"

const read = (file: string) => xmlDocument(readFileSync(`${folder}${file}.xml`, "utf8"))

/** Elements that describe the response, not its items. */
const ignored = new Set(["tsResponse", "pagination", "warning"])

/** Timestamps and booleans can be written in several ways. */
const normalize = (text: string): string => {
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return new Date(text).toISOString()
  return /^(?:true|false)$/i.test(text) ? text.toLowerCase() : text
}

/** Every attribute and every text of a document. Regular expressions find them, because the reader is what is tested. */
const valuesIn = (document: string): ReadonlyArray<string> => [
  ...[...document.matchAll(/<(\w+)((?:\s+[\w:]+\s*=\s*(?:"[^"]*"|'[^']*'))+)/g)].flatMap(
    ([, element = "", attributes = ""]) =>
      ignored.has(element)
        ? []
        : [...attributes.matchAll(/([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(
            ([, name, first, second]) => `${name}=${normalize(first ?? second ?? "")}`
          )
  ),
  ...[...document.matchAll(/<(\w+)>([^<]*[^<\s][^<]*)<\/\1>/g)].map(
    ([, name, content = ""]) => `${name}=${normalize(content)}`
  )
]

/** Every scalar of a result, by the name of its property. */
const scalarsOf = (value: unknown, name = ""): ReadonlyArray<string> =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => scalarsOf(inner, Array.isArray(value) ? name : key))
    : [`${name}=${value}`]

const countOf = (result: unknown): number => {
  if (Array.isArray(result)) return result.length
  const listed = typeof result === "object" && result !== null && "items" in result ? result.items : undefined
  return Array.isArray(listed) ? listed.length : 1
}

describe.skipIf(!existsSync(folder))("responses of real servers", () => {
  it.effect.each(decoded)("%s: %s decodes every item and every value", ([file, , { items, operation }]) =>
    Effect.gen(function* () {
      const response = read(file)
      const document = String(response.body)
      const total = / totalAvailable="(\d+)"/.exec(document)?.[1]
      const { error, logged, result } = yield* receive(operation, response)
      expect([error, countOf(result)]).toEqual([undefined, items])
      if (total !== undefined) expect(result).toMatchObject({ totalAvailable: Number(total) })
      // Every page receives the same file: if the list has other pages, their items are missing, which is logged.
      const missing =
        Number(total ?? 0) > items ? [expect.stringContaining(`: ${items} of ${total} items were received`)] : []
      expect(logged).toEqual(missing)
      const found = new Set(scalarsOf(result))
      expect(valuesIn(document).filter((value) => !found.has(value))).toEqual([])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect.each(unknown)("%s: %s fails because %s", ([file, operation, message]) =>
    Effect.gen(function* () {
      const { error } = yield* respond(operation, read(file))
      expect(error).toContain(message)
    }).pipe(Effect.provide(layerHttpClient))
  )

  // The file has a word where a server sends a timestamp.
  it.effect(`${unreadable}: Jobs.get returns the job without the timestamp, and logs that`, () =>
    Effect.gen(function* () {
      const { logged, result } = yield* respond("Jobs.get", read(unreadable))
      const id = "c2566efc-0767-4f15-89cb-56acb4349c1b"
      expect(result).toEqual({ id, mode: "Asynchronous", type: "GroupSync", progress: 0 })
      expect(logged).toEqual([`Jobs.get: a value is absent in <job id="${id}">: job: createdAt cannot be read`])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it("every response about a resource of the package is decoded by an operation, or by none", () => {
    const ours =
      /^(?:site|project|workbook|view|datasource|flow|user|group|job|schedule|tasks|favorites|request_option|queryset)_/
    const files = readdirSync(folder).flatMap((name) => (ours.test(name) ? [name.replace(".xml", "")] : []))
    expect([unreadable, ...[...decoded, ...unknown].map(([file]) => file)].sort()).toEqual(files.sort())
  })
})
