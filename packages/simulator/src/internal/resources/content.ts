import * as Effect from "effect/Effect"
import type { Connection, Content } from "../content/model.js"
import { referred, type Site } from "../content/world.js"
import * as Field from "../lists/field.js"
import { itemReply, type Listing, listReply } from "../lists/listing.js"
import type { Parts } from "../lists/selection.js"
import { type Attributes, type Element, element, list } from "../protocol/element.js"
import { ok, type Reply, type SessionCall } from "../session/call.js"
import type { Handler } from "./handler.js"
import { find, type Kind, visibleTo } from "./kind.js"

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

/** A connection. A password never comes back. */
export const describeConnection = (site: Site, connection: Connection): Element => {
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
      authenticationType: connection.authenticationType,
      queryTaggingEnabled: connection.queryTaggingEnabled ?? false
    },
    [datasource && element("datasource", { id: datasource.id, name: datasource.name })]
  )
}

const connectionsReply = ({ site }: SessionCall, item: Content): Reply =>
  ok(
    list(
      "connections",
      site.connectionsOf(item).map((connection) => describeConnection(site, connection))
    )
  )

/** The address of an item's page in the browser. */
const webpage = (origin: string, site: Site, path: string): string =>
  site.contentUrl === "" ? `${origin}/#/${path}` : `${origin}/#/site/${site.contentUrl}/${path}`

/** The listing of workbooks, data sources or flows: their common parts, and those of the kind itself. */
export const contentListing = <A extends Content & { readonly description: string | undefined }>(
  { origin, site }: SessionCall,
  name: string,
  options: {
    readonly attributes: (item: A) => Attributes
    readonly parts: Parts
    readonly fields: Field.Fields<A>
    /** What follows the item's id in the address of its page. */
    readonly page?: string
  }
): Listing<A> => {
  const { attributes, page = "", parts } = options
  const belongingsOf = belongings(site)
  return {
    item: name,
    list: `${name}s`,
    describe: (item) => {
      const { owner, project, tags } = belongingsOf(item)
      return element(
        name,
        {
          id: item.id,
          name: item.name,
          description: item.description,
          webpageUrl: webpage(origin, site, `${name}s/${item.id}${page}`),
          createdAt: item.createdAt,
          updatedAt: item.updatedAt,
          // V8 copies a spread fast only if it is the last property.
          ...attributes(item)
        },
        [project, owner, tags]
      )
    },
    parts: {
      usual: [
        ...["id", "name", "description", "webpageUrl", "createdAt", "updatedAt", ...parts.usual],
        ...belongingParts.usual
      ],
      extra: [...parts.extra, ...belongingParts.extra]
    },
    fields: { ...contentFields(site), ...options.fields }
  }
}

/** Handlers for a kind of content: list, get and connections. */
export const forKind = <A extends Content, Parameter extends string>(
  kind: Kind<A, Parameter>,
  listing: (call: SessionCall) => Listing<A>
): Readonly<Record<"list", Handler> & Record<"get" | "connections", Handler<Parameter>>> => ({
  list: (call) => listReply(call, listing(call), kind.of(call.site), visibleTo(call)),
  get: (call) => Effect.map(find(kind, call), (item) => itemReply(listing(call), item)),
  connections: (call) => Effect.map(find(kind, call), (item) => connectionsReply(call, item))
})
