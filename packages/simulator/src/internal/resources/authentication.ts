import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as World from "../content/world.js"
import { attribute, child, type Element, element } from "../protocol/element.js"
import {
  alreadyThere,
  badRequest,
  notOnCloud,
  type Refusal,
  signInFailed,
  switchFailed,
  userNotFound
} from "../protocol/errorResponse.js"
import { type Call, noContent, open, type Reply, signedIn } from "../session/call.js"
import { prove } from "../session/identity.js"
import type { Session } from "../session/sessions.js"

const two = (value: number): string => String(value).padStart(2, "0")

/** `240:00:00`: hours, which may be more than 24, minutes, seconds. */
const clockTime = (duration: Duration.Duration): string => {
  const seconds = Math.floor(Duration.toSeconds(duration))
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

const credentials = (call: Call, session: Session): Reply => ({
  status: 200,
  content: [
    element("credentials", { token: session.token, estimatedTimeToExpiration: clockTime(call.sessions.longest) }, [
      element("site", { id: session.site.id, contentUrl: session.site.contentUrl }),
      element("user", { id: session.user.id })
    ])
  ],
  session
})

/** The site and the user's place on it, or nothing: which of the two is missing is nobody's business. */
const enter = (call: Call, contentUrl: string, account: string) => {
  // Cloud has no Default site.
  const site = call.info.cloud && contentUrl === "" ? undefined : World.findSite(call.world, contentUrl)
  const user = site === undefined ? undefined : World.findByName(site.users, account)
  return site === undefined || user === undefined || user.siteRole === "Unlicensed" ? undefined : { site, user }
}

const requestedSite = (parent: Element): Effect.Effect<string, Refusal> => {
  const site = child(parent, "site")
  return site === undefined
    ? Effect.fail(badRequest("The <site> element is missing."))
    : Effect.succeed(attribute(site, "contentUrl") ?? "")
}

/** Server administrators may sign in as somebody else, whom they name by id. */
const impersonated = (call: Call, site: World.Site, account: string, given: Element) =>
  Effect.gen(function* () {
    const wanted = child(given, "user")
    if (wanted === undefined) return undefined
    if (World.findAccount(call.world, account)?.serverAdministrator !== true) return yield* signInFailed
    return site.users.find(attribute(wanted, "id") ?? "") ?? (yield* userNotFound)
  })

export const routes = [
  open({
    verb: "POST",
    path: "/auth/signin",
    operation: "signIn",
    since: "2.0",
    handle: (call) =>
      Effect.gen(function* () {
        const given = child(yield* call.payload, "credentials")
        if (given === undefined) return yield* badRequest("The <credentials> element is missing.")
        const contentUrl = yield* requestedSite(given)
        const identity = yield* prove(call.world, call.spentJwts, given)
        const place = enter(call, contentUrl, identity.account)
        if (place === undefined) return yield* signInFailed
        const user = (yield* impersonated(call, place.site, identity.account, given)) ?? place.user
        return credentials(call, yield* call.sessions.start(user, place.site, identity.proof))
      })
  }),
  signedIn({
    verb: "POST",
    path: "/auth/switchSite",
    operation: "switchSite",
    since: "2.6",
    scope: undefined,
    handle: (call) =>
      Effect.gen(function* () {
        if (call.info.cloud) return yield* notOnCloud("Switch site is not supported for Tableau Cloud.")
        const contentUrl = yield* requestedSite(yield* call.payload)
        const place = enter(call, contentUrl, call.session.user.name)
        if (place === undefined) return yield* switchFailed
        if (place.site === call.site) return yield* alreadyThere
        yield* call.sessions.end(call.session)
        return credentials(call, yield* call.sessions.start(place.user, place.site, call.session.proof))
      })
  }),
  signedIn({
    verb: "POST",
    path: "/auth/signout",
    operation: "signOut",
    since: "2.0",
    scope: undefined,
    handle: (call) => Effect.as(call.sessions.end(call.session), noContent)
  })
] as const
