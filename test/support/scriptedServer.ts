/**
 * An HTTP(S) server on loopback whose responses a test writes by hand: no code of ours is between the script and the
 * bytes. It knows the version, the sign-in, the switch of the site and the sign-out, so that a test states only what it
 * is about:
 *
 * ```ts
 * const { calls, url } = yield* scriptedServer({
 *   "GET /sites/{siteId}/workbooks/{workbookId}": xml(element("workbook", { id: "w" })),
 *   "DELETE /sites/s/workbooks/w": [errorResponse(409, "409004"), noContent],
 *   "/sites/{siteId}/views/{viewId}/image": (request, raw) => raw.writeHead(200).destroy()
 * })
 * const session = yield* TableauSession.make({ server: url, credentials: admin })
 * expect(calls.map(({ line }) => line)).toEqual(["GET /api/3.29/sites/s/workbooks/w"])
 * ```
 *
 * A key is `[METHOD ]PATH[?QUERY]`. A path that does not begin with `/api/` is below `/api/{version}`; `{name}` stands for
 * one segment, and `*` at the end for all that follows. `keyOf` makes one of an operation. Of several keys that match,
 * one with a query (whose parameters the request must have) is preferred, then the first one; `"*"` is the last of all. What
 * no key matches is a 404 without a body.
 *
 * A reply is a response, several (one for each request, the last one again and again), or a function. A function returns
 * one of them or an Effect of one; or it returns something else and writes to the raw `Http.ServerResponse` itself.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Queue from "effect/Queue"
import type { Operation } from "effect-tableau"
import type { Pair } from "./certificates.js"
import { listening } from "./listening.js"
import { errorDocument, type ServerInfo, type SignIn, serverInfoDocument, signInDocument, tsResponse } from "./xml.js"

export interface ScriptedRequest {
  /** `GET /api/3.29/sites/s/workbooks?pageSize=1`. */
  readonly line: string
  readonly method: string
  /** With the query. */
  readonly url: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Http.IncomingHttpHeaders
  readonly bytes: Buffer
  /** The bytes as UTF-8. */
  readonly body: string
}

export interface ScriptedResponse {
  /** 200 by default. */
  readonly status?: number | undefined
  readonly headers?: Http.OutgoingHttpHeaders | undefined
  readonly body?: string | Uint8Array | undefined
  /** Sent after the body again and again, until the client disconnects. */
  readonly endless?: string | undefined
  /** Time to wait before the response, by the test's clock. */
  readonly delay?: Duration.DurationInput | undefined
  /**
   * How the connection ends after the body: `"close"` ends it without the end of the response, `"reset"` breaks it. With
   * neither status nor body nothing is sent before.
   */
  readonly ending?: "close" | "reset" | undefined
}

export type Handler = (request: ScriptedRequest, raw: Http.ServerResponse) => unknown

export type Reply = ScriptedResponse | ReadonlyArray<ScriptedResponse> | Handler

export type Script = Readonly<Record<string, Reply>>

export interface ScriptedServerOptions extends ServerInfo, SignIn {
  /** `false` for a server that knows only the script. */
  readonly defaults?: boolean
  /** Speaks TLS with this certificate. */
  readonly tls?: Pair
  /** Milliseconds that the server keeps an idle connection; 0 keeps it forever. Node's default otherwise. */
  readonly keepAliveTimeout?: number
}

/** The key for the requests of an operation. */
export const keyOf = ({ spec }: Operation.Any): string => `${spec.method} ${spec.path}`

/** A document of Tableau's around this content, with its Content-Type. */
export const xml = (...content: ReadonlyArray<string>): ScriptedResponse => xmlDocument(tsResponse(...content))

/** The same, of a whole document. */
export const xmlDocument = (body: string): ScriptedResponse => ({
  headers: { "content-type": "application/xml;charset=utf-8" },
  body
})

/** An error response of Tableau's. */
export const errorResponse = (status: number, code: string, summary?: string, detail?: string): ScriptedResponse => ({
  ...xmlDocument(errorDocument(code, summary, detail)),
  status
})

export const noContent: ScriptedResponse = { status: 204 }

/** The content URL in a request for a sign-in or a switch, as the client wrote it. */
const requestedSite = ({ body }: ScriptedRequest): string | undefined => /<site contentUrl="([^"]*)"/.exec(body)?.[1]

const defaultScript = (options: ScriptedServerOptions): Script => {
  const signIn = (request: ScriptedRequest) =>
    xmlDocument(signInDocument({ contentUrl: requestedSite(request), ...options }))
  return {
    "GET /serverinfo": xmlDocument(serverInfoDocument(options)),
    "POST /auth/signin": signIn,
    "POST /auth/switchSite": signIn,
    "POST /auth/signout": noContent
  }
}

interface Rule {
  readonly matches: (request: ScriptedRequest) => boolean
  readonly reply: Reply
}

const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")

const matcher = (key: string): Rule["matches"] => {
  if (key === "*") return () => true
  const [, method, path = "", search = ""] = /^(?:([A-Z]+) )?([^?]*)(?:\?(.*))?$/.exec(key) ?? []
  const pattern = `${path.startsWith("/api/") ? "" : "/api/{version}"}${path}`
    .split(/(\{[^}]*\}|\*$)/)
    .map((part, index) => (index % 2 === 0 ? literal(part) : part === "*" ? ".*" : "[^/]+"))
    .join("")
  const whole = new RegExp(`^${pattern}$`)
  const required = [...new URLSearchParams(search)]
  return (request) =>
    (method === undefined || method === request.method) &&
    whole.test(request.path) &&
    required.every(([name, value]) => request.query.get(name) === value)
}

