#!/usr/bin/env node
/**
 * The simulator as a program. The README lists its flags.
 *
 * @since 0.1.0
 */
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { run } from "./internal/program/program.js"

// By itself this signal would end the process at once, without removing files. Effect handles only SIGINT and SIGTERM.
process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))

run(process.argv).pipe(
  // The command-line library prints validation errors itself.
  Effect.tapError((error) => (ValidationError.isValidationError(error) ? Effect.void : Console.error(error.message))),
  Effect.tapDefect((cause) => Console.error(Cause.pretty(cause))),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
