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
export const queryUserForbidden = refusal(
  403,
  "403133",
  "Query user permissions forbidden"
)("The user does not have permissions to query user information for other users.")
export const defaultProjectForbidden = refusal(403, "403003", "Deletion forbidden")("The default project stays.")
export const noActiveDirectory = refusal(
  403,
  "403011",
  "ActiveDirectory is not configured"
)("Tableau Server is configured for local authentication.")
export const invalidParameter = refusal(400, "400008", "Invalid parameter value")
export const invalidCapability = refusal(400, "400009", "Invalid capability")
export const invalidSiteRole = refusal(400, "400013", "Invalid site role")
export const siteNotFound = refusal(
  404,
  "404000",
  "Site Not Found"
)("The site ID in the URI doesn't correspond to an existing site.")
export const endpointNotFound = refusal(404, "404001", "Not Found")
export const tagsNotFound = refusal(404, "404008", "Not Found")
export const pathNotFound = refusal(404, "404003", "Resource Not Found")("There is no such resource.")
export const tagNotFound = refusal(404, "404007", "Tag not found")
export const capabilityNotAssigned = refusal(404, "404013", "Capability not assigned")

const missing = (code: string, thing: string) =>
  refusal(404, code, `${thing} not found`)(`The ${thing} ID doesn't correspond to an existing ${thing}.`)

export const userNotFound = missing("404002", "user")
export const datasourceNotFound = missing("404004", "data source")
export const projectNotFound = missing("404005", "project")
export const workbookNotFound = missing("404006", "workbook")
export const viewUnavailable = (code: "400080" | "400130") =>
  refusal(
    400,
    code,
    "Bad Request"
  )("The view ID in the URI doesn't correspond to a view available on the specified site.")
export const revisionNotFound = refusal(
  404,
  "404024",
  "Revision not found"
)("The revision number in the URI doesn't correspond to an existing revision.")
/** Each thing that is read has a code of its own for this. */
export const readForbidden = (code: "403019" | "403028" | "403032" | "403097") =>
  refusal(403, code, "Read forbidden")("The user lacks the permission to read or to download this.")
export const viewNotFound = missing("404011", "view")
export const groupNotFound = missing("404012", "group")
export const jobNotFound = missing("404018", "job")
export const scheduleNotFound = missing("404023", "schedule")
export const taskNotFound = missing("404026", "task")
export const flowNotFound = missing("404027", "flow")

export const wrongVerb = refusal(405, "405000", "Invalid request method")
export const userExists = refusal(409, "409017", "User name conflict")("The specified user is already on the site.")
export const userOwnsContent = refusal(
  409,
  "409003",
  "User asset conflict"
)("The specified user still owns content and cannot be removed.")
export const projectExists = refusal(409, "409006", "Project name conflict")
export const groupExists = refusal(409, "409009", "Group name conflict")
export const alreadyMember = refusal(
  409,
  "409011",
  "User conflict"
)("The specified user is already a member of the group.")
export const tooLarge = refusal(413, "413000", "Request entity too large")
export const internalError = refusal(
  500,
  "500000",
  "Internal Server Error"
)("The simulator failed to handle the request.")
