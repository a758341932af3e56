/** Publishes and waits. What is published twice would be another revision, or fail: so a workflow looks before it sends again. */
import * as Path from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Filter, Ids, Jobs, Operation, Response, Sort, TableauError, TableauSession, Xml } from "effect-tableau"
import { Content, defaultProject, type Publishing, sameName } from "./content.js"
import { CredentialsUnavailable } from "./errors.js"
import * as Files from "./files.js"
import { ended, JobReference, referenceOf } from "./job.js"
import type { PublicationCredentials } from "./options.js"
import { isDenied, mayTryAgain, patiently, type Run } from "./run.js"
import { PublishError } from "./schemas.js"

/** What a workflow knows before it acts. */
const Begun = Schema.Struct({
  siteId: Schema.String,
  /** By the clock of the server. Absent if its responses have no date. */
  at: Schema.optional(Schema.DateTimeUtc),
  file: Files.FileState,
  fileName: Schema.String,
  name: Schema.String,
  projectId: Ids.ProjectId,
  /** What has the name in the project. */
  before: Schema.optional(Content)
})

type Begun = Schema.Schema.Type<typeof Begun>

const Uploaded = Schema.Struct({ uploadSessionId: Ids.UploadSessionId })

const Sent = Schema.Union(
  Schema.TaggedStruct("Job", { job: JobReference }),
  Schema.TaggedStruct("Published", { content: Content }),
  /** The server certainly has not acted on this attempt. */
  Schema.TaggedStruct("NotSent", { error: Schema.Union(TableauError.schema, CredentialsUnavailable) }),
  /** The server does not know the upload. */
  Schema.TaggedStruct("NoUpload", { error: TableauError.schema }),
  Schema.TaggedStruct("Unknown", { detail: Schema.String })
)

type Sent = Schema.Schema.Type<typeof Sent>

const Look = Schema.Union(
  Schema.TaggedStruct("Job", { job: JobReference }),
  Schema.TaggedStruct("Published", { content: Content }),
  Schema.TaggedStruct("Nothing", { canSeeJobs: Schema.Boolean })
)

const killed = "A process ended after it may have published the file, and before it stored the result."

const advice = "Look at the content and its revisions, and start a workflow with another key if it was not published."

/** How often a file is uploaded again because the server has forgotten it. */
const uploadLimit = 3

/** The time of the server. */
const serverTime = Operation.make({
  name: "Projects.list",
  request: "GET /sites/{siteId}/projects",
  since: "2.0",
  scope: "tableau:content:read",
  input: () => ({ query: { pageSize: 1 } }),
  response: Response.map(Response.elements(Xml.struct({}, {})), (_, { date }) => ({ date }))
})

const extension = /^(?<stem>.*?)(?:\.(?<type>[^.]*))?$/s

/** The name of the file, and of what is published. */
const namesOf = ({ element, payload, types }: Publishing) =>
  Effect.gen(function* () {
    const paths = yield* Path.Path
    const fileName = paths.basename(payload.path)
    const { stem = "", type = "" } = extension.exec(fileName)?.groups ?? {}
    // What is known to fail fails before the upload, which can take hours.
    if (types.includes(type.toLowerCase())) return { fileName, name: payload.name ?? stem.normalize() }
    const endings = types.map((one) => `.${one}`).join(", ")
    return yield* new TableauError.BadRequest({
      operation: `publish ${element}`,
      acted: "no",
      detail: `The name of the file must end with one of ${endings}.`
    })
  })

const inProject = (contents: ReadonlyArray<Content>, projectId: Ids.ProjectId): Content | undefined =>
  contents.find((content) => content.projectId === projectId)

const begin = (run: Run, publishing: Publishing) =>
  patiently(run, {
    name: "begin",
    success: Begun,
    error: PublishError,
    execute: run.onSite(
      Effect.gen(function* () {
        const names = yield* namesOf(publishing)
        const file = yield* Files.stateOf(publishing.payload.path)
        const session = yield* TableauSession
        const projectId = publishing.payload.projectId ?? (yield* defaultProject)
        const { date } = yield* serverTime()
        const before = inProject(yield* publishing.named(names.name), projectId)
        const { site } = yield* session.current
        return { ...names, siteId: site.id, at: date, file, projectId, before }
      })
    )
  })

