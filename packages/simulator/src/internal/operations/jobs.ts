import type { Operations } from "./facts.js"

/** Jobs, tasks and schedules. */
export const jobs = {
  // Jobs
  queryJobs: ["GET /sites/{siteId}/jobs", "3.1", "tableau:jobs:read"],
  queryJob: ["GET /sites/{siteId}/jobs/{jobId}", "2.0", "tableau:jobs:read"],
  cancelJob: ["PUT /sites/{siteId}/jobs/{jobId}", "3.1", "tableau:jobs:update"],

  // Extract refresh tasks
  getExtractRefreshTasks: ["GET /sites/{siteId}/tasks/extractRefreshes", "2.6", "tableau:tasks:read"],
  getExtractRefreshTask: ["GET /sites/{siteId}/tasks/extractRefreshes/{taskId}", "2.6", "tableau:tasks:read"],
  createExtractRefreshTask: ["POST /sites/{siteId}/tasks/extractRefreshes", "3.20", "tableau:tasks:create", "Cloud"],
  updateExtractRefreshTask: [
    "POST /sites/{siteId}/tasks/extractRefreshes/{taskId}",
    "3.20",
    "tableau:tasks:update",
    "Cloud"
  ],
  deleteExtractRefreshTask: ["DELETE /sites/{siteId}/tasks/extractRefreshes/{taskId}", "3.6", "tableau:tasks:delete"],
  runExtractRefreshTask: ["POST /sites/{siteId}/tasks/extractRefreshes/{taskId}/runNow", "2.6", "tableau:tasks:run"],

  // Server schedules
  querySchedules: ["GET /schedules", "2.2", "tableau:schedules:read", "Server"],
  getSchedule: ["GET /schedules/{scheduleId}", "3.8", "tableau:schedules:read", "Server"],
  queryExtractRefreshTasks: [
    "GET /sites/{siteId}/schedules/{scheduleId}/extracts",
    "2.2",
    "tableau:tasks:read",
    "Server"
  ],
  createSchedule: ["POST /schedules", "2.3", "tableau:schedules:create", "Server"],
  updateSchedule: ["PUT /schedules/{scheduleId}", "2.3", "tableau:schedules:update", "Server"],
  deleteSchedule: ["DELETE /schedules/{scheduleId}", "2.3", "tableau:schedules:delete", "Server"],
  updateScheduleStates: ["PUT /schedules", "3.27", "tableau:schedules:update", "Server"],
  addWorkbookToSchedule: [
    "PUT /sites/{siteId}/schedules/{scheduleId}/workbooks",
    "2.8",
    "tableau:schedules:update",
    "Server"
  ],
  addDataSourceToSchedule: [
    "PUT /sites/{siteId}/schedules/{scheduleId}/datasources",
    "2.8",
    "tableau:schedules:update",
    "Server"
  ],

  // Encryption of the extracts of a site
  encryptExtracts: ["POST /sites/{siteId}/encrypt-extracts", "3.5", "tableau:extract_encryption:create", "Server"],
  decryptExtracts: ["POST /sites/{siteId}/decrypt-extracts", "3.5", "tableau:extract_encryption:delete", "Server"],
  reencryptExtracts: ["POST /sites/{siteId}/reencrypt-extracts", "3.5", "tableau:extract_encryption:update", "Server"]
} as const satisfies Operations
