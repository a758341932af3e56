/** Publishes and waits. What is published twice would be another revision, or fail: so a workflow looks before it sends again. */

import * as Path from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  Filter,
  Ids,
  Jobs,
  Operation,
  Response,
  type Revisions,
  Sort,
  TableauError,
  TableauSession,
  Xml
} from "effect-tableau"
import { Content, defaultProject, type Publishing, sameName } from "./content.js"
import { CredentialsUnavailable, reasonOf, WrongSite } from "./errors.js"
import * as Files from "./files.js"
import { ended, FollowError, JobReference, notFollowed, referenceOf } from "./job.js"
import type { PublicationCredentials } from "./options.js"
import { activity, here, isAccepted, isDenied, mayPass, mayTryAgain, patiently, type Run, Site } from "./run.js"
import { PublishError } from "./schemas.js"

/** What a workflow knows before it acts. */
const Begun = Schema.Struct({
  site: Site,
  file: Files.FileState,
  fileName: Schema.String,
  name: Schema.String,
  projectId: Ids.ProjectId
})

type Begun = Schema.Schema.Type<typeof Begun>

/** What is known right before an attempt. */
const Prepared = Schema.Struct({
  attempt: Schema.String,
  /** By the clock of the server. Absent if its responses have no date. */
  at: Schema.optional(Schema.DateTimeUtc),
  userId: Ids.UserId,
  /** What has the name in the project. */
  before: Schema.optional(Content),
  /** The number of its newest revision. */
  revision: Schema.optional(Schema.Int)
})

type Prepared = Schema.Schema.Type<typeof Prepared>

const Uploaded = Schema.Struct({ uploadSessionId: Ids.UploadSessionId })

const Sent = Schema.Union(
  Schema.TaggedStruct("Job", { job: JobReference }),
  Schema.TaggedStruct("Published", { content: Content }),
  /** The server certainly has not acted on this attempt. */
  Schema.TaggedStruct("NotSent", { error: Schema.Union(TableauError.schema, WrongSite) }),
  /** The server does not know the upload. */
  Schema.TaggedStruct("NoUpload", { error: TableauError.schema }),
  Schema.TaggedStruct("Unknown", { detail: Schema.String, isAccepted: Schema.Boolean })
)

type Sent = Schema.Schema.Type<typeof Sent>

const Look = Schema.Union(
  Schema.TaggedStruct("Published", { content: Content }),
  Schema.TaggedStruct("Nothing", {
    /** The jobs that publish content of this name: it can be that of another project. */
    jobs: Schema.Literal("none", "running", "ended", "hidden"),
    hasChanged: Schema.Boolean
  })
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

const numbersOf = (revisions: ReadonlyArray<Revisions.Revision>): ReadonlyArray<number> =>
  revisions.flatMap(({ revisionNumber }) => (revisionNumber === undefined ? [] : [revisionNumber]))

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
        const projectId = publishing.payload.projectId ?? (yield* defaultProject)
        return { ...names, site: yield* here, file, projectId }
      })
    )
  })

/** What an error is called: the rest of it may hold a secret. */
const nameOf = (error: unknown): string =>
  Predicate.hasProperty(error, "_tag") ? String(error._tag) : error instanceof Error ? error.name : typeof error

const noResponse = "TimeoutException"

/** The credentials, from a store that may be down or hang. A defect would be the result of the workflow, with what it says. */
const given = (run: Run, credentials: Effect.Effect<PublicationCredentials, unknown>) =>
  credentials.pipe(
    Effect.catchAllDefect(Effect.fail),
    Effect.mapError(nameOf),
    // Reading them may be uninterruptible.
    Effect.disconnect,
    Effect.timeoutFail({ duration: Duration.millis(run.patience), onTimeout: () => noResponse }),
    Effect.mapError((failure) => new CredentialsUnavailable({ workflow: run.workflow, failure }))
  )

/**
 * Prepares an attempt, in an activity of its own right before that of the attempt: so a process that is killed elsewhere leaves
 * no doubt. The credentials are read before, as that can take longer than an attempt may.
 */
