import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { answered, type Operation } from "./answered.js"

/**
 * Answers of real shape, as the operations of their resources read them: nothing is left out, neither an item nor an
 * attribute. The samples are not part of the repository; without them nothing is checked.
 */
const folder = fileURLToPath(new URL("../../../../../shared/samples/", import.meta.url))

/** Each sample, the operation that reads it, and how many items it yields. */
const yields: ReadonlyArray<readonly [sample: string, operation: Operation, items: number]> = [
  ["site_create", "Sites.get", 1],
  ["site_get_by_id", "Sites.get", 1],
  ["site_get_by_name", "Sites.getByName", 1],
  ["site_update", "Sites.getByContentUrl", 1],
  ["project_content_permission", "Projects.update", 1],
  ["project_create", "Projects.create", 1],
  ["project_update", "Projects.update", 1],
  ["project_populate_permissions", "Projects.permissions", 1],
  ["project_populate_workbook_default_permissions", "Projects.permissions", 1],
  ["project_update_datasource_default_permissions", "Projects.addPermissions", 1],
  ["project_update_virtualconnection_default_permissions", "Projects.addPermissions", 1],
  ["workbook_get", "Workbooks.list", 2],
  ["workbook_get_empty", "Workbooks.list", 0],
  ["workbook_get_page_1", "Workbooks.list", 1],
  ["workbook_get_page_2", "Workbooks.list", 1],
  ["workbook_get_page_3", "Workbooks.list", 1],
  ["request_option_filter_equals", "Workbooks.list", 2],
  ["request_option_filter_tags_in", "Workbooks.list", 3],
  ["workbook_get_by_id", "Workbooks.get", 1],
  ["workbook_get_by_id_acceleration_status", "Workbooks.get", 1],
  ["workbook_publish", "Workbooks.get", 1],
  ["workbook_update", "Workbooks.get", 1],
  ["workbook_update_acceleration_status", "Workbooks.get", 1],
  ["workbook_update_data_freshness_policy", "Workbooks.get", 1],
  ["workbook_update_data_freshness_policy2", "Workbooks.get", 1],
  ["workbook_update_data_freshness_policy3", "Workbooks.get", 1],
  ["workbook_update_data_freshness_policy4", "Workbooks.get", 1],
  ["workbook_update_data_freshness_policy6", "Workbooks.get", 1],
  ["workbook_populate_connections", "Workbooks.connections", 1],
  ["workbook_update_connections", "Workbooks.connections", 2],
  ["workbook_revision", "Workbooks.revisions", 3],
  ["workbook_populate_permissions", "Workbooks.permissions", 1],
  ["workbook_update_permissions", "Workbooks.addPermissions", 1],
  ["workbook_add_tags", "Workbooks.addTags", 4],
  ["workbook_populate_views", "Views.listForWorkbook", 3],
  ["workbook_populate_views_usage", "Views.listForWorkbook", 3],
  ["view_get", "Views.list", 2],
  ["queryset_slicing_page_1", "Views.list", 10],
  ["request_option_page_number", "Views.list", 10],
  ["request_option_page_size", "Views.list", 5],
  ["request_option_pagination", "Views.list", 10],
  ["request_option_slicing_queryset", "Views.list", 10],
  ["view_get_id", "Views.get", 1],
  ["view_get_id_usage", "Views.get", 1],
  ["view_populate_permissions", "Views.permissions", 1],
  ["view_update_permissions", "Views.addPermissions", 1],
  ["view_add_tags", "Views.addTags", 4],
  ["datasource_get", "Datasources.list", 2],
  ["datasource_get_by_id", "Datasources.get", 1],
  ["datasource_publish", "Datasources.get", 1],
  ["datasource_update", "Datasources.get", 1],
  ["datasource_populate_connections", "Datasources.connections", 2],
  ["datasource_connections_update", "Datasources.connections", 2],
  ["datasource_revision", "Datasources.revisions", 3],
  ["datasource_populate_permissions", "Datasources.permissions", 1],
  ["datasource_add_tags", "Datasources.addTags", 4],
  ["flow_get_by_id", "Flows.get", 1],
  ["flow_update", "Flows.get", 1],
  ["flow_populate_permissions", "Flows.permissions", 1],
  ["user_get", "Users.list", 2],
  ["group_populate_users", "Users.listInGroup", 1],
  ["group_users_added", "Users.listInGroup", 1],
  ["user_add", "Users.get", 1],
  ["group_add_user", "Users.get", 1],
  ["user_populate_workbooks", "Workbooks.listForUser", 1],
  ["user_populate_groups", "Groups.listForUser", 3],
  ["user_add_favorite", "Favorites.list", 3],
  ["favorites_add_datasource", "Favorites.list", 1],
  ["favorites_add_project", "Favorites.list", 1],
  ["favorites_add_workbook", "Favorites.list", 1],
  ["group_get", "Groups.list", 3],
  ["job_get", "Jobs.list", 1],
  ["job_get_by_id_completed", "Jobs.get", 1],
  ["job_get_by_id_failed", "Jobs.get", 1],
  ["datasource_publish_async", "Jobs.get", 1],
  ["datasource_refresh", "Jobs.get", 1],
  ["workbook_publish_async", "Jobs.get", 1],
  ["workbook_refresh", "Jobs.get", 1],
  ["flow_refresh", "Jobs.get", 1],
  ["tasks_run_now_response", "Jobs.get", 1],
  ["schedule_get", "Schedules.list", 4],
  ["schedule_get_by_id", "Schedules.get", 1],
  ["schedule_get_daily_id", "Schedules.get", 1],
  ["schedule_get_hourly_id", "Schedules.get", 1],
  ["schedule_get_monthly_id", "Schedules.get", 1],
  ["schedule_create_daily", "Schedules.get", 1],
  ["schedule_create_hourly", "Schedules.get", 1],
  ["schedule_create_monthly", "Schedules.get", 1],
  ["schedule_create_weekly", "Schedules.get", 1],
  ["schedule_update", "Schedules.get", 1],
  ["schedule_get_extract_refresh_tasks", "Tasks.listForSchedule", 2],
  ["tasks_with_datasource", "Tasks.list", 1],
  ["tasks_with_interval", "Tasks.list", 1],
  ["tasks_with_workbook", "Tasks.list", 1],
  ["tasks_with_workbook_and_datasource", "Tasks.list", 3]
]

