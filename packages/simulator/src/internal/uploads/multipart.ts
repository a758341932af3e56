/** Bodies of several parts (RFC 2046), read while they arrive. */

/** The headers of a part. */
export interface Head {
  readonly name: string
  readonly fileName: string | undefined
}

/** Where the content of a part goes. A promise delays the next chunk. */
export interface Sink {
  readonly write: (chunk: Uint8Array) => Promise<void> | void
  readonly end: () => Promise<void> | void
}

/** In bytes. The headers of a part are much smaller. */
const headLimit = 16 * 1024

const partLimit = 16

/** The boundary in a `Content-Type` of any multipart type. */
export const boundaryOf = (contentType: string | undefined): string | undefined => {
  if (contentType === undefined || !/^\s*multipart\//i.test(contentType)) return undefined
  const boundary = parameters(contentType).get("boundary") ?? ""
  return boundary.length >= 1 && boundary.length <= 70 ? boundary : undefined
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

const decode = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes)
  } catch {
    return Buffer.from(bytes).toString("latin1")
  }
}

/** A value such as `UTF-8''%C3%89t%C3%A9` (RFC 8187). */
const decodeExtended = (value: string): string => {
  const [, charset = "", encoded = value] = /^([^']*)'[^']*'(.*)$/s.exec(value) ?? []
  const bytes = Buffer.from(
    encoded.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1"
  )
  return charset.toLowerCase() === "iso-8859-1" ? bytes.toString("latin1") : decode(bytes)
}

const unquote = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(["\\])/g, "$1") : value.trim()

/**
 * The parameters of a header, by name in lower case. A name with `*` is encoded (RFC 8187), and one with `*0`, `*1` and so
 * on is a piece of a longer value (RFC 2231).
 */
const parameters = (header: string): ReadonlyMap<string, string> => {
  const plain = new Map<string, string>()
  const pieces = new Map<string, Array<string>>()
  for (const [, given = "", value = ""] of header.matchAll(/(?:^|;)\s*([^\s;="]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/g)) {
    const [, name = "", position, encoded] = /^([^*]*)(?:\*(\d{1,3}))?(\*)?$/.exec(given.toLowerCase()) ?? []
    if (position !== undefined) {
      const all = pieces.get(name) ?? []
      // The pieces are decoded together, because a character can be divided between two of them.
      all[Number(position)] = encoded === undefined ? encodeURIComponent(unquote(value)) : value.trim()
      pieces.set(name, all)
    } else plain.set(`${name}${encoded ?? ""}`, unquote(value))
  }
  const found = new Map<string, string>()
  for (const [name, value] of plain) if (!name.endsWith("*")) found.set(name, value)
  for (const [name, all] of pieces) found.set(name, decodeExtended(all.join("")))
  for (const [name, value] of plain) if (name.endsWith("*")) found.set(name.slice(0, -1), decodeExtended(value))
  return found
}

/** Clients write `form-data; name="…"`, or like Tableau's reference only `name="…"`. */
const parseHead = (bytes: Uint8Array): Head => {
  const disposition = decode(bytes)
    .split("\r\n")
    .find((line) => /^content-disposition\s*:/i.test(line))
  const found = parameters((disposition ?? "").replace(/^[^:]*:/, ""))
  // Some clients send the whole path of the file.
  const fileName = found.get("filename")?.replace(/^.*[/\\]/s, "")
  return { name: found.get("name") ?? "", fileName: fileName === "" ? undefined : fileName }
}

const crlf = Buffer.from("\r\n")
const blankLine = Buffer.from("\r\n\r\n")

/** The number of bytes at the end of a buffer that can be the beginning of a delimiter. */
const possibleStart = (buffer: Buffer, delimiter: Buffer): number => {
  const first = Math.max(0, buffer.length - delimiter.length + 1)
  for (let at = buffer.indexOf(13, first); at >= 0; at = buffer.indexOf(13, at + 1)) {
    const length = buffer.length - at
    if (buffer.compare(delimiter, 0, length, at) === 0) return length
  }
  return 0
}

/** What is wrong with a body, or `undefined` for a complete one. */
type Problem = string | undefined

/**
 * Reads a body, and passes each part to the sink that `open` returns for its headers. Nothing is kept but the end of a
 * chunk that can be the beginning of a boundary.
 */
export const read = async (
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  open: (head: Head) => Sink
): Promise<Problem> => {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const at: { state: "preamble" | "boundary" | "head" | "content" | "end" } = { state: "preamble" }
  let parts = 0
  let sink: Sink | undefined
  // The first boundary may be the first line.
  let rest: Buffer = crlf

  const pass = (bytes: Buffer) => (at.state === "content" && bytes.length > 0 ? sink?.write(bytes) : undefined)

  /** One step through `rest`. Returns whether another step is possible without more bytes. */
  const step = async (): Promise<boolean | string> => {
    switch (at.state) {
      case "preamble":
      case "content": {
        const found = rest.indexOf(delimiter)
        if (found < 0) {
          const kept = possibleStart(rest, delimiter)
          const waiting = pass(rest.subarray(0, rest.length - kept))
          rest = rest.subarray(rest.length - kept)
          if (waiting !== undefined) await waiting
          return false
        }
        const waiting = pass(rest.subarray(0, found))
        if (waiting !== undefined) await waiting
        if (at.state === "content") await sink?.end()
        rest = rest.subarray(found + delimiter.length)
        at.state = "boundary"
        return true
      }
      case "boundary": {
        if (rest.length < 2) return false
        if (rest.subarray(0, 2).equals(Buffer.from("--"))) {
          at.state = "end"
          return true
        }
        const line = rest.indexOf(crlf)
        if (line < 0 || /[^ \t]/.test(rest.toString("latin1", 0, line))) {
          return line < 0 && rest.length < headLimit ? false : "A boundary is followed by other characters."
        }
        parts += 1
        if (parts > partLimit) return `The body has more than ${partLimit} parts.`
        rest = rest.subarray(line)
        at.state = "head"
        return true
      }
      case "head": {
        const found = rest.indexOf(blankLine)
        if (found > headLimit || (found < 0 && rest.length > headLimit)) return "The headers of a part are too long."
        if (found < 0) return false
        sink = open(parseHead(rest.subarray(0, found)))
        rest = rest.subarray(found + blankLine.length)
        at.state = "content"
        return true
      }
      case "end":
        rest = rest.subarray(rest.length)
        return false
    }
  }

  for await (const chunk of body) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    for (let more: boolean | string = true; more !== false; ) {
      more = await step()
      if (typeof more === "string") return more
    }
  }
  return at.state === "end" ? undefined : "The body ends before its last boundary."
}
