/**
 * Compares the operations of the client with those of the simulator. The two tables are written from different
 * documents, so that each checks the other. Differences are settled by the documents, never by copying one table.
 */
import { expect, it } from "@effect/vitest"
import type { Operation } from "effect-tableau"
import { facts, names } from "../packages/simulator/src/internal/operations/table.js"
import { operations } from "./support/operations.js"

/** An operation without the names of its path parameters, which the two sides choose freely. */
const keyOf = (method: string, path: string): string => `${method} ${path.replaceAll(/\{\w+\}/g, "{}")}`

/**
 * Tableau's reference gives 1.0 for its oldest operations where Tableau's other lists give 2.0, the first version that any
 * server still has. Both mean that every server has the operation.
 */
const sinceFirst = (since: string): string => (since === "1.0" ? "2.0" : since)

interface Facts {
  readonly since: string
  readonly scopes: ReadonlyArray<string>
  readonly deployment: string | undefined
}

const simulator = new Map(
  names.map((name): [string, Facts] => {
    const [request, since, access, deployment] = facts(name)
    const [method = "", path = ""] = request.split(" ")
    return [keyOf(method, path), { since, scopes: access.startsWith("no ") ? [] : [access], deployment }]
  })
)

/** One operation of the client deletes rules of users, groups and group sets: `{grantees}` is part of the path. */
const keysOf = ({ method, path }: Operation.Spec): ReadonlyArray<string> =>
  path.includes("{grantees}")
    ? ["users", "groups", "groupSets"].map((grantees) => keyOf(method, path.replace("{grantees}", grantees)))
    : [keyOf(method, path)]

/** The request line is that of publishing; the parameter that makes it a job came later. */
const isLater = (name: string): boolean => name.endsWith(".publishAsJob")

const compare = (name: string, spec: Operation.Spec, key: string): ReadonlyArray<string> => {
  const other = simulator.get(key)
  if (other === undefined) return [`${name}: the simulator has no ${key}`]
  const scopes = spec.scopes === "none" ? [] : spec.scopes
  const compared: ReadonlyArray<readonly [string, unknown, unknown]> = [
    ["since", sinceFirst(spec.since), isLater(name) ? spec.since : sinceFirst(other.since)],
    ["scopes", scopes.join(" "), other.scopes.join(" ")],
    ["deployment", spec.deployment, other.deployment]
  ]
  return compared.flatMap(([fact, left, right]) =>
    left === right ? [] : [`${name} (${key}): ${fact} is ${left} in the client, ${right} in the simulator`]
  )
}

const differences = operations.flatMap(({ name, spec }) => keysOf(spec).flatMap((key) => compare(name, spec, key)))

it("each operation of the client has the same facts in the simulator", () => {
  expect(operations.length).toBeGreaterThan(70)
  expect(differences).toEqual([])
})
