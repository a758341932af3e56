import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as World from "../content/world.js"
import { attribute, child, type Element, element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { type Call, noContent, type Reply } from "../session/call.js"
import { prove } from "../session/identity.js"
import type { Session } from "../session/sessions.js"
import { handlers, openHandlers } from "./handler.js"

const two = (value: number): string => String(value).padStart(2, "0")

/** Hours (more than 24 are possible), minutes and seconds: `240:00:00`. */
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

/** The site and the user on it, or `undefined`: the client does not learn which of the two is missing. */
const enter = (call: Call, contentUrl: string, account: string) => {
  // Cloud has no Default site.
  const site = call.info.cloud && contentUrl === "" ? undefined : World.findSite(call.world, contentUrl)
  const user = site === undefined ? undefined : World.findByName(site.users, account)
  return site === undefined || user === undefined || user.siteRole === "Unlicensed" ? undefined : { site, user }
}

const requestedSite = (parent: Element): Effect.Effect<string, Errors.ErrorResponse> => {
  const site = child(parent, "site")
  return site === undefined
    ? Effect.fail(Errors.badRequest("The <site> element is missing."))
    : Effect.succeed(attribute(site, "contentUrl") ?? "")
}

/** Server administrators may sign in as another user, by the id of that user. */
const impersonated = (call: Call, site: World.Site, account: string, given: Element) =>
  Effect.gen(function* () {
    const wanted = child(given, "user")
    if (wanted === undefined) return undefined
    if (World.findAccount(call.world, account)?.serverAdministrator !== true) return yield* Errors.signInFailed
    return site.users.find(attribute(wanted, "id") ?? "") ?? (yield* Errors.userNotFound)
  })

export const open = openHandlers({
  signIn: (call) =>
    Effect.gen(function* () {
      const given = child(yield* call.payload, "credentials")
      if (given === undefined) return yield* Errors.badRequest("The <credentials> element is missing.")
      const contentUrl = yield* requestedSite(given)
      const identity = yield* prove(call.world, call.spentJwts, given)
      const place = enter(call, contentUrl, identity.account)
      if (place === undefined) return yield* Errors.signInFailed
      const user = (yield* impersonated(call, place.site, identity.account, given)) ?? place.user
      return credentials(call, yield* call.sessions.start(user, place.site, identity.proof))
    })
})

export const signedIn = handlers({
  switchSite: (call) =>
    Effect.gen(function* () {
      const contentUrl = yield* requestedSite(yield* call.payload)
      const place = enter(call, contentUrl, call.session.user.name)
      if (place === undefined) return yield* Errors.switchFailed
      if (place.site === call.site) return yield* Errors.sameSite
      yield* call.sessions.end(call.session)
      return credentials(call, yield* call.sessions.start(place.user, place.site, call.session.proof))
    }),
  signOut: (call) => Effect.as(call.sessions.end(call.session), noContent)
})
