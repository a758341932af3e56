import { authentication } from "./operations/authentication.js"
import { bridge } from "./operations/bridge.js"
import { catalog } from "./operations/catalog.js"
import { datasources } from "./operations/datasources.js"
import { flows } from "./operations/flows.js"
import { jobs } from "./operations/jobs.js"
import { notifications } from "./operations/notifications.js"
import type { Facts } from "./operations/operation.js"
import { projects } from "./operations/projects.js"
import { pulse } from "./operations/pulse.js"
import { retired } from "./operations/retired.js"
import { services } from "./operations/services.js"
import { session } from "./operations/session.js"
import { sites } from "./operations/sites.js"
import { users } from "./operations/users.js"
import { views } from "./operations/views.js"
import { workbooks } from "./operations/workbooks.js"

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
