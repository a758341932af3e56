/** The options of the workflows. The public module is `TableauWorkflow.ts`. */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Connections } from "effect-tableau"
import type { datasourcePublication, flowPublication, workbookPublication } from "./schemas.js"

/**
 * The payload of a publication.
 *
 * @since 0.1.0
 * @category models
 */
export type Publication =
  | ({ readonly type: "workbook" } & Schema.Struct.Type<typeof workbookPublication>)
  | ({ readonly type: "datasource" } & Schema.Struct.Type<typeof datasourcePublication>)
  | ({ readonly type: "flow" } & Schema.Struct.Type<typeof flowPublication>)

/**
 * How Tableau signs in to the databases of what is published.
 *
 * @since 0.1.0
 * @category options
 */
export interface PublicationCredentials {
  /** The credentials of each connection. */
  readonly connections?: ReadonlyArray<Connections.ConnectionCredentials> | undefined
  /** The credentials of all connections, instead of `connections`. Not for flows. */
  readonly credentials?: Connections.Credentials | undefined
}

/**
 * When to look again at what takes long. Each look is some rows in the database, and the workflow reads all of its rows again
 * at each look: so looks become rarer. A wait is from 100 milliseconds to 1 day.
 *
 * @since 0.1.0
 * @category options
 */
export interface Pace {
  /** The first wait. By default 10 seconds. */
  readonly first?: Duration.DurationInput | undefined
  /** How much longer each further wait is. By default 1.25. */
  readonly factor?: number | undefined
  /** The longest wait. By default 10 minutes. A job of an hour is polled about 20 times by default, one of a day about 160 times. */
  readonly longest?: Duration.DurationInput | undefined
}

/**
 * How the workflows run. They are options of the process: a payload does not have them.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * The credentials of the connections of what is published, by the payload. They are read each time that they are needed, and
   * never stored. By default none. While this fails, or does not respond within 5 minutes, the workflow waits, until the
   * deadline: the store of the secrets may be down.
   */
  readonly credentials?: ((publication: Publication) => Effect.Effect<PublicationCredentials, unknown>) | undefined
  readonly pace?: Pace | undefined
  /**
   * How long a new job or new content may be missing from the lists of the server. Before something is started again, a
   * workflow looks for it for so long. By default 2 minutes.
   */
  readonly listDelay?: Duration.DurationInput | undefined
  /**
   * How long a workflow waits for a job, and for a server that cannot be reached. By default 1 day, and without end with
   * `Duration.infinity`. The waits are added: time in which no process runs does not count.
   */
  readonly deadline?: Duration.DurationInput | undefined
}

/** In milliseconds, but for the factor. */
export interface Settings {
  readonly first: number
  readonly factor: number
  readonly longest: number
  readonly listDelay: number
  readonly deadline: number
}

/** In milliseconds. What is no number is the default. */
const millis = (input: Duration.DurationInput | undefined, byDefault: Duration.DurationInput): number =>
  Duration.toMillis(Duration.decode(input === undefined || Number.isNaN(input) ? byDefault : input))

/** Without a wait a workflow would poll in a loop, and one without end would never look again. */
const wait = (input: Duration.DurationInput | undefined, byDefault: Duration.DurationInput): number =>
  Math.min(Math.max(100, millis(input, byDefault)), Duration.toMillis("1 day"))

export const settingsOf = ({ deadline, listDelay, pace = {} }: Options): Settings => ({
  first: wait(pace.first, "10 seconds"),
  // With a factor below 1 it would look ever more often.
  factor: pace.factor === undefined || Number.isNaN(pace.factor) ? 1.25 : Math.max(1, pace.factor),
  longest: wait(pace.longest, "10 minutes"),
  listDelay: millis(listDelay, "2 minutes"),
  deadline: millis(deadline, "1 day")
})
