/** The sign-in of a session. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Credentials } from "../../Credentials.js"
import type { Restore } from "../http/exchange.js"
import * as Authentication from "./authentication.js"
import type * as Budgets from "./budgets.js"
import type { Client } from "./client.js"
import * as Retry from "./retry.js"

const traits: Retry.RequestTraits = {
  operation: Authentication.signInOperation,
  readOnly: false,
  idempotent: false,
  replayable: true
}

/**
 * Signs in, with retries. Interruption and the deadline cancel the delay between attempts, never a sign-in in flight: its
 * token would leak. `restore` marks the interruptible parts.
 */
export const signIn = (
  { budgets, pause }: { readonly budgets: Budgets.Budgets; readonly pause: Retry.Pause },
  client: Client,
  credentials: Credentials,
  contentUrl: string,
  restore: Restore
): Effect.Effect<Authentication.Token, Authentication.SignInError> =>
  Effect.suspend(() => {
    let received: Exit.Exit<Authentication.Token, Authentication.SignInError> | undefined
    const attempt = ({ resend }: Retry.Attempt) =>
      Authentication.signIn(client, credentials, contentUrl, resend).pipe(
        // For itself and for its sign-out, which must not wait.
        Effect.tap((token) => budgets.debit(client, token, 2)),
        Effect.onExit((exit) =>
          Effect.sync(() => {
            received = exit
          })
        ),
        Effect.uninterruptible
      )
    return restore(Retry.retrying(client.policy, pause, traits, attempt)).pipe(
      Effect.catchAllCause((cause) => {
        if (received !== undefined && Exit.isSuccess(received)) return received
        // Keep the failure in the cause even if the caller was interrupted.
        const failure = Cause.isInterruptedOnly(cause) ? received?.cause : undefined
        return Effect.failCause(failure === undefined ? cause : Cause.sequential(failure, cause))
      })
    )
  })
