import type { Operations } from "./facts.js"

/** Tableau Pulse. */
export const pulse = {
  // Metric definitions
  listPulseDefinitions: ["GET /api/-/pulse/definitions", "3.21", "tableau:insight_definitions_metrics:read", "Cloud"],
  getPulseDefinition: [
    "GET /api/-/pulse/definitions/{definitionId}",
    "3.21",
    "tableau:insight_definitions_metrics:read",
    "Cloud"
  ],
  batchGetPulseDefinitionsByUrl: [
    "GET /api/-/pulse/definitions:batchGet",
    "3.21",
    "tableau:insight_definitions_metrics:read",
    "Cloud"
  ],
  batchGetPulseDefinitions: [
    "POST /api/-/pulse/definitions:batchGet",
    "3.24",
    "tableau:insight_definitions_metrics:read",
    "Cloud"
  ],
  createPulseDefinition: ["POST /api/-/pulse/definitions", "3.21", "tableau:insight_definitions:create", "Cloud"],
  updatePulseDefinition: [
    "PATCH /api/-/pulse/definitions/{definitionId}",
    "3.21",
    "tableau:insight_definitions:update",
    "Cloud"
  ],
  deletePulseDefinition: [
    "DELETE /api/-/pulse/definitions/{definitionId}",
    "3.21",
    "tableau:insight_definitions:delete",
    "Cloud"
  ],
  listPulseMetricsOfDefinition: [
    "GET /api/-/pulse/definitions/{definitionId}/metrics",
    "3.21",
    "tableau:insight_definitions_metrics:read",
    "Cloud"
  ],
  getPulseDefinitionPermissions: [
    "GET /api/-/pulse/definitions/{definitionId}/permissions",
    "3.21",
    "no scope",
    "Cloud"
  ],
  addPulseDefinitionPermissions: [
    "POST /api/-/pulse/definitions/{definitionId}/permissions:add",
    "3.21",
    "no scope",
    "Cloud"
  ],
  deletePulseDefinitionPermissions: [
    "POST /api/-/pulse/definitions/{definitionId}/permissions:delete",
    "3.21",
    "no scope",
    "Cloud"
  ],
  hasEffectivePulsePermissions: [
    "GET /api/-/pulse/definitions/{definitionId}/permissions:hasEffectivePermissions",
    "3.21",
    "no scope",
    "Cloud"
  ],
  getPulseMeasurementPeriods: ["POST /api/-/pulse/measurementPeriods", "3.25", "no scope", "Cloud"],

  // Metrics
  getPulseMetric: ["GET /api/-/pulse/metrics/{metricId}", "3.21", "tableau:insight_metrics:read", "Cloud"],
  batchGetPulseMetricsByUrl: ["GET /api/-/pulse/metrics:batchGet", "3.21", "tableau:insight_metrics:read", "Cloud"],
  batchGetPulseMetrics: ["POST /api/-/pulse/metrics:batchGet", "3.26", "tableau:insight_metrics:read", "Cloud"],
  createPulseMetric: ["POST /api/-/pulse/metrics", "3.21", "tableau:insight_metrics:create", "Cloud"],
  getOrCreatePulseMetric: ["POST /api/-/pulse/metrics:getOrCreate", "3.21", "tableau:insight_metrics:create", "Cloud"],
  updatePulseMetric: ["PATCH /api/-/pulse/metrics/{metricId}", "3.21", "tableau:insight_metrics:update", "Cloud"],
  deletePulseMetric: ["DELETE /api/-/pulse/metrics/{metricId}", "3.21", "tableau:insight_metrics:delete", "Cloud"],
  tagPulseMetric: ["POST /api/-/pulse/metrics/{metricId}/tag", "3.25", "tableau:insight_metrics:read", "Cloud"],
  untagPulseMetric: [
    "DELETE /api/-/pulse/metrics/{metricId}/tag/{tagName}",
    "3.25",
    "tableau:insight_metrics:read",
    "Cloud"
  ],
  listRecommendedPulseMetrics: [
    "GET /api/-/pulse/metrics:recommended",
    "3.26",
    "tableau:insight_metrics:read",
    "Cloud"
  ],
  listFollowedPulseMetricGroups: [
    "GET /api/-/pulse/metrics:followedMetricsGroups",
    "3.23",
    "tableau:metric_subscriptions:read",
    "Cloud"
  ],

  // Subscriptions
  listPulseSubscriptions: ["GET /api/-/pulse/subscriptions", "3.21", "tableau:metric_subscriptions:read", "Cloud"],
  getPulseSubscription: [
    "GET /api/-/pulse/subscriptions/{subscriptionId}",
    "3.21",
    "tableau:metric_subscriptions:read",
    "Cloud"
  ],
  batchGetPulseSubscriptions: [
    "GET /api/-/pulse/subscriptions:batchGet",
    "3.21",
    "tableau:metric_subscriptions:read",
    "Cloud"
  ],
  createPulseSubscription: ["POST /api/-/pulse/subscriptions", "3.21", "tableau:metric_subscriptions:create", "Cloud"],
  batchCreatePulseSubscriptions: [
    "POST /api/-/pulse/subscriptions:batchCreate",
    "3.21",
    "tableau:metric_subscriptions:create",
    "Cloud"
  ],
  updatePulseSubscription: ["PATCH /api/-/pulse/subscriptions/{subscriptionId}", "3.21", "no scope", "Cloud"],
  deletePulseSubscription: [
    "DELETE /api/-/pulse/subscriptions/{subscriptionId}",
    "3.21",
    "tableau:metric_subscriptions:delete",
    "Cloud"
  ],
  batchGetPulseFollowerCounts: [
    "GET /api/-/pulse/subscriptions:batchGetMetricFollowerCounts",
    "3.21",
    "tableau:metric_subscriptions:read",
    "Cloud"
  ],

  // Insights
  generatePulseInsightBan: ["POST /api/-/pulse/insights/ban", "3.21", "tableau:insights:read", "Cloud"],
  generatePulseInsightSpringboard: ["POST /api/-/pulse/insights/springboard", "3.21", "tableau:insights:read", "Cloud"],
  generatePulseInsightDetail: ["POST /api/-/pulse/insights/detail", "3.21", "tableau:insights:read", "Cloud"],
  generatePulseInsightBasic: ["POST /api/-/pulse/insights/basic", "3.24", "tableau:insights:read", "Cloud"],
  generatePulseInsightBreakdown: ["POST /api/-/pulse/insights/breakdown", "3.26", "tableau:insights:read", "Cloud"],
  generatePulseInsightExploration: ["POST /api/-/pulse/insights/exploration", "3.26", "tableau:insights:read", "Cloud"],
  generatePulseInsightBrief: ["POST /api/-/pulse/insights/brief", "3.26", "tableau:insight_brief:create", "Cloud"],
  renderPulseMetricCard: ["POST /api/-/pulse/images/metricCard", "3.29", "no scope", "Cloud"],

  // Users
  getPulseEntitlements: ["GET /api/-/pulse/entitlements", "3.21", "no scope", "Cloud"],
  getPulseUserPreferences: ["GET /api/-/pulse/user/preferences", "3.24", "no scope", "Cloud"],
  updatePulseUserPreferences: ["PATCH /api/-/pulse/user/preferences", "3.24", "no scope", "Cloud"],
  getPulseDigestPreferences: ["GET /api/-/pulse/user/digestpreferences", "3.21", "no scope", "Cloud"],
  updatePulseDigestPreferences: ["PATCH /api/-/pulse/user/digestpreferences", "3.21", "no scope", "Cloud"],
  listPulseAlerts: ["GET /api/-/pulse/alerts", "3.25", "no scope", "Cloud"]
} as const satisfies Operations
