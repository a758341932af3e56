/** A kind of content: what its operations on tags, permissions, connections and revisions have in common. */
export interface Resource<_Id extends string> {
  /** The module, such as `Workbooks`. */
  readonly name: string
  /** As in `/sites/{siteId}/workbooks`. */
  readonly path: string
  /** As in `tableau:workbook_tags:update`. */
  readonly element: string
}

export const make = <Id extends string>(resource: Resource<Id>): Resource<Id> => resource
