/** The HttpClient of tests: our own, or the platform's if TABLEAU_HTTP_CLIENT is "platform". */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TableauNode from "effect-tableau/node"

const isPlatform = process.env["TABLEAU_HTTP_CLIENT"] === "platform"

const ownHttpClient = (options: TableauNode.HttpClientOptions) =>
  Layer.orDie(TableauNode.layerHttpClient({ proxy: false, ...options }))

export const layerHttpClient = isPlatform ? NodeHttpClient.layerUndici : ownHttpClient({})

/** The platform's HttpClient on undici. It trusts one certificate. */
export const layerPlatformTrusting = (ca: string) =>
  Layer.provide(
    NodeHttpClient.layerUndiciWithoutDispatcher,
    Layer.scoped(
      NodeHttpClient.Dispatcher,
      Effect.acquireRelease(
        Effect.sync(() => new Undici.Agent({ connect: { ca } })),
        (agent) => Effect.promise(() => agent.destroy())
      )
    )
  )

/** The HttpClient of tests. It trusts one certificate. */
export const layerTrusting = (ca: string) => (isPlatform ? layerPlatformTrusting(ca) : ownHttpClient({ ca }))
