/// <reference types="node" preserve="true" />
/**
 * Runs a program so that its scopes also close when the process is about to end for another reason than a signal that
 * `NodeRuntime` handles. Afterwards the process ends as Node would have ended it.
 */
import { EventEmitter } from "node:events"
import * as Runtime from "@effect/platform/Runtime"
import { constVoid } from "effect/Function"

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/**
 * How long a program may take to end after an exception that nothing caught: longer than the session needs by default to
 * await a sign-in (1 minute) and to sign out (10 seconds). The exception may have left something that waits forever.
 */
const crashLimit = 90_000

interface Crash {
  readonly error: unknown
  readonly origin: NodeJS.UncaughtExceptionOrigin
}

/** Whether the error was that of an `error` event without a listener: Node then appends to the stack who emitted it. */
const wasEmitted = (error: Error): boolean => {
  const key = Object.getOwnPropertySymbols(error).find(
    ({ description }) => description === "kEnhanceStackBeforeInspector"
  )
  if (key === undefined) return false
  // Read-only, so that emitting it again does not replace who emitted it first.
  Object.defineProperty(error, key, { configurable: false })
  return true
}

/**
 * Raises the error where nothing catches it. Node prints the line of the `throw` above the stack, here one of this file,
 * but for a rejected promise the line that created the error.
 */
const raise = ({ error, origin }: Crash): void => {
  const emitted = error instanceof Error && wasEmitted(error)
  const hasListener = process.listenerCount("unhandledRejection") > 0
  if (origin === "unhandledRejection" || (error instanceof Error && !emitted && !hasListener)) {
    void Promise.reject(error)
  }
  // If the rejection has not ended the process, because a flag of Node changes what it means.
  setImmediate(() => {
    if (emitted) new EventEmitter().emit("error", error)
    throw error
  })
}

/** Ends the process by the signal, so that its parent sees the same as without this module. */
const endBy = (signal: NodeJS.Signals): void => {
  if (process.platform === "win32") process.exit(1)
  process.kill(process.pid, signal)
}

export const runMain: Runtime.RunMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  const keepAlive = setInterval(constVoid, 2 ** 31 - 1)
  let received: NodeJS.Signals | undefined
  let crash: Crash | undefined
  let limit: NodeJS.Timeout | undefined

  const interrupt = () => fiber.unsafeInterruptAsFork(fiber.id())

  const ignoreSignals = () => {
    for (const signal of signals) process.off(signal, onSignal)
  }

  const onSignal = (signal: NodeJS.Signals) => {
    // The program decides itself what a hangup means. `NodeRuntime` ends it by the other two in any case.
    if (signal === "SIGHUP" && process.listenerCount(signal) > 1) return
    received = signal
    // The next signal ends the process at once.
    ignoreSignals()
    interrupt()
  }

  const onException = (error: unknown, origin: NodeJS.UncaughtExceptionOrigin) => {
    // Further ones follow from the first, or from the end of the program.
    if (crash !== undefined) return
    crash = { error, origin }
    limit = setTimeout(end, crashLimit)
    interrupt()
  }

  /**
   * Node emits this event before it looks for listeners of `uncaughtException`. A listener that is there all the time
   * would change what error reporters do, which end the process only if they are the only listener.
   */
  const beforeException = () => {
    if (process.listenerCount("uncaughtException") === 0) process.once("uncaughtException", onException)
  }

  const end = () => {
    clearTimeout(limit)
    ignoreSignals()
    process.off("uncaughtExceptionMonitor", beforeException).off("uncaughtException", onException)
    if (crash !== undefined) raise(crash)
  }

  process.on("uncaughtExceptionMonitor", beforeException)
  for (const signal of signals) process.on(signal, onSignal)

  fiber.addObserver((exit) => {
    clearInterval(keepAlive)
    end()
    if (crash !== undefined) return
    if (received === "SIGHUP") return endBy(received)
    teardown(exit, (code) => {
      if (received !== undefined || code !== 0) process.exit(code)
    })
  })
})
