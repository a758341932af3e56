/**
 * A worker: it runs durable workflows on Tableau. Start it on as many hosts and as often as you like, all with the same token.
 * It can be stopped or killed at any time: the others go on with its workflows.
 *
 * Settings: `TABLEAU_SERVER_URL`, `TABLEAU_SITE`, `TABLEAU_TOKEN_NAME`, `TABLEAU_TOKEN_VALUE`, `REDIS_URL`, `DATABASE_URL`, and
 * `WORKER_NAME`.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TableauNode from "effect-tableau/node"
import { TableauWorkflow } from "effect-tableau-workflow"
import { Engine, processName, Session } from "./layers.js"

const Worker = TableauWorkflow.layer({
  // How often the state of a refresh is read. By default after 10 seconds, and then more and more rarely.
  pace: { first: "1 second", longest: "10 seconds" },
  // How long a new job can be missing in the server's list of jobs, and longer than `shardLockExpiration`. It matters only after
  // a kill. By default 2 minutes.
  listDelay: "8 seconds"
}).pipe(
  Layer.provide(Engine),
  // Below the engine, so that the session opens before the worker takes work, and closes after its work has stopped.
  Layer.provide(Session),
  Layer.provide(NodeContext.layer),
  Layer.tap(() => Effect.flatMap(processName, (name) => Effect.log(`${name} is ready`)))
)

// SIGTERM stops the work, closes the session, and ends the process.
Layer.launch(Worker).pipe(TableauNode.runMain)
