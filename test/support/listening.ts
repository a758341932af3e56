import type * as Http from "node:http"
import type * as Https from "node:https"
import * as Effect from "effect/Effect"

/** Has a server listen on loopback, on a port that the system picks, until the scope ends. */
export const listening = (server: Http.Server | Https.Server) =>
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
        server.closeAllConnections()
      })
  )