/** Answers to what the client has no operation for, and what those that are nearest say of them. */
const refused: ReadonlyArray<readonly [sample: string, operation: Operation, why: string]> = [
  ["datasource_connection_update", "Datasources.get", "tsResponse has no datasource"],
  ["flow_runs_get_by_id", "Flows.get", "tsResponse has no flow"],
  ["flow_runs_get_by_id_failed", "Flows.get", "tsResponse has no flow"],
  ["group_create", "Groups.list", "tsResponse has no pagination"],
  ["group_update", "Groups.list", "tsResponse has no pagination"],
  ["group_add_users", "Users.list", "tsResponse has no pagination"],
  // The sample has a word where a server has a moment.
  ["group_update_async", "Jobs.get", "job: createdAt cannot be read"],
  ["schedule_add_datasource", "Tasks.get", "extractRefresh has no id"],
  ["schedule_add_flow", "Tasks.get", "task has no extractRefresh"],
  ["schedule_add_workbook", "Tasks.get", "task has no extractRefresh"],
  ["user_update", "Users.get", "user has no id"]
]

const read = (sample: string) => readFileSync(`${folder}${sample}.xml`, "utf8")

/** What no model has, as it says nothing of the thing that was asked for. */
const elsewhere = new Set(["tsResponse", "pagination", "warning"])

/** Every attribute and every text of a document, taken from it by other means than ours. */
const said = (text: string): ReadonlyArray<string> => [
  ...[...text.matchAll(/<(\w+)((?:\s+[\w:]+\s*=\s*(?:"[^"]*"|'[^']*'))+)/g)].flatMap(
    ([, element = "", attributes = ""]) =>
      elsewhere.has(element)
        ? []
        : [...attributes.matchAll(/([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(
            ([, name, first, second]) => `${name}=${normal(first ?? second ?? "")}`
          )
  ),
  ...[...text.matchAll(/<(\w+)>([^<]*[^<\s][^<]*)<\/\1>/g)].map(
    ([, name, content = ""]) => `${name}=${normal(content)}`
  )
]

/** A moment and a flag can be written in several ways. */
const normal = (text: string): string =>
  /^\d{4}-\d\d-\d\dT/.test(text)
    ? new Date(text).toISOString()
    : /^(?:true|false)$/i.test(text)
      ? text.toLowerCase()
      : text

/** Every leaf of a result. */
const leaves = (value: unknown, name = ""): ReadonlyArray<string> =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, Array.isArray(value) ? name : key))
    : [`${name}=${value}`]

const itemsOf = (result: unknown): number => {
  if (Array.isArray(result)) return result.length
  const listed = typeof result === "object" && result !== null && "items" in result ? result.items : undefined
  return Array.isArray(listed) ? listed.length : 1
}

describe.skipIf(!existsSync(folder))("the samples of real shape", () => {
  it.effect.each([...yields])("%s yields by %s all that it says, in %i", ([sample, operation, items]) =>
    Effect.gen(function* () {
      const text = read(sample)
      const total = / totalAvailable="(\d+)"/.exec(text)?.[1]
      const { error, leftOut, result } = yield* answered(operation, text)
      expect([error, itemsOf(result)]).toEqual([undefined, items])
      if (total !== undefined) expect(result).toMatchObject({ totalAvailable: Number(total) })
      // Each page is answered with the sample: where it is one of several, the others do not come, and that is said.
      const lacking =
        Number(total ?? 0) > items ? [expect.stringContaining(`: ${items} of ${total} items were received`)] : []
      expect(leftOut).toEqual(lacking)
      const found = new Set(leaves(result))
      expect(said(text).filter((leaf) => !found.has(leaf))).toEqual([])
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it.effect.each([...refused])("%s is none for %s: %s", ([sample, operation, why]) =>
    Effect.gen(function* () {
      const { error } = yield* answered(operation, read(sample))
      expect(error).toContain(why)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it("are all in the tables", () => {
    const ours =
      /^(?:site|project|workbook|view|datasource|flow|user|group|job|schedule|tasks|favorites|request_option|queryset)_/
    const names = readdirSync(folder).flatMap((name) => (ours.test(name) ? [name.replace(".xml", "")] : []))
    expect([...yields, ...refused].map(([sample]) => sample).sort()).toEqual(names.sort())
  })
})
