import * as Http from "node:http"
import * as Https from "node:https"
import type { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { StartFailed } from "../../SimulatorError.js"
import * as Errors from "../protocol/errorResponse.js"
import { toXml } from "../protocol/xml.js"
import type * as Admission from "./admission.js"
import type { Certificate } from "./certificate.js"
import { render } from "./response.js"

type OnRequest = (request: Http.IncomingMessage, response: Http.ServerResponse) => void

const handshake = 0x16

/** Responds to bytes that are not HTTP with an error of Tableau's form, and closes the connection. */
const rejectNonHttp = (error: Error & { readonly rawPacket?: unknown }, socket: Duplex): void => {
  const tls = error.rawPacket instanceof Uint8Array && error.rawPacket[0] === handshake
  if (tls || !socket.writable) {
    socket.destroy()
    return
  }
  const body = toXml([Errors.toElement(Errors.badRequest("The request is not valid HTTP."))], "3.29")
  socket.end(
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/xml;charset=utf-8\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

const startFailed = (host: string, port: number) => (cause: Error & { readonly code?: unknown }) => {
  const reasons = new Map<unknown, string>([
    ["EADDRINUSE", `port ${port} is taken`],
    ["EADDRNOTAVAIL", `${host} is not an address of this machine`],
    ["ENOTFOUND", `the host ${host} is not known`]
  ])
  return new StartFailed({ reason: reasons.get(cause.code) ?? cause.message, cause })
}

const corsHeaders = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
  "access-control-expose-headers": "*"
}

/** Allows pages of any origin: responds to preflight requests, and adds the headers to all other responses. */
const withCors =
  (onRequest: OnRequest): OnRequest =>
  (request, response) => {
    for (const [name, value] of Object.entries(corsHeaders)) response.setHeader(name, value)
    if (request.method !== "OPTIONS") {
      onRequest(request, response)
      return
    }
    // In some browsers `*` excludes headers of requests with credentials, so the requested headers are allowed by name.
    response.setHeader("access-control-allow-headers", request.headers["access-control-request-headers"] ?? "*")
    response.writeHead(204).end()
  }

/** Refuses requests of web pages that the simulator was not started for. */
const withAdmission =
  ({ problemOf }: Admission.Admission, onRequest: OnRequest): OnRequest =>
  (request, response) => {
    const reason = problemOf(request)
    if (reason === undefined) {
      onRequest(request, response)
      return
    }
    const { body, headers, status } = render(
      403,
      [Errors.toElement(Errors.forbidden(reason))],
      request.headers.accept,
      "3.29"
    )
    response.writeHead(status, { ...headers, connection: "close", "content-length": Buffer.byteLength(body) }).end(body)
  }

/** Listens until the scope closes. Returns the port. */
export const listen = (options: {
  readonly host: string
  readonly port: number
  readonly certificate?: Certificate | undefined
  /** Absent if pages of any origin are allowed. */
  readonly admission: Admission.Admission | undefined
  readonly onRequest: OnRequest
}): Effect.Effect<number, StartFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: Http.Server; readonly port: number }, StartFailed>((resume) => {
      const { admission, certificate, host, port } = options
      const onRequest =
        admission === undefined ? withCors(options.onRequest) : withAdmission(admission, options.onRequest)
      const server =
        certificate === undefined
          ? Http.createServer(onRequest)
          : Https.createServer({ cert: certificate.certificate, key: certificate.privateKey }, onRequest)
      // Connections stay open until the client or the scope closes them: nothing depends on real time.
      server.keepAliveTimeout = 0
      server.on("clientError", rejectNonHttp)
      server.once("error", (error) => resume(Effect.fail(startFailed(host, port)(error))))
      server.listen({ port, host, backlog: 4096 }, () => {
        const address = server.address()
        resume(Effect.succeed({ server, port: typeof address === "object" && address !== null ? address.port : port }))
      })
    }),
    ({ server }) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  ).pipe(Effect.map(({ port }) => port))
