import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { expect, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Simulator } from "effect-tableau-simulator"
import { run } from "../../src/internal/program/program.js"
import { attribute, client, Failed, ids, send, signIn } from "../support/http.js"
import { block } from "../support/multipart.js"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

interface Program {
  readonly child: ChildProcess
  readonly out: () => string
  readonly exit: Effect.Effect<number | null>
}

const startWith = (environment: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync((): Program => {
      const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...environment }
      })
      let out = ""
      const collect = (chunk: Buffer) => {
        out += chunk.toString("utf8")
      }
      child.stdout.on("data", collect)
      child.stderr.on("data", collect)
      const exited = new Promise<number | null>((resolve) => child.once("close", resolve))
      return { child, out: () => out, exit: Effect.promise(() => exited) }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const start = (...args: ReadonlyArray<string>) => startWith({}, ...args)

/** Waits for the line `listening on`. Returns the lines so far and the URL. */
const listening = ({ child, exit, out }: Program) =>
  Effect.raceFirst(
    Effect.async<{ readonly url: string; readonly lines: ReadonlyArray<string> }, Failed>((resume) => {
      const look = () => {
        const lines = out().trimEnd().split("\n")
        const [, url] = /^listening on (http\S+)$/.exec(lines.at(-1) ?? "") ?? []
        if (url !== undefined) resume(Effect.succeed({ url, lines }))
      }
      child.stdout?.on("data", look)
    }),
    Effect.flatMap(exit, () => new Failed({ message: out() }))
  )

it.scoped("the program prints its URL, responds to requests, and ends on a signal", () =>
  Effect.gen(function* () {
    const program = yield* start("--port", "0", "--workbooks", "7", "--idle-limit", "240m", "--lifetime-limit", "30s")
    const { lines, url } = yield* listening(program)
    expect(lines).toEqual([`listening on ${url}`])
    const { siteId, token } = yield* signIn(url)
    const { text } = yield* send(`${url}/api/3.29/sites/${siteId}/workbooks`, { token })
    expect(text).toContain('totalAvailable="7"')
    expect((yield* send(`${url}/simulator/sessions`)).text).toContain('"user":"admin"')
    program.child.kill("SIGTERM")
    yield* program.exit
    expect(program.out()).toBe(`listening on ${url}\n`)
  })
)

it.scoped("the program takes an asterisk in a filter literally on request", () =>
  Effect.gen(function* () {
    const { url } = yield* listening(yield* start("--port", "0", "--asterisk", "literal"))
    const { siteId, token } = yield* signIn(url)
    const { text } = yield* send(`${url}/api/3.29/sites/${siteId}/workbooks?filter=name:eq:Super*`, { token })
    expect(text).toContain('totalAvailable="0"')
  })
)

it.scoped("the program plans how jobs end", () =>
  Effect.gen(function* () {
    const plan = "--job=Superstore=Failed:No <disk>: 1=2"
    const { url } = yield* listening(yield* start("--port", "0", "--job-wait", "0", "--job-run", "0", plan))
    const session = yield* client(url)
    const [id] = ids(yield* session.request("workbooks?filter=name:eq:Superstore"), "workbook")
    for (const notes of ["No &lt;disk>: 1=2", "Finished Superstore."]) {
      const started = yield* session.post(`workbooks/${id}/refresh`, "")
      const { text } = yield* session.request(`jobs/${attribute(started.text, "job", "id")}`)
      expect(text.replaceAll("&gt;", ">")).toContain(notes)
    }
  })
)

it.scoped("the program writes its certificate and redirects from a second port", () =>
  Effect.gen(function* () {
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "simulator-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    const file = join(directory, "certificate.pem")
    const program = yield* start(
      "--port",
      "0",
      "--tls",
      "--certificate",
      file,
      "--redirect-from",
      "0",
      "--cloud",
      "--fault",
      "serverInfo=status:503"
    )
    const { lines, url } = yield* listening(program)
    const [, redirectUrl = ""] = /^redirecting from (\S+)$/m.exec(lines.join("\n")) ?? []
    const { headers } = yield* send(`${redirectUrl}/api/3.29/serverinfo`)
    expect(headers.location).toBe(`${url}/api/3.29/serverinfo`)
    const ca = readFileSync(file, "utf8")
    expect((yield* send(`${url}/api/3.29/serverinfo`, { ca })).status).toBe(503)
    expect((yield* send(`${url}/api/3.29/serverinfo`, { ca })).text).toContain("3.30")
    program.child.kill("SIGINT")
    yield* program.exit
  })
)

/** What the program prints as errors for invalid flags, or `undefined` if they are valid. */
const complaints = (flags: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const said: Array<string> = []
    const console: Console.Console = {
      ...Context.get(DefaultServices.liveServices, Console.Console),
      error: (...words) => Effect.sync(() => said.push(words.join(" ")))
    }
    const exit = yield* Effect.exit(Effect.withConsole(run(["node", "main", ...flags]), console))
    return Exit.isFailure(exit) ? said.join("\n") : undefined
  })

