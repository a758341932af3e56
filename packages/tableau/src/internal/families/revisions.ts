import * as Operation from "../../Operation.js"
import type { PageOptions } from "../../Query.js"
import * as Response from "../../Response.js"
import { type DownloadOptions, Revision } from "../../Revisions.js"
import type { Resource } from "./resource.js"

export const list = <Id extends string>({ name, path }: Resource<Id>) =>
  Operation.make({
    name: `${name}.revisions`,
    request: `GET /sites/{siteId}/${path}/{id}/revisions` as const,
    since: "2.3",
    scope: "tableau:content:read",
    input: (id: Id, options?: PageOptions) => ({ id, options }),
    response: Response.page("revisions", "revision", Revision)
  })

// Tableau's own clients write the value with a capital letter.
const query = ({ includeExtract }: DownloadOptions) => ({
  includeExtract: includeExtract === false ? "False" : undefined
})

const isRevisionNumber = (revisionNumber: number): boolean =>
  Number.isSafeInteger(revisionNumber) && revisionNumber >= 1

const noRevision = (revisionNumber: number) =>
  Operation.invalidInput(`revisionNumber is ${revisionNumber}; revisions are counted from 1.`)

export const download = <Id extends string>({ name, path }: Resource<Id>) =>
  Operation.make({
    name: `${name}.download`,
    request: `GET /sites/{siteId}/${path}/{id}/content` as const,
    since: "2.0",
    scope: `tableau:${path}:download`,
    input: (id: Id, options: DownloadOptions = {}) => ({ id, query: query(options) }),
    response: Response.file
  })

export const downloadRevision = <Id extends string>({ name, path }: Resource<Id>) =>
  Operation.make({
    name: `${name}.downloadRevision`,
    request: `GET /sites/{siteId}/${path}/{id}/revisions/{revisionNumber}/content` as const,
    since: "2.3",
    scope: `tableau:${path}:download`,
    input: (id: Id, revisionNumber: number, options: DownloadOptions = {}) =>
      isRevisionNumber(revisionNumber) ? { id, revisionNumber, query: query(options) } : noRevision(revisionNumber),
    response: Response.file
  })

export const remove = <Id extends string>({ name, path }: Resource<Id>) =>
  Operation.make({
    name: `${name}.deleteRevision`,
    request: `DELETE /sites/{siteId}/${path}/{id}/revisions/{revisionNumber}` as const,
    since: "2.3",
    scope: `tableau:${path}:delete`,
    input: (id: Id, revisionNumber: number) =>
      isRevisionNumber(revisionNumber) ? { id, revisionNumber } : noRevision(revisionNumber),
    response: Response.empty
  })
