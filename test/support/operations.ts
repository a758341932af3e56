/** What the client exports, found in its modules: a new operation or model is tested without a change here. */
import * as Tableau from "effect-tableau"

export interface Exported {
  /** Module and export: `Workbooks.get`. */
  readonly name: string
  readonly module: string
  readonly key: string
  readonly value: unknown
}

export interface ExportedOperation extends Exported {
  readonly value: Tableau.Operation.Any
  readonly spec: Tableau.Operation.Spec
}

export const exported: ReadonlyArray<Exported> = Object.entries(Tableau).flatMap(([module, members]) =>
  Object.entries(members).map(([key, value]: [string, unknown]) => ({ name: `${module}.${key}`, module, key, value }))
)

export const operations: ReadonlyArray<ExportedOperation> = exported.flatMap(({ value, ...one }) =>
  Tableau.Operation.isOperation(value) ? [{ ...one, value, spec: value.spec }] : []
)