const isNewer = (now: Content, before: Content | undefined): boolean => {
  if (before === undefined || now.id !== before.id) return true
  return (
    now.updatedAt !== undefined &&
    before.updatedAt !== undefined &&
    DateTime.greaterThan(now.updatedAt, before.updatedAt)
  )
}

/** What has the name in the project now. Lists lag behind: content that existed before is requested by its id. */
const present = ({ get, named }: Publishing, { before, name, projectId }: Begun) =>
  Effect.gen(function* () {
    const same =
      before === undefined
        ? undefined
        : yield* Effect.catchTag(get(before.id), "NotFound", () => Effect.succeed(undefined))
    return same ?? inProject(yield* named(name), projectId)
  })

/** The job of the publication: jobs that publish do not say which content that is, but they have its name. */
const publishJob = ({ element }: Publishing, { at, name }: Begun) =>
  Effect.gen(function* () {
    if (element === "flow" || at === undefined) return undefined
    const { items } = yield* Jobs.list({
      filter: [Filter.gte("createdAt", at)],
      sort: [Sort.asc("createdAt")],
      fields: ["createdAt", "jobType", "title"]
    })
    const isWanted = ({ jobType = "", title }: Jobs.BackgroundJob) =>
      /publish/i.test(jobType) && jobType.toLowerCase().includes(element) && sameName(title, name)
    return Option.getOrUndefined(yield* Stream.runHead(Stream.filter(items, isWanted)))
  })

/** Looks for what an attempt of unknown outcome may have left. */
const lookOnce = (publishing: Publishing, begun: Begun) =>
  Effect.gen(function* () {
    const now = yield* present(publishing, begun)
    if (now !== undefined && isNewer(now, begun.before)) return { _tag: "Published" as const, content: now }
    return yield* publishJob(publishing, begun).pipe(
      Effect.map((job) =>
        job === undefined
          ? { _tag: "Nothing" as const, canSeeJobs: true }
          : { _tag: "Job" as const, job: referenceOf(job) }
      ),
      Effect.catchIf(isDenied, () => Effect.succeed({ _tag: "Nothing" as const, canSeeJobs: false }))
    )
  })

const look = (run: Run, publishing: Publishing, begun: Begun, round: number, detail: string) =>
  Effect.gen(function* () {
    let waited = 0
    for (let number = 1; ; number++) {
      const found = yield* patiently(run, {
        name: `look ${round}.${number}`,
        success: Look,
        error: PublishError,
        execute: run.onSite(lookOnce(publishing, begun), begun.siteId)
      })
      if (found._tag !== "Nothing") return found
      if (waited >= run.settings.listDelay) {
        if (found.canSeeJobs) return undefined
        const why =
          "To find a job that still publishes it, the user of the session must be an administrator of the site."
        return yield* run.unknown(detail, why)
      }
      if (!run.hasTime) return yield* run.unknown(detail, advice)
      const pause = Math.min(run.pace(number - 1), run.settings.listDelay - waited)
      waited += pause
      yield* run.sleep(`look ${round}.${number}, pause`, pause)
    }
  })

/** What an error is called: the rest of it may hold a secret. */
const nameOf = (error: unknown): string =>
  Predicate.hasProperty(error, "_tag") ? String(error._tag) : error instanceof Error ? error.name : typeof error

/** Sends the request that publishes, once, and only if it is certain that this attempt has not sent it. */
const send = (
  run: Run,
  { submit }: Publishing,
  { fileName, name, projectId }: Begun,
  uploadSessionId: Ids.UploadSessionId,
  attempt: string,
  credentials: Effect.Effect<PublicationCredentials, unknown>
) =>
  Effect.gen(function* () {
    const given = yield* Effect.either(credentials)
    if (Either.isLeft(given)) {
      const error = new CredentialsUnavailable({ workflow: run.workflow, failure: nameOf(given.left) })
      return { _tag: "NotSent" as const, error }
    }
    if (!(yield* run.attempts.begin(attempt))) return { _tag: "Unknown" as const, detail: killed }
    return yield* submit({ uploadSessionId, name: fileName }, { name, projectId }, given.right).pipe(
      Effect.map((sent): Sent => (sent._tag === "Job" ? { _tag: "Job", job: referenceOf(sent.job) } : sent)),
      Effect.catchAll((error): Effect.Effect<Sent, TableauError.TableauError> => {
        // Tableau's code for an upload that it does not know.
        if (error._tag === "NotFound" && error.code === "404015") {
          return Effect.succeed({ _tag: "NoUpload" as const, error })
        }
        if (error.acted !== "no") return Effect.succeed({ _tag: "Unknown" as const, detail: error.message })
        return mayTryAgain(error) ? Effect.succeed({ _tag: "NotSent" as const, error }) : Effect.fail(error)
      })
    )
  })

