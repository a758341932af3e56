/**
 * How processes share one session. One member signs in, under a lease; the others wait for its session and never sign in.
 *
 * Two things fence a member that was stopped for longer than its lease. The store refuses its session, and it signs that
 * out. And Tableau itself ended the newer session when the late sign-in arrived: the other members find out by a 401, and
 * one of them signs in again. A stall costs one sign-in, and no request is sent twice for it.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type SessionStore, TableauError } from "effect-tableau"
import { type Backend, type Command, type Reply, type State, StoreFailure } from "./backend.js"
import type { Box, Failure } from "./box.js"

export interface Settings {
  /** For how long a lease is valid after it was taken or extended, in milliseconds. */
  readonly lease: number
  /** How often a member says that it is alive, in milliseconds. */
  readonly heartbeat: number
  /** How often a member that waits asks, in milliseconds, if no message comes before. */
  readonly poll: number
  /** Sessions that end within this many milliseconds, without a reason that we know, are ended by another program. */
  readonly evictionWindow: number
  readonly onStoreFailure: "wait" | "alone"
  /** The least time between two sign-ins without the store, in milliseconds. */
  readonly alonePause: number
  readonly signOut: "lastMember" | "never"
}

/** As within one process: expired sessions in a row after which another program must be the cause. */
const evictionLimit = 2

/** How long leaving may wait for the store, in milliseconds. */
const leavePatience = 5000

/** How often a session that was received is offered to a store that fails. Later the heartbeat does that. */
const writeAttempts = 3

/** Milliseconds by the monotonic clock of this process. */
const elapsed = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)

const isSignInFailed = Schema.is(TableauError.SignInFailed)
const isRateLimited = Schema.is(TableauError.RateLimited)
const isServerFault = Schema.is(TableauError.ServerFault)

/** For how long the failure of a sign-in is remembered, in milliseconds: at most, and if the server names no time. */
const longestSignInError = 30_000
const shortSignInError = 5000

/**
 * The failures that others need not find out by a sign-in of their own: another attempt with credentials that are refused
 * can lock the account, and a server without capacity has asked for fewer requests.
 */
const signInErrorOf = (error: unknown): { readonly error: Failure; readonly life: number } | undefined => {
  if (isSignInFailed(error)) return error.code === "401001" ? { error, life: longestSignInError } : undefined
  if (isRateLimited(error)) {
    const life = error.retryAfter === undefined ? shortSignInError : Duration.toMillis(error.retryAfter)
    return { error, life: Math.min(Math.max(1, Math.ceil(life)), longestSignInError) }
  }
  if (!isServerFault(error) || error.status !== 503) return undefined
  // The others have sent nothing.
  return { error: new TableauError.ServerFault({ ...error, acted: "no" }), life: shortSignInError }
}

const isSameSite = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** The session that this member uses. */
interface Held {
  readonly session: SessionStore.Session
  readonly generation: number
  /** When it should be renewed, by the monotonic clock. */
  readonly renewAt: number | undefined
  /** Whether the store has it. */
  readonly isStored: boolean
  /** The session in the store that it replaces. */
  readonly replaces: number | undefined
  /** The lease of its sign-in, if the store could not take it. */
  readonly fence: number | undefined
}

