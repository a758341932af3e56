/** Scenarios of a session: opening, sites, renewal, sign-out. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, Projects, ServerInfo, Sites, TableauSession } from "effect-tableau"
import { Own } from "./cell.js"
import {
  appSecret,
  countWorkbooks,
  createProject,
  elsewhere,
  expire,
  first,
  onePage,
  opening,
  password,
  projectName,
  projectsMade,
  type Scenario,
  scenario,
  switching,
  token
} from "./scenario.js"

/** In order: the matrix test pairs scenarios and faults by their positions. */
export const sessions: ReadonlyArray<Scenario> = [
  scenario(
    "ServerInfo.get",
    "serverInfo",
    "list",
    "3.29",
    (strike, { url }) => Effect.map(Effect.zipRight(strike, ServerInfo.get(url)), (info) => info.restApiVersion),
    { retried: false }
  ),
  scenario("make: the probe", "serverInfo", "list", undefined, () => Effect.void, { when: "open" }),
  opening("make: by token", token),
  opening("make: by password", Credentials.password({ username: "viewer", password: Redacted.make(password) })),
  opening(
    "make: by connected app",
    Credentials.connectedApp({
      clientId: "demo-client",
      secretId: "demo-key",
      secretValue: Redacted.make(appSecret),
      username: "viewer",
      scopes: ["tableau:content:read"]
    })
  ),
  scenario(
    "switchSite",
    "switchSite",
    "write",
    elsewhere,
    (strike) =>
      Effect.gen(function* () {
        yield* strike
        yield* TableauSession.switchSite(elsewhere)
        return yield* (yield* TableauSession).contentUrl
      }),
    switching
  ),
  scenario(
    "withSite: on the way",
    "switchSite",
    "write",
    5,
    (strike) =>
      Effect.zipRight(
        strike,
        TableauSession.withSite(elsewhere)(Effect.map(Projects.list(), ({ totalAvailable }) => totalAvailable))
      ),
    switching
  ),
  scenario("withSite: a read there", "queryProjects", "list", "Default", (strike) =>
    TableauSession.withSite(elsewhere)(Effect.zipRight(strike, first(Projects.list()))).pipe(
      // Back to the first site.
      Effect.zipRight(Effect.map(Sites.get(), ({ name }) => name))
    )
  ),
  scenario(
    "current site elsewhere",
    "switchSite",
    "write",
    elsewhere,
    (strike) =>
      Effect.gen(function* () {
        yield* strike
        return (yield* (yield* TableauSession).withSite(elsewhere).current).site.contentUrl
      }),
    switching
  ),
  scenario(
    "renewal for a read",
    "signIn",
    "signIn",
    5,
    (strike, simulator) =>
      Effect.zipRight(Effect.zipRight(expire(simulator, "queryWorkbooksForSite"), strike), countWorkbooks),
    { renewals: 1, onTheWay: true }
  ),
  scenario(
    "renewal for a write",
    "signIn",
    "signIn",
    projectName,
    (strike, simulator) => Effect.zipRight(Effect.zipRight(expire(simulator, "createProject"), strike), createProject),
    { seen: projectsMade, renewals: 1, onTheWay: true }
  ),
  scenario(
    "renewal for a switch",
    "signIn",
    "signIn",
    undefined,
    (strike, simulator) =>
      Effect.zipRight(Effect.zipRight(expire(simulator, "switchSite"), strike), TableauSession.switchSite(elsewhere)),
    { renewals: 1 }
  ),
  scenario(
    "a read once more after a renewal",
    "queryProjects",
    "list",
    5,
    (strike, simulator) =>
      // The first request finds the session expired. The second is the one that fails.
      expire(simulator, "queryProjects").pipe(
        Effect.zipRight(strike),
        Effect.zipRight(Projects.list()),
        Effect.flatMap(({ items }) => Stream.runCount(items))
      ),
    { request: 2, requests: 2, renewals: 1, items: onePage(5) }
  ),
  scenario("signOut: after a success", "signOut", "signOut", "a result", (strike) => Effect.as(strike, "a result"), {
    when: "close",
    retried: false
  }),
  scenario(
    "signOut: after a failure",
    "signOut",
    "signOut",
    undefined,
    (strike) => Effect.zipRight(strike, new Own()),
    {
      when: "close",
      retried: false
    }
  ),
  scenario(
    "TableauSession.signOut",
    "signOut",
    "signOut",
    "signed out",
    (strike) => Effect.as(Effect.zipRight(strike, TableauSession.signOut), "signed out"),
    { when: "close", retried: false }
  )
]
