import type { Operations } from "./facts.js"

/** Projects and virtual connections. */
export const projects = {
  // Projects
  queryProjects: ["GET /sites/{siteId}/projects", "2.0", "tableau:content:read"],
  createProject: ["POST /sites/{siteId}/projects", "2.0", "tableau:projects:create"],
  updateProject: ["PUT /sites/{siteId}/projects/{projectId}", "2.0", "tableau:projects:update"],
  deleteProject: ["DELETE /sites/{siteId}/projects/{projectId}", "2.0", "tableau:projects:delete"],

  // Permissions of projects
  queryProjectPermissions: ["GET /sites/{siteId}/projects/{projectId}/permissions", "2.0", "tableau:permissions:read"],
  addProjectPermissions: ["PUT /sites/{siteId}/projects/{projectId}/permissions", "2.0", "tableau:permissions:update"],
  deleteProjectPermissionForUser: [
    "DELETE /sites/{siteId}/projects/{projectId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "2.0",
    "tableau:permissions:delete"
  ],
  deleteProjectPermissionForGroup: [
    "DELETE /sites/{siteId}/projects/{projectId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "2.0",
    "tableau:permissions:delete"
  ],
  deleteProjectPermissionForGroupSet: [
    "DELETE /sites/{siteId}/projects/{projectId}/permissions/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "2.0",
    "tableau:permissions:delete"
  ],
  replaceProjectPermissions: [
    "POST /sites/{siteId}/projects/{projectId}/permissions",
    "3.23",
    "tableau:permissions:update"
  ],

  // Default permissions: what a project gives to content of a type
  queryDefaultPermissions: [
    "GET /sites/{siteId}/projects/{projectId}/default-permissions/{contentType}",
    "2.1",
    "tableau:permissions:read"
  ],
  addDefaultPermissions: [
    "PUT /sites/{siteId}/projects/{projectId}/default-permissions/{contentType}",
    "2.1",
    "tableau:permissions:update"
  ],
  deleteDefaultPermissionForUser: [
    "DELETE /sites/{siteId}/projects/{projectId}/default-permissions/{contentType}/users/{userId}/{capabilityName}/{capabilityMode}",
    "2.1",
    "tableau:permissions:delete"
  ],
  deleteDefaultPermissionForGroup: [
    "DELETE /sites/{siteId}/projects/{projectId}/default-permissions/{contentType}/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "2.1",
    "tableau:permissions:delete"
  ],
  deleteDefaultPermissionForGroupSet: [
    "DELETE /sites/{siteId}/projects/{projectId}/default-permissions/{contentType}/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "2.1",
    "tableau:permissions:delete"
  ],
  replaceDefaultPermissions: [
    "POST /sites/{siteId}/projects/{projectId}/default-permissions/{contentType}",
    "3.23",
    "tableau:permissions:update"
  ],

  // Virtual connections
  listVirtualConnections: ["GET /sites/{siteId}/virtualconnections", "3.18", "tableau:content:read"],
  getVirtualConnection: [
    "GET /sites/{siteId}/virtualconnections/{virtualConnectionId}",
    "3.23",
    "tableau:virtual_connections:read"
  ],
  publishVirtualConnection: ["POST /sites/{siteId}/virtualconnections", "3.23", "tableau:virtual_connections:create"],
  updateVirtualConnection: [
    "PUT /sites/{siteId}/virtualconnections/{virtualConnectionId}",
    "3.23",
    "tableau:virtual_connections:update"
  ],
  deleteVirtualConnection: [
    "DELETE /sites/{siteId}/virtualconnections/{virtualConnectionId}",
    "3.23",
    "tableau:virtual_connections:delete"
  ],
  listVirtualConnectionDatabaseConnections: [
    "GET /sites/{siteId}/virtualconnections/{virtualConnectionId}/connections",
    "3.18",
    "tableau:virtual_connections:read"
  ],
  updateVirtualConnectionDatabaseConnection: [
    "PUT /sites/{siteId}/virtualconnections/{virtualConnectionId}/connections/{connectionId}/modify",
    "3.18",
    "tableau:virtualconnectionconnections:update"
  ],
  getVirtualConnectionRevisions: [
    "GET /sites/{siteId}/virtualconnections/{virtualConnectionId}/revisions",
    "3.23",
    "tableau:virtual_connections:read"
  ],
  downloadVirtualConnectionRevision: [
    "GET /sites/{siteId}/virtualconnections/{virtualConnectionId}/revisions/{revisionNumber}",
    "3.23",
    "tableau:virtual_connections:read"
  ],
  addTagsToVirtualConnection: [
    "PUT /sites/{siteId}/virtualconnections/{virtualConnectionId}/tags",
    "3.23",
    "tableau:virtual_connections:update"
  ],
  deleteTagFromVirtualConnection: [
    "DELETE /sites/{siteId}/virtualconnections/{virtualConnectionId}/tags/{tagName}",
    "3.23",
    "tableau:virtual_connections:update"
  ],

  // Permissions of virtual connections and collections
  queryVirtualConnectionPermissions: [
    "GET /sites/{siteId}/virtualconnections/{virtualConnectionId}/permissions",
    "3.23",
    "tableau:permissions:read"
  ],
  addVirtualConnectionPermissions: [
    "PUT /sites/{siteId}/virtualconnections/{virtualConnectionId}/permissions",
    "3.23",
    "tableau:permissions:update"
  ],
  deleteVirtualConnectionPermissionForUser: [
    "DELETE /sites/{siteId}/virtualconnections/{virtualConnectionId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "3.23",
    "tableau:permissions:delete"
  ],
  deleteVirtualConnectionPermissionForGroup: [
    "DELETE /sites/{siteId}/virtualconnections/{virtualConnectionId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "3.23",
    "tableau:permissions:delete"
  ],
  deleteVirtualConnectionPermissionForGroupSet: [
    "DELETE /sites/{siteId}/virtualconnections/{virtualConnectionId}/permissions/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "3.23",
    "tableau:permissions:delete"
  ],
  queryCollectionPermissions: [
    "GET /sites/{siteId}/collections/{collectionId}/permissions",
    "3.12",
    "tableau:permissions:read"
  ],
  addCollectionPermissions: [
    "PUT /sites/{siteId}/collections/{collectionId}/permissions",
    "3.12",
    "tableau:permissions:update"
  ],
  deleteCollectionPermissionForUser: [
    "DELETE /sites/{siteId}/collections/{collectionId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "3.12",
    "tableau:permissions:delete"
  ],
  deleteCollectionPermissionForGroup: [
    "DELETE /sites/{siteId}/collections/{collectionId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "3.12",
    "tableau:permissions:delete"
  ],
  deleteCollectionPermissionForGroupSet: [
    "DELETE /sites/{siteId}/collections/{collectionId}/permissions/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "3.12",
    "tableau:permissions:delete"
  ]
} as const satisfies Operations
