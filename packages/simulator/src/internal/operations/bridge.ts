import type { Operations } from "./facts.js"

/** Tableau Bridge. */
export const bridge = {
  // Bridge
  listBridgeClients: ["GET /sites/{siteId}/bridge-clients", "3.28", "tableau:bridge_rest_api:read", "Cloud"],
  getBridgeClient: [
    "GET /sites/{siteId}/bridge-clients/{bridgeClientId}",
    "3.28",
    "tableau:bridge_rest_api:read",
    "Cloud"
  ],
  moveBridgeClient: [
    "PATCH /sites/{siteId}/bridge-clients/{bridgeClientId}",
    "3.28",
    "tableau:bridge_rest_api:update",
    "Cloud"
  ],
  deleteBridgeClient: [
    "DELETE /sites/{siteId}/bridge-clients/{bridgeClientId}",
    "3.28",
    "tableau:bridge_rest_api:delete",
    "Cloud"
  ],
  listBridgePools: ["GET /sites/{siteId}/bridge-pools", "3.28", "tableau:bridge_rest_api:read", "Cloud"],
  createBridgePool: ["POST /sites/{siteId}/bridge-pools", "3.28", "tableau:bridge_rest_api:create", "Cloud"],
  updateBridgePool: [
    "PATCH /sites/{siteId}/bridge-pools/{bridgePoolId}",
    "3.28",
    "tableau:bridge_rest_api:update",
    "Cloud"
  ],
  deleteBridgePool: [
    "DELETE /sites/{siteId}/bridge-pools/{bridgePoolId}",
    "3.28",
    "tableau:bridge_rest_api:delete",
    "Cloud"
  ],
  listBridgeDomainMaps: ["GET /sites/{siteId}/bridge-domain-maps", "3.28", "tableau:bridge_rest_api:read", "Cloud"],
  addDomainToBridgePool: ["POST /sites/{siteId}/bridge-domain-maps", "3.28", "tableau:bridge_rest_api:create", "Cloud"],
  blockBridgeDomain: [
    "PATCH /sites/{siteId}/bridge-domain-maps/block-domain",
    "3.28",
    "tableau:bridge_rest_api:update",
    "Cloud"
  ],
  removeBridgeDomain: [
    "PATCH /sites/{siteId}/bridge-domain-maps/remove-domain",
    "3.28",
    "tableau:bridge_rest_api:update",
    "Cloud"
  ],
  renameBridgeDomain: [
    "PATCH /sites/{siteId}/bridge-domain-maps/update-domain-name",
    "3.28",
    "tableau:bridge_rest_api:update",
    "Cloud"
  ],
  moveBridgeDomainToPool: [
    "PATCH /sites/{siteId}/bridge-domain-maps/change-pool-assignment",
    "3.28",
    "tableau:bridge_rest_api:update",
    "Cloud"
  ]
} as const satisfies Operations
