import type { Operation } from "../operations/table.js"
import type { ErrorResponse } from "../protocol/errorResponse.js"
import * as Authentication from "./authentication.js"
import * as Connections from "./connections.js"
import * as Datasources from "./datasources.js"
import * as Extracts from "./extracts.js"
import * as Favorites from "./favorites.js"
import * as FileUploads from "./fileUploads.js"
import * as Flows from "./flows.js"
import * as Groups from "./groups.js"
import type { Handler, OpenHandler } from "./handler.js"
import * as HyperData from "./hyperData.js"
import * as Jobs from "./jobs.js"
import * as Projects from "./projects.js"
import * as Publications from "./publications.js"
import * as Schedules from "./schedules.js"
import * as ServerInfo from "./serverInfo.js"
import * as Sites from "./sites.js"
import * as Tags from "./tags.js"
import * as Tasks from "./tasks.js"
import * as Updates from "./updates.js"
import * as Users from "./users.js"
import * as Views from "./views.js"
import * as Workbooks from "./workbooks.js"

type ByOperation<A> = Readonly<Partial<Record<Operation, A>>>

/** Handlers of operations that need no token. */
export const open: ByOperation<OpenHandler<string>> = { ...ServerInfo.open, ...Authentication.open }

/** Handlers of operations that need a session. */
export const signedIn: ByOperation<Handler<string>> = {
  ...Authentication.signedIn,
  ...Sites.signedIn,
  ...Projects.signedIn,
  ...Workbooks.signedIn,
  ...Views.signedIn,
  ...Datasources.signedIn,
  ...Connections.signedIn,
  ...Updates.signedIn,
  ...Extracts.signedIn,
  ...HyperData.signedIn,
  ...FileUploads.signedIn,
  ...Publications.signedIn,
  ...Flows.signedIn,
  ...Users.signedIn,
  ...Groups.signedIn,
  ...Favorites.signedIn,
  ...Jobs.signedIn,
  ...Schedules.signedIn,
  ...Tasks.signedIn
}

export const isSimulated = (operation: Operation): boolean =>
  Object.hasOwn(open, operation) || Object.hasOwn(signedIn, operation)

/** The error response at an API version that does not have an operation, if it is not the usual one. */
export const unsupported: ByOperation<(detail: string) => ErrorResponse> = Tags.unsupported
