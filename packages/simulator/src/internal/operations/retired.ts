import type { Operations } from "./facts.js"

/** Operations that Tableau has retired. Old servers still have them. */
export const retired = {
  // Data acceleration until 2026.2
  getDataAccelerationReport: [
    "GET /sites/{siteId}/dataAccelerationReport",
    "3.8",
    "tableau:data_acceleration_reports:read",
    "Server"
  ],
  getDataAccelerationTasks: [
    "GET /sites/{siteId}/tasks/dataAcceleration",
    "3.8",
    "tableau:data_acceleration_tasks:read",
    "Server"
  ],
  deleteDataAccelerationTask: [
    "DELETE /sites/{siteId}/tasks/dataAcceleration/{taskId}",
    "3.8",
    "tableau:data_acceleration_tasks:delete",
    "Server"
  ],

  // View recommendations, deprecated since 3.19
  getViewRecommendations: ["GET /sites/{siteId}/recommendations", "3.7", "tableau:recommendations:read"],
  hideViewRecommendation: [
    "PUT /sites/{siteId}/recommendations/dismissals",
    "3.7",
    "tableau:recommendation_dismissals:update"
  ],
  unhideViewRecommendation: [
    "DELETE /sites/{siteId}/recommendations/dismissals",
    "3.7",
    "tableau:recommendation_dismissals:delete"
  ],

  // Metrics until 3.22
  listMetricsForSite: ["GET /sites/{siteId}/metrics", "3.9", "tableau:content:read"],
  getMetric: ["GET /sites/{siteId}/metrics/{metricId}", "3.9", "tableau:content:read"],
  getMetricData: ["GET /sites/{siteId}/metrics/{metricId}/data", "3.9", "tableau:metrics:read"],
  updateMetric: ["PUT /sites/{siteId}/metrics/{metricId}", "3.9", "tableau:metrics:update"],
  deleteMetric: ["DELETE /sites/{siteId}/metrics/{metricId}", "3.9", "tableau:metrics:delete"],

  // Permissions of Ask Data lenses until 3.22
  queryAskDataLensPermissions: ["GET /sites/{siteId}/lenses/{lensId}/permissions", "3.16", "tableau:permissions:read"],
  addAskDataLensPermissions: ["PUT /sites/{siteId}/lenses/{lensId}/permissions", "3.16", "tableau:permissions:update"],
  deleteAskDataLensPermissionForUser: [
    "DELETE /sites/{siteId}/lenses/{lensId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "3.16",
    "tableau:permissions:delete"
  ],
  deleteAskDataLensPermissionForGroup: [
    "DELETE /sites/{siteId}/lenses/{lensId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "3.16",
    "tableau:permissions:delete"
  ],

  // Dashboard extensions until 3.21
  getDashboardExtensionsServerSettings: [
    "GET /api/-/settings/server/extensions/dashboard",
    "3.11",
    "no scope",
    "Server"
  ],
  updateDashboardExtensionsServerSettings: [
    "PUT /api/-/settings/server/extensions/dashboard",
    "3.11",
    "no scope",
    "Server"
  ],
  getDashboardExtensionsBlockListItems: [
    "GET /api/-/settings/server/extensions/dashboard/blockListItems",
    "3.11",
    "no scope",
    "Server"
  ],
  createDashboardExtensionsBlockListItem: [
    "POST /api/-/settings/server/extensions/dashboard/blockListItems",
    "3.11",
    "no scope",
    "Server"
  ],
  getDashboardExtensionsBlockListItem: [
    "GET /api/-/settings/server/extensions/dashboard/blockListItems/{blockListItemId}",
    "3.11",
    "no scope",
    "Server"
  ],
  deleteDashboardExtensionsBlockListItem: [
    "DELETE /api/-/settings/server/extensions/dashboard/blockListItems/{blockListItemId}",
    "3.11",
    "no scope",
    "Server"
  ],
  getDashboardExtensionsSiteSettings: ["GET /api/-/settings/site/extensions/dashboard", "3.11", "no scope"],
  updateDashboardExtensionsSiteSettings: ["PUT /api/-/settings/site/extensions/dashboard", "3.11", "no scope"],
  getDashboardExtensionsSafeListItems: [
    "GET /api/-/settings/site/extensions/dashboard/safeListItems",
    "3.11",
    "no scope"
  ],
  createDashboardExtensionsSafeListItem: [
    "POST /api/-/settings/site/extensions/dashboard/safeListItems",
    "3.11",
    "no scope"
  ],
  getDashboardExtensionsSafeListItem: [
    "GET /api/-/settings/site/extensions/dashboard/safeListItems/{safeListItemId}",
    "3.11",
    "no scope"
  ],
  updateDashboardExtensionsSafeListItem: [
    "PUT /api/-/settings/site/extensions/dashboard/safeListItems/{safeListItemId}",
    "3.11",
    "no scope"
  ],
  deleteDashboardExtensionsSafeListItem: [
    "DELETE /api/-/settings/site/extensions/dashboard/safeListItems/{safeListItemId}",
    "3.11",
    "no scope"
  ],

  // Ask Data lenses until 3.22
  listLenses: ["GET /api/-/askdata/lenses", "3.16", "no scope"],
  createLens: ["POST /api/-/askdata/lenses", "3.16", "no scope"],
  getLens: ["GET /api/-/askdata/lenses/{lensId}", "3.16", "no scope"],
  deleteLens: ["DELETE /api/-/askdata/lenses/{lensId}", "3.16", "no scope"],
  importLens: ["POST /api/-/askdata/lenses/import", "3.16", "no scope"]
} as const satisfies Operations
