/** Publishes files: in one request, or after an upload in blocks; and awaits the job that publishes them. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ConnectionCredentials, Credentials } from "../../Connections.js"
import * as FileUploads from "../../FileUploads.js"
import type { ProjectId } from "../../Ids.js"
import * as Jobs from "../../Jobs.js"
import * as Operation from "../../Operation.js"
import * as Response from "../../Response.js"
import {
  type CallError,
  Conflict,
  ConnectionFailed,
  NotFound,
  ServerFault,
  TimedOut,
  type UploadMismatch
} from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import type * as Upload from "../../Upload.js"
import * as ApiVersion from "../apiVersion.js"
import { elapsed } from "../clock.js"
import { adviceOf } from "../errors/advice.js"
import { fieldsOf } from "../errors/fields.js"
import { shown } from "../jobs/observation.js"
import { Job } from "../models/job.js"
import { check } from "../operation/call.js"
import { idProblem } from "../operation/request.js"
import { secretsIn } from "../operation/requestBody.js"
import * as Spec from "../operation/spec.js"
import { readDuration } from "../session/options.js"
import { checkOptions } from "../upload/engine.js"
import * as Timing from "../upload/timing.js"
import { isUploaded, statedSizeProblem, TypeId } from "../uploadFile.js"
import * as Published from "./published.js"
import type { Resource } from "./resource.js"

/**
 * How content is published.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** By default the name of the file without its ending. */
  readonly name?: string | undefined
  /** By default the default project of the site. */
  readonly projectId?: ProjectId | undefined
  readonly description?: string | undefined
  /** How the file is sent. */
  readonly upload?: Upload.Options | undefined
  /**
   * How long the server may take to publish a file that was uploaded in blocks. By default 30 minutes, or the
   * `requestTimeout` of the session if that is longer. Prefer `asJob` for files that take long. A file that is sent in one
   * request has the `requestTimeout` of the session, or `stallTimeout`.
   */
  readonly publishTimeout?: Duration.DurationInput | undefined
}

/**
 * Whether the server publishes in the background.
 *
 * @since 0.1.0
 * @category options
 */
export interface JobOptions {
  /**
   * Whether the server publishes in the background, so that no gateway ends a request that takes long. The call awaits the
   * job, with these options if there are some, and finds what it has published by project and name. While the job runs, after
   * the last `onProgress`, the call reports nothing: `publishAsJob` with `Jobs.watch` shows its progress. Jobs that publish
   * cannot be cancelled: an interruption leaves them. It needs API version 3.0. By default false.
   */
  readonly asJob?: boolean | Omit<Jobs.AwaitOptions, "onInterrupt"> | undefined
}

type Payload = Readonly<Record<string, object | undefined>>

/** What a resource says of itself. */
export interface Kind<Id extends string, A, I, O> {
  readonly resource: Resource<Id>
  readonly since: string
  /** The endings of its files. */
  readonly types: ReadonlyArray<string>
  readonly modes: ReadonlyArray<string>
  readonly model: Schema.Schema<A, I>
  /** What the request says of the content. */
  readonly content: (name: string, options: O | undefined) => Content
}

export interface Content {
  readonly payload: Payload
  readonly query?: Readonly<Record<string, boolean | undefined>>
  readonly mode: string | undefined
  /** The first API version of each option that was given. */
  readonly since?: ReadonlyArray<string | undefined>
  /** Why the options cannot be sent. */
  readonly problem?: string | undefined
}

/** An element that names something by its id. */
export const reference = <Id extends string>(id: Id | undefined) => (id === undefined ? undefined : { id })

/** Why one of these values is not an id. */
export const idsProblem = (ids: Readonly<Record<string, string | undefined>>): string | undefined =>
  Object.entries(ids)
    .map(([name, id]) => (id === undefined ? undefined : idProblem(name, id)))
    .find((problem) => problem !== undefined)

