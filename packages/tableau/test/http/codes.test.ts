/** Every known error code of Tableau becomes an error class by one rule, in each language of the server. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { type ScriptedResponse, scriptedServer, xmlDocument } from "../../../../test/support/scriptedServer.js"
import { open, server, session } from "../../../../test/support/session.js"
import * as Transport from "../../src/internal/http/transport.js"
import { reader } from "../../src/internal/xml/reader.js"

interface ErrorBody {
  readonly status: number
  readonly code: string
  readonly summary: string
  readonly detail: string
}

/** The rule: the class of each status. */
const byStatus: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "SessionExpired",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  408: "ServerFault",
  409: "Conflict",
  413: "BadRequest",
  429: "RateLimited",
  500: "ServerFault",
  501: "ServerFault",
  502: "ServerFault",
  503: "ServerFault",
  504: "ServerFault"
}

/** Its exception: the class of a code with any status. */
const byCode: Readonly<Record<string, string>> = { "405000": "MethodNotAllowed" }

const tagOf = ({ code, status }: ErrorBody): string => byCode[code] ?? byStatus[status] ?? "UnknownCode"

const errorBody = (status: number, code: string, summary: string, detail: string): ErrorBody => ({
  status,
  code,
  summary,
  detail
})

/** One for each class, and all codes that begin with another status than their own. */
const interesting: ReadonlyArray<ErrorBody> = [
  errorBody(400, "400006", "Invalid page number", "The page number parameter is not an integer."),
  errorBody(400, "404006", "Workbook not found", "The workbook ID in the request body is not one."),
  errorBody(400, "409004", "Bad request", "The content of the <intervals> element does not match the frequency."),
  errorBody(401, "400003", "Bad request", "It has status 401 nevertheless."),
  errorBody(401, "401000", "Unauthorized access", "No authentication credentials were provided."),
  errorBody(401, "401002", "Unauthorized access", "Invalid authentication credentials were provided."),
  errorBody(401, "401003", "Switch site error", "There was a problem switching sites."),
  errorBody(403, "400013", "Invalid site role", "The value of the minimumSiteRole attribute must be Explorer."),
  errorBody(403, "403004", "Forbidden", "Read access denied"),
  errorBody(403, "404000", "Site not found", "The site ID in the URI doesn't correspond to an existing site."),
  errorBody(403, "409087", "Permission denied", "The user isn't authorized to view data acceleration tasks."),
  errorBody(404, "404005", "Resource Not Found", "Workbook 'x' could not be found."),
  errorBody(404, "405000", "Invalid request method", "Request type was not PUT."),
  errorBody(404, "409023", "Resource Not Found", "The data-driven alert ID specified in the URI is invalid."),
  errorBody(405, "405000", "Invalid request method", "Request type was not POST."),
  errorBody(408, "408000", "Request timeout", ""),
  errorBody(409, "409017", "User name conflict", "The specified user is already on the site."),
  errorBody(413, "413000", "Too large", "The request is too large."),
  errorBody(429, "429000", "Too Many Requests", "Please retry after 3."),
  errorBody(500, "500000", "Internal Server Error", "The schedule ID in the URI is unknown."),
  errorBody(501, "501000", "Not implemented", ""),
  errorBody(503, "503800", "VDS unavailable", "")
]

const unknown: ReadonlyArray<ErrorBody> = [
  errorBody(418, "418042", "I'm a teapot", "Short & stout."),
  errorBody(402, "402000", "Payment required", "Call us."),
  errorBody(422, "", "No code", "But a text."),
  errorBody(451, "4510", "", "")
]

const shared = (name: string) => fileURLToPath(new URL(`../../../../../shared/protocol/${name}`, import.meta.url))

