import { type Ids, Operation, Permissions, Response } from "effect-tableau"

/** The permissions of a kind of content: three operations for each kind. */
const family = <Id extends string>(module: string, path: string, since: string) => ({
  permissions: Operation.make({
    name: `${module}.permissions`,
    request: `GET /sites/{siteId}/${path}/{id}/permissions` as const,
    since,
    scope: "tableau:permissions:read",
    input: (id: Id) => ({ id }),
    response: Response.element("permissions", Permissions.Permissions, { failOnMalformedItem: true })
  }),
  replacePermissions: Operation.make({
    name: `${module}.replacePermissions`,
    request: `POST /sites/{siteId}/${path}/{id}/permissions` as const,
    since: "3.23",
    scope: "tableau:permissions:update",
    idempotent: true,
    input: (id: Id, grants: ReadonlyArray<Permissions.Grant>) => ({
      id,
      xml: {
        permissions: {
          granteeCapabilities: grants.map(({ capabilities, ...grantee }) => ({
            ...grantee,
            capabilities: { capability: capabilities }
          }))
        }
      }
    }),
    response: Response.empty
  })
})

export const Workbooks = family<Ids.WorkbookId>("Workbooks", "workbooks", "2.0")
export const Flows = family<Ids.FlowId>("Flows", "flows", "3.3")

/** The permissions that new content of a kind gets in a project. */
export const defaultPermissions = Operation.make({
  name: "Projects.defaultPermissions",
  request: "GET /sites/{siteId}/projects/{projectId}/default-permissions/{contentType}",
  since: "2.1",
  scope: "tableau:permissions:read",
  input: (projectId: Ids.ProjectId, contentType: "workbooks" | "datasources" | "flows" | "tables" | "databases") => ({
    projectId,
    contentType
  }),
  response: Response.element("permissions", Permissions.Permissions, { failOnMalformedItem: true })
})