const prepare = (
  run: Run,
  { named, revisions }: Publishing,
  { name, projectId, site }: Begun,
  round: number,
  credentials: Effect.Effect<PublicationCredentials, unknown>
) =>
  patiently(
    run,
    {
      name: `prepare ${round}`,
      success: Prepared,
      error: PublishError,
      execute: run.onSite(
        Effect.gen(function* () {
          const secrets = yield* given(run, credentials)
          const session = yield* TableauSession
          const { user } = yield* session.current
          const { date } = yield* serverTime()
          const before = inProject(yield* named(name), projectId)
          const numbers = numbersOf(before === undefined ? [] : yield* revisions(before.id))
          const revision = numbers.length === 0 ? undefined : Math.max(...numbers)
          return { attempt: yield* run.attempts.prepare(secrets), at: date, userId: user.id, before, revision }
        }),
        site
      )
    },
    (error) => (error._tag === "CredentialsUnavailable" && error.failure === noResponse ? run.patience : 0)
  )

const isBefore = (now: Content, before: Content | undefined): boolean => now.id === before?.id

/** Whether something has changed the content since then: a publication, or also a refresh or a new name. */
const isNewer = (now: Content, before: Content | undefined): boolean => {
  if (!isBefore(now, before)) return true
  const [time, timeBefore] = [now.updatedAt, before?.updatedAt]
  return time !== undefined && timeBefore !== undefined && DateTime.greaterThan(time, timeBefore)
}

/** Whether this user has published the content since then. Lists lag behind, so content that is new to them may be older. */
const isPublished = ({ revisions }: Publishing, now: Content, { at, before, revision, userId }: Prepared) => {
  const { createdAt, id, ownerId } = now
  if (!isBefore(now, before)) {
    const isNew = at !== undefined && createdAt !== undefined && DateTime.greaterThanOrEqualTo(createdAt, at)
    return Effect.succeed(isNew && ownerId === userId)
  }
  if (revision === undefined) return Effect.succeed(false)
  return Effect.map(revisions(id), (all) =>
    all.some(({ publisher, revisionNumber = 0 }) => revisionNumber > revision && (publisher?.id ?? userId) === userId)
  )
}

/** What has the name in the project now. Lists lag behind: content that existed before is requested by its id. */
const present = ({ get, named }: Publishing, { name, projectId }: Begun, { before }: Prepared) =>
  Effect.gen(function* () {
    const same =
      before === undefined
        ? undefined
        : yield* Effect.catchTag(get(before.id), "NotFound", () => Effect.succeed(undefined))
    return same ?? inProject(yield* named(name), projectId)
  })

/** Types of jobs that have the name of content and do not publish it. */
const anotherJob = {
  workbook: /refresh|increment|extract|subscription|thumbnail|flow|data_?source/i,
  datasource: /refresh|increment|extract|subscription|thumbnail|flow|workbook/i
}

/** Jobs that publish do not say which content that is, but they have its name. */
const publishJobs = ({ element }: Publishing, { name }: Begun, { at }: Prepared) =>
  Effect.gen(function* () {
    // Flows are published without a job.
    if (element === "flow") return "none" as const
    if (at === undefined) return "hidden" as const
    const { items } = yield* Jobs.list({
      filter: [Filter.gte("createdAt", at)],
      sort: [Sort.asc("createdAt")],
      fields: ["createdAt", "jobType", "status", "title"]
    })
    // Names of job types are not documented, so only a type that is known to be another does not count.
    const others = element === "workbook" ? anotherJob.workbook : anotherJob.datasource
    const isWanted = ({ jobType = "", title }: Jobs.BackgroundJob) => !others.test(jobType) && sameName(title, name)
    const jobs = [...(yield* Stream.runCollect(Stream.filter(items, isWanted)))]
    if (jobs.length === 0) return "none" as const
    const isRunning = jobs.some(({ status }) => status === "Pending" || status === "InProgress")
    return isRunning ? ("running" as const) : ("ended" as const)
  }).pipe(Effect.catchIf(isDenied, () => Effect.succeed("hidden" as const)))

/** Looks for what an attempt of unknown outcome may have left. */
const lookOnce = (publishing: Publishing, begun: Begun, since: Prepared) =>
  Effect.gen(function* () {
    // In this order a job that ends meanwhile has left its content.
    const jobs = yield* publishJobs(publishing, begun, since)
    const now = yield* present(publishing, begun, since)
    if (now !== undefined && (yield* isPublished(publishing, now, since))) {
      return { _tag: "Published" as const, content: now }
    }
    return { _tag: "Nothing" as const, jobs, hasChanged: now !== undefined && isNewer(now, since.before) }
  })