/** Joins. The member leaves without a sign-out if the scope closes before it has left. */
export const join = (
  backend: Backend,
  box: Box,
  settings: Settings,
  site: string
): Effect.Effect<SessionStore.Member, never, Scope.Scope> =>
  Effect.gen(function* () {
    let held: Held | undefined
    /** Whether the store has ever heard of this member. */
    let hasJoined = false
    let hasLeft = false
    let warnedOfEviction: number | undefined
    /** When it may sign in without the store, by the monotonic clock. */
    let aloneFrom = Number.NEGATIVE_INFINITY

    const run = (command: Command): Effect.Effect<Either.Either<Reply, StoreFailure>> =>
      Effect.either(backend.run(command))

    /** The session of the record, unless it cannot be read or is being signed out. */
    const storedIn = ({ record }: State): SessionStore.Stored | undefined => {
      if (record === undefined || record.closing) return undefined
      const { generation, renewIn } = record
      const session = Option.getOrUndefined(box.open(record.box, generation))
      return session === undefined ? undefined : { ...session, generation, renewIn }
    }

    const hold = (
      now: number,
      stored: SessionStore.Stored,
      isStored: boolean,
      replaces?: number,
      fence?: number
    ): void => {
      const { generation, renewIn } = stored
      const renewAt = renewIn === undefined ? undefined : now + renewIn
      held = { session: stored, generation, renewAt, isStored, replaces, fence }
    }

    const restoring = (now: number, { fence, generation, renewAt, replaces, session }: Held): Command => ({
      op: "restore",
      generation,
      box: box.seal(session, generation),
      renewIn: renewAt === undefined ? undefined : Math.max(0, renewAt - now),
      replaces,
      fence
    })

    /** Says that this member is alive, and gives the store back a session that it has lost or never got. */
    const beat = Effect.clockWith((clock) =>
      Effect.gen(function* () {
        const reply = yield* run({ op: "beat" })
        if (Either.isRight(reply)) hasJoined = true
        if (Either.isLeft(reply) || held === undefined) return
        const { lease, record } = reply.right
        const own = held
        if (lease === "other" || (own.isStored && record !== undefined)) return
        const written = yield* run(restoring(elapsed(clock), own))
        if (Either.isRight(written) && written.right.ok && held === own) held = { ...own, isStored: true }
      })
    )

    /** A session that the store could not take is offered more often: others wait for the end of its lease. */
    const pause = Effect.suspend(() => {
      const isOffered = held !== undefined && !held.isStored && held.fence !== undefined
      return Effect.sleep(
        Duration.millis(isOffered ? Math.min(settings.heartbeat, 4 * settings.poll) : settings.heartbeat)
      )
    })
    // Daemon: the scope does not wait for a command in flight. A session opens uninterruptible, and a fork inherits that.
    const heartbeat = yield* Effect.acquireRelease(
      Effect.forkDaemon(Effect.interruptible(Effect.forever(Effect.andThen(pause, beat)))),
      Fiber.interruptFork
    )

    yield* Effect.addFinalizer(() => Effect.suspend(() => (hasLeft ? Effect.void : Effect.asVoid(run({ op: "quit" })))))

    const unavailable = (operation: string, { detail }: StoreFailure) =>
      new TableauError.SessionStoreUnavailable({ operation, acted: "no", detail })

    const acquire: SessionStore.Member["acquire"] = (need, signIn, signOut) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.clockWith((clock) =>
          Effect.gen(function* () {
            type E = Effect.Effect.Error<typeof signIn>
            const { failed, operation, reason } = need
            const now = () => elapsed(clock)
            const end = now() + Duration.toMillis(need.deadline)
            const busy = new TableauError.SessionStoreBusy({ operation, acted: "no" })
            let hasWarned = false
            let failures = 0
            // One that is about to expire works until another one replaces it.
            if (held?.generation === failed && reason !== "aboutToExpire") held = undefined

            const warnOnce = (text: string) => {
              if (hasWarned) return Effect.void
              hasWarned = true
              return Effect.logWarning(text)
            }

            /** Waits a while, or fails at the deadline. */
            const wait = (because: TableauError.SessionStoreBusy | TableauError.SessionStoreUnavailable) =>
              Effect.gen(function* () {
                if (now() >= end) return yield* because
                yield* need.onWait(because)
                const spread = yield* Random.nextRange(0.5, 1.5)
                yield* restore(backend.changed(Math.max(1, Math.min(settings.poll * spread, end - now()))))
              })

            /** The session that others have, or the reason why this member cannot have one. */
            const found = (
              state: Reply
            ): Effect.Effect<SessionStore.Stored | undefined, TableauError.SessionPinned | Failure> => {
              const stored = storedIn(state)
              if (stored !== undefined && !isSameSite(stored.site.contentUrl, site)) {
                // Without members there, that site is no longer in use.
                if (state.elsewhere === 0) return Effect.succeed(undefined)
                const pinnedTo = stored.site.contentUrl
                return Effect.fail(new TableauError.SessionPinned({ operation, acted: "no", site, pinnedTo }))
              }
              if (stored !== undefined && stored.generation !== failed) {
                hold(now(), stored, true)
                return Effect.succeed(stored)
              }
              const signInError =
                state.signInError === undefined
                  ? undefined
                  : Option.getOrUndefined(box.openSignInError(state.signInError))
              const isOurs =
                signInError !== undefined && (signInError._tag !== "SignInFailed" || isSameSite(signInError.site, site))
              return isOurs ? Effect.fail(signInError) : Effect.succeed(undefined)
            }

            const release = (state: Reply, settled: boolean, signInError?: ReturnType<typeof signInErrorOf>) =>
              run({
                op: "release",
                fence: state.fence,
                settled,
                signInError:
                  signInError === undefined
                    ? undefined
                    : { box: box.sealSignInError(signInError.error), life: signInError.life }
              })

            /** Keeps a session that the store could not take. */
            const keep = (
              session: SessionStore.Session,
              generation: number,
              replaces: number | undefined,
              fence?: number
            ) => {
              const stored = { ...session, generation }
              hold(now(), stored, false, replaces, fence)
              return stored
            }

            /** Signs in without the store. It gets the session when it can be reached again. */
            const alone = (failure: StoreFailure) =>
              Effect.gen(function* () {
                yield* Effect.logWarning(
                  `The session store is not available (${failure.detail}). This process signs in alone, which ends the session of others.`
                )
                aloneFrom = now() + settings.alonePause
                const session = yield* signIn
                // Below zero: no generation of the store is.
                const generation = -(yield* Random.nextIntBetween(1, 2 ** 40))
                return keep(session, generation, failed)
              })

            /** Offers the session to the store. Undefined if another member has taken the lease. */
            const write = (
              state: Reply,
              session: SessionStore.Session,
              counted: { readonly expired: number | undefined; readonly explains: boolean }
            ) =>
              Effect.gen(function* () {
                const generation = Math.max((state.record?.generation ?? 0) + 1, state.now)
                const sealed = box.seal(session, generation)
                for (let attempt = 1; ; attempt++) {
                  const { renewIn } = session
                  const command = {
                    op: "write",
                    fence: state.fence,
                    generation,
                    box: sealed,
                    renewIn,
                    ...counted
                  } as const
                  const written = yield* run(command)
                  if (Either.isRight(written)) {
                    if (!written.right.ok) return undefined
                    const stored = { ...session, generation }
                    hold(now(), stored, true)
                    return stored
                  }
                  if (attempt < writeAttempts) {
                    yield* Effect.sleep(Duration.millis(settings.poll))
                    continue
                  }
                  yield* Effect.logWarning(
                    `The session store could not take the new session (${written.left.detail}). It is used by this process, and offered again.`
                  )
                  return keep(session, generation, state.record?.generation, state.fence)
                }
              })

            /** Extends the lease while the sign-in runs, and stops that when the lease is lost. */
            const extend = (state: Reply, until: { leaseEnd: number; lost: boolean }, stop: Effect.Effect<void>) =>
              Effect.gen(function* () {
                for (;;) {
                  yield* Effect.sleep(Duration.millis(settings.lease / 3))
                  const sent = now()
                  const extended = yield* run({ op: "extend", fence: state.fence, lease: settings.lease })
                  if (Either.isRight(extended) && extended.right.ok) until.leaseEnd = sent + settings.lease
                  else if (Either.isRight(extended) || now() >= until.leaseEnd) {
                    until.lost = true
                    return yield* stop
                  }
                }
              })

            /** With the lease. Undefined if another member may have a session now. */
            const signInUnderLease = (
              state: Reply,
              takenAt: number
            ): Effect.Effect<SessionStore.Stored | undefined, E | SessionStore.AcquireError> =>
              Effect.gen(function* () {
                const known = yield* Effect.tapError(found(state), () => release(state, true))
                if (known !== undefined) {
                  yield* release(state, true)
                  return known
                }
                const { record } = state
                // A lease before this one ended without a known result: its holder may have signed in.
                const isExplained = state.fence - state.settled > 1
                const isUnexplained = reason === "expired" && record?.generation === failed && !isExplained
                const { expired: inARowBefore = 0, expiredAt = 0 } = record ?? {}
                const inARow = state.now - expiredAt < settings.evictionWindow ? inARowBefore + 1 : 1
                if (isUnexplained && inARow > evictionLimit) {
                  const evicted = new TableauError.SessionEvicted({ operation, acted: "no" })
                  if (warnedOfEviction !== failed) yield* Effect.logWarning(evicted.message)
                  warnedOfEviction = failed
                  // A process that cannot reach the store may have signed in alone.
                  const mayBeOurs = settings.onStoreFailure === "alone"
                  if (!mayBeOurs || state.now - expiredAt < settings.alonePause) {
                    yield* release(state, true)
                    return yield* mayBeOurs ? Effect.as(wait(busy), undefined) : evicted
                  }
                }
                const until = { leaseEnd: takenAt + settings.lease, lost: false }
                // The fork is uninterruptible, but for what the sign-in itself allows.
                const signingIn = yield* Effect.forkDaemon(signIn)
                const extending = yield* Effect.forkDaemon(
                  Effect.interruptible(extend(state, until, Effect.asVoid(Fiber.interruptFork(signingIn))))
                )
                let interrupted = false
                const exit = yield* restore(Fiber.await(signingIn)).pipe(
                  Effect.catchAllCause(() => {
                    interrupted = true
                    return Fiber.interrupt(signingIn)
                  })
                )
                yield* Fiber.interrupt(extending)
                if (Exit.isSuccess(exit)) {
                  const explains = reason === "expired" && isExplained && record?.fence === state.fence - 1
                  const expired = isUnexplained ? inARow : undefined
                  const stored = yield* write(state, exit.value, { expired, explains })
                  if (stored !== undefined) return stored
                  yield* Effect.logWarning(
                    "This process was stopped for longer than its lease of the shared session: its late sign-in is signed out, and it uses the session of another process."
                  )
                  yield* signOut(exit.value)
                  return undefined
                }
                const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
                // Unless the server may have signed in: that would explain the end of a session.
                const settled = error === undefined ? Cause.isInterruptedOnly(exit.cause) : error.acted === "no"
                yield* release(state, settled, signInErrorOf(error))
                if (until.lost && !interrupted && Cause.isInterruptedOnly(exit.cause)) return undefined
                return yield* Effect.failCause(exit.cause)
              })

            for (;;) {
              const reply = yield* run({ op: "beat" })
              let failure: StoreFailure
              if (Either.isRight(reply)) {
                hasJoined = true
                const state = reply.right
                const known = yield* found(state)
                if (known !== undefined) return known
                const takenAt = now()
                const taken = state.lease === "other" ? undefined : yield* run({ op: "take", lease: settings.lease })
                if (taken === undefined || (Either.isRight(taken) && !taken.right.ok)) {
                  yield* wait(busy)
                  continue
                }
                if (Either.isRight(taken)) {
                  if (now() - takenAt < settings.lease / 2) {
                    const result = yield* signInUnderLease(taken.right, takenAt)
                    if (result !== undefined) return result
                    continue
                  }
                  // Redis is slow, or this process was stopped. A late sign-in would end the session of another member.
                  yield* release(taken.right, true)
                  if (now() < end) continue
                  failure = new StoreFailure({ detail: "taking the lease took more than half of its time" })
                } else failure = taken.left
              } else failure = reply.left
              failures += 1
              // The first one can be a connection that was closed while it was idle.
              const mayBeAlone = settings.onStoreFailure === "alone" && now() >= aloneFrom
              if (mayBeAlone && (failures > 1 || now() >= end)) return yield* alone(failure)
              if (!hasJoined && failure.isDenied === true) return yield* unavailable(operation, failure)
              if (now() < end) {
                const longest = Duration.format(Duration.seconds(Math.ceil((end - now()) / 1000)))
                yield* warnOnce(
                  `The session store is not available (${failure.detail}). Waiting for it, for ${longest} at most.`
                )
              }
              yield* wait(unavailable(operation, failure))
            }
          })
        )
      )

    const leave: SessionStore.Member["leave"] = (signOut) =>
      Effect.clockWith((clock) =>
        Effect.gen(function* () {
          if (hasLeft) return
          hasLeft = true
          let end = elapsed(clock) + leavePatience
          // Commands that were sent before have their effect before those that follow.
          yield* Fiber.interruptFork(heartbeat)
          /** A command takes no longer than what is left of the patience. */
          const runSoon = (command: Command) =>
            Effect.interruptible(Effect.disconnect(run(command))).pipe(
              Effect.timeoutOption(Duration.millis(Math.max(1, end - elapsed(clock)))),
              Effect.map(
                Option.getOrElse(() => Either.left(new StoreFailure({ detail: "it did not respond in time" })))
              )
            )
          /** The patience is for the store. */
          const signedOut = (session: SessionStore.Session) =>
            Effect.gen(function* () {
              const began = elapsed(clock)
              const hasEnded = yield* signOut(session)
              end += elapsed(clock) - began
              return hasEnded
            })
          const own = held
          if (settings.signOut === "never") {
            // The store may get it for those that come later.
            if (own !== undefined && !own.isStored) yield* runSoon(restoring(elapsed(clock), own))
            yield* runSoon({ op: "quit" })
            return
          }
          const unstored = own === undefined || own.isStored ? undefined : own
          // One that never joined cannot know whether there are others.
          if (!hasJoined) {
            if (unstored !== undefined) yield* signedOut(unstored.session)
            yield* runSoon({ op: "quit" })
            return
          }
          let known = own
          let isLeft = false
          for (;;) {
            const reply = yield* runSoon({ op: "leave", lease: settings.lease })
            if (Either.isRight(reply)) {
              const { fence, lease, members, ok, record } = reply.right
              // Unless the store has it, and only its response was lost.
              if (known !== undefined && known === unstored && known.generation !== record?.generation) {
                known = undefined
                isLeft = !(yield* signedOut(unstored.session))
              }
              if (ok) {
                const stored = record === undefined ? Option.none() : box.open(record.box, record.generation)
                // If the record cannot be read, the session that this member has is the last one that it knows.
                const session = Option.getOrUndefined(stored) ?? known?.session
                const hasEnded = session === undefined || (yield* signedOut({ ...session, renewIn: undefined }))
                isLeft ||= !hasEnded
                // Of a session that may be left, the record stays: a sweep needs it.
                const release = { op: "release", fence, settled: true, signInError: undefined } as const
                yield* runSoon(isLeft ? release : { op: "forget", fence })
                return
              }
              if (members > 0) return
              if (record === undefined) {
                // A sign-in of another member ends the session of this one.
                if (known === undefined || lease === "other") return
                // The store has lost it. Others may use it, so it is marked as closing before the sign-out, as always.
                yield* runSoon(restoring(elapsed(clock), known))
              }
            }
            if (elapsed(clock) >= end) {
              // One that the store may have is used by others, and a sweep finds it.
              if (known !== undefined && known === unstored && known.generation < 0) yield* signedOut(known.session)
              const why = Either.isLeft(reply) ? reply.left.detail : "another process holds its lease"
              return yield* Effect.logWarning(
                `The shared session may be left on the server (${why}). If no other process uses it, \`effect-tableau-redis sweep\` signs it out.`
              )
            }
            yield* Effect.sleep(Duration.millis(settings.poll))
          }
        })
      ).pipe(Effect.uninterruptible)

    return { acquire, leave }
  })
