import * as Effect from "effect/Effect"
import { isAdministrator, may, maySee } from "../content/access.js"
import type { Collection } from "../content/collection.js"
import type { Content, Item } from "../content/model.js"
import { referred, type Site } from "../content/world.js"
import * as Field from "../lists/field.js"
import { type Element, element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { ok, type Reply, type SessionCall } from "../session/call.js"

/** A kind of item with permissions, such as workbooks. */
export interface Kind<A extends Item, Parameter extends string> {
  /** The path parameter that holds the item's id. */
  readonly parameter: Parameter
  readonly element: string
  readonly of: (site: Site) => Collection<A>
  readonly notFound: Errors.ErrorResponse
  readonly capabilities: ReadonlyArray<string>
}

/** Finds the item that the path names. An item that the user may not see is not found. */
export const find = <A extends Item, Parameter extends string>(
  kind: Kind<A, Parameter>,
  call: SessionCall<Parameter>
): Effect.Effect<A, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const item = kind.of(call.site).find(call.parameter(kind.parameter))
    return item !== undefined && maySee(call.site, call.session.user, item)
      ? Effect.succeed(item)
      : Effect.fail(kind.notFound)
  })

/** Requires a capability of the user on an item. */
export const requireCapability = (
  { session, site }: SessionCall,
  capability: string,
  item: Item,
  error: Errors.ErrorResponse = Errors.forbidden(`The user lacks the permission ${capability}.`)
): Effect.Effect<void, Errors.ErrorResponse> =>
  may(site, session.user, capability, item) ? Effect.void : Effect.fail(error)

/** Removes the items that the user may not see from a list. Administrators see all items, without a predicate. */
export const visibleTo = ({ session, site }: SessionCall) =>
  isAdministrator(session.user) ? undefined : (item: Item): boolean => maySee(site, session.user, item)

export const tagList = (tags: ReadonlyArray<string>): Element =>
  list(
    "tags",
    tags.map((label) => element("tag", { label }))
  )

const memoized = <A>(make: (key: string) => A) => {
  const made = new Map<string, A>()
  return (key: string | undefined): A | undefined => {
    if (key === undefined) return undefined
    if (!made.has(key)) made.set(key, make(key))
    return made.get(key)
  }
}

/** Renders project, owner and tags of the items of a list. Each project and owner is rendered once. */
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

/** The parts that `belongings` renders. */
export const belongingParts = {
  usual: ["project.id", "project.name", "owner.id", "owner.name", "tags"],
  extra: ["project.description", "owner.fullName", "owner.email"]
}

/** The fields by which all content can be filtered and sorted. */
export const contentFields = (site: Site): Field.Fields<Content> => ({
  name: Field.name(({ name }) => name),
  createdAt: Field.date(({ createdAt }) => createdAt),
  updatedAt: Field.date(({ updatedAt }) => updatedAt),
  ownerName: Field.name(({ ownerId }) => referred(site.users, ownerId)?.fullName),
  ownerEmail: Field.name(({ ownerId }) => referred(site.users, ownerId)?.email),
  projectName: Field.name(({ projectId }) => referred(site.projects, projectId)?.name),
  tags: Field.tags(({ tags }) => tags)
})

/** The address of an item's page in the browser. */
export const webpage = (origin: string, site: Site, path: string): string =>
  site.contentUrl === "" ? `${origin}/#/${path}` : `${origin}/#/site/${site.contentUrl}/${path}`

export const connectionsReply = ({ site }: SessionCall, item: Content): Reply =>
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
