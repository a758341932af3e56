/** Refuses connections as PgBouncer does, which need not be installed for it. */
import { createServer, connect as open, type Socket } from "node:net"
import * as Effect from "effect/Effect"

/** PgBouncer refuses every other parameter of a connection, unless `ignore_startup_parameters` names it. */
const known = new Set([
  "user",
  "database",
  "replication",
  "client_encoding",
  "datestyle",
  "timezone",
  "standard_conforming_strings",
  "application_name"
])

/** The names of the parameters in the first message: a length, a version, and pairs of strings that end with 0. */
const parameters = (message: Buffer) =>
  message
    .subarray(8)
    .toString("latin1")
    .split("\0")
    .filter((text, index) => index % 2 === 0 && text !== "")
    .map((name) => name.toLowerCase())

const refusal = (name: string) => {
  const fields = `SFATAL\0C08P01\0Munsupported startup parameter: ${name}\0\0`
  const head = Buffer.from([0x45, 0, 0, 0, 0])
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, Buffer.from(fields, "latin1")])
}

/** A pooler in front of the database of a URL, which keeps a session for each connection, and what it received on each. */
export const pooler = (url: string) =>
  Effect.gen(function* () {
    const database = new URL(url)
    const sockets = new Set<Socket>()
    const connections: Array<string> = []
    const relay = createServer((client) => {
      sockets.add(client)
      client.on("error", () => client.destroy())
      client.once("data", (first) => {
        const unsupported = parameters(first).find((name) => !known.has(name))
        if (unsupported !== undefined) {
          client.end(refusal(unsupported))
          return
        }
        const server = open(Number(database.port), database.hostname)
        sockets.add(server)
        server.on("error", () => client.destroy())
        server.write(first)
        const index = connections.push("") - 1
        client.on("data", (data) => {
          connections[index] += data.toString("latin1")
        })
        client.pipe(server)
        server.pipe(client)
      })
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve))),
      () =>
        Effect.promise(() => {
          for (const socket of sockets) socket.destroy()
          return new Promise((resolve) => relay.close(resolve))
        })
    )
    const address = relay.address()
    const pooled = new URL(url)
    pooled.port = String(typeof address === "object" ? address?.port : address)
    return { url: pooled.href, connections }
  })
