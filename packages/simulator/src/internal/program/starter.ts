import { execFile } from "node:child_process"
import { fstatSync, readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"

/**
 * A simulator that outlives what started it keeps its port: `kill $!` after `npx effect-tableau-simulator &` ends npm and
 * not its child. A simulator in the background of a script, in a container or under a service manager has to outlive what
 * started it. Two signs tell them apart:
 *
 * - npm (npx, `npm run`, pnpm, yarn) waits for the simulator, directly or by `sh -c`. It is watched, unless the script has
 *   an `&` that puts the simulator into the background.
 * - Otherwise standard input is a terminal or a pipe of the parent. Shells without job control give `/dev/null` to commands
 *   in the background, and so do containers, service managers and `nohup`.
 *
 * The end of standard input is no sign: `echo y | npx effect-tableau-simulator` closes it at once.
 */
interface Process {
  readonly id: number
  readonly name: string
}

interface Details {
  readonly parent: number
  readonly session: number
  readonly isZombie: boolean
  readonly command: string
}

const attempt = <A>(read: () => A): Option.Option<A> => Option.liftThrowable(read)()

/** From Linux's `/proc`. The fields follow the name, which can contain any character, in parentheses. */
const fromProc = (id: number): Option.Option<Details> =>
  attempt(() => {
    const stat = readFileSync(`/proc/${id}/stat`, "latin1")
    const [state, parent, , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    const command = readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ")
    return { parent: Number(parent), session: Number(session), isZombie: state === "Z", command }
  })

const fromPs = (id: number): Effect.Effect<Option.Option<Details>> =>
  Effect.async((resume) => {
    execFile("ps", ["-o", "ppid=,stat=,command=", "-p", String(id)], (_, output) => {
      const [, parent, state = "", command = ""] = /^\s*(\d+)\s+(\S+)\s+(.*)$/m.exec(output) ?? []
      resume(
        Effect.succeed(
          parent === undefined
            ? Option.none()
            : Option.some({
                parent: Number(parent),
                session: state.includes("s") ? id : 0,
                isZombie: state.startsWith("Z"),
                command
              })
        )
      )
    })
  })

const detailsOf = (id: number): Effect.Effect<Option.Option<Details>> =>
  process.platform === "linux" ? Effect.sync(() => fromProc(id)) : fromPs(id)

const packageManager =
  /^(?:\S*[\\/])?(?:node\s+\S*[\\/])?(?:npm|npx|pnpm|pnpx|yarn|yarnpkg|bun|bunx)(?:-cli)?(?:\.[cm]?js)?(?:\s|$)/

const shellOfScript = /^(?:\S*[\\/])?(?:sh|bash|dash|zsh|ash|busybox sh) -c /

/** An `&` that is neither a part of `&&` nor of a redirection. */
const isInBackground = (script: string): boolean => /(?<![&>|])&(?![&>\d])/.test(script)

const isNullDevice = (): boolean =>
  Option.match(
    attempt(() => fstatSync(0)),
    { onNone: () => true, onSome: (stat) => !(process.stdin.isTTY || stat.isFIFO() || stat.isSocket()) }
  )

/** At the start, before a parent can have ended. */
const parentAtStart = process.ppid

/** The process to watch. */
const find: Effect.Effect<Option.Option<Process>> = Effect.gen(function* () {
  const parentId = parentAtStart
  if (process.platform === "win32" || parentId <= 1) return Option.none()
  const parent = yield* detailsOf(parentId)
  const script = process.env["npm_lifecycle_script"]
  if (Option.isSome(parent) && script !== undefined && !isInBackground(script)) {
    if (packageManager.test(parent.value.command)) return Option.some({ id: parentId, name: "npm" })
    if (shellOfScript.test(parent.value.command)) {
      const grandparent = yield* detailsOf(parent.value.parent)
      if (Option.exists(grandparent, ({ command }) => packageManager.test(command))) {
        return Option.some({ id: parent.value.parent, name: "npm" })
      }
    }
  }
  const self = yield* detailsOf(process.pid)
  const isDaemon = Option.exists(self, ({ session }) => session === process.pid)
  return isNullDevice() || isDaemon ? Option.none() : Option.some({ id: parentId, name: "the parent process" })
})

const exists = (id: number): boolean =>
  process.platform === "linux"
    ? Option.exists(fromProc(id), ({ isZombie }) => !isZombie)
    : Option.isSome(attempt(() => process.kill(id, 0)))

/** A process that has ended is replaced as the parent by another one, even before its own parent has noticed. */
const hasEnded = ({ id }: Process): boolean => process.ppid !== parentAtStart || !exists(id)

/** Completes with the name of the process that started this one, after it has ended. Many processes never end this one. */
export const ended: Effect.Effect<string> = Effect.flatMap(
  find,
  Option.match({
    onNone: () => Effect.never,
    onSome: (starter) =>
      Effect.sync(() => hasEnded(starter)).pipe(
        Effect.repeat({ schedule: Schedule.spaced("500 millis"), until: (over) => over }),
        Effect.as(starter.name)
      )
  })
)
