import type { Operations } from "./facts.js"

/** Data sources. */
export const datasources = {
  // Data sources
  queryDataSources: ["GET /sites/{siteId}/datasources", "2.0", "tableau:content:read"],
  queryDataSource: ["GET /sites/{siteId}/datasources/{datasourceId}", "2.0", "tableau:content:read"],
  queryDataSourceConnections: [
    "GET /sites/{siteId}/datasources/{datasourceId}/connections",
    "2.3",
    "tableau:content:read"
  ],
  downloadDataSource: ["GET /sites/{siteId}/datasources/{datasourceId}/content", "2.0", "tableau:datasources:download"],
  publishDataSource: ["POST /sites/{siteId}/datasources", "2.0", "tableau:datasources:create"],
  updateDataSource: ["PUT /sites/{siteId}/datasources/{datasourceId}", "2.0", "tableau:datasources:update"],
  deleteDataSource: ["DELETE /sites/{siteId}/datasources/{datasourceId}", "1.0", "tableau:datasources:delete"],
  updateDataSourceConnection: [
    "PUT /sites/{siteId}/datasources/{datasourceId}/connections/{connectionId}",
    "2.3",
    "tableau:datasources:update"
  ],
  updateDataSourceConnections: [
    "PUT /sites/{siteId}/datasources/{datasourceId}/connections",
    "3.27",
    "tableau:datasources:update"
  ],
  updateDataSourceNow: ["POST /sites/{siteId}/datasources/{datasourceId}/refresh", "2.8", "tableau:tasks:run"],
  downloadDataSourceKeychain: [
    "POST /sites/{siteId}/datasources/{datasourceId}/retrievekeychain",
    "3.23",
    "tableau:embedded_credentials:download"
  ],
  uploadDataSourceKeychain: [
    "PUT /sites/{siteId}/datasources/{datasourceId}/applykeychain",
    "3.23",
    "tableau:embedded_credentials:upload"
  ],

  // Rows of a Hyper file
  updateDataInHyperDataSource: [
    "PATCH /sites/{siteId}/datasources/{datasourceId}/data",
    "3.12",
    "tableau:hyper_data:update"
  ],
  updateDataInHyperConnection: [
    "PATCH /sites/{siteId}/datasources/{datasourceId}/connections/{connectionId}/data",
    "3.12",
    "tableau:hyper_data:update"
  ],

  // Revisions, tags and extracts of data sources
  downloadDataSourceRevision: [
    "GET /sites/{siteId}/datasources/{datasourceId}/revisions/{revisionNumber}/content",
    "2.3",
    "tableau:datasources:download"
  ],
  getDataSourceRevisions: ["GET /sites/{siteId}/datasources/{datasourceId}/revisions", "2.3", "tableau:content:read"],
  removeDataSourceRevision: [
    "DELETE /sites/{siteId}/datasources/{datasourceId}/revisions/{revisionNumber}",
    "2.3",
    "tableau:datasources:delete"
  ],
  addTagsToDataSource: ["PUT /sites/{siteId}/datasources/{datasourceId}/tags", "2.0", "tableau:datasource_tags:update"],
  deleteTagFromDataSource: [
    "DELETE /sites/{siteId}/datasources/{datasourceId}/tags/{tagName}",
    "2.0",
    "tableau:datasource_tags:delete"
  ],
  createExtractForDatasource: [
    "POST /sites/{siteId}/datasources/{datasourceId}/createExtract",
    "3.5",
    "tableau:extracts:create"
  ],
  deleteExtractFromDatasource: [
    "POST /sites/{siteId}/datasources/{datasourceId}/deleteExtract",
    "3.5",
    "tableau:extracts:delete"
  ],

  // Permissions of data sources
  queryDataSourcePermissions: [
    "GET /sites/{siteId}/datasources/{datasourceId}/permissions",
    "2.0",
    "tableau:permissions:read"
  ],
  addDataSourcePermissions: [
    "PUT /sites/{siteId}/datasources/{datasourceId}/permissions",
    "2.0",
    "tableau:permissions:update"
  ],
  deleteDataSourcePermissionForUser: [
    "DELETE /sites/{siteId}/datasources/{datasourceId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "2.0",
    "tableau:permissions:delete"
  ],
  deleteDataSourcePermissionForGroup: [
    "DELETE /sites/{siteId}/datasources/{datasourceId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "2.0",
    "tableau:permissions:delete"
  ],
  deleteDataSourcePermissionForGroupSet: [
    "DELETE /sites/{siteId}/datasources/{datasourceId}/permissions/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "2.0",
    "tableau:permissions:delete"
  ],
  replaceDataSourcePermissions: [
    "POST /sites/{siteId}/datasources/{datasourceId}/permissions",
    "3.23",
    "tableau:permissions:update"
  ]
} as const satisfies Operations
