/** How long it takes to import a module, and what it imports. */
import { given, report } from "./reporting.js"

const module = given("MODULE")
const start = performance.now()
await import(module)
const took = performance.now() - start
report(() => ({ took }))
