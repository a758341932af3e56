/** A recipe makes a plan from reads, and then carries it out. A dry run is the plan alone. */
import { isPlatformError, type PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import { isSessionError, type SessionError } from "../../TableauError.js"
import type { TableauSession } from "../../TableauSession.js"
import { onOneSite } from "../upload/timing.js"

/** A plan, with what only the recipe needs to carry it out. */
export interface Planned<Plan> {
  readonly plan: Plan
}

/** The plan of a recipe as a function of its own. A named type: declaration files keep its documentation. */
export interface DryRun<Args extends ReadonlyArray<unknown>, Plan, E, R> {
  /**
   * Takes the arguments of the recipe, and returns what it would do with them. Only reads are sent: nothing is changed, neither
   * on a server nor on the disk.
   */
  readonly dryRun: (...args: Args) => Effect.Effect<Plan, E, R>
}

export const make = <Args extends ReadonlyArray<unknown>, P extends Planned<unknown>, E, R, Result, E2, R2>(
  name: string,
  make: (...args: Args) => Effect.Effect<P, E, R>,
  // Editors show the names of the parameters of `make`: `run` does not use them all.
  run: (planned: P, ...args: NoInfer<Args>) => Effect.Effect<Result, E2, R2>
): ((...args: Args) => Effect.Effect<Result, E | E2, R | R2>) & DryRun<Args, P["plan"], E, R> =>
  Object.assign(
    (...args: Args) =>
      Effect.withSpan(
        Effect.flatMap(make(...args), (planned) => run(planned, ...args)),
        name
      ),
    {
      dryRun: (...args: Args) =>
        Effect.withSpan(
          Effect.map(make(...args), ({ plan }) => plan),
          `${name}.dryRun`
        )
    }
  )

/** A recipe on the session of the program. It ends on the site where it began, also if another fiber switches the session. */
export const onSession = <Args extends ReadonlyArray<unknown>, P extends Planned<unknown>, E, R, Result, E2, R2>(
  name: string,
  plan: (...args: Args) => Effect.Effect<P, E, R>,
  run: (planned: P, ...args: NoInfer<Args>) => Effect.Effect<Result, E2, R2>
): ((...args: Args) => Effect.Effect<Result, E | E2, R | R2 | TableauSession>) &
  DryRun<Args, P["plan"], E, R | TableauSession> => {
  const recipe = make(name, plan, run)
  return Object.assign((...args: Args) => onOneSite(recipe(...args)), {
    dryRun: (...args: Args) => onOneSite(recipe.dryRun(...args))
  })
}

/** Errors that the next item would have, too: of the session, and of the disk. */
type Fatal = SessionError | PlatformError

const isFatal = (error: unknown): error is Fatal => isSessionError(error) || isPlatformError(error)

/** An error of one item is a part of the result, and a warning: it does not keep the others from being worked on. */
export const isolated =
  <Item extends { readonly name: string }>(operation: string, item: Item) =>
  <A, E extends Error, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.catchIf(
      effect,
      (error): error is Exclude<E, Fatal> => !isFatal(error),
      (error) =>
        Effect.as(Effect.logWarning(`${operation}: "${item.name}" failed. ${error.message}`), {
          ...item,
          outcome: "failed" as const,
          error
        })
    )