/** The errors in a table with named columns separated by tabs: each status with each code, once. */
const table = (name: string): ReadonlyArray<ErrorBody> => {
  const [head = "", ...lines] = readFileSync(shared(name), "utf8").trimEnd().split(/\r?\n/)
  const names = head.split("\t")
  const errors = lines.map((line) => {
    const cells = line.split("\t")
    const cell = (column: string) => cells[names.indexOf(column)] ?? ""
    return errorBody(Number(cell("httpStatus")), cell("code"), cell("condition"), cell("details"))
  })
  return [...new Map(errors.map((each) => [`${each.status} ${each.code}`, each])).values()]
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")

const xml = ({ code, detail, summary }: ErrorBody, write = escaped) =>
  `<?xml version="1.0" encoding="UTF-8"?><tsResponse xmlns="http://tableau.com/api" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://tableau.com/api https://help.tableau.com/samples/en-us/rest_api/ts-api_3_29.xsd"><error code="${code}"><summary>${write(summary)}</summary><detail>${write(detail)}</detail></error></tsResponse>`

const thing = reader("thing", Schema.Struct({ thing: Schema.Struct({ id: Schema.String }) }))

/** The error for each response of a server, over sockets. */
const errorsOf = (responses: ReadonlyArray<ScriptedResponse>, method: "GET" | "POST" = "GET") =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer(
      Object.fromEntries(responses.map((response, index) => [`/api/test/${index}`, response]))
    )
    const transport = yield* Transport.make({ origin: url })
    return yield* Effect.forEach(
      responses,
      (_, index) =>
        Effect.flip(
          Transport.exchange(
            transport,
            { operation: "Things.get", method, readOnly: method === "GET", path: `/api/test/${index}` },
            thing
          )
        ),
      { concurrency: 8 }
    )
  }).pipe(Effect.scoped, Effect.provide(layerHttpClient))

const expectErrors = (expected: ReadonlyArray<ErrorBody>, write?: (text: string) => string) =>
  Effect.gen(function* () {
    const errors = yield* errorsOf(expected.map((each) => ({ ...xmlDocument(xml(each, write)), status: each.status })))
    const actual = errors.map(({ _tag, acted, code, detail, status, summary }) => ({
      _tag,
      status,
      code,
      summary,
      detail,
      acted
    }))
    expect(actual).toEqual(expected.map((each) => ({ ...each, _tag: tagOf(each), acted: "no" })))
  })

const count = (errors: ReadonlyArray<ErrorBody>) => {
  const counts: Record<string, number> = {}
  for (const each of errors) counts[tagOf(each)] = (counts[tagOf(each)] ?? 0) + 1
  return counts
}

describe("an error response", () => {
  it.live("an error response has the error class of its status, and its code, summary and detail", () =>
    expectErrors(interesting)
  )

  it.live("an error response with an unknown status fails with UnknownCode", () =>
    Effect.gen(function* () {
      yield* expectErrors(unknown)
      expect(unknown.map(tagOf)).toEqual(unknown.map(() => "UnknownCode"))
    })
  )

  it.live("an error response with status 200 has the error class of its code", () =>
    Effect.gen(function* () {
      const codes = { "400000": "BadRequest", "404005": "NotFound", "409006": "Conflict", "500000": "ServerFault" }
      const texts = Object.keys(codes).map((code) => xml(errorBody(200, code, "Refused", "After all.")))
      const errors = yield* errorsOf(texts.map(xmlDocument))
      expect(errors.map(({ _tag, code, status }) => [code, _tag, status])).toEqual(
        Object.entries(codes).map(([code, tag]) => [code, tag, 200])
      )
    })
  )

  it.live("an error response to a POST has acted unknown for 408 and 5xx, and acted no for other statuses", () =>
    Effect.gen(function* () {
      const errors = yield* errorsOf(
        interesting.map((each) => ({ ...xmlDocument(xml(each)), status: each.status })),
        "POST"
      )
      const unsure = errors.filter(({ acted }) => acted !== "no").map(({ acted, status }) => [status, acted])
      expect(unsure).toEqual([
        [408, "unknown"],
        [500, "unknown"],
        [501, "unknown"],
        [503, "unknown"]
      ])
    })
  )

  it.live("an error response with a long summary or detail keeps the first 4,000 characters of each", () =>
    Effect.gen(function* () {
      const long = "😀".repeat(100_000)
      const [error] = yield* errorsOf([
        { status: 404, ...xmlDocument(xml(errorBody(404, "9".repeat(1000), long, long))) }
      ])
      expect(error).toMatchObject({ _tag: "NotFound", summary: `${"😀".repeat(2000)}…` })
      expect([error?.code?.length, error?.detail?.length]).toEqual([101, 4001])
      expect(error?.message.length).toBeLessThan(10_000)
    })
  )

  it.effect("an error response fails the operation with its status, code, summary and detail", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      for (const [status, code] of [
        [404, "405000"],
        [403, "404000"],
        [400, "409004"],
        [418, "418042"]
      ] as const) {
        const texts = { summary: "Refused", detail: `With ${code}.` }
        yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.status(status, { code, ...texts }) })
        const error = yield* Effect.flip(Workbooks.list())
        expect(error).toMatchObject({ _tag: tagOf({ status, code, ...texts }), status, code, ...texts })
        expect(error.message).toContain(`(status ${status}, code ${code}). Tableau said: Refused: With ${code}.`)
      }
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})

