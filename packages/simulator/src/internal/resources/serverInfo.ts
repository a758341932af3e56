import * as Effect from "effect/Effect"
import { element, textElement } from "../protocol/element.js"
import { ok } from "../session/call.js"
import { openHandlers } from "./handler.js"

export const open = openHandlers({
  serverInfo: ({ info }) =>
    Effect.succeed(
      ok(
        element("serverInfo", {}, [
          textElement("productVersion", info.productVersion, { build: info.build }),
          textElement("prepConductorVersion", info.build),
          textElement("restApiVersion", info.apiVersion),
          textElement("platform", info.cloud ? "linux" : "windows"),
          element("serverSettings", {}, [
            textElement("oAuthEnabled", "false"),
            textElement("sheetImageMaxAgeFloor", "1"),
            textElement("sheetImageMaxAgeCeiling", "240"),
            textElement("offlineInteractionSupportedPhase", "0")
          ])
        ])
      )
    )
})
