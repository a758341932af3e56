/** A kind of content that has operations in common with others: tags, permissions, connections, revisions. */
export interface Resource<_Id extends string> {
  /** The module, such as `Workbooks`. */
  readonly name: string
  /** The segment of the path, such as `workbooks`. */
  readonly path: string
  /** The word of the JWT scopes, such as `workbook` in `tableau:workbook_tags:update`. */
  readonly element: string
}

export const make = <Id extends string>(resource: Resource<Id>): Resource<Id> => resource
