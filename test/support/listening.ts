import type * as Http from "node:http"
import type * as Https from "node:https"
import type * as Net from "node:net"
import * as Effect from "effect/Effect"

/** Has a server listen on a free port of loopback until the scope ends; returns the port. */
export const listening = (server: Http.Server | Https.Server | Net.Server) =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        if ("closeAllConnections" in server) server.closeAllConnections()
      })
  )
