import * as Schema from "effect/Schema"
import { element, textElement } from "./element.js"

/** A request that Tableau answers with its `<error>`. Status and code are both said: they do not always agree. */
export class Refusal extends Schema.TaggedError<Refusal>("effect-tableau-simulator/Refusal")("Refusal", {
  status: Schema.Int,
  code: Schema.String,
  summary: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.code} ${this.summary}: ${this.detail}`
  }
}

export const toElement = (refusal: Pick<Refusal, "code" | "summary" | "detail">) =>
  element("error", { code: refusal.code }, [
    textElement("summary", refusal.summary),
    textElement("detail", refusal.detail)
  ])

const refusal = (status: number, code: string, summary: string) => (detail: string) =>
  new Refusal({ status, code, summary, detail })

export const badRequest = refusal(400, "400000", "Bad Request")
export const invalidPageNumber = refusal(400, "400006", "Invalid page number")
export const invalidPageSize = refusal(400, "400007", "Invalid page size")
export const pageSizeLimit = refusal(403, "403014", "Page size limit exceeded")
export const noToken = refusal(401, "401000", "Unauthorized Access")("No authentication credentials were provided.")
export const deadToken = refusal(
  401,
  "401002",
  "Unauthorized Access"
)("Invalid authentication credentials were provided.")
/** One answer for every reason, so that nobody learns which sites and users there are. */
export const signInFailed = refusal(401, "401001", "Signin Error")("Error signing in to Tableau Server")
export const switchFailed = refusal(
  401,
  "401003",
  "Switch site error"
)("There was a problem switching sites. The site might be unavailable or is not found.")
export const alreadyThere = refusal(
  403,
  "403070",
  "Cannot switch to the same site"
)("The site specified as the destination site is also the current site.")
export const notOnCloud = refusal(403, "403069", "Forbidden")
export const forbidden = refusal(403, "403004", "Forbidden")
export const siteNotFound = refusal(404, "404000", "Site Not Found")
export const endpointNotFound = refusal(404, "404001", "Not Found")
export const userNotFound = refusal(404, "404002", "User Not Found")
export const pathNotFound = refusal(404, "404003", "Resource Not Found")
export const workbookNotFound = refusal(404, "404006", "Workbook Not Found")
export const wrongVerb = refusal(405, "405000", "Invalid request method")
export const tooLarge = refusal(413, "413000", "Request entity too large")
export const internalError = refusal(500, "500000", "Internal Server Error")
