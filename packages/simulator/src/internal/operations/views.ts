import type { Operations } from "./facts.js"

/** Views and custom views. */
export const views = {
  // Views
  queryViewsForSite: ["GET /sites/{siteId}/views", "2.2", "tableau:content:read"],
  getView: ["GET /sites/{siteId}/views/{viewId}", "3.0", "tableau:content:read"],
  queryViewsForWorkbook: ["GET /sites/{siteId}/workbooks/{workbookId}/views", "2.0", "tableau:content:read"],
  queryViewImage: ["GET /sites/{siteId}/views/{viewId}/image", "2.5", "tableau:views:download"],
  queryViewPDF: ["GET /sites/{siteId}/views/{viewId}/pdf", "2.8", "tableau:views:download"],
  queryViewData: ["GET /sites/{siteId}/views/{viewId}/data", "2.8", "tableau:views:download"],
  downloadViewCrosstabExcel: ["GET /sites/{siteId}/views/{viewId}/crosstab/excel", "3.9", "tableau:views:download"],
  queryViewPreviewImage: [
    "GET /sites/{siteId}/workbooks/{workbookId}/views/{viewId}/previewImage",
    "2.0",
    "tableau:content:read"
  ],
  deleteView: ["DELETE /sites/{siteId}/views/{viewId}", "3.27", "tableau:views:delete"],
  addTagsToView: ["PUT /sites/{siteId}/views/{viewId}/tags", "2.0", "tableau:view_tags:update"],
  deleteTagFromView: ["DELETE /sites/{siteId}/views/{viewId}/tags/{tagName}", "2.0", "tableau:view_tags:delete"],

  // Permissions of views
  queryViewPermissions: ["GET /sites/{siteId}/views/{viewId}/permissions", "3.2", "tableau:permissions:read"],
  addViewPermissions: ["PUT /sites/{siteId}/views/{viewId}/permissions", "3.2", "tableau:permissions:update"],
  deleteViewPermissionForUser: [
    "DELETE /sites/{siteId}/views/{viewId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "3.2",
    "tableau:permissions:delete"
  ],
  deleteViewPermissionForGroup: [
    "DELETE /sites/{siteId}/views/{viewId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "3.2",
    "tableau:permissions:delete"
  ],
  deleteViewPermissionForGroupSet: [
    "DELETE /sites/{siteId}/views/{viewId}/permissions/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "3.2",
    "tableau:permissions:delete"
  ],
  replaceViewPermissions: ["POST /sites/{siteId}/views/{viewId}/permissions", "3.23", "tableau:permissions:update"],

  // Custom views
  listCustomViews: ["GET /sites/{siteId}/customviews", "3.18", "tableau:content:read"],
  getCustomView: ["GET /sites/{siteId}/customviews/{customViewId}", "3.18", "tableau:content:read"],
  getCustomViewImage: ["GET /sites/{siteId}/customviews/{customViewId}/image", "3.18", "tableau:views:download"],
  getCustomViewPdf: ["GET /sites/{siteId}/customviews/{customViewId}/pdf", "3.23", "tableau:views:download"],
  getCustomViewData: ["GET /sites/{siteId}/customviews/{customViewId}/data", "3.23", "tableau:views:download"],
  updateCustomView: ["PUT /sites/{siteId}/customviews/{customViewId}", "3.18", "tableau:views:update"],
  deleteCustomView: ["DELETE /sites/{siteId}/customviews/{customViewId}", "3.18", "tableau:views:update"],
  listUsersWithCustomViewAsDefault: [
    "GET /sites/{siteId}/customviews/{customViewId}/default/users",
    "3.21",
    "tableau:content:read"
  ],
  setCustomViewAsDefaultForUsers: [
    "POST /sites/{siteId}/customviews/{customViewId}/default/users",
    "3.21",
    "tableau:views:update"
  ],
  downloadCustomViewDefinition: ["GET /api/exp/sites/{siteId}/customviews/{customViewId}/content", "3.21", "no scope"],
  publishCustomViewDefinition: ["POST /api/exp/sites/{siteId}/customviews", "3.21", "no scope"]
} as const satisfies Operations
