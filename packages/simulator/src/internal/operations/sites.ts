import type { Operations } from "./facts.js"

/** Sites: settings, uploads and the recycle bin. */
export const sites = {
  // Sites
  querySites: ["GET /sites", "2.0", "tableau:sites:read", "Server"],
  querySite: ["GET /sites/{site}", "2.0", "tableau:sites:read"],
  createSite: ["POST /sites", "2.0", "tableau:sites:create", "Server"],
  updateSite: ["PUT /sites/{site}", "1.0", "tableau:sites:update", "Server"],
  deleteSite: ["DELETE /sites/{site}", "1.0", "tableau:sites:delete", "Server"],
  deleteSiteAsync: ["DELETE /sites/async-delete/{site}", "3.18", "tableau:sites:delete", "Server"],

  // Content and settings of a site
  getRecentlyViewed: ["GET /sites/{siteId}/content/recent", "3.5", "tableau:content:read"],
  getPersonalSpace: ["GET /sites/{siteId}/personalSpace", "3.13", "tableau:projects:read"],
  getEmbeddingSettingsForSite: [
    "GET /sites/{siteId}/settings/embedding",
    "3.16",
    "tableau:embedding_site_settings:read"
  ],
  updateEmbeddingSettingsForSite: [
    "PUT /sites/{siteId}/settings/embedding",
    "3.16",
    "tableau:embedding_site_settings:update"
  ],
  getMcpSettingsForSite: ["GET /sites/{siteId}/settings/mcp", "3.29", "tableau:mcp_site_settings:read"],
  replaceMcpSettingsForSite: ["POST /sites/{siteId}/settings/mcp", "3.29", "tableau:mcp_site_settings:create"],
  updateMcpSettingsForSite: ["PUT /sites/{siteId}/settings/mcp", "3.29", "tableau:mcp_site_settings:update"],

  // Extensions and mobile security
  getExtensionsServerSettings: [
    "GET /settings/extensions",
    "3.21",
    "tableau:extensions_server_settings:read",
    "Server"
  ],
  updateExtensionsServerSettings: [
    "PUT /settings/extensions",
    "3.21",
    "tableau:extensions_server_settings:update",
    "Server"
  ],
  getExtensionsSiteSettings: [
    "GET /sites/{siteId}/settings/extensions",
    "3.21",
    "tableau:extensions_site_settings:read"
  ],
  updateExtensionsSiteSettings: [
    "PUT /sites/{siteId}/settings/extensions",
    "3.21",
    "tableau:extensions_site_settings:update"
  ],
  getMobileSecurityServerSettings: ["GET /settings/mobilesecuritysettings", "3.19", "no scope"],
  getMobileSecuritySiteSettings: [
    "GET /sites/{siteId}/settings/mobilesecuritysettings",
    "3.18",
    "tableau:mobile_security_site_settings:read"
  ],
  updateMobileSecuritySiteSettings: [
    "PUT /sites/{siteId}/settings/mobilesecuritysettings",
    "3.18",
    "tableau:mobile_security_site_settings:read"
  ],

  // File uploads
  initiateFileUpload: ["POST /sites/{siteId}/fileUploads", "2.0", "tableau:file_uploads:create"],
  appendToFileUpload: ["PUT /sites/{siteId}/fileUploads/{uploadSessionId}", "2.0", "tableau:file_uploads:create"],

  // Recycle bin
  emptyRecycleBin: ["DELETE /sites/{siteId}/recyclebin", "3.29", "tableau:recyclebin_content:delete"],
  listRecycleBin: ["GET /sites/{siteId}/recyclebin/{contentType}", "3.29", "tableau:recyclebin_content:read"],
  getRecycleBinItem: [
    "GET /sites/{siteId}/recyclebin/{contentType}/{contentId}",
    "3.29",
    "tableau:recyclebin_content:read"
  ],
  deleteRecycleBinItem: [
    "DELETE /sites/{siteId}/recyclebin/{contentType}/{contentId}",
    "3.29",
    "tableau:recyclebin_content:delete"
  ],
  restoreRecycleBinItem: [
    "POST /sites/{siteId}/recyclebin/{contentType}/{contentId}/restore",
    "3.29",
    "tableau:recyclebin_content:update"
  ]
} as const satisfies Operations
