/** Runs commands, and packs the packages as npm publishes them. */
import { fileURLToPath } from "node:url"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly command: string
  readonly output: string
}> {
  override get message(): string {
    return `${this.command} failed\n${this.output}`
  }
}

/** Runs a command to its end, and returns what it printed. */
export const run = (directory: string, command: string, ...args: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const started = yield* Command.start(Command.workingDirectory(Command.make(command, ...args), directory))
      const text = (stream: typeof started.stdout) => Stream.mkString(Stream.decodeText(stream))
      const [out, err, exitCode] = yield* Effect.all([text(started.stdout), text(started.stderr), started.exitCode], {
        concurrency: "unbounded"
      })
      if (exitCode === 0) return out
      return yield* new CommandFailed({ command: [command, ...args].join(" "), output: out + err })
    })
  )

/** Packs the packages; returns their folders and tarballs. */
export const pack = (tarballs: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return yield* Effect.forEach(["tableau", "simulator", "redis", "workflow"], (name) =>
      Effect.gen(function* () {
        const directory = path.join(tarballs, name)
        yield* files.makeDirectory(directory, { recursive: true })
        yield* run(path.join(root, "packages", name), "npm", "pack", "--pack-destination", directory)
        const [tarball = ""] = yield* files.readDirectory(directory)
        return [name, path.join(directory, tarball)] as const
      })
    )
  })
