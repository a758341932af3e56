import * as Effect from "effect/Effect"
import { isAdministrator, may, maySee } from "../content/access.js"
import type { Collection } from "../content/collection.js"
import type { Item } from "../content/model.js"
import type { Site } from "../content/world.js"
import * as Errors from "../protocol/errorResponse.js"
import type { SessionCall } from "../session/call.js"

/** A kind of item with permissions, such as workbooks. */
export interface Kind<A extends Item, Parameter extends string> {
  /** The path parameter that holds the item's id. */
  readonly parameter: Parameter
  readonly element: string
  readonly of: (site: Site) => Collection<A>
  readonly notFound: Errors.ErrorResponse
  readonly capabilities: ReadonlyArray<string>
}

/** Finds the item that the path names. An item that the user may not see is not found. */
export const find = <A extends Item, Parameter extends string>(
  kind: Kind<A, Parameter>,
  call: SessionCall<Parameter>
): Effect.Effect<A, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const item = kind.of(call.site).find(call.parameter(kind.parameter))
    return item !== undefined && maySee(call.site, call.session.user, item)
      ? Effect.succeed(item)
      : Effect.fail(kind.notFound)
  })

/** Requires a capability of the user on an item. */
export const requireCapability = (
  { session, site }: SessionCall,
  capability: string,
  item: Item,
  error: Errors.ErrorResponse = Errors.forbidden(`The user lacks the permission ${capability}.`)
): Effect.Effect<void, Errors.ErrorResponse> =>
  may(site, session.user, capability, item) ? Effect.void : Effect.fail(error)

/** Removes the items that the user may not see from a list. Administrators see all items, without a predicate. */
export const visibleTo = ({ session, site }: SessionCall) =>
  isAdministrator(session.user) ? undefined : (item: Item): boolean => maySee(site, session.user, item)