/** A request to change content: servers accept one that changes nothing, and it is a mistake. */
export const changes = <Element extends string>(
  element: Element,
  properties: Exclude<Payload[string], undefined>,
  ids: Readonly<Record<string, string | undefined>>,
  since?: string
) => {
  const isEmpty = Object.values(properties).every((value) => value === undefined)
  const problem = isEmpty ? "There is nothing to change." : idsProblem(ids)
  return problem === undefined ? { since, xml: { [element]: properties } } : Operation.invalidInput(problem)
}

/** The first API version of an option, if it is given. */
export const sinceWith = (option: unknown, since: string): string | undefined =>
  option === undefined ? undefined : since

export const credentialsOf = (credentials: Credentials | undefined) =>
  credentials && {
    name: credentials.name,
    password: credentials.password,
    embed: credentials.embed,
    oAuth: credentials.oAuth
  }

export const connectionsOf = (connections: ReadonlyArray<ConnectionCredentials> = []) =>
  connections.length === 0
    ? undefined
    : {
        connection: connections.map(({ credentials, serverAddress, serverPort }) => ({
          serverAddress,
          serverPort,
          connectionCredentials: credentialsOf(credentials)
        }))
      }

/** Servers accept credentials of all connections, or of each one. */
export const credentialsProblem = (options: {
  readonly connections?: ReadonlyArray<ConnectionCredentials> | undefined
  readonly credentials?: Credentials | undefined
}): string | undefined =>
  options.credentials !== undefined && options.connections !== undefined && options.connections.length > 0
    ? "Both `credentials` and `connections` are given: a request can have one of them."
    : undefined

/** A file of at most 32 MiB is sent in one request: servers accept 64 MB. */
const defaultSingleRequestLimit = 32 * 1024 * 1024

type Line = `POST /sites/{siteId}/${string}`

/** A request without its file. */
export interface Plan {
  readonly target: Published.Target
  readonly type: string
  readonly query: Readonly<Record<string, string | boolean | undefined>>
  readonly since: string
  readonly payload: Payload
}

const ending = /^(?<stem>.*?)(?:\.(?<type>[^.]*))?$/s

const latest = (versions: ReadonlyArray<string | undefined>): string =>
  versions.reduce<string>((one, other) => (other === undefined || ApiVersion.includes(one, other) ? one : other), "2.0")

/** The request without its file, or why it cannot be sent. */
const planOf = <O extends Options>(
  kind: Pick<Kind<string, unknown, unknown, O>, "types" | "modes" | "since" | "content">,
  fileName: string,
  options: O | undefined,
  asJob: boolean
): Plan | Operation.InvalidInput => {
  const groups = ending.exec(fileName)?.groups
  const type = groups?.["type"]?.toLowerCase() ?? ""
  if (!kind.types.includes(type)) {
    const endings = kind.types.map((type) => `.${type}`).join(", ")
    return Operation.invalidInput(
      `The file is named ${JSON.stringify(fileName.slice(0, 100))}: its name must end with one of ${endings}.`
    )
  }
  // Some systems decompose the letters of file names: such a name looks the same and is not found by those who type it.
  const name = options?.name ?? groups?.["stem"]?.normalize() ?? ""
  if (name.trim() === "") return Operation.invalidInput("There is no name: give `name`.")
  const projectId = options?.projectId
  const { mode, payload, problem = idsProblem({ projectId }), query, since = [] } = kind.content(name, options)
  if (problem !== undefined) return Operation.invalidInput(problem)
  // A mode that is not known would be sent as a parameter that servers ignore: they would create.
  if (mode !== undefined && !kind.modes.includes(mode)) {
    const modes = kind.modes.map((mode) => JSON.stringify(mode)).join(", ")
    return Operation.invalidInput(`\`mode\` is ${JSON.stringify(String(mode).slice(0, 100))}; it is one of ${modes}.`)
  }
  const isNew = mode === undefined || mode === "create"
  return {
    target: { name, projectId, mayExist: !isNew },
    type,
    query: { ...(isNew ? {} : { [mode]: true }), asJob: asJob ? true : undefined, ...query },
    since: latest([kind.since, asJob ? "3.0" : undefined, ...since]),
    payload
  }
}

