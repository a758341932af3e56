import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Download, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { io } from "../../../../test/support/io.js"
import { asAdmin, bytesOf, from, large, read, superstore, unit } from "./downloading.js"

describe("content", () => {
  it.effect("`requestTimeout` applies to each gap of the server, not to a slow consumer", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* large
        const begun = yield* Deferred.make<void>()
        let slow = 0
        const drained = yield* Effect.fork(
          Stream.runForEach(Download.stream(Workbooks.download(id)), () =>
            slow++ === 0 ? Effect.zipRight(Deferred.succeed(begun, undefined), Effect.sleep("5 hours")) : Effect.void
          )
        )
        yield* Deferred.await(begun)
        yield* io
        yield* TestClock.adjust("5 hours")
        yield* Fiber.join(drained)
        expect(slow).toBeGreaterThan(1)

        yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.stall(1_000_000) })
        let received = 0
        const stalled = yield* Effect.fork(
          Stream.runForEach(Download.stream(Workbooks.download(id)), ({ length }) =>
            Effect.sync(() => {
              received += length
            })
          )
        )
        while (received < 1_000_000) yield* io
        yield* io
        yield* TestClock.adjust("59 seconds")
        yield* io
        expect(stalled.unsafePoll()).toBeNull()
        yield* TestClock.adjust("1 second")
        const error = yield* Effect.flip(Fiber.join(stalled))
        expect(error).toMatchObject({ _tag: "TimedOut", operation: "Workbooks.download", acted: "no", after: 60_000 })
        expect(error.message).toContain("had begun")
      }),
      {},
      { requestTimeout: "1 minute" }
    )
  )

  it.effect("a download that breaks after its beginning is not requested again", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* large
        yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.truncate(1_000_000) })
        expect(yield* Effect.flip(read(Workbooks.download(id)))).toMatchObject({ _tag: "ConnectionFailed" })
        expect(yield* simulator.count("downloadWorkbook")).toBe(1)
      }),
      {},
      { retry: { schedule: Schedule.recurs(3) } }
    )
  )

  it.effect("a download continues on its site while the session switches to another", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const download = yield* Workbooks.download(yield* large)
        const elsewhere = yield* TableauSession.withSite("Finance")(Workbooks.list())
        expect(elsewhere.totalAvailable).toBe(120)
        expect((yield* bytesOf(download.content)).length).toBe(download.size)
        const sites = (yield* simulator.requests).map(({ operation, site }) => [operation, site])
        expect(sites).toContainEqual(["downloadWorkbook", ""])
      }).pipe(Effect.scoped)
    )
  )
})

