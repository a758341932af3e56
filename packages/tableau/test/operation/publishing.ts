/** Files to publish, and servers that publish them. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Ids, type Jobs, type TableauError, type TableauSession, Upload } from "effect-tableau"
import {
  type Script,
  type ScriptedRequest,
  type ScriptedResponse,
  xml
} from "../../../../test/support/scriptedServer.js"

/** A publication of any content. */
export type Publication = Effect.Effect<
  unknown,
  TableauError.CallError | TableauError.UploadMismatch | Jobs.JobError,
  TableauSession
>

export const project = Ids.ProjectId.make("p1")

/** A file in memory, of a known size. */
export const file = (name: string, size = 4) => Upload.bytes(name, new Uint8Array(size).fill(65))

/** The same as a stream, by default of unknown size. */
export const streamed = (name: string, size: number, known?: number) =>
  Upload.file({ name, size: known, content: Stream.make(new Uint8Array(size).fill(65)) })

export const password = "p4ss&w0rd-in-clear"

export const credentials = { name: "ana", password: Redacted.make(password), embed: true }

export const workbook = xml('<workbook id="w1" name="Sales"/>')

export const uploadSession = "1234:0A1B-0:0"

const uploaded = xml(`<fileUpload uploadSessionId="${uploadSession}" fileSize="1"/>`)

/** A server that accepts uploads in blocks. */
export const uploads: Script = {
  "POST /sites/s/fileUploads": { ...uploaded, status: 201 },
  "PUT /sites/s/fileUploads/{session}": uploaded
}

/** Publishes a workbook on a server. */
export const publishing = (reply: ScriptedResponse | ReadonlyArray<ScriptedResponse> = workbook): Script => ({
  ...uploads,
  "POST /sites/s/workbooks": reply
})

/** The requests that publish something. */
export const commits = (calls: ReadonlyArray<ScriptedRequest>) =>
  calls.filter(({ method, path }) => method === "POST" && /\/(?:workbooks|datasources|flows)$/.test(path))

/** Runs an effect with a test clock that is faster than the real one. */
export const soon = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(
    effect,
    Effect.forever(
      Effect.andThen(
        TestClock.adjust("100 millis"),
        Effect.async<void>((resume) => void setTimeout(() => resume(Effect.void), 5))
      )
    )
  )
