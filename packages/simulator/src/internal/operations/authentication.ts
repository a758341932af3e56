import type { Operations } from "./facts.js"

/** How users are authenticated. */
export const authentication = {
  // SCIM
  listScimConfigurations: [
    "GET /sites/{siteId}/scimConfigurations",
    "3.26",
    "tableau:scim_configurations:read",
    "Cloud"
  ],
  getScimConfiguration: [
    "GET /sites/{siteId}/scimConfigurations/{scimConfigurationId}",
    "3.26",
    "tableau:scim_configurations:read",
    "Cloud"
  ],
  createScimConfiguration: [
    "POST /sites/{siteId}/scimConfigurations",
    "3.26",
    "tableau:scim_configurations:create",
    "Cloud"
  ],
  updateScimConfiguration: [
    "PATCH /sites/{siteId}/scimConfigurations/{scimConfigurationId}",
    "3.26",
    "no scope",
    "Cloud"
  ],
  deleteScimConfiguration: [
    "DELETE /sites/{siteId}/scimConfigurations/{scimConfigurationId}",
    "3.26",
    "tableau:scim_configurations:delete",
    "Cloud"
  ],
  createScimApiToken: [
    "POST /sites/{siteId}/scimConfigurations/{scimConfigurationId}/apiToken",
    "3.26",
    "no scope",
    "Cloud"
  ],
  deleteScimApiToken: [
    "DELETE /sites/{siteId}/scimConfigurations/{scimConfigurationId}/apiToken",
    "3.26",
    "tableau:scim_api_tokens:delete",
    "Cloud"
  ],

  // Connected apps and external authorization servers
  listConnectedApps: [
    "GET /sites/{siteId}/connected-apps/direct-trust",
    "3.17",
    "tableau:connected_apps_direct_trust:read"
  ],
  getConnectedApp: [
    "GET /sites/{siteId}/connected-apps/direct-trust/{clientId}",
    "3.17",
    "tableau:connected_apps_direct_trust:read"
  ],
  createConnectedApp: [
    "POST /sites/{siteId}/connected-apps/direct-trust",
    "3.17",
    "tableau:connected_apps_direct_trust:create"
  ],
  updateConnectedApp: [
    "PUT /sites/{siteId}/connected-apps/direct-trust/{clientId}",
    "3.17",
    "tableau:connected_apps_direct_trust:update"
  ],
  deleteConnectedApp: [
    "DELETE /sites/{siteId}/connected-apps/direct-trust/{clientId}",
    "3.17",
    "tableau:connected_apps_direct_trust:delete"
  ],
  createConnectedAppSecret: [
    "POST /sites/{siteId}/connected-apps/direct-trust/{clientId}/secrets",
    "3.17",
    "tableau:connected_app_direct_trust_secrets:create"
  ],
  getConnectedAppSecret: [
    "GET /sites/{siteId}/connected-apps/direct-trust/{clientId}/secrets/{secretId}",
    "3.17",
    "tableau:connected_app_direct_trust_secrets:read"
  ],
  deleteConnectedAppSecret: [
    "DELETE /sites/{siteId}/connected-apps/direct-trust/{clientId}/secrets/{secretId}",
    "3.17",
    "tableau:connected_app_direct_trust_secrets:delete"
  ],
  listExternalAuthorizationServers: [
    "GET /sites/{siteId}/connected-apps/external-authorization-servers",
    "3.16",
    "tableau:external_authorization_servers:read"
  ],
  getExternalAuthorizationServer: [
    "GET /sites/{siteId}/connected-apps/external-authorization-servers/{externalAuthorizationServerId}",
    "3.16",
    "tableau:external_authorization_servers:read"
  ],
  registerExternalAuthorizationServer: [
    "POST /sites/{siteId}/connected-apps/external-authorization-servers",
    "3.16",
    "tableau:external_authorization_servers:create"
  ],
  updateExternalAuthorizationServer: [
    "PUT /sites/{siteId}/connected-apps/external-authorization-servers/{externalAuthorizationServerId}",
    "3.16",
    "tableau:external_authorization_servers:update"
  ],
  deleteExternalAuthorizationServer: [
    "DELETE /sites/{siteId}/connected-apps/external-authorization-servers/{externalAuthorizationServerId}",
    "3.16",
    "tableau:external_authorization_servers:delete"
  ],

  // Site authentication and identity pools
  listSiteAuthConfigurations: ["GET /sites/{siteId}/site-auth-configurations", "3.24", "no scope", "Cloud"],
  getSiteOidcConfiguration: ["GET /sites/{siteId}/site-oidc-configuration", "3.22", "no scope", "Cloud"],
  updateSiteOidcConfiguration: ["PUT /sites/{siteId}/site-oidc-configuration", "3.22", "no scope", "Cloud"],
  disableSiteOidcConfiguration: ["PUT /sites/{siteId}/disable-site-oidc-configuration", "3.22", "no scope", "Cloud"],
  addUserToIdentityPool: [
    "POST /sites/{siteId}/users/identityPool",
    "3.19",
    "tableau:identity_pools_users:create",
    "Server"
  ],
  removeUserFromIdentityPool: [
    "DELETE /sites/{siteId}/users/{userId}/identityPool/{identityPoolId}",
    "3.19",
    "tableau:identity_pools_users:delete",
    "Server"
  ]
} as const satisfies Operations
