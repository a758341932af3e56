/** All workbooks of a site, page by page: `@effect/platform`'s HttpClient on undici receives them, the bare loop reads them. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { pagePath, read, signIn, signOut } from "./bare.js"
import { given, givenNumber, report, Tally, Usage } from "./reporting.js"

const tally = new Tally()
const usage = new Usage()
report(() => ({ items: tally.items, sum: tally.sum, ...usage.facts }))

const server = given("SERVER")

Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const session = yield* Effect.promise(() => signIn(server))
  usage.start()
  const pageSize = givenNumber("PAGE_SIZE")
  let last = 1
  for (let number = 1; number <= last; number += 1) {
    const response = yield* client.get(`${server}${pagePath(session, number, pageSize)}`, {
      headers: { "x-tableau-auth": session.token }
    })
    const { totalAvailable, workbooks } = read(new Uint8Array(yield* response.arrayBuffer))
    last = Math.ceil(totalAvailable / pageSize)
    for (const { createdAt, name, size, tags } of workbooks) {
      tally.add(name, size, createdAt?.getTime(), tags.length)
    }
  }
  usage.stop()
  yield* Effect.promise(() => signOut(server, session))
}).pipe(Effect.provide(NodeHttpClient.layerUndici), NodeRuntime.runMain)