describe.skipIf(!existsSync(shared("error-codes.tsv")))("the known error codes", () => {
  const tables = {
    "error-codes.tsv": {
      BadRequest: 51,
      Conflict: 17,
      Forbidden: 68,
      MethodNotAllowed: 2,
      NotFound: 32,
      RateLimited: 1,
      ServerFault: 8,
      SessionExpired: 5
    },
    "error-codes-by-method.tsv": {
      BadRequest: 43,
      Conflict: 15,
      Forbidden: 62,
      MethodNotAllowed: 3,
      NotFound: 28,
      ServerFault: 1,
      SessionExpired: 5
    }
  }
  for (const [name, counts] of Object.entries(tables)) {
    it.live(`every error code in ${name} has an error class`, () =>
      Effect.gen(function* () {
        const errors = table(name)
        yield* expectErrors(errors)
        expect(count(errors)).toEqual(counts)
        yield* Effect.sync(() => process.stdout.write(`${name}: ${errors.length} codes, ${JSON.stringify(counts)}\n`))
      })
    )
  }
})

describe("the language of an error response", () => {
  const languages: Readonly<Record<string, readonly [string, string]>> = {
    German: ["Ungültige Anforderung", "Der Benutzer „Müller“ darf „A & B“ nicht <ändern>."],
    Japanese: ["ワークブックが見つかりません", "ワークブック「売上」が見つかりませんでした。"],
    Arabic: ["خطأ في تسجيل الدخول", "‏اسم المستخدم أو كلمة المرور غير صحيحة."],
    Chinese: ["未找到站点", "指定的站点不存在：𠮷野家。"],
    misleading: ["]] <>&\"'", "401001 405000 Signin Error: not found, forbidden, timed out"]
  }
  const writings: Readonly<Record<string, (text: string) => string>> = {
    escaped,
    "as references": (text) => [...text].map((character) => `&#x${character.codePointAt(0)?.toString(16)};`).join(""),
    "as CDATA": (text) => `<![CDATA[${text}]]>`,
    "with comments": (text) => `<!-- ${"x"} -->${escaped(text)}<?x y?>`
  }
  for (const [language, [summary, detail]] of Object.entries(languages)) {
    for (const [how, write] of Object.entries(writings)) {
      it.live(`a summary and detail in another language do not change the error class: ${language}, ${how}`, () =>
        expectErrors(
          interesting.map((each) => ({ ...each, summary, detail })),
          write
        )
      )
    }
  }

  it.live("the summary and detail of another code do not change the error class", () =>
    expectErrors(
      interesting.map((each, index) => {
        const { detail, summary } = interesting[(index + 1) % interesting.length] ?? each
        return { ...each, summary, detail }
      })
    )
  )

  it.effect("summaries in other languages do not change the errors of signIn and switchSite", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const refuse = (operation: Simulator.Operation, status: number, code: string, summary: string) =>
        simulator.inject({ operation, fault: Fault.status(status, { code, summary, detail: summary }) })

      yield* refuse("signIn", 401, "401001", "Anmeldefehler")
      expect(yield* Effect.flip(Effect.scoped(open()))).toMatchObject({
        _tag: "SignInFailed",
        summary: "Anmeldefehler"
      })

      yield* Effect.provide(
        Effect.gen(function* () {
          yield* refuse("switchSite", 401, "401003", "切换站点时出错")
          expect(yield* Effect.flip(TableauSession.switchSite("Finance"))).toMatchObject({ _tag: "SiteSwitchFailed" })
          yield* refuse("switchSite", 403, "403069", "サイトの切り替えはできません")
          const unavailable = yield* Effect.flip(TableauSession.switchSite("Finance"))
          expect(unavailable).toMatchObject({ _tag: "SiteSwitchUnavailable" })
          yield* refuse("switchSite", 403, "403070", "أنت على هذا الموقع بالفعل")
          const mistaken = yield* Effect.flip(TableauSession.switchSite("Finance"))
          expect(mistaken).toMatchObject({ _tag: "SiteMismatch" })
        }),
        session()
      )
    }).pipe(Effect.provide(server()))
  )

  it("no source file compares the summary or detail of an error", () => {
    const sources = fileURLToPath(new URL("../../src/", import.meta.url))
    const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
    expect(files.length).toBeGreaterThan(20)
    const comparison =
      /(?:summary|detail)\b\)?\??\s*(?:[!=]==\s*["'`]|\.(?:includes|startsWith|endsWith|match|search|indexOf|toLowerCase))|(?:test|exec)\([^)]*\b(?:summary|detail)\b/
    const comparing = files.filter((name) => comparison.test(readFileSync(`${sources}${name}`, "utf8")))
    expect(comparing).toEqual([])
  })
})
