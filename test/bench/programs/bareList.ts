/** All workbooks of a site, by the bare loop. */
import { list, signIn, signOut } from "./bare.js"
import { given, givenNumber, report, Tally, Usage } from "./reporting.js"

const tally = new Tally()
const usage = new Usage()
report(() => ({ items: tally.items, sum: tally.sum, ...usage.facts }))

const server = given("SERVER")
const session = await signIn(server)
usage.start()
for await (const workbooks of list(server, session, givenNumber("PAGE_SIZE"), givenNumber("PAGES_AHEAD"))) {
  for (const { createdAt, name, size, tags } of workbooks) {
    tally.add(name, size, createdAt?.getTime(), tags.length)
  }
}
usage.stop()
await signOut(server, session)
