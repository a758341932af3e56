/** What the engines have in common. */
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as Cause from "effect/Cause"
import * as Layer from "effect/Layer"
import { DatabaseUnavailable } from "../EngineError.js"

export type ShardingOptions = Partial<ShardingConfig.ShardingConfig["Type"]>

/**
 * A wait of a workflow ends when its row is read, and a row is read at this interval: the 10 seconds of the cluster would
 * be longer than a short refresh takes. It costs one indexed query.
 */
export const shardingDefaults: ShardingConfig.ShardingConfig["Type"] = {
  ...ShardingConfig.defaults,
  entityMessagePollInterval: "1 second"
}

/** A response of the database is printed without control characters, and not at any length. */
const printable = (text: string) =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .slice(0, 300)
    .replace(/[.\s]+$/, "")

/** The innermost message, because SqlError's own says only which step failed. An AggregateError has a code and no message. */
export const detailOf = (error: unknown): string => {
  if (!(error instanceof Error)) return printable(String(error))
  if (error.cause instanceof Error) return detailOf(error.cause)
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name
  return printable(error.message === "" ? code : error.message)
}

/** The cluster reports failures of its tables as defects. Interruption stays interruption. */
export const orUnavailable =
  (database: string, advice: string, redact: (text: string) => string = (text) => text) =>
  <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, DatabaseUnavailable, R> =>
    Layer.catchAllCause(layer, (cause) =>
      Cause.isInterruptedOnly(cause)
        ? Layer.failCause(Cause.flatMap(cause, () => Cause.empty))
        : Layer.fail(new DatabaseUnavailable({ database, detail: redact(detailOf(Cause.squash(cause))), advice }))
    )