it.effect("the program fails with a message for invalid flags", () =>
  Effect.gen(function* () {
    for (const [flags, complaint] of [
      [["--nonsense"], "--nonsense"],
      [["--idle-limit", "soon"], "--idle-limit must be a number with ms, s, m or h"],
      [["--idle-limit", "240"], "--idle-limit must be a number with ms, s, m or h"],
      [["--lifetime-limit", "120"], "--lifetime-limit must be a number with ms, s, m or h"],
      [["--certificate", "simulator.pem"], "--certificate needs --tls"],
      [["--port", "http"], "http"],
      [["--port", "70000"], "--port must be a number from 0 to 65535"],
      [["--asterisk", "maybe"], "wildcard"],
      [["--workbooks", "-1"], "--workbooks must be 0 or a positive number"],
      [["--fault", "signin=reset"], "there is no operation 'signin': did you mean signIn?"],
      [["--fault", "listWorkbooks=reset"], "there is no operation 'listWorkbooks': the README lists the operations"],
      [["--fault", "signIn=explode"], "there is no fault 'explode'"],
      [["--fault", ""], "--fault needs a value: OPERATION[*TIMES]=FAULT"],
      [["--fault="], "--fault needs a value: OPERATION[*TIMES]=FAULT"],
      [["--port", "0", "--fault"], "--fault needs a value: OPERATION[*TIMES]=FAULT"],
      [["--fault", "signIn=hang", "--fault", ""], "--fault needs a value: OPERATION[*TIMES]=FAULT"],
      [["--fault", "signIn=hang:"], "'hang:' is not hang[:after|BYTES]"],
      [["--job", "Superstore=Lost"], "'Superstore=Lost' is not TITLE[*TIMES]=Success|Failed|Cancelled[:NOTES]"],
      [["--job"], "--job needs a value: TITLE[*TIMES]="],
      [["--latency"], "--latency needs a value"],
      [["--job-run", "soon"], "--job-run must be milliseconds"],
      [["--port=", "--tls"], "--port needs a value"]
    ] as const) {
      expect(yield* complaints(flags)).toContain(complaint)
    }
  }).pipe(Effect.provide(NodeContext.layer))
)

it.scoped("the program fails with one line on a port that is in use", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { port } = new URL(url)
    const program = yield* start("--port", port)
    expect(yield* program.exit).toBe(1)
    expect(program.out()).toBe(`The simulator did not start: port ${port} is taken.\n`)
  })
)

it.scoped("the program warns that clients of Tableau Cloud need TLS", () =>
  Effect.gen(function* () {
    const program = yield* start(
      "--port",
      "0",
      "--cloud",
      "--fault=serverInfo=status:418",
      "--allow-host",
      "bi.example"
    )
    const { url } = yield* listening(program)
    expect(program.out()).toMatch(/^warning: Tableau Cloud supports HTTPS only.* --tls$/m)
    const headers = { host: "bi.example" }
    expect((yield* send(`${url}/api/3.29/serverinfo`, { headers })).status).toBe(418)
  })
)

it.scoped("the help shows each flag as optional, with its default", () =>
  Effect.gen(function* () {
    const program = yield* start("--help")
    expect(yield* program.exit).toBe(0)
    const [, options = ""] = program.out().split("OPTIONS")
    const [, ...flags] = options.split(/\n\S*--(?=[a-z])/)
    const own = flags.filter((text) => !/^(?:completions|log-level|help|version|wizard)/.test(text))
    expect(own).toHaveLength(18)
    for (const text of own) expect(text).toContain("Default: ")
    // The command-line library takes a flag whose value is missing or empty for absent.
    const valued = [...program.out().matchAll(/\[(--[a-z-]+)\s[^\]]+\]/g)].map(([, flag = ""]) => flag)
    expect(valued).toHaveLength(15)
    for (const flag of valued) expect(yield* complaints([flag, ""])).toContain(`${flag} needs a value`)
    expect(program.out()).toContain("Default: 8765.")
    expect(program.out()).toContain("[--tls] [--certificate file] [--cloud]")
    expect(program.out()).toContain("[--fault text...]")
  }).pipe(Effect.provide(NodeContext.layer))
)

it.scoped("a signal removes the files that were uploaded", () =>
  Effect.gen(function* () {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "simulator-files-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const program = yield* startWith({ TMPDIR: folder }, "--port", "0")
      const { url } = yield* listening(program)
      const { siteId, token } = yield* signIn(url)
      const uploads = `${url}/api/3.29/sites/${siteId}/fileUploads`
      const started = yield* send(uploads, { method: "POST", token })
      const id = attribute(started.text, "fileUpload", "uploadSessionId")
      yield* send(`${uploads}/${id}`, { method: "PUT", token, ...block("data") })
      const files = () => readdirSync(folder).filter((name) => name.startsWith("effect-tableau-simulator-"))
      expect(files()).toHaveLength(1)
      program.child.kill(signal)
      yield* program.exit
      expect([signal, files()]).toEqual([signal, []])
    }
  })
)
