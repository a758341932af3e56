import { authentication } from "./authentication.js"
import { bridge } from "./bridge.js"
import { catalog } from "./catalog.js"
import { datasources } from "./datasources.js"
import type { Facts } from "./facts.js"
import { flows } from "./flows.js"
import { jobs } from "./jobs.js"
import { notifications } from "./notifications.js"
import { projects } from "./projects.js"
import { pulse } from "./pulse.js"
import { retired } from "./retired.js"
import { services } from "./services.js"
import { session } from "./session.js"
import { sites } from "./sites.js"
import { users } from "./users.js"
import { views } from "./views.js"
import { workbooks } from "./workbooks.js"

/**
 * Every operation of Tableau's APIs, one line each. Those without a handler in `resources` are not simulated: their
 * response is 501.
 */
export const operations = {
  ...session,
  ...sites,
  ...projects,
  ...workbooks,
  ...views,
  ...datasources,
  ...flows,
  ...users,
  ...jobs,
  ...notifications,
  ...catalog,
  ...authentication,
  ...bridge,
  ...services,
  ...pulse,
  ...retired
}

/** Tableau's name of an operation. */
export type Operation = keyof typeof operations

export const facts = (operation: Operation): Facts => operations[operation]

const isOperation = (name: string): name is Operation => Object.hasOwn(operations, name)

export const names: ReadonlyArray<Operation> = Object.keys(operations).filter(isOperation)

type Placeholder<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never

/** The path parameters of an operation. */
export type ParameterOf<Name extends Operation> = Placeholder<(typeof operations)[Name][0]>

/** The operations that need no token. */
export type OpenOperation = {
  [Name in Operation]: (typeof operations)[Name][2] extends "no token" ? Name : never
}[Operation]

/** The operations that need the token of a session. */
export type SessionOperation = Exclude<Operation, OpenOperation>
