import * as Schema from "effect/Schema"
import { element, textElement } from "./element.js"

/** An error response of Tableau's: its status, and the content of its `<error>`. */
export class ErrorResponse extends Schema.TaggedError<ErrorResponse>("effect-tableau-simulator/ErrorResponse")(
  "ErrorResponse",
  { status: Schema.Int, code: Schema.String, summary: Schema.String, detail: Schema.String }
) {
  override get message(): string {
    return `${this.code} ${this.summary}: ${this.detail}`
  }
}

export const toElement = (error: Pick<ErrorResponse, "code" | "summary" | "detail">) =>
  element("error", { code: error.code }, [textElement("summary", error.summary), textElement("detail", error.detail)])

/** The first three digits of a code are the status. */
const error = (code: string, summary: string, detail: string): ErrorResponse =>
  new ErrorResponse({ status: Number(code.slice(0, 3)), code, summary, detail })

/** An error whose detail depends on the request. */
const errorWith = (code: string, summary: string) => (detail: string) => error(code, summary, detail)

const notFound = (code: string, thing: string) =>
  error(code, `${thing} not found`, `The ${thing} ID doesn't correspond to an existing ${thing}.`)

// The request itself.
export const badRequest = errorWith("400000", "Bad Request")
export const invalidPageNumber = errorWith("400006", "Invalid page number")
export const invalidPageSize = errorWith("400007", "Invalid page size")
export const invalidParameter = errorWith("400008", "Invalid parameter value")
export const invalidCapability = errorWith("400009", "Invalid capability")
export const invalidSiteRole = errorWith("400013", "Invalid site role")
export const pageSizeLimit = errorWith("403014", "Page size limit exceeded")
export const endpointNotFound = errorWith("404001", "Not Found")
export const pathNotFound = error("404003", "Resource Not Found", "There is no such resource.")
export const wrongVerb = errorWith("405000", "Invalid request method")
export const tooLarge = errorWith("413000", "Request entity too large")
export const internalError = error("500000", "Internal Server Error", "The simulator failed to handle the request.")
export const notSimulated = errorWith("501000", "Not simulated")

// Uploads.
export const blockTooLarge = errorWith("400016", "File size too large")
export const appendFailed = errorWith("400017", "Upload failure")
export const malformedBody = errorWith("400019", "Malformed request body")
export const missingFileData = errorWith("400020", "Missing file data")
export const notAPublisher = error("403007", "Not a publisher", "The user has no right to publish here.")
export const uploadForbidden = error("403015", "Upload forbidden", "The user has no right to publish on the site.")
export const uploadFailed = errorWith("403016", "Upload failure")
export const uploadNotFound = error(
  "404015",
  "File upload not found",
  "The upload session ID doesn't correspond to an existing file upload of the user on the site."
)

// Publishing.
/** Each kind of content has codes of its own for files and names that cannot be published. */
export const badFileName = (
  code: "400010" | "400020" | "400035" | "400086" | "400087" | "400089" | "400090",
  detail: string
) => error(code, "Invalid file or name", detail)
export const publishingError = errorWith("400011", "Publishing error")
export const appendToNonExtract = error("400054", "Bad Request", "Only extracts can be appended.")
export const severalModes = error(
  "400055",
  "Incompatible values",
  "A request has one of overwrite, append and replace."
)
export const connectionCheckFailed = (server: string) =>
  error("403132", "Connection check failed", `The server ${server} does not answer.`)

// Sign-in, sessions and permissions.
export const noToken = error("401000", "Unauthorized Access", "No authentication credentials were provided.")
/** The same for every cause, so that the response does not reveal which sites and users exist. */
export const signInFailed = error("401001", "Signin Error", "Error signing in to Tableau Server")
export const invalidToken = error("401002", "Unauthorized Access", "Invalid authentication credentials were provided.")
export const switchFailed = error(
  "401003",
  "Switch site error",
  "There was a problem switching sites. The site might be unavailable or is not found."
)
export const sameSite = error(
  "403070",
  "Cannot switch to the same site",
  "The site specified as the destination site is also the current site."
)
export const notOnCloud = errorWith("403069", "Forbidden")
export const forbidden = errorWith("403004", "Forbidden")
export const queryUserForbidden = error(
  "403133",
  "Query user permissions forbidden",
  "The user does not have permissions to query user information for other users."
)
/** Each kind of content has a code of its own for this. */
export const readForbidden = (code: "403019" | "403028" | "403032" | "403097") =>
  error(code, "Read forbidden", "The user lacks the permission to read or to download this.")

