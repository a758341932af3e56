/** `npm run bench`: the cost of the package beside a minimal loop, beside Tableau's Python client, or beside another build. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { against as compare } from "./against.js"
import { rows, type Values } from "./bars.js"
import { calling } from "./parts/calling.js"
import * as Processes from "./processes.js"
import { get, signIn, signOut } from "./programs/bare.js"
import { table } from "./tables.js"

const ratio = (value: number | undefined, to: number | undefined): number | undefined =>
  value === undefined || to === undefined ? undefined : value / to

const largest = (...values: ReadonlyArray<number | undefined>): number | undefined =>
  values.includes(undefined) ? undefined : Math.max(...values.filter((value) => value !== undefined))

const decoding = ({ python, runs }: Processes.Given) =>
  Effect.scoped(
    Effect.gen(function* () {
      const url = yield* Processes.server({ workbooks: 1000 })
      const session = yield* Effect.promise(() => signIn(url))
      const folder = mkdtempSync(join(tmpdir(), "bench-"))
      const sizes = [10, 100, 1000]
      const rows = yield* Effect.forEach(sizes, (size) =>
        Effect.gen(function* () {
          const page = join(folder, `${size}.xml`)
          writeFileSync(page, yield* Effect.promise(() => get(url, session, `/workbooks?pageSize=${size}`)))
          const given = { PAGE: page, SECONDS: 0.5 }
          const results = yield* Processes.interleaved(
            {
              ours: Processes.node("decode", { ...given, BY: "ours" }),
              bare: Processes.node("decode", { ...given, BY: "bare" }),
              python: python?.("decode", given)
            },
            runs
          )
          yield* Processes.expectItems(results, size)
          const [ours, bare, theirs] = ["ours", "bare", "python"].map((name) =>
            Processes.figure(results, name, "perItem")
          )
          return { size, ours, bare, theirs }
        })
      )
      yield* Effect.promise(() => signOut(url, session))
      yield* table(
        "Bytes to model, warm: microseconds of CPU for a workbook",
        ["page", "effect-tableau", "bare loop", "ratio", "Python", "ratio"],
        rows.map(({ bare, ours, size, theirs }) => [
          `${size}`,
          ours,
          bare,
          ratio(ours, bare),
          theirs,
          ratio(ours, theirs)
        ])
      )
      return {
        decodeBare: largest(...rows.map(({ bare, ours }) => ratio(ours, bare))),
        decodePython: largest(...rows.map(({ ours, theirs }) => ratio(ours, theirs)))
      }
    })
  )

const listing = ({ python, runs }: Processes.Given) =>
  Effect.gen(function* () {
    const workbooks = 10_000
    const cases = [0, 50].flatMap((latency) => [0, 8].map((ahead) => ({ ahead, latency })))
    const measured = yield* Effect.forEach(cases, ({ ahead, latency }) =>
      Effect.scoped(
        Effect.gen(function* () {
          const given = { SERVER: yield* Processes.server({ workbooks, latency }), PAGE_SIZE: 100, PAGES_AHEAD: ahead }
          const results = yield* Processes.interleaved(
            {
              ours: Processes.node("list", given),
              bundled: Processes.node("bundled/list", given),
              bare: Processes.node("bareList", given),
              // It cannot prefetch pages: it is measured once.
              python: ahead === 0 ? python?.("list", given) : undefined
            },
            runs
          )
          yield* Processes.expectItems(results, workbooks)
          return { latency, ahead, figure: (name: string, of: string) => Processes.figure(results, name, of) }
        })
      )
    )
    const find = (latency: number, ahead: number, name: string, of: string) =>
      measured.find((one) => one.latency === latency && one.ahead === ahead)?.figure(name, of)
    yield* table(
      "10,000 workbooks, 100 a page, from the start of the program to its end",
      ["", "wall s", "of it the list", "CPU s", "CPU / bare", "MB"],
      measured.flatMap(({ ahead, figure, latency }) =>
        [
          ["effect-tableau", "ours"],
          ["  the same as a bundle", "bundled"],
          ["bare loop", "bare"],
          ["Python", "python"]
        ].map(([title = "", name = ""]) => {
          const [wall, took, cpu] = ["wall", "took", "cpu"].map((of) => figure(name, of))
          return [
            `${latency} ms, ${ahead === 0 ? "sequential" : `${ahead} ahead`}, ${title}`,
            wall && wall / 1000,
            took && took / 1000,
            cpu && cpu / 1000,
            ratio(cpu, figure("bare", "cpu")),
            figure(name, "rss")
          ]
        })
      )
    )
    return {
      programBare: ratio(find(0, 0, "ours", "cpu"), find(0, 0, "bare", "cpu")),
      bundleBare: ratio(find(0, 0, "bundled", "cpu"), find(0, 0, "bare", "cpu")),
      ahead: ratio(find(50, 0, "ours", "took"), find(50, 8, "ours", "took"))
    }
  })

const memory = ({ runs }: Processes.Given) =>
  Effect.gen(function* () {
    const measured = yield* Effect.forEach([10_000, 100_000, 1_000_000], (workbooks) =>
      Effect.scoped(
        Effect.gen(function* () {
          const given = { SERVER: yield* Processes.server({ workbooks }), PAGE_SIZE: 1000, PAGES_AHEAD: 0 }
          const results = yield* Processes.interleaved(
            {
              ours: Processes.node("list", given),
              bare: workbooks > 100_000 ? undefined : Processes.node("bareList", given)
            },
            runs
          )
          yield* Processes.expectItems(results, workbooks)
          const figure = (name: string, of: string) => Processes.figure(results, name, of)
          return { workbooks, ours: figure("ours", "rss"), bare: figure("bare", "rss"), wall: figure("ours", "wall") }
        })
      )
    )
    yield* table(
      "Memory at its peak, 1000 a page: MB",
      ["workbooks", "effect-tableau", "wall s", "bare loop"],
      measured.map(({ bare, ours, wall, workbooks }) => [`${workbooks}`, ours, wall && wall / 1000, bare])
    )
    return { peak: ratio(measured.at(-1)?.ours, measured.at(0)?.ours) }
  })

/** An import as compilers write it: at the beginning of a line. */
const statement = /^(?:import|export)\s*(?:[\w*{}\s,$]+?\s*from\s*)?["']([^"']+)["']/gm

