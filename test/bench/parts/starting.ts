/** What a program costs before it does anything. */
import * as Effect from "effect/Effect"
import type { Values } from "../bars.js"
import * as Processes from "../processes.js"
import { table } from "../tables.js"

/** What a program must load of Effect, because it is in the interface of this package. */
const needed = [
  "@effect/platform-node/NodeHttpClient",
  "@effect/platform-node/NodeRuntime",
  "effect/Schema",
  "effect/Stream"
]

/** All that a program imports. */
const all = [
  "@effect/platform-node/NodeRuntime",
  "effect/Effect",
  "effect/Redacted",
  "effect/Stream",
  "effect-tableau",
  "effect-tableau/node"
]

export const starting = ({ python, runs }: Processes.Given) =>
  Effect.gen(function* () {
    const importing = (name: string, imports: ReadonlyArray<string>) =>
      Processes.node("importing", { MODULE: Processes.module(name, imports) })
    const given = { SERVER: yield* Processes.server({ workbooks: 10 }) }
    const results = yield* Processes.interleaved(
      {
        all: importing("all", all),
        needed: importing("needed", needed),
        nothing: importing("nothing", []),
        ours: Processes.node("signIn", given),
        bundled: Processes.node("bundled/signIn", given),
        bare: Processes.node("bareSignIn", given),
        python: python?.("signIn", given)
      },
      runs
    )
    const imports = [
      ["effect-tableau and all that its programs import", "all"],
      ["what they must load of Effect", "needed"],
      ["Node alone", "nothing"]
    ] as const
    yield* table(
      "Start: milliseconds of CPU",
      ["", "median", "least", "of it imports, wall", "MB"],
      imports.map(([title, name]) => [
        title,
        Processes.figure(results, name, "cpu"),
        Processes.least(results, name, "cpu"),
        Processes.figure(results, name, "took"),
        Processes.figure(results, name, "rss")
      ])
    )
    const programs = [
      ["effect-tableau", "ours"],
      ["  as a bundle", "bundled"],
      ["bare loop", "bare"],
      ["Python", "python"]
    ] as const
    yield* table(
      "Start, sign-in and sign-out: milliseconds",
      ["", "CPU", "least", "/ bare loop", "until imported, wall", "sign-in, wall"],
      programs.map(([title, name]) => [
        title,
        Processes.figure(results, name, "cpu"),
        Processes.least(results, name, "cpu"),
        Processes.ratio(results, name, "bare", "cpu"),
        Processes.figure(results, name, "imported"),
        Processes.figure(results, name, "took")
      ])
    )
    const values: Values = { start: Processes.ratio(results, "all", "needed", "cpu") }
    return values
  }).pipe(Effect.scoped)