export const updateForbidden = errorWith("403032", "Update forbidden")

/** Each kind of content has codes of its own for changes that the user may not make. */
export const changeForbidden = (code: "403025" | "403027" | "403030" | "403098" | "403103" | "403141" | "403187") =>
  error(code, "Update forbidden", "The user lacks the permission for this change.")
export const connectionForbidden = (code: "403023" | "403029" | "403103") =>
  error(code, "Update forbidden", "The user lacks the permission to change connections of this content.")

// Sites, users and groups.
export const siteNotFound = error(
  "404000",
  "Site Not Found",
  "The site ID in the URI doesn't correspond to an existing site."
)
export const userNotFound = notFound("404002", "user")
export const groupNotFound = notFound("404012", "group")
export const userExists = error("409017", "User name conflict", "The specified user is already on the site.")
export const userOwnsContent = error(
  "409003",
  "User asset conflict",
  "The specified user still owns content and cannot be removed."
)
export const groupExists = errorWith("409009", "Group name conflict")
export const alreadyMember = error("409011", "User conflict", "The specified user is already a member of the group.")
export const noActiveDirectory = error(
  "403011",
  "ActiveDirectory is not configured",
  "Tableau Server is configured for local authentication."
)

// Content.
export const defaultProjectForbidden = error("403003", "Deletion forbidden", "The default project stays.")
export const datasourceNotFound = notFound("404004", "data source")
/** The words that Tableau documents for `append` and `replace`, which name no id. */
export const datasourceToChangeNotFound = error(
  "404004",
  "Data source not found",
  "The data source name in the request body does not correspond to an existing data source."
)
export const projectNotFound = notFound("404005", "project")
export const projectExists = errorWith("409006", "Project name conflict")
export const workbookNotFound = notFound("404006", "workbook")
export const viewNotFound = notFound("404011", "view")
export const viewUnavailable = (code: "400080" | "400130") =>
  error(code, "Bad Request", "The view ID in the URI doesn't correspond to a view available on the specified site.")
export const revisionNotFound = error(
  "404024",
  "Revision not found",
  "The revision number in the URI doesn't correspond to an existing revision."
)
export const nameTaken = (code: "409012" | "409015" | "409041", detail: string) => error(code, "Name conflict", detail)
export const connectionNotFound = notFound("404020", "connection")
export const ownerNotFound = notFound("404061", "user")
export const currentRevision = error(
  "403055",
  "Cannot delete head revision",
  "The current revision cannot be deleted. Delete the content instead."
)
export const flowNotFound = notFound("404027", "flow")
export const tagNotFound = errorWith("404007", "Tag not found")
export const tagsNotSupported = errorWith("404008", "Not Found")
export const capabilityNotAssigned = errorWith("404013", "Capability not assigned")

// Jobs, schedules and tasks.
export const jobNotFound = notFound("404018", "job")
export const jobUnreadable = error("400031", "Bad Request", "The job cannot be queried.")
export const jobComplete = error(
  "403091",
  "Can not cancel job, because it's already complete.",
  "The job has already succeeded or failed, or it was cancelled."
)
export const jobNotCancellable = error("403081", "Can not cancel job", "Jobs of this type cannot be cancelled.")
/** The error does not name the job that works on the content. */
export const refreshQueued = (name: string) =>
  error("409093", "Resource Conflict", `The extract refresh of '${name}' is already queued. It is not queued again.`)
export const dataUpdateQueued = (name: string) =>
  error("409094", "Resource Conflict", `An update of the data of '${name}' is already queued or running.`)
export const notLiveToHyper = error("404008", "Not Found", "The data source is not live to a Hyper file.")
export const severalConnections = error(
  "403062",
  "Unsupported operation",
  "The data source has several connections, and the path does not name one of them."
)
export const noExtract = error("403104", "Extract refresh error", "The content has live connections only: no extract.")
export const extractsForbidden = error("409067", "Extract error", "The user may not create or delete this extract.")
export const extractExists = error("409068", "Extract error", "The content is an extract already.")
export const extractPending = error("409077", "Extract error", "Another creation of this extract is pending.")
export const nothingToDelete = error("409079", "Extract error", "The content has no extract that can be deleted.")
export const thumbnailsForbidden = error("403179", "Forbidden", "Only administrators and the owner may do this.")
export const scheduleNotFound = notFound("404023", "schedule")
export const wrongSchedule = error("400047", "Bad Request", "The schedule is not one for extracts.")
export const invalidSchedule = errorWith("409004", "Bad Request")
export const taskNotFound = notFound("404026", "task")
