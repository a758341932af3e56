/** All operations of the package, found in its exports, each with its sample from `resources`. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tableau from "effect-tableau"
import { operations as exported } from "../../../../test/support/operations.js"
import { type Reply, xml } from "../../../../test/support/scriptedServer.js"
import { onScript } from "./onScript.js"
import * as samples from "./resources/index.js"
import type { Content, Sample } from "./resources/sample.js"

type Samples = typeof samples

/** `Workbooks.get`: each operation that has a sample. */
export type Name = { [Module in keyof Samples]: `${Module}.${keyof Samples[Module] & string}` }[keyof Samples]

type AnySample = Sample<ReadonlyArray<unknown>>

export interface Exported {
  /** Module and export. */
  readonly name: string
  readonly spec: Tableau.Operation.Spec
  /** Also those that only some arguments need. */
  readonly scopes: ReadonlyArray<string>
  readonly isStream: boolean
  /** The sample of the operation, or of the list that it is a stream of. */
  readonly sample: AnySample | undefined
  readonly call: (...args: ReadonlyArray<unknown>) => unknown
}

const allSamples = new Map<string, AnySample>(
  Object.entries(samples).flatMap(([module, operations]) =>
    Object.entries<AnySample>({ ...operations }).map(([key, sample]) => [`${module}.${key}`, sample] as const)
  )
)

export const operations: ReadonlyArray<Exported> = exported.map(({ name, spec, value }) => {
  // The compiler has checked the arguments of each sample against the parameters of its operation.
  const call = value as Tableau.Operation.Any & Exported["call"]
  // A stream shares the facts of its list, also the name.
  const scopes = Tableau.Operation.scopes(value)
  return { name, spec, scopes, isStream: spec.name !== name, sample: allSamples.get(spec.name), call }
})

export interface Sampled extends Exported {
  readonly sample: AnySample
}

/** Those with a sample: `every.test.ts` fails if an operation has none. */
export const sampled: ReadonlyArray<Sampled> = operations.flatMap((operation) =>
  operation.sample === undefined ? [] : [{ ...operation, sample: operation.sample }]
)

type Call = Effect.Effect<unknown, Tableau.TableauError.TableauError, Tableau.TableauSession | Scope.Scope>
type Items = Stream.Stream<unknown, Tableau.TableauError.TableauError, Tableau.TableauSession>

const isStream = (value: unknown): value is Items => Predicate.hasProperty(value, Stream.StreamTypeId)
const isCall = (value: unknown): value is Call => Effect.isEffect(value)

const isDownload = (value: unknown): value is Tableau.Download.Download =>
  Predicate.hasProperty(value, "content") && isStream(value.content)

const isListing = (value: unknown): value is { readonly items: Items; readonly totalAvailable: number } =>
  Predicate.hasProperty(value, "items") && isStream(value.items)

const collect = (items: Items) => Effect.map(Stream.runCollect(items), (chunk) => [...chunk])

/** Reads the streams of a result to their ends. */
const readAll = (value: unknown): Call => {
  if (isStream(value)) return collect(value)
  if (isListing(value)) {
    return Effect.map(collect(value.items), (items) => ({ totalAvailable: value.totalAvailable, items }))
  }
  if (isDownload(value)) {
    const { content, contentType, fileName } = value
    return Effect.map(Stream.mkString(Stream.decodeText(content)), (text) => ({ fileName, contentType, content: text }))
  }
  return Effect.succeed(value)
}

/** Calls an operation with the arguments of its sample, and reads all that it returns. */
export const run = ({ call, sample }: Sampled) =>
  Effect.suspend(() => {
    const called = call(...sample.args)
    return isCall(called) ? Effect.flatMap(called, readAll) : readAll(called)
  }).pipe(Effect.scoped)

const reply = (content: Content): Reply => (typeof content === "string" ? xml(content) : content)

/** As JSON: timestamps become strings, and absent properties are left out. */
const toJson = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

/** Calls an operation with its sample; all of its requests receive the same response. */
export const receive = (operation: Sampled, content: Content) =>
  Effect.map(onScript(run(operation), { "*": reply(content) }), ({ calls, exit, logged }) => ({
    calls,
    logged,
    result: exit._tag === "Success" ? toJson(exit.value) : undefined,
    error: exit._tag === "Failure" ? Cause.pretty(exit.cause) : undefined
  }))

/** The same by the name of the operation. */
export const respond = (name: Name, content: Content) => {
  const operation = sampled.find((operation) => operation.name === name)
  return operation === undefined
    ? Effect.dieMessage(`The package exports no operation ${name}.`)
    : receive(operation, content)
}
