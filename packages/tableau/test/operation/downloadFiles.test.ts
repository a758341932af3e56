import { execFileSync } from "node:child_process"
import { closeSync, constants, openSync, readSync } from "node:fs"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
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
    [`attachment; filename*=UTF-8''R%26D+%E5%A3%B2%E4%B8%8A+%2B10%25+%28x%2By%29.tdsx`, "R&D 売上 +10% (x+y).tdsx"],
    [`attachment; filename*=UTF-8''+%2B+.csv`, "+ .csv"],
    [`attachment; filename*=UTF-8''C%2B%2B.twbx`, "C++.twbx"],
    [`attachment; filename*=iso-8859-1''%A3+and+%2B.csv`, "£ and +.csv"],
    // Where spaces are written in another way, a plus sign is one, as in RFC 8187.
    [`attachment; filename*=UTF-8''C++%20and%20more.twbx`, "C++ and more.twbx"],
    [`name="x"; filename*=UTF-8''"C++ and more.twbx"`, "C++ and more.twbx"],
    ['attachment; filename="C+D.twbx"', "C+D.twbx"],
    ['attachment; filename="Costs 2024/2025.twbx"', "Costs 2024_2025.twbx"],
    [`attachment; filename*=UTF-8''Inflow%2FOutflow.hyper`, "Inflow_Outflow.hyper"],
    ['attachment; filename="../../etc/passwd"', "_.._etc_passwd"],
    ['attachment; filename="C:\\\\Users\\\\x\\\\a.txt"', "C__Users_x_a.txt"],
    [`attachment; filename*=UTF-8''..%2F..%2F.ssh%2Fauthorized_keys`, "_.._.ssh_authorized_keys"],
    ['attachment; filename="/"', "_"],
    ['attachment; filename="-rf"', "_-rf"],
    [`attachment; filename*=UTF-8''.%20--to-command%3Dsh%20x.twbx`, "_--to-command=sh x.twbx"],
    ['attachment; filename="a-b.csv"', "a-b.csv"],
    [`attachment; filename*=UTF-8''.bashrc`, "bashrc"],
    [`attachment; filename*=UTF-8''a%00b%0D%0Ac%1B%5B31m%E2%80%AEgpj.exe`, "abc[31mgpj.exe"],
    ['attachment; filename="a<b>:c|d?*.csv. "', "a_b__c_d__.csv"],
    ['attachment; filename="NUL.txt"', "_NUL.txt"],
    ['attachment; filename="conOUT$.csv"', "_conOUT$.csv"],
    ["attachment; filename=CONIN$", "_CONIN$"],
    [`attachment; filename*=UTF-8''lpt%C2%B3.png`, "_lpt³.png"],
    [`attachment; filename*=UTF-8''COM%C2%B9`, "_COM¹"],
    ['attachment; filename="com7 .tar.gz"', "_com7 .tar.gz"],
    ['attachment; filename="COM10.txt"', "COM10.txt"],
    ['attachment; filename="console.txt"', "console.txt"],
    [`attachment; filename="${"x".repeat(199)} ${"y".repeat(40)}"`, "x".repeat(199)],
    [`attachment; filename="${"x".repeat(400)}.twbx"`, `${"x".repeat(195)}.twbx`],
    ['attachment; filename=".."', "w"],
    ['attachment; filename=""', "w"],
    ["attachment", "w"],
    ["", "w"]
  ]

  it.scoped("a file name is the name from Content-Disposition, without what leads to another place", () =>
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

/** What starts a program that reads or writes files, on the systems that have devices and pipes in their file system. */
const onUnix = it.effect.skipIf(process.platform === "win32")

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

  onUnix("toFile writes into a device, and does not replace it", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* superstore
        yield* files.symlink("/dev/null", `${directory}/nowhere`)
        for (const path of ["/dev/null", `${directory}/nowhere`]) {
          expect(yield* Download.toFile(Workbooks.download(id), path)).toBe(path)
        }
        expect((yield* files.stat("/dev/null")).type).toBe("CharacterDevice")
        expect(yield* files.readLink(`${directory}/nowhere`)).toBe("/dev/null")
        expect(yield* files.readDirectory(directory)).toEqual(["nowhere"])
        expect(yield* simulator.count("downloadWorkbook")).toBe(2)
      })
    )
  )

  onUnix("toFile writes into a file or a pipe that is open under a name of the system, and does not replace it", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const id = yield* superstore
        // Smaller than what a pipe holds: nothing reads it meanwhile.
        const download = Workbooks.download(id, { includeExtract: false })
        const whole = yield* read(download)
        execFileSync("mkfifo", [`${directory}/pipe`])
        const reader = openSync(`${directory}/pipe`, constants.O_RDONLY | constants.O_NONBLOCK)
        const writers = [openSync(`${directory}/pipe`, "w"), openSync(`${directory}/file`, "w")]
        yield* Effect.addFinalizer(() => Effect.sync(() => [reader, ...writers].map((file) => closeSync(file))))
        const { ino } = yield* files.stat(`${directory}/file`)
        for (const writer of writers) {
          const path = `/dev/fd/${writer}`
          expect(yield* Download.toFile(download, path)).toBe(path)
        }
        const received = Buffer.alloc(whole.length + 1)
        expect(received.subarray(0, readSync(reader, received)).equals(whole)).toBe(true)
        expect(Buffer.from(yield* files.readFile(`${directory}/file`)).equals(whole)).toBe(true)
        expect((yield* files.stat(`${directory}/file`)).ino).toEqual(ino)
        expect((yield* files.readDirectory(directory)).sort()).toEqual(["file", "pipe"])
      })
    )
  )

  onUnix("toFile fails with BadArgument, before a request, on a named pipe, and keeps it", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* superstore
        execFileSync("mkfifo", [`${directory}/pipe`, `${directory}/Superstore.twbx`])
        const error = yield* Effect.flip(Download.toFile(Workbooks.download(id), `${directory}/pipe`))
        expect(error).toMatchObject({ _tag: "BadArgument" })
        expect(error.message).toContain(`${directory}/pipe is no regular file (FIFO)`)
        expect(yield* simulator.count("downloadWorkbook")).toBe(0)
        // A name of the server is known after the response only.
        expect(yield* Effect.flip(Download.toFile(Workbooks.download(id), directory))).toMatchObject({
          _tag: "BadArgument"
        })
        for (const name of ["pipe", "Superstore.twbx"]) {
          expect((yield* files.stat(`${directory}/${name}`)).type).toBe("FIFO")
        }
        expect(yield* files.readDirectory(directory)).toHaveLength(2)
      })
    )
  )

  it.effect("two downloads at once complete, also with a seeded Random", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const id = yield* large
        const whole = yield* read(Workbooks.download(id))
        const one = (name: string) =>
          Effect.withRandom(Download.toFile(Workbooks.download(id), `${directory}/${name}`), Random.make("seed"))
        yield* Effect.all([one("a"), one("b"), one("c")], { concurrency: 3 })
        expect((yield* files.readDirectory(directory)).sort()).toEqual(["a", "b", "c"])
        expect(Buffer.from(yield* files.readFile(`${directory}/a`)).equals(whole)).toBe(true)
      })
    )
  )

  it.effect("toFile leaves a temporary file that another run created", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const id = yield* superstore
        const theirs = `${directory}/theirs.part`
        yield* files.writeFileString(theirs, "half")
        const colliding: FileSystem.FileSystem = {
          ...files,
          open: (path, options) => files.open(path.endsWith(".part") ? theirs : path, options)
        }
        const error = yield* Effect.flip(
          Effect.provideService(
            Download.toFile(Workbooks.download(id), `${directory}/a`),
            FileSystem.FileSystem,
            colliding
          )
        )
        expect(error).toMatchObject({ _tag: "SystemError", reason: "AlreadyExists" })
        expect(yield* files.readFileString(theirs)).toBe("half")
      })
    )
  )
})
