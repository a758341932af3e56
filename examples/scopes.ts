/** Prints the scopes that the JWTs of a program need: those that its connected app must grant. Sends no request. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Operation, Projects, Users, Views, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

/** The operations that the program calls. */
const operations = [Workbooks.list, Workbooks.download, Views.image, Views.data, Users.list, Projects.create]

const program = Effect.gen(function* () {
  // Pass these to Credentials.connectedApp, too.
  const scopes = Operation.scopes(...operations)
  yield* Effect.forEach(scopes, (scope) => Console.log(scope))

  // What an operation sends can be read as well.
  const { method, path, since } = Projects.create.spec
  yield* Console.log(`Projects.create sends ${method} ${path}, from version ${since} on`)
})

TableauNode.runMain(program)