const existsAdvice =
  'Content of this name may exist in the project: use another name, or publish with `mode: "overwrite"` to replace it.'

const missingAdvice =
  "The project has no data source of this name, or the user may not see it: check `name` and `projectId`, or create it first."

const unknownAdvice = "The server may have published the file: look for the content before you publish it again."

const slowAdvice =
  "The server may still be publishing: look for the content before you publish it again. With `asJob: true` the server publishes in the background, and no request takes long."

const isErrorOf = (error: unknown, operation: string): boolean =>
  Predicate.hasProperty(error, "operation") && error.operation === operation

/** Says what to do about errors that mean something else where a file is published. Those of its upload mean what they say. */
const advised =
  (operation: string) =>
  <E>(error: E): E | Conflict | ConnectionFailed | NotFound | ServerFault | TimedOut => {
    if (!isErrorOf(error, operation)) return error
    if (error instanceof Conflict && adviceOf(error.code) === undefined) {
      return new Conflict({ ...fieldsOf(error), hint: existsAdvice })
    }
    if (error instanceof NotFound && error.code === "404004") {
      return new NotFound({ ...fieldsOf(error), hint: missingAdvice })
    }
    if (error instanceof ConnectionFailed && error.acted !== "no") {
      return new ConnectionFailed({ ...error, hint: unknownAdvice })
    }
    if (error instanceof ServerFault && error.acted !== "no" && error.status !== 501) {
      return new ServerFault({ ...fieldsOf(error), hint: error.status === 504 ? slowAdvice : unknownAdvice })
    }
    return error instanceof TimedOut && error.acted !== "no" && error.phase !== "connect"
      ? new TimedOut({
          ...fieldsOf(error),
          after: error.after,
          phase: error.phase,
          proxy: error.proxy,
          hint: slowAdvice
        })
      : error
  }

const defaultPublishTimeout = Duration.minutes(30)

/** The session for the request that publishes what was uploaded. */
const publishing = (operation: string, publishTimeout: Duration.DurationInput | undefined) =>
  Effect.gen(function* () {
    const session = yield* TableauSession
    const requestTimeout =
      publishTimeout === undefined ? undefined : yield* readDuration(operation, "publishTimeout", publishTimeout)
    const timing =
      requestTimeout === undefined
        ? { leastTimeout: defaultPublishTimeout }
        : { requestTimeout, leastTimeout: requestTimeout }
    return TableauSession.of({ ...session, run: (call, scope) => session.run({ ...call, timing }, scope) })
  })

const factsOf = <Id extends string>({ path }: Resource<Id>, name: string, since: string) => ({
  name,
  request: `POST /sites/{siteId}/${path}` as const,
  since,
  scope: `tableau:${path}:create` as const,
  budget: "publishes" as const
})

/** The request without its file, or why the file cannot be sent so. Recipes show what they would publish. */
export const planOfFile = <O extends Options>(
  kind: Pick<Kind<string, unknown, unknown, O>, "types" | "modes" | "since" | "content">,
  file: Upload.File<unknown, unknown> | Upload.Uploaded,
  options: O | undefined,
  asJob: boolean
): Plan | Operation.InvalidInput => {
  if (isUploaded(file)) return planOf(kind, file.name, options, asJob)
  const { singleRequestLimit = 0 } = options?.upload ?? {}
  const sizeProblem = file.size === 0 ? `${JSON.stringify(file.name.slice(0, 200))} is empty.` : statedSizeProblem(file)
  const problem =
    singleRequestLimit >= 0 ? sizeProblem : `\`singleRequestLimit\` is ${singleRequestLimit}; it is a number of bytes.`
  return problem === undefined ? planOf(kind, file.name, options, asJob) : Operation.invalidInput(problem)
}

/** The request without its file. */
const inputOf = (plan: Plan | Operation.InvalidInput) =>
  "target" in plan ? { query: plan.query, since: plan.since, multipart: { request_payload: plan.payload } } : plan

