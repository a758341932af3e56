/** Small calls: beside `@effect/platform`'s HttpClient on undici, and beside undici alone. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Servers from "../../../examples/cluster/servers.js"
import { quotient, type Values } from "../bars.js"
import * as Processes from "../processes.js"
import { table } from "../tables.js"

const titles = {
  ours: "effect-tableau",
  traced: "  with a tracer",
  shared: "  with a session shared through Redis",
  foreign: "  on a foreign HttpClient",
  platform: "HttpClient on undici, to a string",
  platformTraced: "  with a tracer",
  undici: "undici.request, to a string"
}

const one = (server: string, { runs }: Processes.Given) =>
  Effect.gen(function* () {
    const given = { SERVER: server, CALLS: 200 }
    const program = (by: string, traced = "no") => Processes.node("call", { ...given, BY: by, TRACED: traced })
    const redis = yield* Effect.option(Servers.redis)
    const results = yield* Processes.alternating(
      {
        ours: program("ours"),
        platform: program("platform"),
        shared: Option.getOrUndefined(
          Option.map(redis, ({ url }) =>
            Processes.node("call", { ...given, BY: "shared", TRACED: "no", REDIS: Redacted.value(url) })
          )
        ),
        traced: program("ours", "yes"),
        platformTraced: program("platform", "yes"),
        foreign: program("foreign"),
        undici: program("undici")
      },
      runs,
      5
    )
    yield* Processes.expectItems(results, given.CALLS)
    const names = ["ours", "traced", "shared", "foreign", "platform", "platformTraced", "undici"] as const
    yield* table(
      "One small call after the other, warm: microseconds of CPU",
      ["", "median", "least", "/ HttpClient", "/ undici.request", "spans"],
      names.map((name) => [
        titles[name],
        Processes.figure(results, name, "perItem"),
        Processes.least(results, name, "perItem"),
        Processes.ratio(results, name, "platform", "perItem"),
        Processes.ratio(results, name, "undici", "perItem"),
        Processes.figure(results, name, "spans")
      ])
    )
    return {
      call: Processes.ratio(results, "ours", "platform", "perItem"),
      sharedCall: Processes.ratio(results, "shared", "ours", "perItem"),
      tracedCall: Processes.ratio(results, "traced", "platform", "perItem"),
      foreignCall: Processes.ratio(results, "foreign", "platform", "perItem")
    }
  })

const many = (server: string, { runs }: Processes.Given) =>
  Effect.gen(function* () {
    const given = { SERVER: server, CALLS: 1000, AT_ONCE: 200 }
    const program = (by: string) => Processes.node("call", { ...given, BY: by })
    const results = yield* Processes.alternating(
      { ours: program("ours"), platform: program("platform"), undici: program("undici") },
      runs,
      3
    )
    yield* Processes.expectItems(results, given.CALLS)
    const perSecond = (micros: number | undefined) => quotient(1_000_000, micros)
    const names = ["ours", "platform", "undici"] as const
    yield* table(
      "200 calls at once, warm: calls per second of CPU",
      ["", "median", "most", "/ HttpClient", "/ undici.request"],
      names.map((name) => [
        titles[name],
        perSecond(Processes.figure(results, name, "perItem")),
        perSecond(Processes.least(results, name, "perItem")),
        Processes.ratio(results, "platform", name, "perItem"),
        Processes.ratio(results, "undici", name, "perItem")
      ])
    )
    return { atOnce: Processes.ratio(results, "platform", "ours", "perItem") }
  })

export const calling = (given: Processes.Given) =>
  Effect.gen(function* () {
    const server = yield* Processes.server({ workbooks: 10 })
    const values: Values = { ...(yield* one(server, given)), ...(yield* many(server, given)) }
    return values
  }).pipe(Effect.scoped)