const jobAdvice = "To find a job that still publishes it, the user of the session must be an administrator of the site."

/** What an attempt of unknown outcome has published. Undefined if it is certain that it has published nothing. */
const look = (run: Run, publishing: Publishing, begun: Begun, since: Prepared, round: number, detail: string) =>
  Effect.gen(function* () {
    let waited = 0
    for (let number = 1; ; number++) {
      const found = yield* patiently(run, {
        name: `look ${round}.${number}`,
        success: Look,
        error: PublishError,
        execute: run
          .onSite(lookOnce(publishing, begun, since), begun.site)
          .pipe(
            Effect.tap((found) =>
              found._tag === "Published" ? run.log(`found ${found.content.id}, which it has published`) : Effect.void
            )
          )
      })
      if (found._tag === "Published") return found.content
      const { hasChanged, jobs } = found
      const isRunning = jobs === "running"
      if (!isRunning && waited >= run.settings.listDelay) {
        const change = "The content has changed since, and a publication is only one of the possible reasons."
        if (hasChanged) return yield* run.unknown(`${detail} ${change}`, advice)
        if (jobs === "ended") return yield* run.unknown(`${detail} A job that publishes this name has ended.`, advice)
        return jobs === "hidden" ? yield* run.unknown(detail, jobAdvice) : undefined
      }
      if (!run.hasTime) return yield* run.unknown(detail, advice)
      const pace = run.pace(number - 1)
      const pause = isRunning ? pace : Math.min(pace, run.settings.listDelay - waited)
      // What a job publishes may be missing from lists after it has ended.
      waited = isRunning ? 0 : waited + pause
      yield* run.sleep(`look ${round}.${number}, pause`, pause)
    }
  })

const unknown = { _tag: "Unknown" as const, detail: killed, isAccepted: false }

/** Sends the request that publishes, once, and only if it is certain that this attempt has not sent it. */
const send = (
  run: Run,
  { submit }: Publishing,
  { fileName, name, projectId }: Begun,
  uploadSessionId: Ids.UploadSessionId,
  { attempt }: Prepared
) =>
  Effect.gen(function* () {
    const beginning = yield* run.attempts.begin(attempt)
    if (beginning._tag === "Unknown") return unknown
    if (beginning._tag === "Late") return { _tag: "NotSent" as const, error: run.late }
    return yield* submit({ uploadSessionId, name: fileName }, { name, projectId }, beginning.credentials).pipe(
      (request) => run.sendSoon(request),
      Effect.map((sent): Sent => (sent._tag === "Job" ? { _tag: "Job", job: referenceOf(sent.job) } : sent)),
      Effect.catchAll((error): Effect.Effect<Sent, TableauError.TableauError> => {
        // Tableau's code for an upload that it does not know.
        if (error._tag === "NotFound" && error.code === "404015") {
          return Effect.succeed({ _tag: "NoUpload" as const, error })
        }
        if (error.acted !== "no") {
          return Effect.succeed({ _tag: "Unknown" as const, detail: error.message, isAccepted: isAccepted(error) })
        }
        return mayTryAgain(error) ? Effect.succeed({ _tag: "NotSent" as const, error }) : Effect.fail(error)
      })
    )
  })

/** One attempt. If the session cannot be used, nothing was sent: the attempt leaves no doubt. */
const attempt = (
  run: Run,
  publishing: Publishing,
  begun: Begun,
  uploadSessionId: Ids.UploadSessionId,
  prepared: Prepared,
  round: number
) =>
  activity({
    name: `publish ${round}`,
    success: Sent,
    error: PublishError,
    execute: run.onSite(send(run, publishing, begun, uploadSessionId, prepared), begun.site).pipe(
      Effect.catchAll((error) =>
        mayPass(error) ? Effect.succeed({ _tag: "NotSent" as const, error }) : Effect.fail(error)
      ),
      (first) => run.attempts.once(prepared.attempt, first, unknown),
      Effect.tap((sent) => {
        if (sent._tag === "NotSent") return run.waits(reasonOf(sent.error))
        if (sent._tag === "Unknown") return run.looks(sent.detail)
        if (sent._tag === "Job") return run.log(`started job ${sent.job.id}`)
        return sent._tag === "Published" ? run.log(`published ${sent.content.id}`) : Effect.void
      })
    )
  })