/** The modules of effect that a module imports, directly or through modules of this package. */
const ofEffect = (file: URL, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file.href)) return new Set()
  seen.add(file.href)
  const imported = [...readFileSync(file, "utf8").matchAll(statement)].map(([, name = ""]) => name)
  return new Set([
    ...imported.filter((name) => /^(effect|@effect\/platform)\//.test(name)),
    ...imported.filter((name) => name.startsWith(".")).flatMap((name) => [...ofEffect(new URL(name, file), seen)])
  ])
}

const starting = ({ python, runs }: Processes.Given) =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = new URL("../../packages/tableau/dist/TableauSession.js", import.meta.url)
      const needed = Processes.module("needed", [...ofEffect(session)])
      const given = { SERVER: yield* Processes.server({ workbooks: 10 }) }
      const results = yield* Processes.interleaved(
        {
          session: Processes.node("importing", { MODULE: "effect-tableau/TableauSession" }),
          needed: Processes.node("importing", { MODULE: needed }),
          all: Processes.node("importing", { MODULE: "effect-tableau" }),
          ours: Processes.node("signIn", given),
          bundled: Processes.node("bundled/signIn", given),
          bare: Processes.node("bareSignIn", given),
          python: python?.("signIn", given)
        },
        runs
      )
      const figure = (name: string, of: string) => Processes.figure(results, name, of)
      yield* table(
        "Time to import: milliseconds",
        ["", "import", "CPU with Node's start", "MB"],
        [
          ["the modules of effect that the session imports", "needed"],
          ["effect-tableau/TableauSession", "session"],
          ["effect-tableau", "all"]
        ].map(([title = "", name = ""]) => [title, figure(name, "took"), figure(name, "cpu"), figure(name, "rss")])
      )
      yield* table(
        "Time to sign in: milliseconds",
        ["", "start and imports", "sign-in", "CPU of the whole program"],
        [
          ["effect-tableau", "ours"],
          ["  the same as a bundle", "bundled"],
          ["bare loop", "bare"],
          ["Python", "python"]
        ].map(([title = "", name = ""]) => [title, figure(name, "imported"), figure(name, "took"), figure(name, "cpu")])
      )
      return { start: ratio(figure("all", "took"), figure("needed", "took")) }
    })
  )

const parts = { decoding, listing, memory, starting, calling }

const options = {
  runs: Options.integer("runs").pipe(
    Options.withDefault(5),
    Options.withDescription("Runs of each program, whose median is printed.")
  ),
  only: Options.choice("only", Object.keys(parts)).pipe(Options.repeated, Options.withDescription("Only these parts.")),
  against: Options.directory("against", { exists: "yes" }).pipe(
    Options.optional,
    Options.withDescription("Another built checkout: compares the two builds, and does nothing else.")
  ),
  batches: Options.integer("batches").pipe(
    Options.withDefault(15),
    Options.withDescription("Batches of each program with --against; the least figure counts.")
  )
}

const bench = Command.make("bench", options, ({ against, batches, only, runs }) =>
  Effect.gen(function* () {
    if (Option.isSome(against)) return yield* compare(against.value, batches)
    yield* Processes.compile
    const given: Processes.Given = { runs, python: yield* Processes.python }
    let values: Values = {}
    for (const [name, part] of Object.entries(parts)) {
      if (only.length === 0 || only.includes(name)) values = { ...values, ...(yield* part(given)) }
    }
    yield* table("Bars", ["", "measured", "required", "aim", ""], rows(values))
  })
)

Command.run(bench, { name: "bench", version: "0" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
