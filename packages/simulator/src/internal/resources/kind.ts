import * as Effect from "effect/Effect"
import { isAdministrator, maySee } from "../content/access.js"
import type { Collection } from "../content/collection.js"
import type { Content, Item } from "../content/model.js"
import { referred, type Site } from "../content/world.js"
import * as Field from "../lists/field.js"
import { type Element, element, list } from "../protocol/element.js"
import type { Refusal } from "../protocol/errorResponse.js"
import { ok, type Reply, type SignedInCall } from "../session/call.js"

/** A kind of thing that has an id, permissions and so on; what its routes have in common. */
export interface Kind<A extends Item, Parameter extends string = string> {
  /** As in `/sites/{siteId}/workbooks/{workbookId}`. */
  readonly segment: string
  readonly parameter: Parameter
  readonly element: string
  readonly since: string
  readonly of: (site: Site) => Collection<A>
  readonly notFound: Refusal
  readonly capabilities: ReadonlyArray<string>
}

export const pathOf = ({ parameter, segment }: Pick<Kind<Item>, "parameter" | "segment">): string =>
  `/sites/{siteId}/${segment}/{${parameter}}`

/** The item that the path names. What the user may not see is not there. */
export const find = <A extends Item, Parameter extends string>(
  kind: Kind<A, Parameter>,
  call: SignedInCall<Parameter>
): Effect.Effect<A, Refusal> =>
  Effect.suspend(() => {
    const item = kind.of(call.site).find(call.parameter(kind.parameter))
    return item !== undefined && maySee(call.site, call.session.user, item)
      ? Effect.succeed(item)
      : Effect.fail(kind.notFound)
  })

/** Leaves out what the user may not see; nothing for an administrator, who sees everything. */
export const visibleTo = ({ session, site }: SignedInCall) =>
  isAdministrator(session.user) ? undefined : (item: Item): boolean => maySee(site, session.user, item)

export const tagList = (tags: ReadonlyArray<string>): Element =>
  list(
    "tags",
    tags.map((label) => element("tag", { label }))
  )

/** What is made once for each key. */
const memoized = <A>(make: (key: string) => A) => {
  const made = new Map<string, A>()
  return (key: string | undefined): A | undefined => {
    if (key === undefined) return undefined
    if (!made.has(key)) made.set(key, make(key))
    return made.get(key)
  }
}

/** The project, owner and tags of the items of one list: many items have the same ones. */
export const belongings = (site: Site) => {
  const projectOf = memoized((id) => {
    const project = site.projects.find(id)
    return project && element("project", { id, name: project.name, description: project.description })
  })
  const ownerOf = memoized((id) => {
    const owner = site.users.find(id)
    return owner && element("owner", { id, name: owner.name, fullName: owner.fullName, email: owner.email })
  })
  return (item: Content) => ({
    project: projectOf(item.projectId),
    owner: ownerOf(item.ownerId),
    tags: tagList(item.tags)
  })
}

/** The parts that go with `belongings`. */
export const belongingParts = {
  usual: ["project.id", "project.name", "owner.id", "owner.name", "tags"],
  extra: ["project.description", "owner.fullName", "owner.email"]
}

/** What all content can be filtered and sorted by. */
export const contentFields = (site: Site): Field.Fields<Content> => ({
  name: Field.name(({ name }) => name),
  createdAt: Field.date(({ createdAt }) => createdAt),
  updatedAt: Field.date(({ updatedAt }) => updatedAt),
  ownerName: Field.name(({ ownerId }) => referred(site.users, ownerId)?.fullName),
  ownerEmail: Field.name(({ ownerId }) => referred(site.users, ownerId)?.email),
  projectName: Field.name(({ projectId }) => referred(site.projects, projectId)?.name),
  tags: Field.tags(({ tags }) => tags)
})

/** A page for people, as the server's own links look. */
export const webpage = (origin: string, site: Site, path: string): string =>
  site.contentUrl === "" ? `${origin}/#/${path}` : `${origin}/#/site/${site.contentUrl}/${path}`

export const answerConnections = ({ site }: SignedInCall, item: Content): Reply =>
  ok(
    list(
      "connections",
      site.connectionsOf(item).map((connection) => {
        const datasource = referred(site.datasources, connection.datasourceId)
        return element(
          "connection",
          {
            id: connection.id,
            type: connection.type,
            serverAddress: connection.serverAddress,
            serverPort: connection.serverPort,
            userName: connection.userName,
            embedPassword: connection.embedPassword,
            queryTaggingEnabled: false
          },
          [datasource && element("datasource", { id: datasource.id, name: datasource.name })]
        )
      })
    )
  )
