/**
 * Why an engine of workflows does not start. Errors of Tableau are in `TableauError`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * An option of the engine is wrong. Nothing was connected.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidEngineOption extends Schema.TaggedError<InvalidEngineOption>(
  "effect-tableau-workflow/InvalidEngineOption"
)("InvalidEngineOption", {
  /** Such as `url`. */
  option: Schema.String,
  /** What it must be. */
  expected: Schema.String
}) {
  override get message(): string {
    return `The option \`${this.option}\` of the engine must be ${this.expected}.`
  }
}

/**
 * The database of the engine refuses, or cannot be reached, or its tables cannot be created.
 *
 * @since 0.1.0
 * @category errors
 */
export class DatabaseUnavailable extends Schema.TaggedError<DatabaseUnavailable>(
  "effect-tableau-workflow/DatabaseUnavailable"
)("DatabaseUnavailable", {
  /** Host, port and name, or the path of the file. */
  database: Schema.String,
  /** What the database or the system reported. */
  detail: Schema.String,
  /** What to check. */
  advice: Schema.String
}) {
  override get message(): string {
    return `The engine cannot use the database ${this.database}: ${this.detail}. ${this.advice}`
  }
}

/**
 * Another process has workflows in this file. Two engines would run each workflow twice.
 *
 * @since 0.1.0
 * @category errors
 */
export class DatabaseInUse extends Schema.TaggedError<DatabaseInUse>("effect-tableau-workflow/DatabaseInUse")(
  "DatabaseInUse",
  { path: Schema.String }
) {
  override get message(): string {
    return `Another process runs the workflows of ${this.path}. End it, use another file, or use Postgres, which several processes can share.`
  }
}

/**
 * The runner cannot listen at its address, most often because another process does.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunnerAddressUnavailable extends Schema.TaggedError<RunnerAddressUnavailable>(
  "effect-tableau-workflow/RunnerAddressUnavailable"
)("RunnerAddressUnavailable", {
  host: Schema.String,
  port: Schema.Number,
  /** What the system reported, such as `EADDRINUSE`. */
  detail: Schema.String
}) {
  override get message(): string {
    return `The runner cannot listen at ${this.host}:${this.port}: ${this.detail}. Each runner of a host needs its own \`port\` (RUNNER_PORT); 0 takes a free one.`
  }
}

/**
 * Every error of an engine's layer.
 *
 * @since 0.1.0
 * @category errors
 */
export type EngineError = InvalidEngineOption | DatabaseUnavailable | DatabaseInUse | RunnerAddressUnavailable