/** The content that the job of this workflow has published: the job does not say which it is. */
const publishedBy = (run: Run, publishing: Publishing, begun: Begun, prepared: Prepared, job: JobReference) =>
  Effect.gen(function* () {
    let waited = 0
    for (let number = 1; ; number++) {
      const { content } = yield* patiently(run, {
        name: `find ${number}`,
        success: Schema.Struct({ content: Schema.optional(Content) }),
        error: FollowError,
        execute: run.onSite(
          Effect.map(present(publishing, begun, prepared), (content) => ({ content })),
          begun.site
        )
      })
      if (content !== undefined && isNewer(content, prepared.before)) return content
      if (waited >= run.settings.listDelay || !run.hasTime) {
        // Overwriting within a second does not change `updatedAt`.
        if (content !== undefined) return content
        return yield* new TableauError.NotFound({
          operation: run.workflow,
          acted: "yes",
          detail: "The job has published the file, and no list has it yet."
        })
      }
      const pause = Math.min(run.pace(number - 1), run.settings.listDelay - waited)
      waited += pause
      yield* run.sleep(`find ${number}, pause`, pause)
    }
  }).pipe(Effect.mapError(notFollowed(run, job)))

const upload = (run: Run, { payload }: Publishing, begun: Begun, number: number) =>
  patiently(run, {
    name: `upload ${number}`,
    success: Uploaded,
    error: PublishError,
    execute: run.onSite(Files.upload(payload.path, begun.fileName, begun.file), begun.site)
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
    /** The first attempt whose outcome is unknown: what it has published may appear later. */
    let doubt: { readonly since: Prepared; readonly detail: string } | undefined
    for (let round = 1; ; round++) {
      const inDoubt = doubt?.detail
      const prepared = yield* run.inDoubt(inDoubt, advice, prepare(run, publishing, begun, round, credentials))
      const first = attempt(run, publishing, begun, uploadSessionId, prepared, round)
      const sent = yield* run.inDoubt(inDoubt, advice, first)
      if (sent._tag === "Job" || sent._tag === "Published") return { ...sent, start: "started" as const, prepared }
      if (inDoubt === undefined && sent._tag === "NoUpload") {
        if (uploads === uploadLimit) return yield* Effect.fail(sent.error)
        uploads += 1
        uploadSessionId = (yield* upload(run, publishing, begun, uploads)).uploadSessionId
        continue
      }
      if (sent._tag === "Unknown") doubt ??= { since: prepared, detail: sent.detail }
      if (doubt !== undefined) {
        const detail = sent._tag === "Unknown" ? sent.detail : `${doubt.detail} ${sent.error.message}`
        const looked = look(run, publishing, begun, doubt.since, round, detail)
        const content = yield* run.inDoubt(detail, advice, looked)
        if (content !== undefined) return { _tag: "Published" as const, content, start: "found" as const }
        // A server forgets an upload when it is published: it may have been, or not.
        const isFinal = sent._tag === "NoUpload" || (sent._tag === "Unknown" && sent.isAccepted)
        if (isFinal || !run.hasTime) return yield* run.unknown(detail, advice)
      } else if (sent._tag === "NotSent" && !run.hasTime) return yield* Effect.fail(sent.error)
      yield* run.sleep(`publish ${round}, pause`, run.pace(round - 1))
    }
  })

const resultOf = ({ id, name, projectId, updatedAt, webpageUrl }: Content) => ({
  id,
  name,
  projectId,
  updatedAt,
  webpageUrl
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
    if (sent._tag === "Published") return { ...resultOf(sent.content), start, job: undefined }
    yield* ended(run, sent.job, begun.site)
    const content = yield* publishedBy(run, publishing, begun, sent.prepared, sent.job)
    return { ...resultOf(content), start, job: sent.job.id }
  }).pipe((workflow) => run.logged(workflow))
