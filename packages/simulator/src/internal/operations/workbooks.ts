import type { Operations } from "./facts.js"

/** Workbooks. */
export const workbooks = {
  // Workbooks
  queryWorkbooksForSite: ["GET /sites/{siteId}/workbooks", "2.0", "tableau:content:read"],
  queryWorkbook: ["GET /sites/{siteId}/workbooks/{workbookId}", "2.0", "tableau:content:read"],
  queryWorkbookConnections: ["GET /sites/{siteId}/workbooks/{workbookId}/connections", "2.0", "tableau:content:read"],
  queryWorkbooksForUser: ["GET /sites/{siteId}/users/{userId}/workbooks", "2.0", "tableau:content:read"],
  queryWorkbookPreviewImage: ["GET /sites/{siteId}/workbooks/{workbookId}/previewImage", "2.0", "tableau:content:read"],
  downloadWorkbookPDF: ["GET /sites/{siteId}/workbooks/{workbookId}/pdf", "3.4", "tableau:views:download"],
  downloadWorkbookPowerpoint: [
    "GET /sites/{siteId}/workbooks/{workbookId}/powerpoint",
    "3.8",
    "tableau:views:download"
  ],
  downloadWorkbook: ["GET /sites/{siteId}/workbooks/{workbookId}/content", "2.0", "tableau:workbooks:download"],
  publishWorkbook: ["POST /sites/{siteId}/workbooks", "2.0", "tableau:workbooks:create"],
  updateWorkbook: ["PUT /sites/{siteId}/workbooks/{workbookId}", "2.0", "tableau:workbooks:update"],
  deleteWorkbook: ["DELETE /sites/{siteId}/workbooks/{workbookId}", "1.0", "tableau:workbooks:delete"],
  refreshWorkbookThumbnails: [
    "PUT /sites/{siteId}/workbooks/{workbookId}/refreshThumbnails",
    "3.27",
    "tableau:tasks:run"
  ],
  updateWorkbookConnection: [
    "PUT /sites/{siteId}/workbooks/{workbookId}/connections/{connectionId}",
    "2.0",
    "tableau:workbooks:update"
  ],
  updateWorkbookConnections: [
    "PUT /sites/{siteId}/workbooks/{workbookId}/connections",
    "3.27",
    "tableau:workbooks:update"
  ],
  updateWorkbookNow: ["POST /sites/{siteId}/workbooks/{workbookId}/refresh", "2.8", "tableau:tasks:run"],
  getWorkbookDowngradeInfo: [
    "GET /sites/{siteId}/workbooks/{workbookId}/downGradeInfo",
    "3.5",
    "tableau:workbook_downgrade_info:read"
  ],
  downloadWorkbookKeychain: [
    "POST /sites/{siteId}/workbooks/{workbookId}/retrievekeychain",
    "3.23",
    "tableau:embedded_credentials:download"
  ],
  uploadWorkbookKeychain: [
    "PUT /sites/{siteId}/workbooks/{workbookId}/applykeychain",
    "3.23",
    "tableau:embedded_credentials:upload"
  ],

  // Revisions, tags and extracts of workbooks
  downloadWorkbookRevision: [
    "GET /sites/{siteId}/workbooks/{workbookId}/revisions/{revisionNumber}/content",
    "2.3",
    "tableau:workbooks:download"
  ],
  getWorkbookRevisions: ["GET /sites/{siteId}/workbooks/{workbookId}/revisions", "2.3", "tableau:content:read"],
  removeWorkbookRevision: [
    "DELETE /sites/{siteId}/workbooks/{workbookId}/revisions/{revisionNumber}",
    "2.3",
    "tableau:workbooks:delete"
  ],
  addTagsToWorkbook: ["PUT /sites/{siteId}/workbooks/{workbookId}/tags", "2.0", "tableau:workbook_tags:update"],
  deleteTagFromWorkbook: [
    "DELETE /sites/{siteId}/workbooks/{workbookId}/tags/{tagName}",
    "2.0",
    "tableau:workbook_tags:delete"
  ],
  createExtractsForWorkbook: [
    "POST /sites/{siteId}/workbooks/{workbookId}/createExtract",
    "3.5",
    "tableau:extracts:create"
  ],
  deleteExtractsFromWorkbook: [
    "POST /sites/{siteId}/workbooks/{workbookId}/deleteExtract",
    "3.5",
    "tableau:extracts:delete"
  ],

  // Permissions of workbooks
  queryWorkbookPermissions: [
    "GET /sites/{siteId}/workbooks/{workbookId}/permissions",
    "2.0",
    "tableau:permissions:read"
  ],
  addWorkbookPermissions: [
    "PUT /sites/{siteId}/workbooks/{workbookId}/permissions",
    "2.0",
    "tableau:permissions:update"
  ],
  deleteWorkbookPermissionForUser: [
    "DELETE /sites/{siteId}/workbooks/{workbookId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "2.0",
    "tableau:permissions:delete"
  ],
  deleteWorkbookPermissionForGroup: [
    "DELETE /sites/{siteId}/workbooks/{workbookId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "2.0",
    "tableau:permissions:delete"
  ],
  deleteWorkbookPermissionForGroupSet: [
    "DELETE /sites/{siteId}/workbooks/{workbookId}/permissions/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "2.0",
    "tableau:permissions:delete"
  ],
  replaceWorkbookPermissions: [
    "POST /sites/{siteId}/workbooks/{workbookId}/permissions",
    "3.23",
    "tableau:permissions:update"
  ],

  // Validation of workbooks
  validateWorkbook: ["POST /sites/{siteId}/workbooks/validateWorkbook", "3.29", "tableau:workbooks:read"],
  validateWorkbookAndUpload: [
    "POST /sites/{siteId}/workbooks/validateWorkbookAndUpload",
    "3.29",
    "tableau:workbooks:create"
  ],
  validateUploadedWorkbook: [
    "POST /sites/{siteId}/workbooks/validateUploadedWorkbook",
    "3.29",
    "tableau:workbooks:create"
  ]
} as const satisfies Operations
