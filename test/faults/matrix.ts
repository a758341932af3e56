/**
 * The faults of the table in everything that users do with a session, with the default retries and renewals: scenarios of
 * a session, and every operation of the package.
 */
import { operations } from "./operations.js"
import { others, type Scenario } from "./scenario.js"
import { sessions } from "./sessions.js"

const once: ReadonlyArray<Scenario> = [...sessions, ...operations]

const named = (name: string): ReadonlyArray<Scenario> => once.filter((one) => one.name === name)

/** Scenarios to repeat with other credentials. */
const essential = [
  "switchSite",
  "withSite: on the way",
  "withSite: a read there",
  "renewal for a read",
  "a read once more after a renewal",
  "signOut: after a success",
  "Workbooks.list: first page",
  "Workbooks.get",
  "Projects.create",
  "Workbooks.addTags"
].flatMap(named)

const byOthers = essential.flatMap((one) =>
  others.map(([how, credentials]): Scenario => ({ ...one, name: `${one.name}, ${how}`, credentials }))
)

/** Not where the fault follows a first request: each request would fail, the first one too. */
const each = ({ name }: Scenario): boolean => !name.startsWith("a read once more")

const repeated = [...once.filter(({ when }) => when === "open"), ...essential, ...byOthers]
  .filter(each)
  .map((one): Scenario => ({ ...one, name: `${one.name}, always`, always: true, items: one.itemsAlways ?? one.items }))

export const scenarios: ReadonlyArray<Scenario> = [...once, ...byOthers, ...repeated]