/** A file, and how much of it has been read for the last attempt to send it: it is all read if it is in memory. */
const countedFile = <E, R>(file: Upload.File<E, R>) => {
  if (file[TypeId].bytes !== undefined) return { file, bytesRead: () => Number.POSITIVE_INFINITY }
  let bytesRead = 0
  const content = Stream.suspend(() => {
    bytesRead = 0
    return Stream.mapChunks(file.content, (chunk) => {
      for (const { length } of chunk) bytesRead += length
      return chunk
    })
  })
  return { file: { ...file, content }, bytesRead: () => bytesRead }
}

/** Sends the file in one request, or in blocks before the request. Nothing is sent twice once a server may have acted. */
const submitting =
  (element: string, facts: ReturnType<typeof factsOf>, send: Operation.Send<Line>) =>
  <B, E, R>(
    plan: Plan | Operation.InvalidInput,
    file: Upload.File<E, R> | Upload.Uploaded,
    options: Options | undefined,
    response: Response.Value<B>
  ): Effect.Effect<B, CallError | UploadMismatch | E, TableauSession | R> =>
    Effect.suspend(() => {
      const { upload = {} } = options ?? {}
      if (!("target" in plan)) return send(plan, response)
      const { payload, query, since, type } = plan
      /** Whether the server may have all that it needs to publish. */
      let isComplete = () => false

      const inOneRequest = (whole: Upload.File<E, R>, size: number) => {
        const counted = countedFile(whole)
        isComplete = () => counted.bytesRead() >= size
        const multipart = { request_payload: payload, [`tableau_${element}`]: counted.file }
        const progress = { bytes: size, total: size }
        return Effect.tap(
          send({ query, since, multipart }, response),
          () => upload.onProgress?.(progress) ?? Effect.void
        )
      }

      const inBlocks = Effect.gen(function* () {
        // What is known to fail fails before the upload, which can take hours.
        yield* check(Spec.make(facts), inputOf(plan))
        const session = yield* publishing(facts.name, options?.publishTimeout)
        const { uploadSessionId } = isUploaded(file) ? file : yield* FileUploads.upload(file, upload)
        isComplete = () => true
        const committed = { ...query, uploadSessionId, [`${element}Type`]: type }
        const publish = send({ query: committed, since, multipart: { request_payload: payload } }, response)
        return yield* Effect.provideService(publish, TableauSession, session)
      })

      const { singleRequestLimit = defaultSingleRequestLimit } = upload
      const isSmall = !isUploaded(file) && file.size !== undefined && file.size <= singleRequestLimit
      const session = isSmall ? Timing.session(facts.name, upload) : Timing.bound
      const published = isSmall ? inOneRequest(file, file.size) : inBlocks
      return checkOptions(facts.name, upload).pipe(
        Effect.andThen(session),
        Effect.flatMap((session) => Effect.provideService(published, TableauSession, session)),
        Timing.within(facts.name, upload, () => (isComplete() ? "unknown" : "no")),
        Effect.mapError(advised(facts.name))
      )
    })

interface Started {
  readonly job: Job
  /** The same job, fit for errors. */
  readonly shown: Job
}

const started = Response.map(
  Response.element("job", Job),
  (job, { sanitize }): Started => ({ job, shown: shown(job, sanitize) })
)

/** A session whose errors never contain these secrets, although its requests do not have them. Lists bind its site. */
const sessionWithout = (
  session: TableauSession.Service,
  secrets: ReturnType<typeof secretsIn>
): TableauSession.Service => ({
  ...session,
  run: (call, scope) => session.run({ ...call, secrets: [...(call.secrets ?? []), ...secrets] }, scope),
  withSite: (contentUrl) => sessionWithout(session.withSite(contentUrl), secrets)
})

/** What the server says after a publication, as of its job or of a refresh, can repeat the passwords of the publication. */
export const withoutSecrets =
  (payload: Payload) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | TableauSession> =>
    Effect.flatMap(TableauSession, (session) =>
      Effect.provideService(effect, TableauSession, sessionWithout(session, secretsIn(payload)))
    )

