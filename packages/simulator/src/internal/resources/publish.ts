import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { may, maySee } from "../content/access.js"
import type { Collection } from "../content/collection.js"
import type { Connection, Content, JobType, Project } from "../content/model.js"
import * as Packages from "../content/packages.js"
import type { StoredFile } from "../content/storage.js"
import { type Site, same } from "../content/world.js"
import * as Dates from "../protocol/dates.js"
import { attribute, child, children, type Element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { fromXml } from "../protocol/xml.js"
import { accepted, created, type Parts, type Reply, type SessionCall } from "../session/call.js"
import * as Uploads from "../uploads/uploads.js"
import { flag } from "./body.js"
import * as FileUploads from "./fileUploads.js"
import * as Jobs from "./jobs.js"

export type Mode = "create" | "overwrite" | "append" | "replace"

/** A file that has arrived completely. */
interface Source {
  readonly file: StoredFile
  readonly type: string
  readonly upload: Uploads.Upload | undefined
}

/** What a request publishes, after all checks that need no other content. */
export interface Publication {
  readonly given: Element
  readonly name: string
  readonly project: Project
  readonly mode: Mode
  readonly source: Source
  readonly summary: Packages.Summary
  readonly connections: ReadonlyArray<Omit<Connection, "id">>
}

/** How one kind of content is published. */
export interface Publishing<A extends Content> {
  readonly element: string
  /** The part of the body that has the file. */
  readonly part: string
  /** The query parameter with the type of an uploaded file. */
  readonly typeParameter: string
  readonly types: ReadonlyArray<string>
  readonly modes: ReadonlyArray<Exclude<Mode, "create">>
  readonly job: JobType | undefined
  readonly items: (site: Site) => Collection<A>
  readonly errors: {
    readonly badFileName: Errors.ErrorResponse
    readonly badType: Errors.ErrorResponse
    readonly twoFiles: Errors.ErrorResponse
    readonly noPayload: Errors.ErrorResponse
    readonly noName: Errors.ErrorResponse
    readonly failed: (detail: string) => Errors.ErrorResponse
    readonly exists: (name: string) => Errors.ErrorResponse
    readonly notFound: Errors.ErrorResponse
  }
  /** Checks that only this kind of content has. */
  readonly check?: (call: SessionCall, publication: Publication) => Effect.Effect<void, Errors.ErrorResponse>
  /** The item, new or changed. */
  readonly make: (
    call: SessionCall,
    publication: Publication,
    place: Place<A>
  ) => Effect.Effect<A, Errors.ErrorResponse>
  readonly describe: (call: SessionCall, item: A) => Reply
}

/** Where an item is published. */
export interface Place<A> {
  readonly existing: A | undefined
  readonly now: string
}

/** A collection can have a million items, which need no memory while they are read one by one. */
const first = <A>(items: Collection<A>, isOne: (item: A) => boolean): A | undefined => {
  for (const item of items.items()) if (isOne(item)) return item
  return undefined
}

const booleans: Readonly<Record<string, boolean>> = { true: true, false: false }

const flagOf = ({ query }: SessionCall, name: string): Effect.Effect<boolean, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const value = booleans[(query.get(name) ?? "false").toLowerCase()]
    return value === undefined
      ? Effect.fail(Errors.invalidParameter(`${name} is true or false.`))
      : Effect.succeed(value)
  })

const modeOf = (
  call: SessionCall,
  modes: ReadonlyArray<Exclude<Mode, "create">>
): Effect.Effect<Mode, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const given = yield* Effect.filter(modes, (mode) => flagOf(call, mode))
    const [mode = "create", ...more] = given
    return more.length === 0 ? mode : yield* Errors.severalModes
  })

const extensionOf = (fileName: string): string => /\.([a-z]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? ""

const sourceOf = <A extends Content>(
  call: SessionCall,
  { attachments }: Parts,
  { errors, part, typeParameter, types }: Publishing<A>
): Effect.Effect<Source, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const uploadId = call.query.get("uploadSessionId")
    const [attachment, ...more] = attachments
    if (uploadId !== null && uploadId !== "") {
      if (attachment !== undefined) return yield* errors.twoFiles
      const type = call.query.get(typeParameter)?.toLowerCase() ?? ""
      if (!types.includes(type)) return yield* errors.badType
      const upload = yield* FileUploads.findUpload(call, uploadId)
      const file = Uploads.contentOf(upload)
      return file.size === 0 ? yield* errors.failed("The upload has no data.") : { file, type, upload }
    }
    if (more.length > 0) return yield* errors.twoFiles
    if (attachment?.name !== part || attachment.size === 0) {
      return yield* Errors.badRequest(`The body has no part ${part}, or it is empty.`)
    }
    const { requestLimit } = call.uploads.limits
    if (attachment.size > requestLimit) {
      return yield* errors.failed(`The file exceeds the maximum of ${requestLimit} bytes. Use a file upload.`)
    }
    const type = extensionOf(attachment.fileName ?? "")
    return types.includes(type) ? { file: attachment.file, type, upload: undefined } : yield* errors.badFileName
  })

