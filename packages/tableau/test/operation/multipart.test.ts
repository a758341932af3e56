import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Ids, Operation, Response, Upload } from "effect-tableau"
import { type Script, xml } from "../../../../test/support/scriptedServer.js"
import { element } from "../../../../test/support/xml.js"
import { onScript } from "./onScript.js"
import { failure, test } from "./requestTests.js"

const send = Operation.generic(
  { name: "send", request: "POST /sites/{siteId}/workbooks", since: "2.0", scope: "tableau:workbooks:create" },
  (send) =>
    <E, R>(file: Upload.File<E, R>, name = "tableau_workbook") =>
      send({ multipart: { request_payload: "", [name]: file } }, Response.empty)
)

const script: Script = { "POST /sites/s/workbooks": xml(element("workbook", { id: Ids.WorkbookId.make("w") })) }

const bytes = Uint8Array.of(1, 2, 3, 4, 5)
const stream = (size?: number) => Upload.file({ name: "x.twbx", size, content: Stream.make(bytes) })

/** A name, and how the header writes it. */
const names: ReadonlyArray<readonly [name: string, written: string]> = [
  ["Été 売上.twbx", "Été 売上.twbx"],
  ["Отчёт 🙂.hyper", "Отчёт 🙂.hyper"],
  ['say "hi".twbx', "say %22hi%22.twbx"],
  ["back\\slash.twbx", "back%5Cslash.twbx"],
  ["two\r\nlines.twbx", "two%0D%0Alines.twbx"],
  ["\u0000\u001b\u007f.twbx", "%00%1B%7F.twbx"],
  ["a;b=c.twbx", "a;b=c.twbx"],
  ["lone\ud800.twbx", "lone\ufffd.twbx"]
]

describe("the name of a file", () => {
  for (const [name, written] of names) {
    test(`${JSON.stringify(name)} is written as UTF-8 and breaks no header, from memory and from a stream`, () =>
      Effect.gen(function* () {
        for (const file of [Upload.bytes(name, bytes), Upload.file({ name, size: 5, content: Stream.make(bytes) })]) {
          const { calls } = yield* onScript(send(file), script)
          expect(calls[0]?.body).toContain(
            `\r\nContent-Disposition: name="tableau_workbook"; filename="${written}"\r\nContent-Type: application/octet-stream\r\n\r\n\u0001\u0002`
          )
          expect(calls[0]?.headers["content-length"]).toBe(String(calls[0]?.bytes.length))
        }
      }))
  }
})

describe("the name of a part", () => {
  for (const name of ['a"b', "a\r\nb", "", "é"]) {
    test(`${JSON.stringify(name)} fails before a request`, () =>
      Effect.gen(function* () {
        const { calls, exit } = yield* onScript(send(stream(5), name), script)
        expect(failure(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(calls).toEqual([])
      }))
  }
})

describe("the size of a file in one request", () => {
  for (const size of [0, 4, 6, 1000]) {
    test(`that is stated as ${size} and is 5 fails with BadRequest, and the server gets no whole body`, () =>
      Effect.gen(function* () {
        const { calls, exit } = yield* onScript(send(stream(size)), script)
        expect(failure(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(String(failure(exit))).toContain(`stated as ${size} bytes`)
        expect(calls).toEqual([])
      }))
  }

  test("that is right is sent with the length of the body", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(send(stream(5)), script)
      expect(calls[0]?.headers["content-length"]).toBe(String(calls[0]?.bytes.length))
    }))

  test("that is not stated is sent without a length", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(send(stream()), script)
      expect(calls[0]?.headers["content-length"]).toBeUndefined()
      expect(calls[0]?.body).toContain("\u0001\u0002\u0003\u0004\u0005\r\n--")
    }))
})

describe("empty parts of a stream", () => {
  const empty = Stream.repeatEffect(Effect.succeed(new Uint8Array()))

  test("are not sent", () =>
    Effect.gen(function* () {
      const parts = Stream.flatMap(Stream.fromIterable(bytes), (byte) =>
        Stream.concat(Stream.take(empty, 3), Stream.make(Uint8Array.of(byte)))
      )
      for (const size of [5, undefined]) {
        const file = Upload.file({ name: "x.twbx", size, content: Stream.concat(parts, Stream.take(empty, 3)) })
        const { calls } = yield* onScript(send(file), script)
        expect(calls[0]?.body).toContain("\r\n\r\n\u0001\u0002\u0003\u0004\u0005\r\n--")
      }
    }))

  test("without an end are a stall, and the event loop goes on", () =>
    Effect.gen(function* () {
      for (const size of [6, undefined]) {
        let turns = 0
        const timer = setInterval(() => turns++, 10)
        const file = Upload.file({ name: "x.twbx", size, content: Stream.concat(Stream.make(bytes), empty) })
        const { calls, exit } = yield* onScript(send(file), script, { requestTimeout: "500 millis", retry: "never" })
        clearInterval(timer)
        expect(failure(exit)).toMatchObject({ _tag: "TimedOut" })
        expect(turns).toBeGreaterThan(5)
        expect(calls).toEqual([])
      }
    }))
})

describe("a body that the user's HttpClient sees", () => {
  test("has the same parts and length, from memory", () =>
    Effect.gen(function* () {
      const { calls } = yield* onScript(send(Upload.bytes("x.twbx", bytes)), script, {
        transformClient: (client) => client
      })
      expect(calls[0]?.headers["content-length"]).toBe(String(calls[0]?.bytes.length))
      expect(calls[0]?.body).toContain("\u0001\u0002\u0003\u0004\u0005\r\n--")
    }))
})
