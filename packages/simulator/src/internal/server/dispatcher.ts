import type { IncomingMessage, ServerResponse } from "node:http"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Fault } from "../../Fault.js"
import { headersOf } from "../content/files.js"
import type { World } from "../content/world.js"
import * as Refusal from "../protocol/errorResponse.js"
import * as Scope from "../protocol/scope.js"
import * as Version from "../protocol/version.js"
import type { Operation } from "../resources/routes.js"
import type { Call, Reply, ServerInfo } from "../session/call.js"
import type { SpentJwts } from "../session/identity.js"
import type { Sessions } from "../session/sessions.js"
import { payload } from "./body.js"
import * as Diagnostics from "./diagnostics.js"
import type { Faults } from "./faults.js"
import * as Log from "./log.js"
import * as Answers from "./response.js"
import * as Router from "./router.js"

export interface Server {
  readonly world: World
  readonly sessions: Sessions
  readonly spentJwts: SpentJwts
  readonly info: ServerInfo
  readonly log: Log.Log<Operation>
  readonly faults: Faults
  readonly latency: Duration.Duration
}

/** A request with what is known of it before anything is done. */
interface Arrival {
  readonly request: IncomingMessage
  readonly resolved: Router.Resolved
  readonly query: string
  readonly entry: Log.Entry<Operation>
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
    const entry: Log.Entry<Operation> = {
      operation: resolved._tag === "Found" ? resolved.route.operation : "unknown",
      method,
      path,
      query,
      headers: Log.publicHeaders(request.headers),
      listener,
      user: undefined,
      site: undefined,
      status: undefined
    }
    yield* log.arrived(entry)
    return { request, resolved, query, entry }
  })

const exchange = ({ entry, request }: Arrival, response: ServerResponse): Answers.Exchange => ({
  request,
  response,
  onStatus: (status) => {
    entry.status = status
  }
})

const tokenOf = ({ headers }: IncomingMessage): string => {
  const token = headers["x-tableau-auth"]
  return typeof token === "string" ? token : ""
}

/** What every request goes through before its handler, whatever the operation. */
const handle = (
  server: Server,
  { entry, query, request, resolved }: Arrival,
  shift: number
): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function* () {
    if (resolved._tag === "NotFound") return yield* Refusal.pathNotFound
    if (resolved._tag === "WrongVerb") {
      return yield* Refusal.wrongVerb(`Request type was not ${resolved.allowed.join(" or ")}.`)
    }
    const { parameters, route, version } = resolved
    const minimum = Version.parse(route.since)
    if (minimum !== undefined && !Version.isAtLeast(version, minimum)) {
      const tooOld = route.path.includes("/tags") ? Refusal.tagsNotFound : Refusal.endpointNotFound
      return yield* tooOld(`${route.operation} needs API version ${route.since}.`)
    }
    const call: Call<string> = {
      world: server.world,
      sessions: server.sessions,
      spentJwts: server.spentJwts,
      info: server.info,
      origin: `${"encrypted" in request.socket ? "https" : "http"}://${request.headers.host ?? "127.0.0.1"}`,
      parameter: (name) => parameters.get(name) ?? "",
      query: new URLSearchParams(query),
      shift,
      payload: yield* Effect.cached(payload(request))
    }
    if (route.access === "open") return yield* route.handle(call)
    const token = tokenOf(request)
    if (token === "") return yield* Refusal.noToken
    const started = yield* Effect.flatten(server.sessions.use(token)).pipe(Effect.mapError(() => Refusal.deadToken))
    // Users change while they are signed in.
    const session = { ...started, user: started.site.users.find(started.user.id) ?? started.user }
    entry.user = session.user.name
    entry.site = session.site.contentUrl
    const { proof } = session
    if (route.scope !== undefined && "scopes" in proof && !Scope.grants(proof.scopes, route.scope)) {
      // There is no code of its own for this: it looks like a token that is dead.
      return yield* Refusal.deadToken
    }
    const siteId = parameters.get("siteId")
    if (siteId !== undefined && siteId !== session.site.id) {
      return yield* server.world.sites.some(({ id }) => id === siteId)
        ? Refusal.forbidden("The token was issued for another site.")
        : Refusal.siteNotFound
    }
    return yield* route.handle({ ...call, session, site: session.site })
  })

const act = (server: Server, arrival: Arrival, fault: Fault | undefined): Effect.Effect<Answers.TrueAnswer> => {
  const { entry, request } = arrival
  const render = (status: number, content: Reply["content"]) => {
    const answer = Answers.render(status, content, request.headers.accept, server.info.apiVersion)
    Diagnostics.answers.publish({ operation: entry.operation, ...answer })
    return answer
  }
  const shift = fault?._tag === "ShiftItems" ? fault.by : 0
  const endSession = Effect.flatMap(
    server.sessions.use(tokenOf(request)),
    Option.match({ onNone: () => Effect.void, onSome: server.sessions.end })
  )
  return Effect.when(endSession, () => fault?._tag === "EndSession").pipe(
    Effect.zipRight(handle(server, arrival, shift)),
    Effect.map(({ content, file, session, status }): Answers.TrueAnswer => {
      if (session !== undefined) {
        entry.user = session.user.name
        entry.site = session.site.contentUrl
      }
      return file === undefined ? render(status, content) : { status, headers: headersOf(file), body: file.body }
    }),
    Effect.catchTag("Refusal", (refusal) => Effect.succeed(render(refusal.status, [Refusal.toElement(refusal)]))),
    // A fault of the simulator's own: said in its log, and to the client only that it happened.
    Effect.catchAllDefect((defect) =>
      Effect.as(
        Effect.logError("The simulator failed to handle a request", defect),
        render(500, [Refusal.toElement(Refusal.internalError)])
      )
    )
  )
}

/** Answers a request, truly or as the fault wants it that waits for its operation. */
export const dispatch = (server: Server, request: IncomingMessage, response: ServerResponse): Effect.Effect<void> =>
  Effect.gen(function* () {
    const arrival = yield* arrive(server, request, "main")
    // Under a test's clock even the shortest sleep would last for ever.
    if (Duration.greaterThan(server.latency, Duration.zero)) yield* Effect.sleep(server.latency)
    const fault = yield* server.faults.take(arrival.entry.operation)
    yield* Answers.respond(exchange(arrival, response), act(server, arrival, fault), fault)
  })

/** Sends whoever comes to the same path below `origin`, and reads nothing of what they brought. */
export const redirect = (
  server: Server,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse
): Effect.Effect<void> =>
  Effect.flatMap(arrive(server, request, "redirect"), (arrival) =>
    Answers.send(exchange(arrival, response), {
      status: 301,
      headers: { location: `${origin}${request.url ?? "/"}`, connection: "close" },
      body: ""
    })
  )
