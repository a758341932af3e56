/** Responses without content, as to a DELETE. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Read } from "../xml/reader.js"
import { emptyResponse } from "./errorResponse.js"
import { type BufferedReader, isJsonService } from "./exchange.js"
import * as JsonDocument from "./jsonDocument.js"
import { xmlReader } from "./xmlResponse.js"

const xml = xmlReader(emptyResponse)
const json = JsonDocument.document(Schema.Unknown)

const nothing: Read<void> = { value: undefined, malformed: [] }

/** Accepts no body, or any document of the service that is not an error. */
export const emptyReader: BufferedReader<void> = {
  streaming: false,
  receive: (response) =>
    isJsonService(response.request.url.pathname) ? Effect.as(json.receive(response), nothing) : xml.receive(response)
}
