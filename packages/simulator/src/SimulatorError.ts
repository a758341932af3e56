/**
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The simulator could not start, most often because its port is in use.
 *
 * @since 0.1.0
 * @category errors
 */
export class StartFailed extends Schema.TaggedError<StartFailed>("effect-tableau-simulator/StartFailed")(
  "StartFailed",
  { reason: Schema.String, cause: Schema.optional(Schema.Defect) }
) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `The simulator did not start: ${this.reason}.`
  }
}
