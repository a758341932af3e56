/** A redis-server of the test, in a folder of its own, on a free port. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { type AddressInfo, createServer, connect as openSocket, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { Redis } from "ioredis"

/** Without the program these tests are skipped. */
export const isInstalled = spawnSync("redis-server", ["--version"]).status === 0

if (!isInstalled) process.stdout.write("redis-server is not installed: the tests with Redis are skipped\n")

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer()
    probe.on("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const ended = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once("exit", () => resolve())
  })

/** With options of redis.conf, instead of ours or in addition. */
export const redisServerWith = (given: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = mkdtempSync(join(tmpdir(), "effect-tableau-redis-"))
      const port = await freePort()
      const client = new Redis({
        port,
        host: "127.0.0.1",
        lazyConnect: true,
        retryStrategy: (n) => Math.min(n * 20, 200)
      })
      client.on("error", () => undefined)
      let child: ChildProcess | undefined
      const start = async () => {
        const options = {
          bind: "127.0.0.1",
          port,
          dir: folder,
          save: "",
          appendonly: "no",
          rdbcompression: "no",
          ...given
        }
        const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, ...String(value).split(" ")])
        child = spawn("redis-server", args, { stdio: "ignore" })
        for (;;) {
          try {
            if (client.status === "wait") await client.connect()
            await client.ping()
            return
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 20))
          }
        }
      }
      const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
        if (child === undefined) return
        child.kill(signal)
        await ended(child)
      }
      await start()
      return {
        url: `redis://127.0.0.1:${port}`,
        port,
        client,
        start: Effect.promise(start),
        kill: Effect.promise(() => stop("SIGKILL")),
        /** Stops the process: it accepts connections and sends no response. */
        freeze: Effect.sync(() => child?.kill("SIGSTOP")),
        thaw: Effect.sync(() => child?.kill("SIGCONT")),
        /** All that Redis would write to a disk. */
        dump: Effect.promise(async () => {
          await client.save()
          return readFileSync(join(folder, "dump.rdb"), "latin1")
        }),
        close: async () => {
          client.disconnect()
          child?.kill("SIGCONT")
          await stop()
          rmSync(folder, { recursive: true, force: true })
        }
      }
    }),
    (server) => Effect.promise(server.close)
  )

export const redisServer = redisServerWith({})

/**
 * A network between one client and Redis, which can be cut: then nothing arrives, and nothing is closed. Each chunk takes
 * `delay` milliseconds.
 */
export const network = (port: number, delay = 0) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<{ url: string; cut: () => void; mend: () => void; mendNew: () => void; close: () => void }>(
          (resolve) => {
            const sockets = new Set<Socket>()
            let isCut = false
            const dead = new Set<Socket>()
            const proxy = createServer((near) => {
              const far = openSocket(port, "127.0.0.1")
              for (const [from, to] of [
                [near, far],
                [far, near]
              ] as const) {
                sockets.add(from)
                from.on("error", () => to.destroy())
                from.on("close", () => {
                  sockets.delete(from)
                  to.destroy()
                })
                from.on("data", (chunk) => {
                  if (isCut || dead.has(from)) return
                  if (delay === 0) to.write(chunk)
                  else setTimeout(() => to.write(chunk), delay)
                })
              }
            })
            proxy.listen(0, "127.0.0.1", () => {
              const address = proxy.address() as AddressInfo
              resolve({
                url: `redis://127.0.0.1:${address.port}`,
                cut: () => {
                  isCut = true
                },
                /** For new connections only. */
                mendNew: () => {
                  isCut = false
                  for (const socket of sockets) dead.add(socket)
                },
                mend: () => {
                  isCut = false
                  for (const socket of sockets) socket.destroy()
                },
                close: () => {
                  proxy.close()
                  for (const socket of sockets) socket.destroy()
                }
              })
            })
          }
        )
    ),
    (proxy) => Effect.sync(proxy.close)
  )

/** Waits until the only bucket of a rate limiter has so many tokens or fewer. What waits for tokens is below zero. */
export const untilTokens = ({ client }: { readonly client: Redis }, tokens: number) =>
  Effect.promise(async () => {
    for (;;) {
      const [key = ""] = await client.keys("*limit:calls*")
      // It fills slowly meanwhile.
      if (Math.round(Number((await client.hget(key, "tokens")) ?? Number.POSITIVE_INFINITY)) <= tokens) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })

/** A server that is not Redis: replies to each command, given as its words. */
export const replying = (reply: (command: string) => string) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<{ readonly port: number; readonly close: () => void }>((resolve) => {
          const sockets = new Set<Socket>()
          const server = createServer((socket) => {
            sockets.add(socket)
            socket.on("error", () => undefined)
            socket.on("data", (data) => {
              // Each argument is its length and itself.
              for (const command of String(data)
                .split(/^\*\d+\r\n/m)
                .slice(1)) {
                socket.write(
                  `${reply(
                    command
                      .replaceAll(/\$\d+\r\n/g, "")
                      .replaceAll("\r\n", " ")
                      .trim()
                  )}\r\n`
                )
              }
            })
          })
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const port = typeof address === "object" && address !== null ? address.port : 0
            const close = () => {
              server.close()
              for (const socket of sockets) socket.destroy()
            }
            resolve({ port, close })
          })
        })
    ),
    ({ close }) => Effect.sync(close)
  )
