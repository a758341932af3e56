/** The option `credentials`, whose result is in no database. */
import { describe, expect } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Workbooks } from "effect-tableau"
import type { Simulator } from "effect-tableau-simulator"
import { TableauWorkflow } from "effect-tableau-workflow"
import { file } from "./support/files.js"
import { empty } from "./support/journal.js"
import { throughKills } from "./support/processes.js"
import { onServer } from "./support/setting.js"

const workbookNamed = (name: string) =>
  Workbooks.list().pipe(
    Effect.flatMap(({ items }) => Stream.runHead(Stream.filter(items, (item) => item.name === name))),
    Effect.flatten
  )

describe("credentials of a publication", () => {
  const password = "p4ss-in-no-database"

  onServer("are read by the payload, and are in no payload and no result", {}, (simulator) =>
    Effect.gen(function* () {
      const path = yield* file(
        "Budget.twb",
        '<?xml version="1.0"?><workbook><datasources><datasource name="d"><connection class="sqlserver" server="db.example.com" /></datasource></datasources><worksheets><worksheet name="One"/></worksheets></workbook>'
      )
      const journal = empty()
      const seen: Array<string> = []
      const options: TableauWorkflow.Options = {
        credentials: (publication) =>
          Effect.sync(() => {
            seen.push(`${publication.type} ${publication.key}`)
            return { credentials: { name: "ana", password: Redacted.make(password), embed: true } }
          })
      }
      const payload = { site: "", path, key: "k" }
      const execution = { workflow: TableauWorkflow.publishWorkbook, payload, options }
      const result = yield* throughKills(simulator, journal, execution, [])
      expect(seen).toEqual(["workbook k"])
      const stored = JSON.stringify([[...journal.results], [...journal.clocks], payload, result])
      expect(stored).toContain("uploadSessionId")
      expect(stored).not.toContain(password)
      const { id } = yield* workbookNamed("Budget")
      const connections = yield* Workbooks.connections(id)
      expect(connections).toMatchObject([{ userName: "ana", embedPassword: true }])
    })
  )

  onServer("fail for a while, and delay the publication", {}, (simulator) =>
    Effect.gen(function* () {
      let calls = 0
      const options: TableauWorkflow.Options = {
        credentials: () =>
          Effect.suspend(() => (++calls < 5 ? Effect.fail({ _tag: "VaultSealed", password }) : Effect.succeed({})))
      }
      const payload = { site: "", path: yield* file("Budget.twb"), key: "k" }
      const execution = { workflow: TableauWorkflow.publishWorkbook, payload, options }
      const journal = empty()
      expect(yield* throughKills(simulator, journal, execution, [])).toMatchObject({ start: "started" })
      expect(calls).toBe(5)
      expect(yield* simulator.count("publishWorkbook")).toBe(1)
      expect(JSON.stringify([...journal.results])).not.toContain(password)
    })
  )

  for (const [name, broken] of [
    ["die", () => Effect.die(new TypeError(`no ${password}`))],
    [
      "throw",
      (): Effect.Effect<TableauWorkflow.PublicationCredentials> => {
        throw new TypeError(`no ${password}`)
      }
    ]
  ] as const) {
    onServer(`${name}, and delay the publication, and what they say is not stored`, {}, (simulator) =>
      Effect.gen(function* () {
        let calls = 0
        const options: TableauWorkflow.Options = {
          deadline: "1 hour",
          credentials: () => (++calls < 3 ? broken() : Effect.succeed({}))
        }
        const payload = { site: "", path: yield* file("Budget.twb"), key: "k" }
        const journal = empty()
        const execution = { workflow: TableauWorkflow.publishWorkbook, payload, options }
        expect(yield* throughKills(simulator, journal, execution, [])).toMatchObject({ start: "started" })
        expect(calls).toBe(3)
        const stored = JSON.stringify([...journal.results])
        expect(stored).toContain("TypeError")
        expect(stored).not.toContain(password)
      })
    )
  }

  onServer("fail until the deadline, which is CredentialsUnavailable without their error", {}, (simulator) =>
    Effect.gen(function* () {
      const failure = { _tag: "VaultSealed", password }
      const options = { deadline: "10 minutes", credentials: () => Effect.fail(failure) } as const
      const payload = { site: "", path: yield* file("Budget.twb"), key: "k" }
      const execution = { workflow: TableauWorkflow.publishWorkbook, payload, options }
      const error = yield* Effect.flip(throughKills(simulator, empty(), execution, []))
      expect(error).toMatchObject({ _tag: "CredentialsUnavailable", failure: "VaultSealed" })
      expect(JSON.stringify(error)).not.toContain(password)
      expect(yield* simulator.count("publishWorkbook")).toBe(0)
    })
  )

  const publishing = (simulator: Simulator.Service, options: TableauWorkflow.Options) =>
    Effect.gen(function* () {
      const payload = { site: "", path: yield* file("Budget.twb"), key: "k" }
      const execution = { workflow: TableauWorkflow.publishWorkbook, payload, options }
      const exit = yield* Effect.exit(throughKills(simulator, empty(), execution, []))
      return { exit, sent: yield* simulator.count("publishWorkbook") }
    })

  onServer("take longer than an attempt may, and are used", {}, (simulator) =>
    Effect.gen(function* () {
      const credentials = () => Effect.delay(Effect.succeed({}), "31 seconds")
      const { exit, sent } = yield* publishing(simulator, { credentials })
      expect(exit).toMatchObject({ _tag: "Success", value: { start: "started" } })
      expect(sent).toBe(1)
    })
  )

  onServer("never come, which is CredentialsUnavailable at the deadline", {}, (simulator) =>
    Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      const { exit, sent } = yield* publishing(simulator, { deadline: "20 minutes", credentials: () => Effect.never })
      expect(exit).toMatchObject({
        _tag: "Failure",
        cause: { error: { _tag: "CredentialsUnavailable", failure: "TimeoutException" } }
      })
      const waited = (yield* Clock.currentTimeMillis) - before
      expect(waited).toBeGreaterThan(19 * 60_000)
      expect(waited).toBeLessThan(22 * 60_000)
      expect(sent).toBe(0)
    })
  )

  onServer("hang once, and are read again", {}, (simulator) =>
    Effect.gen(function* () {
      let calls = 0
      // A resource that is acquired cannot be interrupted.
      const credentials = () => (++calls === 1 ? Effect.uninterruptible(Effect.never) : Effect.succeed({}))
      expect(yield* publishing(simulator, { credentials })).toMatchObject({ exit: { _tag: "Success" }, sent: 1 })
    })
  )
})
