import type * as HttpClient from "@effect/platform/HttpClient"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { layerHttpClient } from "../../../../test/support/httpClient.js"

export const site = "/api/3.29/sites/s"

export const value = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (exit._tag === "Success") return exit.value
  throw new Error(String(exit.cause))
}

export const failure = <A, E>(exit: Exit.Exit<A, E>): E => {
  if (exit._tag === "Failure" && exit.cause._tag === "Fail") return exit.cause.error
  throw new Error(String(exit))
}

export const test = (name: string, body: () => Effect.Effect<unknown, unknown, HttpClient.HttpClient | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(Effect.suspend(body), layerHttpClient))
