import * as Effect from "effect/Effect"
import { isAdministrator } from "../content/access.js"
import type { OpenOperation, ParameterOf, SessionOperation } from "../operations/table.js"
import * as Errors from "../protocol/errorResponse.js"
import type { Call, Reply, SessionCall } from "../session/call.js"

type Result = Effect.Effect<Reply, Errors.ErrorResponse>

/** Handles the requests of an operation that needs no token. */
export type OpenHandler<Parameter extends string = never> = (call: Call<Parameter>) => Result

/** Handles the requests of an operation that needs a session. */
export type Handler<Parameter extends string = never> = (call: SessionCall<Parameter>) => Result

/** The handlers of some operations, each with the path parameters of its own. */
export const handlers = <Name extends SessionOperation>(
  handlers: {
    readonly [Key in Name]: Handler<ParameterOf<Key>>
  }
) => handlers

export const openHandlers = <Name extends OpenOperation>(
  handlers: {
    readonly [Key in Name]: OpenHandler<ParameterOf<Key>>
  }
) => handlers

export const requireAdministrator = (
  { session }: SessionCall,
  action: string
): Effect.Effect<void, Errors.ErrorResponse> =>
  isAdministrator(session.user) ? Effect.void : Effect.fail(Errors.forbidden(`Only administrators may ${action}.`))

/** A handler for administrators of the site only. */
export const forAdministrators =
  <Parameter extends string>(action: string, handler: Handler<Parameter>): Handler<Parameter> =>
  (call) =>
    Effect.andThen(requireAdministrator(call, action), handler(call))
