/** What a user writes in their own program. */

import * as Schema from "effect/Schema"
import { Operation, Response, Xml } from "effect-tableau"

export const Webhook = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  isEnabled: Schema.optional(Xml.Flag),
  createdAt: Schema.optional(Xml.Timestamp)
})

export const getWebhook = Operation.make({
  name: "getWebhook",
  request: "GET /sites/{siteId}/webhooks/{webhookId}",
  since: "3.6",
  scope: "tableau:webhooks:read",
  input: (webhookId: string) => ({ webhookId }),
  response: Response.element("webhook", Webhook)
})

const Usage = Schema.Struct({ hitsTotal: Schema.Number, hitsLastOneMonthTotal: Schema.Number })

export const usage = Operation.make({
  name: "usage",
  request: "GET /api/-/content/usage-stats/{type}/{luid}",
  since: "3.17",
  deployment: "Cloud",
  scope: "tableau:content:read",
  input: (type: "workbook" | "view", luid: string) => ({ type, luid }),
  response: Response.json(Usage)
})

const Alert = Schema.Struct({ name: Schema.String, due: Schema.DateTimeUtc })

/** A body that is encoded by a schema: what cannot be encoded is `BadRequest`. */
export const createAlert = Operation.make({
  name: "createAlert",
  request: "POST /api/-/pulse/alerts",
  since: "3.25",
  deployment: "Cloud",
  scope: "tableau:insight_metrics:create",
  input: (alert: typeof Alert.Type) => ({ json: Schema.encode(Alert)(alert) }),
  response: Response.json(Alert)
})
