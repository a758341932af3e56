/** What answers before sign-in, by a transport that is at hand. It finds trouble before a secret leaves the process. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { BadRequest, UnexpectedResponse } from "../../TableauError.js"
import * as ApiVersion from "../apiVersion.js"
import * as Transport from "../http/transport.js"
import { reader } from "../xml/reader.js"
import { ElementText } from "../xml/scalar.js"

const readServerInfo = reader(
  "serverInfo",
  Schema.Struct({
    serverInfo: Schema.Struct({
      productVersion: Schema.optional(Schema.Struct({ value: ElementText, build: Schema.optional(Schema.String) })),
      restApiVersion: Schema.optional(Schema.String)
    })
  })
)

/** The first version that has `serverinfo`; every later server answers it too. */
const firstVersion = "2.4"

export const serverInfo = (transport: Transport.Transport, operation: string) =>
  Effect.gen(function* () {
    const { value } = yield* Transport.exchange(
      transport,
      { operation, method: "GET", path: `/api/${firstVersion}/serverinfo` },
      readServerInfo
    ).pipe(
      // These have no meaning for somebody who is not signed in: they are the words of something else than Tableau.
      Effect.catchTags({
        SessionExpired: ({ detail, status, summary }) =>
          new UnexpectedResponse({ operation, status, summary, detail, kind: "Other", acted: "no" }),
        NotFound: ({ code, detail, status, summary }) =>
          new BadRequest({
            operation,
            status,
            code,
            summary,
            detail: `${detail ?? "There is no serverinfo."} Is this the address of a Tableau Server (10.1 or later)?`,
            acted: "no"
          })
      })
    )
    const { productVersion, restApiVersion } = value.serverInfo
    const version = restApiVersion?.trim() ?? ""
    if (!ApiVersion.isApiVersion(version)) {
      const detail = "The server does not say its API version. Set `apiVersion` to the one that you know it has."
      return yield* new UnexpectedResponse({ operation, kind: "Other", detail, acted: "no" })
    }
    return { productVersion: productVersion?.value.trim(), build: productVersion?.build, restApiVersion: version }
  })
