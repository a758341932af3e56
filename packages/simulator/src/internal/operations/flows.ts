import type { Operations } from "./facts.js"

/** Flows, their runs and their tasks. */
export const flows = {
  // Flows
  queryFlowsForSite: ["GET /sites/{siteId}/flows", "3.3", "tableau:content:read"],
  queryFlow: ["GET /sites/{siteId}/flows/{flowId}", "3.3", "tableau:content:read"],
  queryFlowConnections: ["GET /sites/{siteId}/flows/{flowId}/connections", "3.3", "tableau:content:read"],
  downloadFlow: ["GET /sites/{siteId}/flows/{flowId}/content", "3.3", "tableau:flows:download"],
  addTagsToFlow: ["PUT /sites/{siteId}/flows/{flowId}/tags", "3.3", "tableau:flow_tags:update"],
  deleteTagFromFlow: ["DELETE /sites/{siteId}/flows/{flowId}/tags/{tagName}", "3.3", "tableau:flow_tags:delete"],
  queryFlowsForUser: ["GET /sites/{siteId}/users/{userId}/flows", "3.3", "tableau:flows:read"],
  publishFlow: ["POST /sites/{siteId}/flows", "3.3", "tableau:flows:create"],
  updateFlow: ["PUT /sites/{siteId}/flows/{flowId}", "3.3", "tableau:flows:update"],
  updateFlowOwner: ["PUT /sites/{siteId}/flows/{flowId}/owner/{userId}", "3.27", "tableau:flows:update"],
  deleteFlow: ["DELETE /sites/{siteId}/flows/{flowId}", "3.3", "tableau:flows:delete"],
  updateFlowConnection: [
    "PUT /sites/{siteId}/flows/{flowId}/connections/{connectionId}",
    "3.3",
    "tableau:flow_connections:update"
  ],
  updateFlowConnections: ["PUT /sites/{siteId}/flows/{flowId}/connections", "3.28", "tableau:flow_connections:update"],
  runFlowNow: ["POST /sites/{siteId}/flows/{flowId}/run", "3.3", "tableau:flows:run"],
  downloadFlowKeychain: [
    "POST /sites/{siteId}/flows/{flowId}/retrievekeychain",
    "3.25",
    "tableau:embedded_credentials:download"
  ],
  uploadFlowKeychain: [
    "PUT /sites/{siteId}/flows/{flowId}/applykeychain",
    "3.25",
    "tableau:embedded_credentials:upload"
  ],

  // Runs and tasks of flows
  getFlowRuns: ["GET /sites/{siteId}/flows/runs", "3.10", "tableau:flow_runs:read"],
  getFlowRun: ["GET /sites/{siteId}/flows/runs/{flowRunId}", "3.10", "tableau:flow_runs:read"],
  cancelFlowRun: ["PUT /sites/{siteId}/flows/runs/{flowRunId}", "3.10", "tableau:flow_runs:update"],
  getFlowRunTasks: ["GET /sites/{siteId}/tasks/runFlow", "3.3", "tableau:flow_tasks:read"],
  getFlowRunTask: ["GET /sites/{siteId}/tasks/runFlow/{taskId}", "3.3", "tableau:flow_tasks:read"],
  runFlowTask: ["POST /sites/{siteId}/tasks/runFlow/{taskId}/runNow", "3.3", "tableau:flow_tasks:run"],
  createFlowTask: ["POST /sites/{siteId}/tasks/flows", "3.22", "no scope", "Cloud"],
  addFlowTaskToSchedule: [
    "PUT /sites/{siteId}/schedules/{scheduleId}/flows",
    "3.3",
    "tableau:schedules:update",
    "Server"
  ],
  getLinkedTasks: ["GET /sites/{siteId}/tasks/linked", "3.15", "tableau:linked_tasks:read"],
  getLinkedTask: ["GET /sites/{siteId}/tasks/linked/{linkedTaskId}", "3.15", "tableau:linked_tasks:read"],
  runLinkedTaskNow: ["POST /sites/{siteId}/tasks/linked/{linkedTaskId}/runNow", "3.15", "tableau:linked_tasks:run"],

  // Permissions of flows
  queryFlowPermissions: ["GET /sites/{siteId}/flows/{flowId}/permissions", "3.3", "tableau:permissions:read"],
  addFlowPermissions: ["PUT /sites/{siteId}/flows/{flowId}/permissions", "3.3", "tableau:permissions:update"],
  deleteFlowPermissionsForUser: [
    "DELETE /sites/{siteId}/flows/{flowId}/permissions/users/{userId}/{capabilityName}/{capabilityMode}",
    "3.3",
    "tableau:permissions:delete"
  ],
  deleteFlowPermissionsForGroup: [
    "DELETE /sites/{siteId}/flows/{flowId}/permissions/groups/{groupId}/{capabilityName}/{capabilityMode}",
    "3.3",
    "tableau:permissions:delete"
  ],
  deleteFlowPermissionsForGroupSet: [
    "DELETE /sites/{siteId}/flows/{flowId}/permissions/groupSets/{groupSetId}/{capabilityName}/{capabilityMode}",
    "3.3",
    "tableau:permissions:delete"
  ],
  replaceFlowPermissions: ["POST /sites/{siteId}/flows/{flowId}/permissions", "3.23", "tableau:permissions:update"]
} as const satisfies Operations
