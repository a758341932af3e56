/**
 * A setup file. Test files share a process and so the `it` of `@effect/vitest`, and its `layer` overwrites the methods of that
 * `it` with those of the layer's suite. Without this file all later test files would have the services and the clock of that
 * suite. Isolation would help too, but makes loading 2.5 times slower.
 */
import { it } from "@effect/vitest"
import { afterAll } from "vitest"

const { effect, flakyTest, layer, prop, scoped } = it

afterAll(() => {
  Object.assign(it, { effect, flakyTest, layer, prop, scoped })
})
