import * as Authentication from "./authentication.js"
import type { Route } from "./route.js"
import * as ServerInfo from "./serverInfo.js"
import * as Workbooks from "./workbooks.js"

/** Everything that the simulator answers. A new operation is one entry in the file of its resource. */
export const routes = [...ServerInfo.routes, ...Authentication.routes, ...Workbooks.routes] as const

/** Tableau's name of a simulated method. */
export type KnownOperation = (typeof routes)[number]["operation"]

export const all: ReadonlyArray<Route<KnownOperation>> = routes

/** Every request has one of these: those that Tableau does not know, or not with this verb, are `unknown`. */
export type Operation = KnownOperation | "unknown"
