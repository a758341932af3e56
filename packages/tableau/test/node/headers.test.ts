import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Ids, ServerInfo, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { certificate } from "../../../../test/support/certificates.js"
import { failure } from "../../../../test/support/network.js"
import { keyOf, scriptedServer, xml, xmlDocument } from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { element, serverInfoDocument } from "../../../../test/support/xml.js"

const workbook = element("workbook", { id: "w", name: "Forecast" })

/** Headers of a gateway: cookies, each of 1 KB. */
const cookies = (kilobytes: number) => ({
  "content-type": "application/xml",
  "set-cookie": Array.from({ length: kilobytes }, (_, index) => `c${index}=${"x".repeat(1012)}`)
})

const getWorkbook = (server: string, client: Layer.Layer<HttpClient.HttpClient, Error>) =>
  Workbooks.get(Ids.WorkbookId.make("w")).pipe(
    Effect.provide(TableauSession.layer({ server, credentials: admin }).pipe(Layer.provide(client)))
  )

describe("large headers of a response", () => {
  for (const kilobytes of [15, 20, 63]) {
    it.scoped(`a call succeeds when the response has ${kilobytes} KB of headers`, () =>
      Effect.gen(function* () {
        const { url } = yield* scriptedServer({
          [keyOf(Workbooks.get)]: { ...xml(workbook), headers: cookies(kilobytes) }
        })
        expect(yield* getWorkbook(url, TableauNode.layerHttpClient())).toMatchObject({ name: "Forecast" })
      })
    )
  }

  it.scoped("a call succeeds when one header has 64 KB", () =>
    Effect.gen(function* () {
      const policy = "default-src 'self'; ".repeat(3277).slice(0, 64 * 1024)
      const { url } = yield* scriptedServer({
        [keyOf(Workbooks.get)]: {
          ...xml(workbook),
          headers: { "content-type": "application/xml", "content-security-policy": policy }
        }
      })
      expect(yield* getWorkbook(url, TableauNode.layerHttpClient())).toMatchObject({ name: "Forecast" })
    })
  )

  for (const [scheme, tls] of [
    ["http", undefined],
    ["https", {}]
  ] as const) {
    it.scoped(`a call with more headers over ${scheme} fails once, with an error that names their size`, () =>
      Effect.gen(function* () {
        const own = tls === undefined ? undefined : yield* certificate()
        const { count, url } = yield* scriptedServer(
          { [keyOf(Workbooks.get)]: { ...xml(workbook), headers: cookies(70) } },
          own === undefined ? {} : { tls: own }
        )
        const client = TableauNode.layerHttpClient(own === undefined ? {} : { ca: own.cert })
        const error = yield* failure(getWorkbook(url, client))
        expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "HeadersTooLarge", operation: "Workbooks.get" })
        expect(error.message).toContain("64 KB")
        expect(error.message).not.toMatch(/https:\/\/\.|Try again|clientCertificate/)
        expect(count(keyOf(Workbooks.get))).toBe(1)
      })
    )
  }

  it.scoped("a diagnosis with more headers fails at the API, with the same error", () =>
    Effect.gen(function* () {
      const { url } = yield* scriptedServer({
        "GET /serverinfo": { ...xmlDocument(serverInfoDocument({})), headers: cookies(80) }
      })
      const { checks, error } = yield* Effect.provide(ServerInfo.diagnose(url), TableauNode.layerHttpClient())
      expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "HeadersTooLarge" })
      expect(checks.filter(({ outcome }) => outcome === "failed")).toMatchObject([
        { name: "api", detail: expect.stringContaining("more headers than the HttpClient accepts") }
      ])
    })
  )

  for (const [name, client] of [
    ["undici's", NodeHttpClient.layerUndici],
    ["that of node:http", NodeHttpClient.layer]
  ] as const) {
    it.scoped(`a call through another HttpClient, ${name}, fails once with the same error`, () =>
      Effect.gen(function* () {
        const { count, url } = yield* scriptedServer({
          [keyOf(Workbooks.get)]: { ...xml(workbook), headers: cookies(20) }
        })
        const error = yield* failure(getWorkbook(url, client))
        expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "HeadersTooLarge" })
        expect(error.message).toContain("16 KB")
        expect(count(keyOf(Workbooks.get))).toBe(1)
      })
    )
  }
})