const payloadOf = <A extends Content>(
  { payload }: Parts,
  { element, errors }: Publishing<A>
): Effect.Effect<Element, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    if (payload.trim() === "") return Effect.fail(errors.noPayload)
    const root = fromXml(payload)
    if (Either.isLeft(root)) return Effect.fail(Errors.badRequest(`The request_payload is malformed: ${root.left}`))
    const given = root.right.name === "tsRequest" ? child(root.right, element) : undefined
    if (given === undefined) return Effect.fail(errors.noPayload)
    // Tableau's reference has the connections of flows beside the flow, its Python client has them inside.
    const beside = child(root.right, "connections")
    return Effect.succeed(beside === undefined ? given : { ...given, children: [...given.children, beside] })
  })

const maximumLength = 255

const nameOf = (given: Element, missing: Errors.ErrorResponse): Effect.Effect<string, Errors.ErrorResponse> => {
  const name = attribute(given, "name")?.trim() ?? ""
  return name === "" || name.length > maximumLength ? Effect.fail(missing) : Effect.succeed(name)
}

const projectOf = ({ session, site }: SessionCall, given: Element): Effect.Effect<Project, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const id = attribute(child(given, "project"), "id") ?? ""
    const isDefault = (project: Project) => project.parentId === undefined && same(project.name, "default")
    const project = id === "" ? first(site.projects, isDefault) : site.projects.find(id)
    if (project === undefined || !maySee(site, session.user, project)) return Effect.fail(Errors.projectNotFound)
    return may(site, session.user, "Write", project) ? Effect.succeed(project) : Effect.fail(Errors.notAPublisher)
  })

interface Credentials {
  readonly userName: string
  readonly embedPassword: boolean
}

/** The password is not kept. */
const credentialsOf = (owner: Element): Effect.Effect<Credentials | undefined, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const given = child(owner, "connectionCredentials")
    if (given === undefined) return undefined
    const embedPassword = (yield* flag(given, "embed")) ?? false
    yield* flag(given, "oAuth")
    return { userName: attribute(given, "name") ?? "", embedPassword }
  })

const givenConnection = (given: Element) =>
  Effect.gen(function* () {
    const serverAddress = attribute(given, "serverAddress")?.trim() ?? ""
    const port = attribute(given, "serverPort") ?? ""
    if (serverAddress === "") return yield* Errors.badRequest("A <connection> has no serverAddress.")
    if (!/^\d{0,5}$/.test(port)) return yield* Errors.badRequest("serverPort is a number.")
    return {
      serverAddress,
      serverPort: port === "" ? undefined : Number(port),
      credentials: yield* credentialsOf(given)
    }
  })

/** The connections of the file with the credentials of the request, and connections that only the request has. */
const connectionsOf = (
  { site }: SessionCall,
  given: Element,
  { connections }: Packages.Summary
): Effect.Effect<Publication["connections"], Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const all = yield* credentialsOf(given)
    const requested = yield* Effect.forEach(children(child(given, "connections"), "connection"), givenConnection)
    const inFile = connections.map(({ datasourceUrl, ...connection }) => ({
      ...connection,
      embedPassword: false,
      datasourceId: datasourceUrl && first(site.datasources, ({ contentUrl }) => contentUrl === datasourceUrl)?.id
    }))
    const matches = (one: (typeof requested)[number]) => (other: (typeof inFile)[number]) =>
      same(one.serverAddress, other.serverAddress) &&
      (one.serverPort === undefined || other.serverPort === 0 || one.serverPort === other.serverPort)
    const known = inFile.map((connection) => {
      const own = requested.find((one) => matches(one)(connection))
      return { ...connection, serverPort: own?.serverPort ?? connection.serverPort, ...(own?.credentials ?? all) }
    })
    const added = requested
      .filter((one) => !inFile.some(matches(one)))
      .map(({ credentials, serverAddress, serverPort = 0 }) => ({
        type: inFile[0]?.type ?? "genericodbc",
        serverAddress,
        serverPort,
        userName: "",
        embedPassword: false,
        datasourceId: undefined,
        ...credentials
      }))
    return [...known, ...added]
  })

/** Hosts below `.invalid` cannot be reached (RFC 2606). All others can. */
const checkConnections = (connections: Publication["connections"]): Effect.Effect<void, Errors.ErrorResponse> => {
  const silent = connections.find(({ serverAddress }) => /(^|\.)invalid$/i.test(serverAddress))
  return silent === undefined ? Effect.void : Effect.fail(Errors.connectionCheckFailed(silent.serverAddress))
}

