import type { Operations } from "./facts.js"

/** JSON services outside `/api/{version}`. */
export const services = {
  // The Metadata API (GraphQL)
  queryMetadata: ["POST /api/metadata/graphql", "3.5", "tableau:content:read"],
  queryMetadataByUrl: ["GET /api/metadata/graphql", "3.5", "tableau:content:read"],
  getMetadataBackfillStatus: ["GET /api/metadata/v1/control/backfill/status", "3.9", "no scope", "Server"],
  getMetadataEventingStatus: ["GET /api/metadata/v1/control/eventing/status", "3.9", "no scope", "Server"],

  // The VizQL Data Service: 2025.1 is API 3.25, 2025.3 is 3.27, 2026.1 is 3.28
  queryVizqlDatasource: ["POST /api/v1/vizql-data-service/query-datasource", "3.25", "tableau:viz_data_service:read"],
  readVizqlMetadata: ["POST /api/v1/vizql-data-service/read-metadata", "3.25", "tableau:viz_data_service:read"],
  getVizqlDatasourceModel: [
    "POST /api/v1/vizql-data-service/get-datasource-model",
    "3.27",
    "tableau:viz_data_service:read"
  ],
  listVizqlSupportedFunctions: [
    "POST /api/v1/vizql-data-service/list-supported-functions",
    "3.28",
    "tableau:viz_data_service:read"
  ],
  getVizqlSimpleRequest: ["GET /api/v1/vizql-data-service/simple-request", "3.25", "no token"],

  // Content search, suggestions and usage
  getSearch: ["GET /api/-/search", "3.16", "tableau:content:read"],
  getSuggestions: ["GET /api/-/suggestions", "3.19", "no scope"],
  getContentUsage: [
    "GET /api/-/content/usage-stats/{contentType}/{contentId}",
    "3.17",
    "tableau:content:read",
    "Cloud"
  ],
  batchGetContentUsage: ["POST /api/-/content/usage-stats", "3.17", "tableau:content:read", "Cloud"],

  // Collections. Their scopes are not documented.
  listCollections: ["GET /api/-/collections", "3.28", "no scope"],
  createCollection: ["POST /api/-/collections", "3.28", "no scope"],
  getCollection: ["GET /api/-/collections/{collectionId}", "3.28", "no scope"],
  batchUpdateCollections: ["POST /api/-/collections/batchUpdate", "3.28", "no scope"],
  deleteCollections: ["DELETE /api/-/collections", "3.28", "no scope"],
  deleteCollection: ["DELETE /api/-/collections/{collectionId}", "3.28", "no scope"],
  listCollectionItems: ["GET /api/-/collections/{collectionId}/items", "3.28", "no scope"],
  batchCreateCollectionItems: ["POST /api/-/collections/{collectionId}/items/batchCreate", "3.28", "no scope"],
  batchDeleteCollectionItems: ["POST /api/-/collections/{collectionId}/items/batchDelete", "3.28", "no scope"],
  orderCollectionItems: ["PATCH /api/-/collections/{collectionId}/orderItems", "3.28", "no scope"],

  // Custom domains
  getCustomDomain: ["GET /api/-/customdomains/site/{siteId}", "3.21", "no scope", "Cloud"],
  getCustomDomainSettings: ["GET /api/-/customdomains/settings/site/{siteId}", "3.21", "no scope", "Cloud"],
  createCustomDomain: ["POST /api/-/customdomains/settings/site/{siteId}", "3.21", "no scope", "Cloud"],
  updateCustomDomain: ["PUT /api/-/customdomains/settings/site/{siteId}", "3.21", "no scope", "Cloud"],
  deleteCustomDomain: ["DELETE /api/-/customdomains/settings/site/{siteId}", "3.21", "no scope", "Cloud"],

  // Server authentication: configurations, identity pools and identity stores
  listAuthConfigurations: ["GET /api/-/authn-service/auth-configurations", "3.19", "no scope", "Server"],
  createAuthConfiguration: ["POST /api/-/authn-service/auth-configurations", "3.19", "no scope", "Server"],
  updateAuthConfiguration: [
    "PUT /api/-/authn-service/auth-configurations/{authConfigurationId}",
    "3.19",
    "no scope",
    "Server"
  ],
  deleteAuthConfiguration: [
    "DELETE /api/-/authn-service/auth-configurations/{authConfigurationId}",
    "3.19",
    "no scope",
    "Server"
  ],
  listIdentityPools: ["GET /api/-/authn-service/identity-pools", "3.19", "no scope", "Server"],
  getIdentityPool: ["GET /api/-/authn-service/identity-pools/{identityPoolId}", "3.19", "no scope", "Server"],
  createIdentityPool: ["POST /api/-/authn-service/identity-pools", "3.19", "no scope", "Server"],
  updateIdentityPool: ["PUT /api/-/authn-service/identity-pools/{identityPoolId}", "3.19", "no scope", "Server"],
  deleteIdentityPool: ["DELETE /api/-/authn-service/identity-pools/{identityPoolId}", "3.19", "no scope", "Server"],
  listIdentityStores: ["GET /api/-/authn-service/identity-stores", "3.19", "no scope", "Server"],
  createIdentityStore: ["POST /api/-/authn-service/identity-stores", "3.19", "no scope", "Server"],
  deleteIdentityStore: ["DELETE /api/-/authn-service/identity-stores/{identityStoreId}", "3.19", "no scope", "Server"],

  // Analytics extensions
  getAnalyticsExtensionsServerSettings: [
    "GET /api/-/settings/server/extensions/analytics",
    "3.11",
    "no scope",
    "Server"
  ],
  updateAnalyticsExtensionsServerSettings: [
    "PUT /api/-/settings/server/extensions/analytics",
    "3.11",
    "no scope",
    "Server"
  ],
  getAnalyticsExtensionsSiteSettings: ["GET /api/-/settings/site/extensions/analytics", "3.11", "no scope"],
  updateAnalyticsExtensionsSiteSettings: ["PUT /api/-/settings/site/extensions/analytics", "3.11", "no scope"],
  getAnalyticsExtensionsConnections: ["GET /api/-/settings/site/extensions/analytics/connections", "3.11", "no scope"],
  addAnalyticsExtensionsConnection: ["POST /api/-/settings/site/extensions/analytics/connections", "3.11", "no scope"],
  getAnalyticsExtensionsConnection: [
    "GET /api/-/settings/site/extensions/analytics/connections/{connectionId}",
    "3.11",
    "no scope"
  ],
  updateAnalyticsExtensionsConnection: [
    "PUT /api/-/settings/site/extensions/analytics/connections/{connectionId}",
    "3.11",
    "no scope"
  ],
  deleteAnalyticsExtensionsConnection: [
    "DELETE /api/-/settings/site/extensions/analytics/connections/{connectionId}",
    "3.11",
    "no scope"
  ],
  getConnectionOptionsForWorkbook: [
    "GET /api/-/settings/site/extensions/analytics/workbooks/{workbookId}/connections",
    "3.11",
    "no scope"
  ],
  getSelectedConnectionForWorkbook: [
    "GET /api/-/settings/site/extensions/analytics/workbooks/{workbookId}/selected_connection",
    "3.11",
    "no scope"
  ],
  updateWorkbookWithConnection: [
    "PUT /api/-/settings/site/extensions/analytics/workbooks/{workbookId}/selected_connection",
    "3.11",
    "no scope"
  ],
  deleteConnectionFromWorkbook: [
    "DELETE /api/-/settings/site/extensions/analytics/workbooks/{workbookId}/selected_connection",
    "3.11",
    "no scope"
  ]
} as const satisfies Operations
