/** Scenarios of operations by their kind. */
import { isDeepStrictEqual } from "node:util"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Download, type Operation, type Query, type TableauError, type TableauSession } from "effect-tableau"
import type { Simulator } from "effect-tableau-simulator"
import { facts, names as simulated } from "../../packages/simulator/src/internal/operations/table.js"
import { onePage, type Scenario, scenario } from "./scenario.js"

/** The simulator's name of an operation: that of the same verb and path. */
export const struckBy = ({ spec }: Operation.Any): Simulator.Operation => {
  const shape = (request: string) => request.replaceAll(/\{[^}]*\}/g, "{}")
  const request = shape(`${spec.method} ${spec.path.replace("{grantees}", "users")}`)
  const name = simulated.find((name) => shape(facts(name)[0]) === request)
  if (name === undefined) throw new Error(`The simulator has no ${spec.method} ${spec.path}`)
  return name
}

export type Effectful<A> = Effect.Effect<A, TableauError.TableauError, TableauSession>

/** Operations as properties of a module: `Workbooks` and others. */
export type Module<Name extends string, Args extends ReadonlyArray<unknown>, A> = Readonly<
  Record<Name, Operation.Any & ((...args: Args) => Effectful<A>)>
>

/** Runs the operation twice: the second result, of the request that fails, must be the same as the first. */
export const twice = <A>(
  operation: Operation.Any,
  item: Effectful<A>,
  call: (item: A) => Effectful<unknown>,
  other: Partial<Scenario> = {}
) =>
  scenario(
    operation.spec.name,
    struckBy(operation),
    operation.spec.readOnly ? "list" : "write",
    true,
    (strike) =>
      Effect.gen(function* () {
        const value = yield* item
        const expected = yield* call(value)
        yield* strike
        return isDeepStrictEqual(yield* call(value), expected)
      }),
    { again: operation.spec.readOnly || operation.spec.idempotent, ...other }
  )

/** The same for an operation whose response without content means an empty array. */
export const twiceAsArray = <A>(operation: Operation.Any, item: Effectful<A>, call: (item: A) => Effectful<unknown>) =>
  twice(operation, item, call, { silent: { gives: false } })

/** A list of this many items on one page. */
export const listedOf = <A, B>(
  operation: Operation.Any,
  count: number,
  item: Effectful<A>,
  list: (item: A) => Effectful<Query.Listing<B>>,
  other: Partial<Scenario> = {}
) =>
  scenario(
    operation.spec.name,
    struckBy(operation),
    "list",
    count,
    (strike) =>
      Effect.gen(function* () {
        const value = yield* item
        yield* strike
        return yield* Stream.runCount((yield* list(value)).items)
      }),
    { items: onePage(count), ...other }
  )

/** A change without content in its response, after another one that prepares it. */
export const emptied = <A>(
  operation: Operation.Any,
  item: Effectful<A>,
  prepare: (item: A) => Effectful<unknown>,
  call: (item: A) => Effectful<unknown>,
  other: Partial<Scenario> = {}
) =>
  scenario(
    operation.spec.name,
    struckBy(operation),
    "write",
    undefined,
    (strike) =>
      Effect.gen(function* () {
        const value = yield* item
        yield* prepare(value)
        yield* strike
        yield* call(value)
      }),
    { again: operation.spec.idempotent, empty: true, ...other }
  )

/** More than any file of the simulator has, in bytes. */
const fileLimit = 10 * 1024 * 1024

/** A download: the bytes must be the same as without a fault. Stops reading a file without end. */
export const file = <A>(
  operation: Operation.Any,
  item: Effectful<A>,
  download: (item: A) => Effect.Effect<Download.Download, TableauError.TableauError, TableauSession | Scope.Scope>
) =>
  twice(
    operation,
    item,
    (value) => {
      let length = 0
      const content = Stream.takeWhile(Download.stream(download(value)), (chunk) => {
        length += chunk.length
        return length < fileLimit
      })
      return Effect.map(Stream.runCollect(content), (chunks) => Buffer.concat([...chunks]).toString("hex"))
    },
    { file: true }
  )