describe("file name", () => {
  const rows: ReadonlyArray<readonly [disposition: string, name: string]> = [
    ['name="tableau_workbook"; filename="RESTAPISample.twbx"', "RESTAPISample.twbx"],
    [`name="tableau_datasource"; filename*=UTF-8''"Sample datasource.tds"`, "Sample datasource.tds"],
    ["attachment; filename=plain.pdf", "plain.pdf"],
    ['attachment; FileName = "a\\"b;c.pdf"', "a_b;c.pdf"],
    [`attachment; filename="fallback.twbx"; filename*=UTF-8''%C3%89t%C3%A9%20%E5%A3%B2%E4%B8%8A.twbx`, "Été 売上.twbx"],
    [`attachment; filename*=utf-8'fr'100%25%20%E2%82%AC.csv`, "100% €.csv"],
    [`attachment; filename*=iso-8859-1''%A3.csv`, "£.csv"],
    [`attachment; filename*=klingon''%A3.csv; filename="good.csv"`, "good.csv"],
    [`attachment; filename*=UTF-8''%ZZ%E5.csv`, "%ZZ\ufffd.csv"],
    [`attachment; filename="${Buffer.from("Été 売上.twbx").toString("latin1")}"`, "Été 売上.twbx"],
    [`attachment; filename="\u00c9t\u00e9.twbx"`, "Été.twbx"],
    ['attachment; filename="../../etc/passwd"', "passwd"],
    ['attachment; filename="C:\\\\Users\\\\x\\\\a.txt"', "a.txt"],
    [`attachment; filename*=UTF-8''..%2F..%2F.ssh%2Fauthorized_keys`, "authorized_keys"],
    [`attachment; filename*=UTF-8''.bashrc`, "bashrc"],
    [`attachment; filename*=UTF-8''a%00b%0D%0Ac%1B%5B31m%E2%80%AEgpj.exe`, "abc[31mgpj.exe"],
    ['attachment; filename="a<b>:c|d?*.csv. "', "a_b__c_d__.csv"],
    ['attachment; filename="NUL.txt"', "_NUL.txt"],
    [`attachment; filename="${"x".repeat(400)}.twbx"`, `${"x".repeat(195)}.twbx`],
    ['attachment; filename=".."', "w"],
    ['attachment; filename=""', "w"],
    ["attachment", "w"],
    ["", "w"]
  ]

  it.scoped("a file name is the name from Content-Disposition without its path", () =>
    Effect.gen(function* () {
      let disposition = ""
      const download = yield* from((response) => {
        response.writeHead(200, disposition === "" ? {} : { "content-disposition": disposition })
        response.end("PK")
      })
      for (const [given, name] of rows) {
        disposition = given
        expect((yield* Effect.scoped(download)).fileName, given).toBe(name)
      }
    })
  )

  it.scoped("a file name can be written to disk whatever the server sends", () =>
    Effect.gen(function* () {
      let disposition = ""
      const download = yield* from((response) => {
        response.writeHead(200, { "content-disposition": disposition })
        response.end("PK")
      })
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      for (const name of FastCheck.sample(FastCheck.string({ unit, maxLength: 80 }), { seed: 3, numRuns: 200 })) {
        disposition = `attachment; filename*=UTF-8''${encodeURIComponent(name)}`
        const path = yield* Download.toFile(download, directory)
        expect((yield* files.readDirectory(directory)).map((entry) => `${directory}/${entry}`)).toEqual([path])
        yield* files.remove(path)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("toFile", () => {
  const inDirectory = <A, E>(
    program: (
      directory: string,
      files: FileSystem.FileSystem
    ) => Effect.Effect<A, E, TableauSession | Simulator | NodeContext.NodeContext | Scope.Scope>,
    given: Partial<TableauSession.Options> = {}
  ) =>
    asAdmin(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        return yield* program(yield* files.makeTempDirectoryScoped(), files)
      }).pipe(Effect.scoped),
      {},
      given
    )

  it.effect(
    "toFile writes to the given path, or under the server's name in a directory, and replaces an existing file",
    () =>
      inDirectory((directory, files) =>
        Effect.gen(function* () {
          const id = yield* large
          const whole = yield* read(Workbooks.download(id))
          yield* files.writeFileString(`${directory}/Été 売上.twbx`, "old")
          for (const [path, written] of [
            [`${directory}/mine.zip`, `${directory}/mine.zip`],
            [directory, `${directory}/Été 売上.twbx`],
            [`${directory}/`, `${directory}/Été 売上.twbx`]
          ] as const) {
            expect(yield* Workbooks.download(id).pipe(Download.toFile(path))).toBe(written)
            expect(Buffer.from(yield* files.readFile(written)).equals(whole)).toBe(true)
          }
          expect((yield* files.readDirectory(directory)).sort()).toEqual(["mine.zip", "Été 売上.twbx"].sort())
        })
      )
  )

  it.effect.skipIf(process.platform === "win32")(
    "toFile keeps the mode of the file that it replaces, also while writing",
    () =>
      inDirectory((directory, files) =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          const id = yield* superstore
          const modeOf = (name: string) =>
            Effect.map(files.stat(`${directory}/${name}`), ({ mode }) => (mode & 0o7777).toString(8))
          yield* files.writeFileString(`${directory}/fresh`, "")
          const usual = yield* modeOf("fresh")
          for (const [name, mode, expected] of [
            ["secret", 0o600, "600"],
            ["shared", 0o666, "666"],
            ["readonly", 0o444, "444"],
            ["program", 0o4755, "755"]
          ] as const) {
            yield* files.writeFileString(`${directory}/${name}`, "old")
            yield* files.chmod(`${directory}/${name}`, mode)
            yield* Download.toFile(Workbooks.download(id), `${directory}/${name}`)
            expect(yield* modeOf(name)).toBe(expected)
          }
          yield* Download.toFile(Workbooks.download(id), `${directory}/new`)
          expect(yield* modeOf("new")).toBe(usual)

          yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.stall(100) })
          const writing = yield* Effect.fork(Download.toFile(Workbooks.download(id), `${directory}/secret`))
          const parts = Effect.map(files.readDirectory(directory), (names) =>
            names.filter((name) => name.endsWith(".part"))
          )
          while ((yield* parts).length === 0) yield* io
          for (const part of yield* parts) expect(yield* modeOf(part)).toBe("600")
          yield* Fiber.interrupt(writing)
        })
      )
  )

  it.effect("toFile leaves the existing file when the download fails", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* large
        const path = `${directory}/a.twbx`
        yield* files.writeFileString(path, "old")
        for (const fault of [Fault.truncate(1_000_000), Fault.falseLength(10), Fault.loginPage, Fault.status(404)]) {
          yield* simulator.inject({ operation: "downloadWorkbook", fault })
          yield* Effect.flip(Download.toFile(Workbooks.download(id), path))
          expect(yield* files.readDirectory(directory)).toEqual(["a.twbx"])
          expect(yield* files.readFileString(path)).toBe("old")
        }
      })
    )
  )

  it.effect("toFile leaves the existing file when it is interrupted", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* large
        const path = `${directory}/a.twbx`
        yield* files.writeFileString(path, "old")
        yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.stall(1_000_000) })
        const fiber = yield* Effect.fork(Download.toFile(Workbooks.download(id), path))
        const part = Effect.map(files.readDirectory(directory), (names) => names.find((name) => name.endsWith(".part")))
        let size = 0
        while (size < 1_000_000) {
          yield* io
          const name = yield* part
          if (name !== undefined) size = Number((yield* files.stat(`${directory}/${name}`)).size)
        }
        yield* Fiber.interrupt(fiber)
        expect(yield* files.readDirectory(directory)).toEqual(["a.twbx"])
        expect(yield* files.readFileString(path)).toBe("old")
      })
    )
  )

  it.effect("toFile fails before a request when the directory does not exist", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* superstore
        for (const path of [`${directory}/none/a.twbx`, `${directory}/none/`]) {
          expect(yield* Effect.flip(Download.toFile(Workbooks.download(id), path))).toMatchObject({
            _tag: "SystemError",
            reason: "NotFound"
          })
        }
        expect(yield* simulator.count("downloadWorkbook")).toBe(0)
      })
    )
  )
})
