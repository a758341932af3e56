import type * as Redacted from "effect/Redacted"
import { Connections, type Ids, Jobs, Operation, Response, Upload, Workbooks } from "effect-tableau"

/** Refreshes the extracts of a workbook now. */
export const refresh = Operation.make({
  name: "Workbooks.refresh",
  request: "POST /sites/{siteId}/workbooks/{workbookId}/refresh",
  since: "2.8",
  scope: "tableau:tasks:run",
  input: (workbookId: Ids.WorkbookId, options: { readonly incremental?: boolean } = {}) => ({
    workbookId,
    since: options.incremental ? "3.28" : undefined,
    xml: options.incremental ? { extractRefresh: { incremental: true } } : {}
  }),
  response: Response.element("job", Jobs.Job)
})

export interface ConnectionChange {
  readonly serverAddress?: string
  readonly serverPort?: number
  readonly userName?: string
  readonly password?: Redacted.Redacted
  readonly embedPassword?: boolean
}

/** Updates several connections of a workbook in the same way. */
export const updateConnections = Operation.make({
  name: "Workbooks.updateConnections",
  request: "PUT /sites/{siteId}/workbooks/{workbookId}/connections",
  since: "3.27",
  scope: "tableau:workbooks:update",
  idempotent: true,
  input: (workbookId: Ids.WorkbookId, connectionIds: ReadonlyArray<Ids.ConnectionId>, change: ConnectionChange) => ({
    workbookId,
    xml: { connectionLuids: { connectionLuid: connectionIds }, connection: change }
  }),
  response: Response.items("connections", "connection", Connections.Connection)
})

export interface NewWorkbook {
  readonly name: string
  readonly projectId?: Ids.ProjectId
  readonly showTabs?: boolean
  readonly hiddenViews?: ReadonlyArray<string>
}

/** A file that was uploaded in blocks by `FileUploads`. */
export interface UploadSession {
  readonly uploadSessionId: string
  readonly type: "twb" | "twbx"
}

/** Publishes a workbook: a file, or what was uploaded before. */
export const publish = Operation.generic(
  {
    name: "Workbooks.publish",
    request: "POST /sites/{siteId}/workbooks",
    since: "2.0",
    scope: "tableau:workbooks:create"
  },
  (send) =>
    <E = never, R = never>(
      content: Upload.File<E, R> | UploadSession,
      workbook: NewWorkbook,
      options: { readonly overwrite?: boolean; readonly skipConnectionCheck?: boolean } = {}
    ) =>
      send(
        {
          idempotent: options.overwrite,
          query: Upload.isFile(content)
            ? options
            : { ...options, uploadSessionId: content.uploadSessionId, workbookType: content.type },
          multipart: {
            request_payload: {
              workbook: {
                name: workbook.name,
                showTabs: workbook.showTabs,
                views: workbook.hiddenViews && { view: workbook.hiddenViews.map((name) => ({ name, hidden: true })) },
                project: workbook.projectId && { id: workbook.projectId }
              }
            },
            tableau_workbook: Upload.isFile(content) ? content : undefined
          }
        },
        Response.element("workbook", Workbooks.Workbook)
      )
)
