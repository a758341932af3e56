/**
 * What the protocol needs of a store: atomic commands, each of which returns the state after it. The store's
 * own clock decides about leases and members, because the clocks of hosts differ.
 */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"

/** A command timed out, or the store refused it. */
export class StoreFailure extends Data.TaggedError("StoreFailure")<{
  readonly detail: string
  /** The store refuses this user: waiting does not help. */
  readonly isDenied?: boolean | undefined
}> {}

/** A session, sealed. */
export interface StoredRecord {
  readonly generation: number
  /** The sealed session. */
  readonly box: string
  /** In how many milliseconds it should be renewed. */
  readonly renewIn: number | undefined
  /** Whether its sign-out has begun. */
  readonly closing: boolean
  /** The lease under which it was written. */
  readonly fence: number
  /** How many sessions in a row ended for no reason that a member knows, before this one. */
  readonly expired: number
  /** When the last of these was replaced, by the store's clock. */
  readonly expiredAt: number
}

export interface State {
  /** By the store's clock, in milliseconds. */
  readonly now: number
  readonly record: StoredRecord | undefined
  /** How many members have been heard of lately. */
  readonly members: number
  /** How many of them want another site than this one. */
  readonly elsewhere: number
  readonly lease: "free" | "mine" | "other"
  /** How many leases have been taken. */
  readonly fence: number
  /** How many of these have ended with a known result. The others may have ended a session. */
  readonly settled: number
  /** The sealed error of a sign-in that others need not try as well, for a while. */
  readonly signInError: string | undefined
}

export type Command =
  | { readonly op: "read" }
  /** Says that this member is alive. */
  | { readonly op: "beat" }
  /** Takes the lease if no other member has it. */
  | { readonly op: "take"; readonly lease: number }
  | { readonly op: "extend"; readonly fence: number; readonly lease: number }
  /** Writes the session and ends the lease, if no later lease has been taken. Can be repeated. */
  | {
      readonly op: "write"
      readonly fence: number
      readonly generation: number
      readonly box: string
      readonly renewIn: number | undefined
      /** The new count of sessions in a row that ended for no known reason. Undefined leaves it. */
      readonly expired: number | undefined
      /** Whether a lease without a known result explains why the previous session ended. */
      readonly explains: boolean
    }
  /** Ends the lease without a session. */
  | {
      readonly op: "release"
      readonly fence: number
      readonly settled: boolean
      /** The sealed error, and for how many milliseconds the others have it. */
      readonly signInError: { readonly box: string; readonly life: number } | undefined
    }
  /** Writes a session that the store has lost, or never got. Does nothing while another lease is held. */
  | {
      readonly op: "restore"
      readonly generation: number
      readonly box: string
      readonly renewIn: number | undefined
      readonly replaces: number | undefined
      /** The lease of its sign-in, if that has not ended yet. */
      readonly fence: number | undefined
    }
  /** Leaves. If no other member is left, takes the lease to sign out. */
  | { readonly op: "leave"; readonly lease: number }
  /** Leaves without that. */
  | { readonly op: "quit" }
  /** Forgets leases without a known result, after a sweep. */
  | { readonly op: "settle" }
  /** Deletes the session after its sign-out. */
  | { readonly op: "forget"; readonly fence: number }

export interface Reply extends State {
  /** Whether the command did what it asks for. */
  readonly ok: boolean
}

/** The record of one identity, as one member sees it. */
export interface Backend {
  readonly run: (command: Command) => Effect.Effect<Reply, StoreFailure>
  /** Completes when something has changed, or after so many milliseconds. */
  readonly changed: (atMost: number) => Effect.Effect<void>
}
