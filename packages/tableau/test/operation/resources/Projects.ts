import { Ids, type Projects } from "effect-tableau"
import { xml } from "../../../../../test/support/scriptedServer.js"
import * as Families from "./families.js"
import { firstPage, one, paged, type SamplesOf, site } from "./sample.js"

const id = Ids.ProjectId.make("p1")

/** Tableau's schema demands a UUID here. */
const parentProjectId = Ids.ProjectId.make("1f2f3e4e-5d6d-7c8c-9b0b-1a2a3f4f5e6e")

const permissions = Families.permissions({ path: "projects", id })

export const samples: SamplesOf<typeof Projects> = {
  list: {
    args: [],
    request: `GET ${site}/projects?sort=createdAt%3Aasc&${firstPage}`,
    response: paged(
      1,
      `<projects><project id="p1" topLevelProject="TRUE" createdAt=""><owner id="u1"/>
       <contentsCounts projectCount="1" workbookCount="2" viewCount="3" datasourceCount="4"/></project></projects>`
    ),
    result: one({
      id: "p1",
      topLevelProject: true,
      owner: { id: "u1" },
      contentsCounts: { projectCount: 1, workbookCount: 2, viewCount: 3, datasourceCount: 4 }
    })
  },
  create: {
    args: [{ name: "Sales & more", parentProjectId, contentPermissions: "LockedToProject" }],
    request: `POST ${site}/projects`,
    body: '<tsRequest><project name="Sales &amp; more" parentProjectId="1f2f3e4e-5d6d-7c8c-9b0b-1a2a3f4f5e6e" contentPermissions="LockedToProject" /></tsRequest>',
    response: { ...xml('<project id="p2" name="Sales &amp; more"/>'), status: 201 },
    result: { id: "p2", name: "Sales & more" },
    files: { project_create: 1 }
  },
  update: {
    args: [id, { description: "", ownerId: Ids.UserId.make("u2") }],
    request: `PUT ${site}/projects/p1`,
    body: '<tsRequest><project description=""><owner id="u2" /></project></tsRequest>',
    response: '<project id="p1" name="Sales"/>',
    result: { id: "p1", name: "Sales" },
    files: { project_content_permission: 1, project_update: 1 }
  },
  delete: {
    args: [id],
    request: `DELETE ${site}/projects/p1`,
    response: { status: 204 },
    result: undefined
  },
  ...permissions,
  permissions: {
    ...permissions.permissions,
    files: { project_populate_permissions: 1, project_populate_workbook_default_permissions: 1 }
  },
  addPermissions: {
    ...permissions.addPermissions,
    files: {
      project_update_datasource_default_permissions: 1,
      project_update_virtualconnection_default_permissions: 1
    }
  }
}
