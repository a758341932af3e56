import { expect, it } from "@effect/vitest"
import { boundaryOf, type Head, read } from "../../src/internal/uploads/multipart.js"

interface Found extends Head {
  readonly content: string
  readonly ended: boolean
}

const pieces = async function* (body: Buffer, size: number) {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size)
}

/** The parts of a body that arrives in pieces, and its problem. */
const parse = async (body: string | Buffer, boundary: string, size = 1e6) => {
  const parts: Array<{ head: Head; chunks: Array<Buffer>; ended: boolean }> = []
  const problem = await read(pieces(Buffer.from(body), size), boundary, (head) => {
    const chunks: Array<Buffer> = []
    const part = { head, chunks, ended: false }
    parts.push(part)
    return {
      write: (chunk) => {
        part.chunks.push(Buffer.from(chunk))
      },
      end: () => {
        part.ended = true
      }
    }
  })
  const found = parts.map(
    ({ chunks, ended, head }): Found => ({ ...head, content: Buffer.concat(chunks).toString("latin1"), ended })
  )
  return { problem, found }
}

const headers = (...lines: ReadonlyArray<string>) => `${lines.join("\r\n")}\r\n\r\n`

it("a body is read in the same way whatever the sizes of its pieces", async () => {
  // Beginnings of the boundary, whole line ends, and the boundary without its line.
  const content = "\r\n--x\r\n--xyz\r\r\n\r\n---xyzzy--xyzzy\r\n--xyzz\n--xyzzy\r"
  const body =
    `preamble\r\n--xyzzy\r\n${headers('Content-Disposition: name="request_payload"', "Content-Type: text/xml")}` +
    `\r\n--xyzzy \t\r\n${headers('Content-Disposition: form-data; name="tableau_file"; filename="a"')}${content}` +
    "\r\n--xyzzy--\r\nepilogue\r\n--xyzzy\r\n"
  const expected = {
    problem: undefined,
    found: [
      { name: "request_payload", fileName: undefined, content: "", ended: true },
      { name: "tableau_file", fileName: "a", content, ended: true }
    ]
  }
  for (let size = 1; size <= body.length; size += 1)
    expect([size, await parse(body, "xyzzy", size)]).toEqual([size, expected])
})

it("file names are read in each form that clients send", async () => {
  for (const [disposition, fileName] of [
    ['name="f"; filename="Été 売上.twbx"', "Été 売上.twbx"],
    ["name=\"f\"; filename*=UTF-8''%C3%89t%C3%A9%20%E5%A3%B2%E4%B8%8A.twbx", "Été 売上.twbx"],
    ['name="f"; filename="plain.twb"; filename*=utf-8\'en\'%C3%A9.twb', "é.twb"],
    ["name=\"f\"; filename*=iso-8859-1''%E9.twb", "é.twb"],
    // One character is divided between two pieces.
    ['name="f"; filename*0*=UTF-8\'\'a%C3; filename*1*=%A9; filename*2="b c.twb"', "aéb c.twb"],
    ['form-data; name="f"; filename="a \\"b\\"; name=g.twb"', 'a "b"; name=g.twb'],
    ['form-data; name=f; filename="C:\\dir\\a.twb"', "a.twb"],
    ['form-data; name="f"; filename="../../etc/a.twb"', "a.twb"],
    ['form-data; filename=""; name="f"', undefined],
    ['NAME="f"; FileName=a.twb', "a.twb"]
  ] as const) {
    const { found, problem } = await parse(`--b\r\n${headers(`content-disposition: ${disposition}`)}\r\n--b--`, "b")
    expect([disposition, problem, found[0]?.name, found[0]?.fileName]).toEqual([disposition, undefined, "f", fileName])
  }
})

it("a name of bytes that are not UTF-8 is read as Latin-1", async () => {
  const body = Buffer.from(`--b\r\n${headers('Content-Disposition: name="f"; filename="\xe9.twb"')}\r\n--b--`, "latin1")
  expect((await parse(body, "b")).found[0]?.fileName).toBe("é.twb")
})

it("a malformed body has a problem", async () => {
  const part = headers('Content-Disposition: name="f"')
  for (const [body, expected] of [
    ["", "ends before its last boundary"],
    ["no boundary at all", "ends before its last boundary"],
    [`--b\r\n${part}content`, "ends before its last boundary"],
    [`--b\r\n${part}content\r\n--b\r\n`, "ends before its last boundary"],
    ["--b\r\nContent-Disposition: name=f", "ends before its last boundary"],
    [`--b\r\n${part}content\r\n--bc\r\n`, "followed by other characters"],
    [`--b\r\nX: ${"x".repeat(20_000)}`, "headers of a part are too long"],
    [`--b\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, "headers of a part are too long"],
    [`--b\r\n${part}\r\n`.repeat(17), "more than 16 parts"]
  ] as const) {
    expect([body.slice(0, 80), (await parse(body, "b")).problem]).toEqual([
      body.slice(0, 80),
      expect.stringContaining(expected)
    ])
  }
})

it("the boundary is that of a multipart type, quoted or not", () => {
  expect(boundaryOf("multipart/mixed; boundary=abc")).toBe("abc")
  expect(boundaryOf('Multipart/Form-Data; charset=utf-8; Boundary="a b:c"')).toBe("a b:c")
  for (const type of [
    undefined,
    "text/xml",
    "multipart/mixed",
    'multipart/mixed; boundary=""',
    `multipart/mixed; boundary=${"b".repeat(71)}`
  ]) {
    expect([type, boundaryOf(type)]).toEqual([type, undefined])
  }
})
