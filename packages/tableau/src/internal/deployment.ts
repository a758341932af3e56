/** Tableau Server, or Tableau Cloud. */
export type Deployment = "Server" | "Cloud"
