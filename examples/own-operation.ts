/**
 * Calls a method of Tableau that this package does not have: the operation and its model are declared here, and get the
 * session, renewal, retries, errors and telemetry of all others. Prints the webhook TABLEAU_WEBHOOK_ID.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Operation, Response, TableauSession, Xml } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

// The id is always present. Everything else may be absent.
const webhook = Xml.struct(
  { id: Schema.String },
  {
    name: Schema.String,
    event: Schema.String,
    isEnabled: Xml.Flag,
    createdAt: Xml.Timestamp,
    owner: Schema.Struct({ id: Schema.String, name: Schema.optional(Schema.String) })
  }
)

/**
 * Returns a webhook.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_notifications.htm#get_webhook
 */
const getWebhook = Operation.make({
  name: "getWebhook",
  request: "GET /sites/{siteId}/webhooks/{webhookId}",
  since: "3.6",
  scope: "tableau:webhooks:read",
  input: (webhookId: string) => ({ webhookId }),
  response: Response.element("webhook", webhook)
})

const program = Effect.gen(function* () {
  const webhookId = yield* Config.nonEmptyString("TABLEAU_WEBHOOK_ID")
  const { createdAt, event, isEnabled, name, owner } = yield* getWebhook(webhookId)
  const since = createdAt === undefined ? "" : `, since ${DateTime.formatIsoDateUtc(createdAt)}`
  yield* Console.log(`${name} of ${owner?.name} ${isEnabled ? "is called" : "is not called"} on ${event}${since}`)
}).pipe(Effect.catchTag("NotFound", () => Console.log("There is no such webhook")))

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide(Session), TableauNode.runMain)
