import type { Operations } from "./facts.js"

/** The catalog: databases, tables, data quality and labels. */
export const catalog = {
  // Databases, tables and columns
  queryDatabases: ["GET /sites/{siteId}/databases", "3.5", "tableau:databases:read"],
  queryDatabase: ["GET /sites/{siteId}/databases/{databaseId}", "3.5", "tableau:databases:read"],
  updateDatabase: ["PUT /sites/{siteId}/databases/{databaseId}", "3.5", "tableau:databases:update"],
  removeDatabase: ["DELETE /sites/{siteId}/databases/{databaseId}", "3.5", "tableau:databases:delete"],
  moveDatabase: ["POST /sites/{siteId}/databases", "3.16", "tableau:database_projects:update"],
  queryTables: ["GET /sites/{siteId}/tables", "3.5", "tableau:tables:read"],
  queryTable: ["GET /sites/{siteId}/tables/{tableId}", "3.5", "tableau:tables:read"],
  updateTable: ["PUT /sites/{siteId}/tables/{tableId}", "3.5", "tableau:tables:update"],
  removeTable: ["DELETE /sites/{siteId}/tables/{tableId}", "3.5", "tableau:tables:delete"],
  moveTable: ["POST /sites/{siteId}/tables", "3.16", "tableau:table_projects:update"],
  queryColumns: ["GET /sites/{siteId}/tables/{tableId}/columns", "3.5", "tableau:columns:read"],
  queryColumn: ["GET /sites/{siteId}/tables/{tableId}/columns/{columnId}", "3.5", "tableau:columns:read"],
  updateColumn: ["PUT /sites/{siteId}/tables/{tableId}/columns/{columnId}", "3.5", "tableau:columns:update"],
  removeColumn: ["DELETE /sites/{siteId}/tables/{tableId}/columns/{columnId}", "3.5", "tableau:columns:delete"],
  addTagsToDatabase: ["PUT /sites/{siteId}/databases/{databaseId}/tags", "3.9", "tableau:database_tags:update"],
  addTagsToTable: ["PUT /sites/{siteId}/tables/{tableId}/tags", "3.9", "tableau:table_tags:update"],
  addTagsToColumn: ["PUT /sites/{siteId}/columns/{columnId}/tags", "3.9", "tableau:column_tags:update"],
  deleteTagFromDatabase: [
    "DELETE /sites/{siteId}/databases/{databaseId}/tags/{tagName}",
    "3.9",
    "tableau:database_tags:delete"
  ],
  deleteTagFromTable: ["DELETE /sites/{siteId}/tables/{tableId}/tags/{tagName}", "3.9", "tableau:table_tags:delete"],
  deleteTagFromColumn: [
    "DELETE /sites/{siteId}/columns/{columnId}/tags/{tagName}",
    "3.9",
    "tableau:column_tags:delete"
  ],
  batchAddTags: ["PUT /sites/{siteId}/tags:batchCreate", "3.9", "tableau:tags:batch_create"],
  batchDeleteTags: ["DELETE /sites/{siteId}/tags:BatchDelete", "3.9", "tableau:tags:batch_delete"],
  getDatabasesAndTablesFromConnection: [
    "POST /sites/{siteId}/databaseAndTables/lookup",
    "3.13",
    "tableau:databases:read"
  ],
  getMetadataSuggestions: ["POST /sites/{siteId}/metadataSuggestions", "3.23", "no scope", "Cloud"],

  // Permissions of databases and tables
  queryDatabasePermissions: ["GET /sites/{siteId}/databases/{databaseId}/permissions", "3.5", "no scope"],
  addDatabasePermissions: ["PUT /sites/{siteId}/databases/{databaseId}/permissions", "3.5", "no scope"],
  deleteDatabasePermissionsForUser: [
    "DELETE /sites/{siteId}/databases/{databaseId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "3.5",
    "no scope"
  ],
  deleteDatabasePermissionsForGroup: [
    "DELETE /sites/{siteId}/databases/{databaseId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "3.5",
    "no scope"
  ],
  deleteDatabasePermissionsForGroupSet: [
    "DELETE /sites/{siteId}/databases/{databaseId}/permissions/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "3.5",
    "no scope"
  ],
  queryTablePermissions: ["GET /sites/{siteId}/tables/{tableId}/permissions", "3.5", "no scope"],
  addTablePermissions: ["PUT /sites/{siteId}/tables/{tableId}/permissions", "3.5", "no scope"],
  deleteTablePermissionsForUser: [
    "DELETE /sites/{siteId}/tables/{tableId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "3.5",
    "no scope"
  ],
  deleteTablePermissionsForGroup: [
    "DELETE /sites/{siteId}/tables/{tableId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "3.5",
    "no scope"
  ],
  deleteTablePermissionsForGroupSet: [
    "DELETE /sites/{siteId}/tables/{tableId}/permissions/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "3.5",
    "no scope"
  ],
  queryDefaultDatabasePermissions: [
    "GET /sites/{siteId}/databases/{databaseId}/default-permissions/tables",
    "3.5",
    "no scope"
  ],
  addDefaultDatabasePermissions: [
    "PUT /sites/{siteId}/databases/{databaseId}/default-permissions/tables",
    "3.5",
    "no scope"
  ],
  deleteDefaultDatabasePermissionsForUser: [
    "DELETE /sites/{siteId}/databases/{databaseId}/default-permissions/tables/users/{userId}/{capabilityName}/{capabilityMode}",
    "3.5",
    "no scope"
  ],
  deleteDefaultDatabasePermissionsForGroup: [
    "DELETE /sites/{siteId}/databases/{databaseId}/default-permissions/tables/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "3.5",
    "no scope"
  ],

  // Data quality warnings, certifications and triggers
  addDataQualityWarning: [
    "POST /sites/{siteId}/dataQualityWarnings/{contentType}/{contentId}",
    "3.5",
    "tableau:labels:update"
  ],
  queryDataQualityWarnings: [
    "GET /sites/{siteId}/dataQualityWarnings/{contentType}/{contentId}",
    "3.5",
    "tableau:labels:read"
  ],
  deleteDataQualityWarnings: [
    "DELETE /sites/{siteId}/dataQualityWarnings/{contentType}/{contentId}",
    "3.5",
    "tableau:labels:delete"
  ],
  queryDataQualityWarning: [
    "GET /sites/{siteId}/dataQualityWarnings/{dataQualityWarningId}",
    "3.5",
    "tableau:labels:read"
  ],
  updateDataQualityWarning: [
    "PUT /sites/{siteId}/dataQualityWarnings/{dataQualityWarningId}",
    "3.5",
    "tableau:labels:update"
  ],
  deleteDataQualityWarning: [
    "DELETE /sites/{siteId}/dataQualityWarnings/{dataQualityWarningId}",
    "3.5",
    "tableau:labels:delete"
  ],
  batchAddDataQualityWarnings: [
    "POST /sites/{siteId}/dataQualityWarnings/createOrUpdate",
    "3.12",
    "tableau:labels:update"
  ],
  batchDeleteDataQualityWarnings: [
    "DELETE /sites/{siteId}/dataQualityWarnings/batchDelete",
    "3.12",
    "tableau:labels:delete"
  ],
  addDataQualityWarningCertification: [
    "POST /sites/{siteId}/dataQualityCertifications",
    "3.13",
    "tableau:labels:update"
  ],
  queryDataQualityWarningCertifications: [
    "GET /sites/{siteId}/dataQualityCertifications/{contentType}/{contentId}",
    "3.13",
    "tableau:labels:read"
  ],
  queryDataQualityWarningCertification: [
    "GET /sites/{siteId}/dataQualityCertifications/{certificationId}",
    "3.13",
    "tableau:labels:read"
  ],
  deleteDataQualityWarningCertification: [
    "DELETE /sites/{siteId}/dataQualityCertifications/{certificationId}",
    "3.13",
    "tableau:labels:delete"
  ],
  deleteDataQualityWarningCertifications: [
    "DELETE /sites/{siteId}/dataQualityCertifications",
    "3.13",
    "tableau:labels:delete"
  ],
  addDataQualityWarningTrigger: [
    "POST /sites/{siteId}/dataQualityTriggers/{contentType}/contentIds",
    "3.11",
    "tableau:labels:update"
  ],
  queryDataQualityWarningTriggers: [
    "GET /sites/{siteId}/dataQualityTriggers/{contentType}/{contentId}",
    "3.11",
    "tableau:labels:read"
  ],
  queryQualityWarningTrigger: ["GET /sites/{siteId}/dataQualityTriggers/{triggerId}", "3.11", "tableau:labels:read"],
  updateDataQualityWarningTrigger: [
    "PUT /sites/{siteId}/dataQualityTriggers/{triggerId}",
    "3.11",
    "tableau:labels:update"
  ],
  deleteDataQualityWarningTrigger: [
    "DELETE /sites/{siteId}/dataQualityTriggers/{triggerId}",
    "3.11",
    "tableau:labels:delete"
  ],
  deleteDataQualityWarningTriggers: [
    "DELETE /sites/{siteId}/dataQualityTriggers/{contentType}/contentIds",
    "3.11",
    "tableau:labels:delete"
  ],

  // Labels
  getLabelsOnAssets: ["POST /sites/{siteId}/labels", "3.16", "tableau:labels:read"],
  updateLabelsOnAssets: ["PUT /sites/{siteId}/labels", "3.16", "tableau:labels:update"],
  deleteLabelsOnAssets: ["DELETE /sites/{siteId}/labels", "3.16", "tableau:labels:delete"],
  getLabel: ["GET /sites/{siteId}/labels/{labelId}", "3.16", "tableau:labels:read"],
  updateLabel: ["PUT /sites/{siteId}/labels/{labelId}", "3.16", "tableau:labels:update"],
  deleteLabel: ["DELETE /sites/{siteId}/labels/{labelId}", "3.16", "tableau:labels:delete"],
  listLabelValues: ["GET /sites/{siteId}/labelValues", "3.20", "tableau:label_values:read"],
  getLabelValue: ["GET /sites/{siteId}/labelValues/{labelValueName}", "3.20", "tableau:label_values:read"],
  createOrUpdateLabelValue: ["PUT /sites/{siteId}/labelValues", "3.20", "tableau:label_values:update"],
  updateLabelValue: ["PUT /sites/{siteId}/labelValues/{labelValueName}", "3.20", "tableau:label_values:update"],
  deleteLabelValue: ["DELETE /sites/{siteId}/labelValues/{labelValueName}", "3.20", "tableau:label_values:delete"],
  listLabelCategories: ["GET /sites/{siteId}/labelCategories", "3.21", "tableau:label_categories:read"],
  createLabelCategory: ["POST /sites/{siteId}/labelCategories", "3.21", "tableau:label_categories:create"],
  updateLabelCategory: [
    "PUT /sites/{siteId}/labelCategories/{labelCategoryName}",
    "3.21",
    "tableau:label_categories:update"
  ],
  deleteLabelCategory: [
    "DELETE /sites/{siteId}/labelCategories/{labelCategoryName}",
    "3.21",
    "tableau:label_categories:delete"
  ]
} as const satisfies Operations
