import type { Route } from "../session/call.js"
import * as Authentication from "./authentication.js"
import * as Datasources from "./datasources.js"
import * as Favorites from "./favorites.js"
import * as Flows from "./flows.js"
import * as Groups from "./groups.js"
import * as Jobs from "./jobs.js"
import * as Projects from "./projects.js"
import * as Schedules from "./schedules.js"
import * as ServerInfo from "./serverInfo.js"
import * as Sites from "./sites.js"
import * as Users from "./users.js"
import * as Views from "./views.js"
import * as Workbooks from "./workbooks.js"

/** Everything that the simulator answers. A new operation is one entry in the file of its resource. */
export const routes = [
  ...ServerInfo.routes,
  ...Authentication.routes,
  ...Sites.routes,
  ...Projects.routes,
  ...Workbooks.routes,
  ...Views.routes,
  ...Datasources.routes,
  ...Flows.routes,
  ...Users.routes,
  ...Groups.routes,
  ...Favorites.routes,
  ...Jobs.routes,
  ...Schedules.routes
] as const

/** Tableau's name of a simulated method. */
export type KnownOperation = (typeof routes)[number]["operation"]

export const all: ReadonlyArray<Route<KnownOperation>> = routes

/** Every request has one of these: those that Tableau does not know, or not with this verb, are `unknown`. */
export type Operation = KnownOperation | "unknown"