/** The errors of polls say nothing of the job, which may succeed: the user needs the job. */
const awaited = (operation: string, { job, shown }: Started, { deadline, schedule }: Jobs.AwaitOptions) =>
  Effect.clockWith((clock) => {
    const start = elapsed(clock)
    return Effect.catchAll(Jobs.await(job, { deadline, schedule }), (error) =>
      error.category === "job"
        ? Effect.fail(error)
        : new Jobs.JobTimedOut({
            operation,
            acted: "yes",
            job: shown,
            after: Duration.millis(elapsed(clock) - start),
            lastError: error.message
          })
    )
  })

const operations = [FileUploads.initiate, FileUploads.append]

// Below, a nested call would take the type parameters of the file away.

/** Publishes a file within the request, and returns the content. */
export const publishWithoutJob = <Id extends string, A, I, O extends Options>(kind: Kind<Id, A, I, O>) => {
  const facts = factsOf(kind.resource, `${kind.resource.name}.publish`, kind.since)
  const call = Operation.generic(
    facts,
    (send) =>
      <E = never, R = never>(
        file: Upload.File<E, R> | Upload.Uploaded,
        options?: O
      ): Effect.Effect<A, CallError | UploadMismatch | E, TableauSession | R> =>
        submitting(kind.resource.element, facts, send)(
          planOfFile(kind, file, options, false),
          file,
          options,
          Response.element(kind.resource.element, kind.model)
        )
  )
  return Operation.composite(operations, call)
}

/** Publishes a file in the background, and returns the job. */
export const publishAsJob = <Id extends string, A, I, O extends Options>(kind: Kind<Id, A, I, O>) => {
  const facts = factsOf(kind.resource, `${kind.resource.name}.publishAsJob`, "3.0")
  const call = Operation.generic(
    facts,
    (send) =>
      <E = never, R = never>(
        file: Upload.File<E, R> | Upload.Uploaded,
        options?: O
      ): Effect.Effect<Job, CallError | UploadMismatch | E, TableauSession | R> =>
        submitting(kind.resource.element, facts, send)(
          planOfFile(kind, file, options, true),
          file,
          options,
          Response.element("job", Job)
        )
  )
  return Operation.composite(operations, call)
}

/** Publishes a file and returns the content, also if a job publishes it. */
export const publish = <Id extends string, A extends Published.Content, I, O extends Options>(
  kind: Kind<Id, A, I, O>,
  list: Operation.Any & Published.List<A>,
  projects: Operation.Any & Published.ProjectList
) => {
  const { element, name } = kind.resource
  const facts = factsOf(kind.resource, `${name}.publish`, kind.since)
  const call = Operation.generic(
    facts,
    (send) =>
      <E = never, R = never>(
        file: Upload.File<E, R> | Upload.Uploaded,
        options?: O & JobOptions
      ): Effect.Effect<A, CallError | UploadMismatch | Jobs.JobError | E, TableauSession | R> =>
        Effect.suspend(() => {
          const { asJob = false } = options ?? {}
          const submit = submitting(element, facts, send)
          const plan = planOfFile(kind, file, options, asJob !== false)
          if (asJob === false || !("target" in plan)) {
            return submit(plan, file, options, Response.element(element, kind.model))
          }
          const awaiting = asJob === true ? {} : asJob
          // The session may be switched while the job runs.
          return Timing.onOneSite(
            Effect.gen(function* () {
              if (awaiting.deadline !== undefined) {
                yield* readDuration(facts.name, "asJob.deadline", awaiting.deadline)
              }
              yield* check(Spec.make(facts), inputOf(plan))
              const before = yield* Published.named(list, plan.target.name)
              const job = yield* submit(plan, file, options, started)
              yield* awaited(facts.name, job, awaiting)
              return yield* Published.find(facts.name, list, projects, plan.target, before, job.shown.id)
            }).pipe(withoutSecrets(plan.payload))
          )
        })
  )
  return Operation.composite([...operations, Jobs.await, list, projects], call)
}
