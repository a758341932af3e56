import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ServerInfo } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { xmlDocument } from "../../../../test/support/scriptedServer.js"
import { serverInfoDocument } from "../../../../test/support/xml.js"

export const diagnose = (server: string, options: TableauNode.HttpClientOptions = {}) =>
  Effect.provide(ServerInfo.diagnose(server), TableauNode.layerHttpClient({ proxy: false, ...options }))

export const names = ["address", "dns", "connection", "tls", "redirect", "api", "version", "clock"]

export const find = ({ checks }: ServerInfo.Diagnosis, name: ServerInfo.Check["name"]) => {
  const check = checks.find((check) => check.name === name)
  if (check === undefined) throw new Error(`There is no check ${name}`)
  return check
}

export const outcomes = ({ checks }: ServerInfo.Diagnosis) => checks.map(({ outcome }) => outcome).join(" ")

/** Expects that no check before this one has failed, that this one has, and that the later ones were skipped. */
export const expectFailed = (diagnosis: ServerInfo.Diagnosis, name: ServerInfo.Check["name"]) => {
  const { checks } = diagnosis
  expect(checks.map(({ name }) => name)).toEqual(names)
  const failedAt = names.indexOf(name)
  for (const [index, { detail, outcome }] of checks.entries()) {
    if (index < failedAt) expect(outcome, detail).not.toBe("failed")
    if (index === failedAt) expect(outcome, detail).toBe("failed")
    if (index > failedAt) expect([outcome, detail]).toEqual(["skipped", `not checked: ${name} failed`])
  }
  const { productVersion, restApiVersion } = diagnosis
  expect([productVersion, restApiVersion]).toEqual([undefined, undefined])
  return find(diagnosis, name)
}

export const serverInfo = "GET /serverinfo"

export const current = xmlDocument(
  serverInfoDocument({ productVersion: "2026.2.0", build: "20262.26.0612.0942", restApiVersion: "3.29" })
)
