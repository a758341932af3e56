import type { Deployment } from "../deployment.js"

/** What a signed-in session knows of its server, and what it may do there. */
export interface Connection {
  /** The REST API version in use, such as `3.29`: the server's own, or the pinned one. */
  readonly apiVersion: string
  readonly deployment: Deployment
  /**
   * Whether the deployment is known: from the option, from a host under online.tableau.com, or because the server
   * refused to switch sites as Tableau Cloud does (403069). Otherwise `deployment` is a guess.
   */
  readonly deploymentIsCertain: boolean
  /** The scopes that the JWT grants. Absent for other credentials, and if the JWT cannot be read. */
  readonly scopes: ReadonlyArray<string> | undefined
}
