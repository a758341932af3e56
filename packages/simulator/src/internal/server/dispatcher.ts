import type { IncomingMessage, ServerResponse } from "node:http"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Fault, Response } from "../../Fault.js"
import { headersOf } from "../content/files.js"
import type { Storage } from "../content/storage.js"
import type { World } from "../content/world.js"
import type { Jobs } from "../jobs/jobs.js"
import type { Access, Deployment } from "../operations/facts.js"
import { facts, type Operation } from "../operations/table.js"
import * as Errors from "../protocol/errorResponse.js"
import * as Scope from "../protocol/scope.js"
import * as Version from "../protocol/version.js"
import * as Handlers from "../resources/handlers.js"
import type { Asterisk, Call, Reply, ServerInfo, SessionCall } from "../session/call.js"
import type { SpentJwts } from "../session/identity.js"
import type { Sessions } from "../session/sessions.js"
import type { Uploads } from "../uploads/uploads.js"
import { parts, payload } from "./body.js"
import * as Diagnostics from "./diagnostics.js"
import type { Faults } from "./faults.js"
import type * as Log from "./log.js"
import * as Redaction from "./redaction.js"
import * as Responses from "./response.js"
import * as Router from "./router.js"

/** The state of a running simulator. */
export interface Server {
  readonly world: World
  readonly sessions: Sessions
  readonly jobs: Jobs
  readonly storage: Storage
  readonly uploads: Uploads
  readonly spentJwts: SpentJwts
  readonly info: ServerInfo
  readonly log: Log.Log<Operation | "unknown">
  readonly faults: Faults
  readonly latency: Duration.Duration
  readonly asterisk: Asterisk
  readonly listLag: Duration.Duration
}

/** A request that has been resolved and logged, but not yet handled. */
interface Arrival {
  readonly request: IncomingMessage
  readonly resolved: Router.Resolved
  readonly query: string
  readonly entry: Log.Entry<Operation | "unknown">
}

const arrive = (
  { log }: Server,
  request: IncomingMessage,
  listener: Log.Entry<Operation>["listener"]
): Effect.Effect<Arrival> =>
  Effect.gen(function* () {
    const method = request.method ?? ""
    const [path = "", ...rest] = (request.url ?? "").split("?")
    const query = rest.join("?")
    const resolved = Router.resolve(method, path)
    const entry: Log.Entry<Operation | "unknown"> = {
      operation: resolved._tag === "Found" ? resolved.operation : "unknown",
      method,
      path: Redaction.path(path),
      query: Redaction.query(query),
      headers: Redaction.headers(request.headers),
      listener,
      user: undefined,
      site: undefined,
      status: undefined
    }
    yield* log.arrived(entry)
    return { request, resolved, query, entry }
  })

const exchange = ({ entry, request }: Arrival, output: ServerResponse): Responses.Exchange => ({
  request,
  output,
  onStatus: (status) => {
    entry.status = status
  }
})

const tokenOf = ({ headers }: IncomingMessage): string => {
  const token = headers["x-tableau-auth"]
  return typeof token === "string" ? token : ""
}

/** Fails if the version of the request does not have the operation. */
const requireVersion = (
  operation: Operation,
  since: string,
  version: Version.ApiVersion | undefined
): Effect.Effect<void, Errors.ErrorResponse> => {
  const minimum = Version.parse(since)
  if (minimum === undefined || (version !== undefined && Version.isAtLeast(version, minimum))) return Effect.void
  const unsupported = Handlers.unsupported[operation] ?? Errors.endpointNotFound
  return Effect.fail(unsupported(`${operation} needs API version ${since}.`))
}

/** Finds the session of the token, and checks that it may use the operation and the site in the path. */
const authorize = (
  server: Server,
  { entry, request }: Arrival,
  access: Access,
  siteId: string | undefined
): Effect.Effect<Pick<SessionCall, "session" | "site">, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const token = tokenOf(request)
    if (token === "") return yield* Errors.noToken
    const started = yield* Effect.flatten(server.sessions.use(token)).pipe(Effect.mapError(() => Errors.invalidToken))
    // The user may have been changed since the sign-in.
    const session = { ...started, user: started.site.users.find(started.user.id) ?? started.user }
    entry.user = session.user.name
    entry.site = session.site.contentUrl
    const { proof, site } = session
    if (access !== "no scope" && access !== "no token" && "scopes" in proof && !Scope.grants(proof.scopes, access)) {
      // Tableau has no code of its own for a missing scope: the response is that of an invalid token.
      return yield* Errors.invalidToken
    }
    if (siteId !== undefined && siteId !== site.id) {
      return yield* server.world.sites.some(({ id }) => id === siteId)
        ? Errors.forbidden("The token was issued for another site.")
        : Errors.siteNotFound
    }
    return { session, site }
  })

const requireDeployment = (
  operation: Operation,
  deployment: Deployment | undefined,
  { cloud }: ServerInfo
): Effect.Effect<void, Errors.ErrorResponse> => {
  if (deployment === "Server" && cloud) {
    return Effect.fail(Errors.notOnCloud(`${operation} is not supported for Tableau Cloud.`))
  }
  return deployment === "Cloud" && !cloud
    ? Effect.fail(Errors.endpointNotFound(`${operation} exists on Tableau Cloud only.`))
    : Effect.void
}

