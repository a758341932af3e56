/** How long it takes from the start of the program until it is signed in: by the bare loop. */
import { signIn, signOut } from "./bare.js"
import { given, report } from "./reporting.js"

const imported = performance.now()
const server = given("SERVER")
const session = await signIn(server)
const signedIn = performance.now()
report(() => ({ imported, took: signedIn - imported }))
await signOut(server, session)
