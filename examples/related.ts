/** Reads the views, connections, permissions and revisions of a workbook, and the content of the signed-in user. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Favorites, Filter, Groups, TableauSession, Views, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const program = Effect.gen(function* () {
  const superstore = Workbooks.stream({ filter: [Filter.eq("name", "Superstore")] })
  const { id } = yield* Effect.flatten(Stream.runHead(superstore))

  // Short lists are arrays.
  for (const { name, sheetType } of yield* Views.listForWorkbook(id)) {
    yield* Console.log(`It has the ${sheetType} ${name}`)
  }
  for (const { serverAddress, serverPort, type } of yield* Workbooks.connections(id)) {
    yield* Console.log(`It reads ${type} from ${serverAddress}:${serverPort}`)
  }
  const { granteeCapabilities } = yield* Workbooks.permissions(id)
  for (const { capabilities, group, user } of granteeCapabilities) {
    const may = capabilities.map(({ mode, name }) => `${name} ${mode}`).join(", ")
    yield* Console.log(`For ${user === undefined ? `group ${group?.id}` : `user ${user.id}`}: ${may}`)
  }

  // Lists in pages are streams.
  yield* Stream.runForEach(Workbooks.streamRevisions(id), ({ publisher, revisionNumber }) =>
    Console.log(`Revision ${revisionNumber} is by ${publisher?.name}`)
  )

  const session = yield* TableauSession
  const { user } = yield* session.current
  const mine = yield* Workbooks.listForUser(user.id, { ownedBy: true })
  yield* Console.log(`You own ${mine.totalAvailable} workbooks`)
  yield* Stream.runForEach(Groups.streamForUser(user.id), ({ name }) => Console.log(`You are in ${name}`))
  yield* Stream.runForEach(Favorites.stream(user.id), ({ label }) => Console.log(`You like ${label}`))
})

program.pipe(
  Effect.provide(TableauSession.layerConfig()),
  Effect.provide(TableauNode.layerHttpClient()),
  TableauNode.runMain
)
