import * as Net from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { listening } from "./listening.js"

/** A server that accepts connections and never sends a byte. */
export const silentServer = Effect.gen(function* () {
  const connected = yield* Deferred.make<void>()
  const disconnected = yield* Deferred.make<void>()
  const heard = yield* Queue.unbounded<void>()
  const sockets = new Set<Net.Socket>()
  const server = Net.createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    socket.on("close", () => Deferred.unsafeDone(disconnected, Effect.void))
    socket.once("data", () => Queue.unsafeOffer(heard, undefined))
    socket.resume()
    Deferred.unsafeDone(connected, Effect.void)
  })
  const port = yield* listening(server)
  // Before the server closes, which waits for its connections.
  yield* Effect.addFinalizer(() => Effect.sync(() => sockets.forEach((socket) => void socket.destroy())))
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    /** Once a client has connected. */
    connected: Deferred.await(connected),
    /** Once a client has disconnected. */
    disconnected: Deferred.await(disconnected),
    /** Takes one event per connection: its client has sent something. */
    heard: Queue.take(heard)
  }
})
