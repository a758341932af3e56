import * as Effect from "effect/Effect"
import { element, textElement } from "../protocol/element.js"
import { ok, open } from "../session/call.js"

export const routes = [
  open({
    verb: "GET",
    path: "/serverinfo",
    operation: "serverInfo",
    // Clients ask before they know the version, so any will do.
    since: "1.0",
    handle: ({ info }) =>
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
] as const