const rulesOf = (script: Script): ReadonlyArray<Rule> => {
  // With a query first, and `*` last: the sort is stable.
  const rank = (key: string) => (key === "*" ? 2 : key.includes("?") ? 0 : 1)
  return Object.entries(script)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([key, reply]) => ({ matches: matcher(key), reply }))
}

/** Writes as fast as the client reads, until it disconnects. */
const flood = (raw: Http.ServerResponse, text: string): void => {
  const fill = (): void => {
    while (!raw.destroyed && raw.write(text)) {
      // Until the socket is full.
    }
  }
  raw.on("drain", fill)
  fill()
}

const send = (raw: Http.ServerResponse, { body, endless, headers, status, ending }: ScriptedResponse): void => {
  const finish = () => (ending === "reset" ? raw.socket?.resetAndDestroy() : raw.socket?.end())
  if (ending !== undefined && status === undefined && body === undefined) return void finish()
  raw.writeHead(status ?? 200, headers)
  if (ending !== undefined) return void raw.write(body ?? "", finish)
  if (endless === undefined) return void raw.end(body ?? "")
  if (body !== undefined) raw.write(body)
  flood(raw, endless)
}

const responseKeys: ReadonlySet<string> = new Set(["status", "headers", "body", "endless", "delay", "ending"])

const isResponse = (value: unknown): value is ScriptedResponse =>
  typeof value === "object" && value !== null && Object.keys(value).every((key) => responseKeys.has(key))

const received = (request: Http.IncomingMessage, chunks: ReadonlyArray<Buffer>): ScriptedRequest => {
  const { headers, method = "", url = "" } = request
  const [path = "", search = ""] = url.split("?")
  const bytes = Buffer.concat(chunks)
  const query = new URLSearchParams(search)
  return { line: `${method} ${url}`, method, url, path, query, headers, bytes, body: bytes.toString() }
}

export const scriptedServer = (script: Script, options: ScriptedServerOptions = {}) =>
  Effect.gen(function* () {
    const requests: Array<ScriptedRequest> = []
    const calls: Array<ScriptedRequest> = []
    const run = yield* FiberSet.makeRuntime<never>()
    const all = rulesOf(script)
    const scripted = all.filter(({ reply }) => reply !== script["*"])
    const known = options.defaults === false ? [] : rulesOf(defaultScript(options))
    const rest = all.filter(({ reply }) => reply === script["*"])
    const rules = [...scripted, ...known, ...rest]
    const used = new Map<Rule, number>()

    const respond = (raw: Http.ServerResponse, value: unknown): Effect.Effect<void> =>
      Effect.isEffect(value)
        ? // What a handler fails with ends the connection, and is a defect of the test.
          Effect.flatMap(Effect.orDie(value as Effect.Effect<unknown, unknown>), (result) => respond(raw, result))
        : isResponse(value)
          ? Effect.andThen(
              value.delay === undefined ? Effect.void : Effect.sleep(value.delay),
              Effect.sync(() => send(raw, value))
            )
          : Effect.void

    const replyTo = (request: ScriptedRequest, raw: Http.ServerResponse): unknown => {
      const rule = rules.find(({ matches }) => matches(request))
      if (rule === undefined) return { status: 404 }
      if (typeof rule.reply === "function") return rule.reply(request, raw)
      if (!Array.isArray(rule.reply)) return rule.reply
      const turn = used.get(rule) ?? 0
      used.set(rule, turn + 1)
      return rule.reply.at(Math.min(turn, rule.reply.length - 1))
    }

    const listener: Http.RequestListener = (incoming, raw) => {
      const chunks: Array<Buffer> = []
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
      incoming.on("end", () => {
        const request = received(incoming, chunks)
        requests.push(request)
        if (!/\/serverinfo$|\/auth\//.test(request.path)) calls.push(request)
        const reply = replyTo(request, raw)
        if (isResponse(reply) && reply.delay === undefined) send(raw, reply)
        else if (Effect.isEffect(reply) || isResponse(reply)) {
          run(Effect.tapErrorCause(respond(raw, reply), () => Effect.sync(() => raw.destroy())))
        }
      })
    }
    const server =
      options.tls === undefined ? Http.createServer(listener) : Https.createServer({ ...options.tls }, listener)
    if (options.keepAliveTimeout !== undefined) server.keepAliveTimeout = options.keepAliveTimeout
    const port = yield* listening(server)
    return {
      url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
      port,
      /** All requests so far, in the order of their arrival. */
      requests,
      /** The same without those for the version and the authentication. */
      calls,
      /** How many requests so far match this key. */
      count: (key: string): number => requests.filter(matcher(key)).length
    }
  })

/**
 * A handler that holds each request until the test responds to it, in any order:
 *
 * ```ts
 * const held = yield* holdRequests
 * const { url } = yield* scriptedServer({ "*": held.handler })
 * const respond = yield* held.next("/workbooks")
 * yield* respond(errorResponse(503, "503000"))
 * ```
 */
export const holdRequests = Effect.gen(function* () {
  const queue = yield* Queue.unbounded<readonly [ScriptedRequest, Deferred.Deferred<ScriptedResponse>]>()
  const handler: Handler = (request) =>
    Effect.gen(function* () {
      const response = yield* Deferred.make<ScriptedResponse>()
      yield* Queue.offer(queue, [request, response])
      return yield* Deferred.await(response)
    })
  /** Waits for the next request, whose URL must contain this; returns how to respond to it. */
  const next = (part: string) =>
    Effect.flatMap(Queue.take(queue), ([{ line }, deferred]) =>
      line.includes(part)
        ? Effect.succeed((response: ScriptedResponse) => Effect.asVoid(Deferred.succeed(deferred, response)))
        : Effect.dieMessage(`Expected a request of ${part}, received ${line}`)
    )
  return { handler, next, waiting: Queue.size(queue) }
})
