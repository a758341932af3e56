import * as Schema from "effect/Schema"
import { type Ids, Operation, Response, Xml } from "effect-tableau"

/** Ends a session of any user. Only on Tableau Server. */
export const end = Operation.make({
  name: "Sessions.end",
  request: "DELETE /sessions/{sessionId}",
  since: "3.9",
  deployment: "Server",
  scope: "tableau:sessions:delete",
  input: (sessionId: string) => ({ sessionId }),
  response: Response.empty
})

const PersonalAccessToken = Schema.Struct({ tokenName: Schema.String, expiresAt: Schema.optional(Xml.Timestamp) })

/** Lists the personal access tokens of a user. Only on Tableau Cloud, and never with a JWT. */
export const listTokens = Operation.make({
  name: "Sessions.listTokens",
  request: "GET /sites/{siteId}/users/{userId}/personal-access-tokens",
  since: "3.21",
  deployment: "Cloud",
  scope: "none",
  input: (userId: Ids.UserId) => ({ userId }),
  response: Response.items("personalAccessTokens", "personalAccessToken", PersonalAccessToken)
})

/** Reports what data acceleration brings. Removed with API version 3.16. */
export const accelerationReport = Operation.make({
  name: "Sessions.accelerationReport",
  request: "GET /sites/{siteId}/dataAccelerationReport",
  since: "3.8",
  until: "3.16",
  deployment: "Server",
  scope: "tableau:data_acceleration_reports:read",
  input: () => ({}),
  response: Response.items("dataAccelerationReport", "comparisonRecord", Schema.Struct({ sheetURI: Schema.String }))
})
