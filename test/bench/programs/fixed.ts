/**
 * A server of ready-made responses, which costs a tenth of the simulator: a measured program waits less for it. It takes
 * them from a simulator: one page of workbooks, which it repeats under other ids, and small responses as they are. Every
 * other request goes to the simulator.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { request } from "undici"
import { get, signIn, signOut } from "./bare.js"
import { given, givenNumber } from "./reporting.js"

const upstream = given("UPSTREAM")
const workbooks = givenNumber("WORKBOOKS")
const latency = givenNumber("LATENCY")

const session = await signIn(upstream)
const page = Buffer.from(await get(upstream, session, "/workbooks?pageSize=1000")).toString()
await signOut(upstream, session)

const first = page.indexOf("<workbook ")
const head = page.slice(0, first)
const tail = page.slice(page.lastIndexOf("</workbooks>"))
/** Adds so many tags: a page of 1000 workbooks is then as long as needed. */
const withTags = (workbook: string): string => {
  const count = Number(process.env["TAGS"] ?? 0)
  const tags = Array.from({ length: count }, (_, index) => `<tag label="tag ${index} of a workbook"/>`).join("")
  return count === 0 ? workbook : workbook.replace(/<tags ?\/>/, "<tags></tags>").replace("</tags>", `${tags}</tags>`)
}
/** Each workbook before and after the last twelve digits of its id. */
const ready = [...page.matchAll(/(<workbook [^>]*?\bid="[0-9a-f-]{24})[0-9a-f]{12}(".*?<\/workbook>)/gs)].map(
  ([, before = "", after = ""]) => [before, withTags(after)] as const
)
if (ready.length === 0) throw new Error("The simulator has no workbooks.")

const number = (query: URLSearchParams, name: string, otherwise: number): number => Number(query.get(name) ?? otherwise)

const pageOf = (query: URLSearchParams): string => {
  const pageNumber = number(query, "pageNumber", 1)
  const pageSize = number(query, "pageSize", 100)
  const pagination = { pageNumber, pageSize, totalAvailable: workbooks }
  let text = head
  for (const [name, value] of Object.entries(pagination))
    text = text.replace(RegExp(`${name}="\\d*"`), `${name}="${value}"`)
  const end = Math.min(pageNumber * pageSize, workbooks)
  for (let index = (pageNumber - 1) * pageSize; index < end; index += 1) {
    const [before, after] = ready[index % ready.length] ?? ["", ""]
    text += `${before}${index.toString(16).padStart(12, "0")}${after}`
  }
  return text + tail
}

/** Responses that are always the same, by path. */
const kept = new Map<string, Buffer>()

const forward = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
  const parts: Array<Buffer> = []
  for await (const part of incoming) parts.push(part)
  const { connection: _, "content-length": __, host: ___, "transfer-encoding": ____, ...headers } = incoming.headers
  const {
    body,
    headers: received,
    statusCode
  } = await request(`${upstream}${incoming.url}`, {
    method: incoming.method === "POST" ? "POST" : "GET",
    headers,
    body: parts.length === 0 ? null : Buffer.concat(parts)
  })
  const bytes = Buffer.from(await body.arrayBuffer())
  const type = received["content-type"]
  response.writeHead(statusCode, typeof type === "string" ? { "content-type": type } : {}).end(bytes)
  if (statusCode === 200 && incoming.method === "GET") kept.set(incoming.url ?? "", bytes)
}

const respond = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = incoming.url ?? ""
  const query = url.indexOf("?")
  const path = query === -1 ? url : url.slice(0, query)
  const bytes =
    incoming.method !== "GET"
      ? undefined
      : path.endsWith("/workbooks")
        ? Buffer.from(pageOf(new URLSearchParams(url.slice(path.length))))
        : kept.get(url)
  if (bytes === undefined) return await forward(incoming, response)
  response.writeHead(200, { "content-type": "application/xml", "content-length": bytes.length }).end(bytes)
}

const server = createServer((incoming, response) => {
  if (latency === 0) void respond(incoming, response)
  else setTimeout(() => void respond(incoming, response), latency)
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
})
