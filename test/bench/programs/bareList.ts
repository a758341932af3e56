/** All workbooks of a site, by the bare loop. */
import { list, signIn, signOut } from "./bare.js"
import { given, givenNumber, report, Tally } from "./reporting.js"

const tally = new Tally()
let took = 0
report(() => ({ items: tally.items, sum: tally.sum, took }))

const server = given("SERVER")
const session = await signIn(server)
const start = performance.now()
for await (const workbooks of list(server, session, givenNumber("PAGE_SIZE"), givenNumber("PAGES_AHEAD"))) {
  for (const { createdAt, name, size, tags } of workbooks) {
    tally.add(name, size, createdAt?.getTime(), tags.length)
  }
}
took = performance.now() - start
await signOut(server, session)
