/** The HttpClient of tests: our own, or the platform's if TABLEAU_HTTP_CLIENT is "platform". */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Layer from "effect/Layer"
import * as TableauNode from "effect-tableau/node"

const isPlatform = process.env["TABLEAU_HTTP_CLIENT"] === "platform"

export const layerHttpClient = isPlatform
  ? NodeHttpClient.layerUndici
  : Layer.orDie(TableauNode.layerHttpClient({ proxy: false }))
