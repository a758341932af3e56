import type { Operations } from "./facts.js"

/** Subscriptions, alerts and webhooks. */
export const notifications = {
  // Subscriptions
  querySubscriptions: ["GET /sites/{siteId}/subscriptions", "2.3", "tableau:tasks:read"],
  querySubscription: ["GET /sites/{siteId}/subscriptions/{subscriptionId}", "2.3", "tableau:tasks:read"],
  createSubscription: ["POST /sites/{siteId}/subscriptions", "2.3", "tableau:tasks:create"],
  updateSubscription: ["PUT /sites/{siteId}/subscriptions/{subscriptionId}", "2.3", "tableau:tasks:update"],
  deleteSubscription: ["DELETE /sites/{siteId}/subscriptions/{subscriptionId}", "2.3", "tableau:tasks:delete"],

  // Data-driven alerts
  queryDataDrivenAlerts: ["GET /sites/{siteId}/dataAlerts", "3.2", "tableau:data_driven_alerts:read"],
  queryDataDrivenAlertDetails: [
    "GET /sites/{siteId}/dataAlerts/{dataAlertId}",
    "3.2",
    "tableau:data_driven_alerts:read"
  ],
  createDataDrivenAlert: ["POST /sites/{siteId}/dataAlerts", "3.20", "tableau:data_driven_alerts:create", "Cloud"],
  updateDataDrivenAlert: ["PUT /sites/{siteId}/dataAlerts/{dataAlertId}", "3.2", "tableau:data_driven_alerts:update"],
  deleteDataDrivenAlert: [
    "DELETE /sites/{siteId}/dataAlerts/{dataAlertId}",
    "3.2",
    "tableau:data_driven_alerts:delete"
  ],
  addUserToDataDrivenAlert: [
    "POST /sites/{siteId}/dataAlerts/{dataAlertId}/users",
    "3.2",
    "tableau:data_driven_alerts:create"
  ],
  deleteUserFromDataDrivenAlert: [
    "DELETE /sites/{siteId}/dataAlerts/{dataAlertId}/users/{userId}",
    "3.2",
    "tableau:data_driven_alerts:delete"
  ],

  // Webhooks and notification preferences
  listWebhooksForSite: ["GET /sites/{siteId}/webhooks", "3.6", "tableau:webhooks:read"],
  getWebhook: ["GET /sites/{siteId}/webhooks/{webhookId}", "3.6", "tableau:webhooks:read"],
  createWebhook: ["POST /sites/{siteId}/webhooks", "3.6", "tableau:webhooks:create"],
  updateWebhook: ["PUT /sites/{siteId}/webhooks/{webhookId}", "3.8", "tableau:webhooks:update"],
  deleteWebhook: ["DELETE /sites/{siteId}/webhooks/{webhookId}", "3.6", "tableau:webhooks:delete"],
  testWebhook: ["GET /sites/{siteId}/webhooks/{webhookId}/test", "3.6", "tableau:webhooks:test"],
  getUserNotificationPreferences: [
    "GET /sites/{siteId}/settings/notifications",
    "3.15",
    "tableau:user_notifications:read"
  ],
  updateUserNotificationPreferences: [
    "PATCH /sites/{siteId}/settings/notifications",
    "3.15",
    "tableau:user_notifications:update"
  ]
} as const satisfies Operations
