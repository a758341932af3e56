/** Changes the rows of data sources that are live to Hyper files. */
import * as Effect from "effect/Effect"
import * as FileUploads from "../../FileUploads.js"
import type { Instant } from "../../Filter.js"
import type { ConnectionId, DatasourceId, UploadSessionId } from "../../Ids.js"
import * as Operation from "../../Operation.js"
import * as Response from "../../Response.js"
import type { CallError, UploadMismatch } from "../../TableauError.js"
import type { TableauSession } from "../../TableauSession.js"
import type * as Upload from "../../Upload.js"
import { Job } from "../models/job.js"
import { check } from "../operation/call.js"
import * as Spec from "../operation/spec.js"
import * as Timing from "../upload/timing.js"

/**
 * A constant in a condition.
 *
 * @since 0.1.0
 * @category models
 */
export type DataConstant =
  | { readonly type: "string"; readonly v: string }
  | { readonly type: "integer" | "double"; readonly v: number }
  | { readonly type: "boolean"; readonly v: boolean }
  | { readonly type: "datetime"; readonly v: Instant | string }

/**
 * Which rows of the target: those that compare like this with a column of the source, or with a constant. `is` compares like
 * `eq`, and takes missing values as equal.
 *
 * @since 0.1.0
 * @category models
 */
export type DataCondition =
  | {
      readonly op: "eq" | "neq" | "gt" | "gte" | "lt" | "lte" | "is" | "has"
      readonly "target-col": string
      readonly "source-col": string
    }
  | {
      readonly op: "eq" | "neq" | "gt" | "gte" | "lt" | "lte" | "is" | "has"
      readonly "target-col": string
      readonly const: DataConstant
    }
  | { readonly op: "and" | "or"; readonly args: ReadonlyArray<DataCondition> }

interface Source {
  /** A table of the Hyper file that is sent. */
  readonly "source-table": string
  /** Necessary if the file has several schemas. */
  readonly "source-schema"?: string | undefined
}

interface Target {
  /** A table of the data source. */
  readonly "target-table": string
  /** Necessary if the data source has several schemas. */
  readonly "target-schema"?: string | undefined
}

/**
 * One change of the rows of a data source, as Tableau writes it in JSON:
 *
 * - `insert`: adds the rows of the source; columns are matched by their names
 * - `replace`: deletes all rows of the target, and adds those of the source
 * - `update`: changes the rows of the target that match the condition
 * - `upsert`: changes the rows that match, and adds the others
 * - `delete`: deletes the rows that match the source, or constants
 *
 * @since 0.1.0
 * @category models
 */
export type DataAction =
  | ({ readonly action: "insert"; readonly condition?: DataCondition | undefined } & Source & Target)
  | ({ readonly action: "replace" } & Source & Target)
  | ({ readonly action: "update" | "upsert"; readonly condition: DataCondition } & Source & Target)
  | ({ readonly action: "delete"; readonly condition: DataCondition } & Partial<Source> & Target)

/** What is sent after the file. */
interface Request {
  /** They run in this order: all of them, or none. */
  readonly actions: ReadonlyArray<DataAction>
  /** A finished upload of a Hyper file with the source tables, instead of `file`. */
  readonly uploadSessionId?: UploadSessionId | undefined
  /**
   * The server ignores a request whose id it has received within the last 24 hours. By default each call has a new one, so
   * that attempts of the session are safe. Give one of your own if your program repeats calls.
   */
  readonly requestId?: string | undefined
}

/**
 * How rows are changed.
 *
 * @since 0.1.0
 * @category options
 */
export interface UpdateDataOptions<E = never, R = never> extends Request {
  /** A Hyper file with the source tables. It is uploaded first. */
  readonly file?: Upload.File<E, R> | undefined
  /** How the file is uploaded. */
  readonly upload?: Upload.Options | undefined
}