const notSimulated = (operation: Operation): Effect.Effect<never, Errors.ErrorResponse> =>
  Effect.andThen(
    Effect.logWarning(`The simulator has no handler for ${operation}: the response is 501.`),
    Effect.fail(Errors.notSimulated(`${operation} exists in Tableau, but the simulator has no handler for it.`))
  )

/** Checks a request of any operation, and passes it to the handler of its operation. */
const handle = (server: Server, arrival: Arrival, shift: number): Effect.Effect<Reply, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    // Jobs need no fiber of their own: only a request can see what they have done.
    yield* server.jobs.settle
    const { query, request, resolved } = arrival
    if (resolved._tag === "NotFound") return yield* Errors.pathNotFound
    if (resolved._tag === "WrongVerb") {
      return yield* Errors.wrongVerb(`Request type was not ${resolved.allowed.join(" or ")}.`)
    }
    const { operation, parameters } = resolved
    const [, since, access, deployment] = facts(operation)
    yield* requireVersion(operation, since, resolved.version ?? Version.parse(server.info.apiVersion))
    const call: Call<string> = {
      world: server.world,
      sessions: server.sessions,
      jobs: server.jobs,
      spentJwts: server.spentJwts,
      info: server.info,
      origin: `${"encrypted" in request.socket ? "https" : "http"}://${request.headers.host ?? "127.0.0.1"}`,
      parameter: (name) => parameters.get(name) ?? "",
      query: new URLSearchParams(query),
      header: (name) => {
        const value = request.headers[name]
        return typeof value === "string" ? value : undefined
      },
      shift,
      asterisk: server.asterisk,
      listLag: server.listLag,
      payload: yield* Effect.cached(payload(request)),
      parts: parts(request, server.storage),
      storage: server.storage,
      uploads: server.uploads,
      version: resolved.version
    }
    if (access === "no token") {
      const handler = Handlers.open[operation]
      return yield* handler === undefined ? notSimulated(operation) : handler(call)
    }
    const session = yield* authorize(server, arrival, access, parameters.get("siteId"))
    yield* requireDeployment(operation, deployment, server.info)
    const handler = Handlers.signedIn[operation]
    return yield* handler === undefined ? notSimulated(operation) : handler({ ...call, ...session })
  })

/** Services outside `/api/{version}` have JSON only. */
const formatOf = ({ request, resolved }: Arrival): string | undefined =>
  resolved._tag === "Found" && resolved.version === undefined ? "application/json" : request.headers.accept

const act = (server: Server, arrival: Arrival, fault: Fault | undefined): Effect.Effect<Responses.StreamedResponse> => {
  const { entry, request } = arrival
  const render = (status: number, content: Reply["content"]): Response => {
    const response = Responses.render(status, content, formatOf(arrival), server.info.apiVersion)
    Diagnostics.responses.publish({ operation: entry.operation, ...response })
    return response
  }
  const shift = fault?._tag === "ShiftItems" ? fault.by : 0
  const endSession = Effect.flatMap(
    server.sessions.use(tokenOf(request)),
    Option.match({ onNone: () => Effect.void, onSome: server.sessions.end })
  )
  return Effect.when(endSession, () => fault?._tag === "EndSession").pipe(
    Effect.andThen(handle(server, arrival, shift)),
    Effect.map(({ content, file, location, session, status }): Responses.StreamedResponse => {
      if (session !== undefined) {
        entry.user = session.user.name
        entry.site = session.site.contentUrl
      }
      if (file !== undefined) return { status, headers: headersOf(file), body: file.body }
      const rendered = render(status, content)
      return location === undefined ? rendered : { ...rendered, headers: { ...rendered.headers, location } }
    }),
    Effect.catchTag("ErrorResponse", (error) => Effect.succeed(render(error.status, [Errors.toElement(error)]))),
    // A defect of the simulator: logged here, and not described to the client.
    Effect.catchAllDefect((defect) =>
      Effect.as(
        Effect.logError("The simulator failed to handle a request", defect),
        render(500, [Errors.toElement(Errors.internalError)])
      )
    )
  )
}

/** Responds to a request, with the next fault that was injected for its operation. */
export const dispatch = (server: Server, request: IncomingMessage, response: ServerResponse): Effect.Effect<void> =>
  Effect.gen(function* () {
    const arrival = yield* arrive(server, request, "main")
    // With a test clock even a sleep of zero would wait for the clock to be adjusted.
    if (Duration.greaterThan(server.latency, Duration.zero)) yield* Effect.sleep(server.latency)
    const fault = yield* server.faults.take(arrival.entry.operation)
    const date = new Date(yield* Clock.currentTimeMillis).toUTCString()
    const exchanged = { ...exchange(arrival, response), date }
    yield* Responses.guarded(exchanged, Responses.respond(exchanged, act(server, arrival, fault), fault))
  })

/** Redirects a request to the same path below `origin`, without reading its body. */
export const redirect = (
  server: Server,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse
): Effect.Effect<void> =>
  Effect.flatMap(arrive(server, request, "redirect"), (arrival) =>
    Responses.send(exchange(arrival, response), {
      status: 301,
      headers: { location: `${origin}${request.url ?? "/"}`, connection: "close" },
      body: ""
    })
  )
