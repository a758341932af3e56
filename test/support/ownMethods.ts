/**
 * A setup file. `layer` of `@effect/vitest` gives the `it` that all files of tests in a process share the methods of its
 * suite, so each test after it would have that suite's services and its clock: the next file has its own again.
 */
import { it } from "@effect/vitest"
import { afterAll } from "vitest"

const { effect, flakyTest, layer, prop, scoped } = it

afterAll(() => {
  Object.assign(it, { effect, flakyTest, layer, prop, scoped })
})