const usesSource = (condition: DataCondition): boolean =>
  "args" in condition ? condition.args.some(usesSource) : "source-col" in condition

/** Why rows cannot be changed like this. */
const problemOf = ({ actions, requestId }: Request, files: number): string | undefined => {
  if (actions.length === 0) return "`actions` is empty."
  if (requestId !== undefined && requestId.trim() === "") return "`requestId` is empty."
  if (files > 1) return "`file` and `uploadSessionId` exclude each other."
  for (const action of actions) {
    const hasSource = action["source-table"] !== undefined
    if (hasSource && files === 0) {
      return `The action ${action.action} has a source table, but there is no file with it: \`file\` is missing.`
    }
    if (!hasSource && action.action === "delete" && usesSource(action.condition)) {
      return "The condition of the action delete names a column of the source, but the action has no source table."
    }
  }
  return undefined
}

/** `files` is how many there are: that of the request, and one that is still to be uploaded. */
const partsOf = (request: Request, files = request.uploadSessionId === undefined ? 0 : 1) => {
  const { actions, requestId, uploadSessionId } = request
  const problem = problemOf(request, files)
  return problem === undefined
    ? {
        query: { uploadSessionId },
        headers: requestId === undefined ? {} : { RequestID: requestId },
        json: { actions }
      }
    : Operation.invalidInput(problem)
}

/** The server ignores a request that is repeated with the same `RequestID`. */
const facts = {
  name: "Datasources.updateData",
  request: "PATCH /sites/{siteId}/datasources/{datasourceId}/data",
  since: "3.12",
  scope: "tableau:hyper_data:update",
  idempotencyKey: "RequestID"
} as const

// In full: a bundler keeps what a spread may read.
const connectionFacts = {
  name: "Datasources.updateConnectionData",
  request: "PATCH /sites/{siteId}/datasources/{datasourceId}/connections/{connectionId}/data",
  since: "3.12",
  scope: "tableau:hyper_data:update",
  idempotencyKey: "RequestID"
} as const

/** Uploads the file, if there is one. What cannot be sent after it fails before the first byte. */
const afterUpload = <E, R>(
  spec: Spec.Spec,
  ids: Readonly<Record<string, string>>,
  { file, upload, ...request }: UpdateDataOptions<E, R>,
  send: (request: Request) => Effect.Effect<Job, CallError, TableauSession>
): Effect.Effect<Job, CallError | UploadMismatch | E, TableauSession | R> => {
  if (file === undefined) return send(request)
  const input = { ...ids, ...partsOf(request, request.uploadSessionId === undefined ? 1 : 2) }
  const updated = Effect.gen(function* () {
    yield* check(spec, input)
    const { uploadSessionId } = yield* FileUploads.upload(file, upload)
    return yield* send({ ...request, uploadSessionId })
  })
  // An upload belongs to one site, and the session may be switched meanwhile.
  return Timing.onOneSite(updated)
}

const operations = [FileUploads.initiate, FileUploads.append]

const updateBy = Operation.generic(
  facts,
  (send) =>
    <E = never, R = never>(datasourceId: DatasourceId, options: UpdateDataOptions<E, R>) =>
      afterUpload(Spec.make(facts), { datasourceId }, options, (request) =>
        send({ datasourceId, ...partsOf(request) }, Response.element("job", Job))
      )
)

// A nested call would take the type parameters of the file away.
export const update = Operation.composite(operations, updateBy)

const updateConnectionBy = Operation.generic(
  connectionFacts,
  (send) =>
    <E = never, R = never>(datasourceId: DatasourceId, connectionId: ConnectionId, options: UpdateDataOptions<E, R>) =>
      afterUpload(Spec.make(connectionFacts), { connectionId, datasourceId }, options, (request) =>
        send({ datasourceId, connectionId, ...partsOf(request) }, Response.element("job", Job))
      )
)

export const updateConnection = Operation.composite(operations, updateConnectionBy)