/** The content that a job has published: the job does not say which it is. */
const publishedBy = (run: Run, publishing: Publishing, begun: Begun, job: JobReference) =>
  Effect.gen(function* () {
    let waited = 0
    for (let number = 1; ; number++) {
      const { content } = yield* patiently(run, {
        name: `find ${number}`,
        success: Schema.Struct({ content: Schema.optional(Content) }),
        error: PublishError,
        execute: run.onSite(
          Effect.map(present(publishing, begun), (content) => ({ content })),
          begun.siteId
        )
      })
      if (content !== undefined && isNewer(content, begun.before)) return content
      if (waited >= run.settings.listDelay || !run.hasTime) {
        // Overwriting within a second does not change `updatedAt`.
        if (content !== undefined) return content
        return yield* new TableauError.NotFound({
          operation: run.workflow,
          acted: "yes",
          detail: `Job ${job.id} has published the file, and no list has it yet. Do not publish it again: look for it by its name.`
        })
      }
      const pause = Math.min(run.pace(number - 1), run.settings.listDelay - waited)
      waited += pause
      yield* run.sleep(`find ${number}, pause`, pause)
    }
  })

const upload = (run: Run, { payload }: Publishing, begun: Begun, number: number) =>
  patiently(run, {
    name: `upload ${number}`,
    success: Uploaded,
    error: PublishError,
    execute: run.onSite(Files.upload(payload.path, begun.fileName, begun.file), begun.siteId)
  })

/** Publishes once, however often a process is killed. */
const submitted = (
  run: Run,
  publishing: Publishing,
  begun: Begun,
  credentials: Effect.Effect<PublicationCredentials, unknown>
) =>
  Effect.gen(function* () {
    let uploads = 1
    let { uploadSessionId } = yield* upload(run, publishing, begun, uploads)
    let isRerun = false
    for (let round = 1; ; round++) {
      const attempt = yield* run.prepare(round)
      const sent = yield* patiently(run, {
        name: `publish ${round}`,
        success: Sent,
        error: PublishError,
        execute: run.onSite(send(run, publishing, begun, uploadSessionId, attempt, credentials), begun.siteId)
      }).pipe(
        Effect.mapError((error) =>
          isRerun && error._tag === "Conflict" ? run.unknown(`${killed} ${error.message}`, advice) : error
        )
      )
      if (sent._tag === "Job" || sent._tag === "Published") return { ...sent, start: "started" as const }
      if (!isRerun && sent._tag === "NoUpload") {
        if (uploads === uploadLimit) return yield* Effect.fail(sent.error)
        uploads += 1
        uploadSessionId = (yield* upload(run, publishing, begun, uploads)).uploadSessionId
        continue
      }
      if (!isRerun && sent._tag === "NotSent") {
        if (!run.hasTime) return yield* Effect.fail(sent.error)
        yield* run.sleep(`publish ${round}, pause`, run.pace(round - 1))
        continue
      }
      const detail = sent._tag === "Unknown" ? sent.detail : `${killed} ${sent.error.message}`
      const wasRerun = isRerun
      isRerun = true
      const found = yield* look(run, publishing, begun, round, detail)
      if (found !== undefined) return { ...found, start: "found" as const }
      // A server forgets an upload when it is published: it may have been, or not.
      if (wasRerun && sent._tag === "NoUpload") return yield* run.unknown(detail, advice)
    }
  })

export const publish = (
  run: Run,
  publishing: Publishing,
  credentials: Effect.Effect<PublicationCredentials, unknown>
) =>
  Effect.gen(function* () {
    const begun = yield* begin(run, publishing)
    const sent = yield* submitted(run, publishing, begun, credentials)
    const { start } = sent
    if (sent._tag === "Published") return { ...sent.content, start, job: undefined }
    yield* ended(run, sent.job, begun.siteId)
    return { ...(yield* publishedBy(run, publishing, begun, sent.job)), start, job: sent.job.id }
  })
