import * as Http from "node:http"
import * as Https from "node:https"
import { connect, type Socket } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Pair } from "./certificates.js"
import { listening } from "./listening.js"

interface Terms {
  /** The required `user:password`. None by default. */
  readonly credentials?: string
  /** Responds to each CONNECT with this status instead of a tunnel. */
  readonly status?: number
  /** Never responds to CONNECT. */
  readonly silent?: boolean
  /** Uses TLS itself. */
  readonly tls?: Pair
}

/** A tunnelling proxy. It resolves every name to 127.0.0.1, so that a test can use any name. */
export const makeProxy = ({ credentials, silent = false, status, tls }: Terms = {}) =>
  Effect.gen(function* () {
    const tunnels: Array<string> = []
    const seen = { tunnels, refused: 0, requests: 0 }
    const sockets = new Set<Socket>()
    const taken = yield* Deferred.make<void>()
    const left = yield* Deferred.make<void>()
    const hold = (socket: Socket) => {
      sockets.add(socket)
      socket.on("error", () => socket.destroy())
      socket.on("close", () => sockets.delete(socket))
    }
    const expected = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`
    const server = tls === undefined ? Http.createServer() : Https.createServer({ ...tls })
    server.on("request", (_: Http.IncomingMessage, response: Http.ServerResponse) => {
      seen.requests += 1
      response.writeHead(400).end()
    })
    server.on("tlsClientError", (_: unknown, socket: Socket) => socket.destroy())
    server.on("connect", (request: Http.IncomingMessage, socket: Socket) => {
      hold(socket)
      if (silent) {
        const leave = () => Deferred.unsafeDone(left, Effect.void)
        socket.on("end", leave).on("close", leave).resume()
        return Deferred.unsafeDone(taken, Effect.void)
      }
      const refusal = expected === undefined || request.headers["proxy-authorization"] === expected ? status : 407
      if (refusal !== undefined) {
        seen.refused += 1
        const challenge = refusal === 407 ? 'Proxy-Authenticate: Basic realm="company"\r\n' : ""
        socket.end(`HTTP/1.1 ${refusal} No\r\n${challenge}Content-Length: 6\r\n\r\n<html>`)
        return
      }
      seen.tunnels.push(request.url ?? "")
      const onward = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
        socket.pipe(onward)
        onward.pipe(socket)
      })
      hold(onward)
      socket.on("close", () => onward.destroy())
      onward.on("close", () => socket.destroy())
    })
    const port = yield* listening(server)
    // Before the server closes: it does not close tunnels itself.
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
      })
    )
    return { url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`, seen, silence: { taken, left } }
  })