/** Connections of the same address keep their ids. */
const setConnections = (site: Site, item: Content, connections: Publication["connections"], isNew: boolean): void => {
  const before = isNew ? [] : site.connectionsOf(item)
  const taken = new Set<string>()
  site.setConnections(
    item,
    connections.map((connection) => {
      const same = before.find(
        ({ id, serverAddress, type }) =>
          !taken.has(id) && serverAddress === connection.serverAddress && type === connection.type
      )
      const id = same?.id ?? site.newConnectionId()
      taken.add(id)
      return { ...connection, id }
    })
  )
}

/** The item of the name in the project, if the mode permits that there is one, or that there is none. */
const findExisting = <A extends Content>(
  { session, site }: SessionCall,
  { mode, name, project }: Pick<Publication, "mode" | "name" | "project">,
  { errors, items }: Publishing<A>
): Effect.Effect<A | undefined, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const existing = first(items(site), (item) => item.projectId === project.id && same(item.name, name))
    if (existing === undefined) {
      return mode === "append" || mode === "replace" ? Effect.fail(errors.notFound) : Effect.succeed(undefined)
    }
    if (mode === "create") return Effect.fail(errors.exists(name))
    return may(site, session.user, "Write", existing) ? Effect.succeed(existing) : Effect.fail(Errors.notAPublisher)
  })

const commit = <A extends Content>(
  call: SessionCall,
  publication: Publication,
  kind: Publishing<A>,
  now: string
): Effect.Effect<A, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const { connections, mode, source } = publication
    const { session, site } = call
    const existing = yield* findExisting(call, publication, kind)
    const item = yield* kind.make(call, publication, { existing, now })
    const current = existing && site.publishedOf(existing, site.revisionCountOf(existing))
    const file =
      mode === "append" && current !== undefined
        ? { segments: [...current.file.segments, ...source.file.segments], size: current.file.size + source.file.size }
        : source.file
    const published = { file, extension: source.type, publishedAt: now, publisherId: session.user.id }
    site.publish(item, published, existing === undefined)
    setConnections(site, item, connections, existing === undefined)
    return item
  })

/** A handler that publishes a kind of content. */
export const handler =
  <A extends Content>(kind: Publishing<A>) =>
  (call: SessionCall): Effect.Effect<Reply, Errors.ErrorResponse> =>
    Effect.gen(function* () {
      const { errors } = kind
      if (!FileUploads.mayPublish(call.session.user)) return yield* Errors.notAPublisher
      const mode = yield* modeOf(call, kind.modes)
      const asJob = yield* flagOf(call, "asJob")
      const skipCheck = yield* flagOf(call, "skipConnectionCheck")
      if (call.header("content-length") === undefined) return yield* Errors.badRequest("There is no Content-Length.")
      return yield* FileUploads.withParts(call, call.uploads.limits.requestLimit, (parts) =>
        Effect.gen(function* () {
          const given = yield* payloadOf(parts, kind)
          const name = yield* nameOf(given, errors.noName)
          const source = yield* sourceOf(call, parts, kind)
          const project = yield* projectOf(call, given)
          const summary = yield* Effect.mapError(Packages.summarize(source.file, source.type), errors.failed)
          const connections = yield* connectionsOf(call, given, summary)
          if (!skipCheck) yield* checkConnections(connections)
          const publication = { given, name, project, mode, source, summary, connections }
          if (kind.check !== undefined) yield* kind.check(call, publication)
          if (source.upload !== undefined) {
            // Two requests may publish the same upload.
            yield* FileUploads.findUpload(call, source.upload.id)
          }
          if (asJob && kind.job !== undefined) {
            yield* findExisting(call, publication, kind)
            const job = yield* Jobs.start(call, {
              type: kind.job,
              jobType: `publish_${kind.element}`,
              title: name,
              onSuccess: (endedAt) => Effect.asVoid(commit(call, publication, kind, endedAt))
            })
            if (source.upload !== undefined) call.uploads.end(source.upload)
            return accepted(Jobs.describe(call.site, job))
          }
          const item = yield* commit(call, publication, kind, yield* Dates.now)
          if (source.upload !== undefined) call.uploads.end(source.upload)
          const { major, minor } = call.version ?? { major: 0, minor: 0 }
          return {
            ...created(...kind.describe(call, item).content),
            location: `/api/${major}.${minor}/sites/${call.site.id}/${kind.element}s/${item.id}`
          }
        })
      )
    })

/** A content URL that none of the others is, without regard to case. */
export const contentUrl = (name: string, others: Iterable<string>): string => {
  const plain = name.replaceAll(/[^\p{L}\p{N}]/gu, "")
  const base = plain === "" ? "Untitled" : plain
  const taken = new Set<string>()
  for (const url of others) if (url.toLowerCase().startsWith(base.toLowerCase())) taken.add(url.toLowerCase())
  let url = base
  for (let number = 0; taken.has(url.toLowerCase()); number += 1) url = `${base}_${number}`
  return url
}

const megabyte = 1024 * 1024

/** In whole megabytes, at least 1. */
export const megabytes = ({ size }: StoredFile): number => Math.max(1, Math.ceil(size / megabyte))
