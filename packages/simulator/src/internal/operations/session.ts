import type { Operations } from "./facts.js"

/** The server, sessions and personal access tokens. */
export const session = {
  // Server and session
  // Clients request it before they know the version of the server, so every version has it.
  serverInfo: ["GET /serverinfo", "1.0", "no token"],
  signIn: ["POST /auth/signin", "2.0", "no token"],
  switchSite: ["POST /auth/switchSite", "2.6", "no scope", "Server"],
  signOut: ["POST /auth/signout", "2.0", "no scope"],
  getCurrentServerSession: ["GET /sessions/current", "3.1", "no scope"],
  revokeAdministratorPersonalAccessTokens: [
    "DELETE /auth/serverAdminAccessTokens",
    "3.11",
    "tableau:server_admin_tokens:delete",
    "Server"
  ],
  listPersonalAccessTokens: ["GET /sites/{siteId}/users/{userId}/personal-access-tokens", "3.21", "no scope", "Cloud"],
  revokePersonalAccessToken: [
    "DELETE /sites/{siteId}/users/{userId}/personal-access-tokens/{tokenName}",
    "3.21",
    "no scope",
    "Cloud"
  ],
  deleteServerSession: ["DELETE /sessions/{sessionId}", "3.9", "tableau:sessions:delete", "Server"],
  listServerActiveDirectoryDomains: ["GET /domains", "3.11", "tableau:domains:read", "Server"],
  updateServerActiveDirectoryDomain: ["PUT /domains/{domainId}", "3.11", "tableau:domains:update", "Server"]
} as const satisfies Operations
