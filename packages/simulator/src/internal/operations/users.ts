import type { Operations } from "./facts.js"

/** Users, groups and favorites. */
export const users = {
  // Users
  getUsersOnSite: ["GET /sites/{siteId}/users", "2.0", "tableau:users:read"],
  queryUserOnSite: ["GET /sites/{siteId}/users/{userId}", "2.0", "tableau:users:read"],
  addUserToSite: ["POST /sites/{siteId}/users", "1.0", "tableau:users:create"],
  updateUser: ["PUT /sites/{siteId}/users/{userId}", "1.0", "tableau:users:update"],
  removeUserFromSite: ["DELETE /sites/{siteId}/users/{userId}", "2.0", "tableau:users:delete"],
  importUsersToSiteFromCsv: ["POST /sites/{siteId}/users/import", "3.15", "tableau:users:create"],
  deleteUsersFromSiteWithCsv: ["POST /sites/{siteId}/users/delete", "3.15", "tableau:users:delete"],
  downloadUserSavedCredentials: [
    "POST /sites/{siteId}/users/{userId}/retrieveSavedCreds",
    "3.23",
    "tableau:oauth_credentials:download"
  ],
  uploadUserSavedCredentials: [
    "PUT /sites/{siteId}/users/{userId}/uploadSavedCreds",
    "3.23",
    "tableau:oauth_credentials:upload"
  ],

  // Groups and group sets
  getUsersInGroup: ["GET /sites/{siteId}/groups/{groupId}/users", "2.0", "tableau:groups:read"],
  queryGroups: ["GET /sites/{siteId}/groups", "2.0", "tableau:groups:read"],
  createGroup: ["POST /sites/{siteId}/groups", "2.0", "tableau:groups:create"],
  updateGroup: ["PUT /sites/{siteId}/groups/{groupId}", "2.0", "tableau:groups:update"],
  deleteGroup: ["DELETE /sites/{siteId}/groups/{groupId}", "2.1", "tableau:groups:delete"],
  addUserToGroup: ["POST /sites/{siteId}/groups/{groupId}/users", "2.0", "tableau:groups:update"],
  removeUsersFromGroup: ["PUT /sites/{siteId}/groups/{groupId}/users/remove", "3.21", "tableau:groups:update"],
  removeUserFromGroup: ["DELETE /sites/{siteId}/groups/{groupId}/users/{userId}", "2.0", "tableau:groups:update"],
  getGroupsForAUser: ["GET /sites/{siteId}/users/{userId}/groups", "3.7", "tableau:users:read"],
  listGroupSets: ["GET /sites/{siteId}/groupsets", "3.22", "tableau:groupsets:read"],
  getGroupSet: ["GET /sites/{siteId}/groupsets/{groupSetId}", "3.22", "tableau:groupsets:read"],
  createGroupSet: ["POST /sites/{siteId}/groupsets", "3.22", "tableau:groupsets:create"],
  updateGroupSet: ["PUT /sites/{siteId}/groupsets/{groupSetId}", "3.22", "tableau:groupsets:update"],
  deleteGroupSet: ["DELETE /sites/{siteId}/groupsets/{groupSetId}", "3.22", "tableau:groupsets:delete"],
  addGroupToGroupSet: [
    "PUT /sites/{siteId}/groupsets/{groupSetId}/groups/{groupId}",
    "3.22",
    "tableau:groupsets:update"
  ],
  removeGroupFromGroupSet: [
    "DELETE /sites/{siteId}/groupsets/{groupSetId}/groups/{groupId}",
    "3.22",
    "tableau:groupsets:delete"
  ],

  // Favorites
  getFavoritesForUser: ["GET /sites/{siteId}/favorites/{userId}", "2.5", "tableau:favorites:read"],
  addToFavorites: ["PUT /sites/{siteId}/favorites/{userId}", "2.0", "tableau:favorites:update"],
  deleteFromFavorites: [
    "DELETE /sites/{siteId}/favorites/{userId}/{contentType}/{contentId}",
    "2.0",
    "tableau:favorites:delete"
  ],
  updateFavorites: ["PUT /sites/{siteId}/orderFavorites/{userId}", "3.8", "tableau:favorites:update"]
} as const satisfies Operations
