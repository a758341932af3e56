import * as Schema from "effect/Schema"
import { Groups, Ids, Jobs, Operation, Response } from "effect-tableau"

export interface DirectoryGroup {
  readonly domain: string
  readonly siteRole: string
  readonly grantLicenseMode: "onLogin" | "onSync"
}

export interface Created {
  readonly _tag: "Created"
  readonly group: Groups.Group
}

/** The group is there when the job has ended. */
export interface Importing {
  readonly _tag: "Importing"
  readonly job: Jobs.Job
  readonly groupId: Ids.GroupId
}

/** Creates a group, or imports one from Active Directory. */
export const create = Operation.make({
  name: "Groups.create",
  request: "POST /sites/{siteId}/groups",
  since: "2.0",
  scope: "tableau:groups:create",
  input: (name: string, directory?: DirectoryGroup, options: { readonly asJob?: boolean } = {}) => ({
    query: { asJob: options.asJob },
    xml: {
      group: {
        name,
        import: directory && {
          source: "ActiveDirectory",
          domainName: directory.domain,
          siteRole: directory.siteRole,
          grantLicenseMode: directory.grantLicenseMode
        }
      }
    }
  }),
  response: Response.map(
    Response.elements(Schema.Struct({ group: Schema.optional(Groups.Group), job: Schema.optional(Jobs.Job) })),
    ({ group, job }, { locationId }): Created | Importing | undefined =>
      group !== undefined
        ? { _tag: "Created", group }
        : job !== undefined && locationId !== undefined
          ? { _tag: "Importing", job, groupId: Ids.GroupId.make(locationId) }
          : undefined
  )
})
