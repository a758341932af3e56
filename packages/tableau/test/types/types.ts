/**
 * What the types of the package say. Only the compiler reads this file and `mistakes.ts`: with `npm run check`, and in
 * `test/documentation.test.ts`.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  type Download,
  type Favorites,
  Filter,
  Ids,
  Jobs,
  Operation,
  type Permissions,
  Response,
  Sort,
  type TableauError,
  TableauSession,
  type Tags,
  Tasks,
  Upload,
  Users,
  Views,
  Workbooks,
  Xml
} from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

export * as Mistakes from "./mistakes.js"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_ extends true>(): void => undefined

// Sessions

declare const options: TableauSession.Options

const made = TableauSession.make(options)
holds<Same<Effect.Effect.Context<typeof made>, Scope.Scope | HttpClient.HttpClient>>()
holds<Same<Effect.Effect.Success<typeof made>, TableauSession.Service>>()
holds<
  Same<
    Effect.Effect.Error<typeof made>["_tag"],
    | "SignInFailed"
    | "SiteMismatch"
    | "UserMismatch"
    | "SessionExpired"
    | "SessionEvicted"
    | "SessionClosed"
    | "SessionPinned"
    | "SessionStoreUnavailable"
    | "SessionStoreBusy"
    | "BadRequest"
    | "Conflict"
    | "Forbidden"
    | "MethodNotAllowed"
    | "NotFound"
    | "UnknownCode"
    | "VersionUnsupported"
    | "RateLimited"
    | "ServerFault"
    | "UnexpectedResponse"
    | "ConnectionFailed"
    | "TlsFailed"
    | "TimedOut"
    | "RedirectRefused"
  >
>()

const layer = TableauSession.layer(options)
holds<Same<typeof layer, Layer.Layer<TableauSession, TableauError.OpenError, HttpClient.HttpClient>>>()

const layerConfig = TableauSession.layerConfig()
holds<Same<Layer.Layer.Error<typeof layerConfig>, TableauError.OpenError | ConfigError.ConfigError>>()

type Unusable =
  | TableauNode.CertificateUnreadable
  | TableauNode.ClientCertificateUnusable
  | TableauNode.HttpClientOptionInvalid
const client = TableauNode.layerHttpClient()
holds<Same<typeof client, Layer.Layer<HttpClient.HttpClient, Unusable>>>()

const workbookId = Ids.WorkbookId.make("1")

const onOtherSite = TableauSession.withSite("Finance")(Workbooks.list())
holds<Same<Effect.Effect.Context<typeof onOtherSite>, TableauSession>>()

// Errors

holds<Same<TableauError.SessionError["category"], "session">>()
holds<Same<TableauError.RequestError["category"], "request">>()
holds<Same<TableauError.ServerError["category"], "server">>()
holds<Same<TableauError.TransportError["category"], "transport">>()

// One request fails with CallError; a list also with ListIncomplete and UnfilterableValue, a rendering with the latter.
holds<
  Same<TableauError.ListError, TableauError.CallError | TableauError.UnfilterableValue | TableauError.ListIncomplete>
>()
holds<Same<Extract<TableauError.CallError, TableauError.UnfilterableValue | TableauError.ListIncomplete>, never>>()

// Operations

const get = Workbooks.get(workbookId)
holds<Same<typeof get, Effect.Effect<Workbooks.Workbook, TableauError.CallError, TableauSession>>>()
holds<Same<Parameters<typeof Workbooks.get>, [workbookId: Ids.WorkbookId]>>()

const remove = Workbooks.delete(workbookId)
holds<Same<typeof remove, Effect.Effect<void, TableauError.CallError, TableauSession>>>()

const list = Workbooks.list()
holds<Same<Effect.Effect.Context<typeof list>, TableauSession>>()
holds<Same<Effect.Effect.Error<typeof list>, TableauError.ListError>>()
// The stream needs no session: it has that of the list.
type Items = Effect.Effect.Success<typeof list>["items"]
holds<Same<Items, Stream.Stream<Workbooks.Workbook, TableauError.ListError>>>()

const stream = Workbooks.stream()
holds<Same<typeof stream, Stream.Stream<Workbooks.Workbook, TableauError.ListError, TableauSession>>>()

const download = Workbooks.download(workbookId)
holds<Same<Effect.Effect.Success<typeof download>, Download.Download>>()
holds<Same<Effect.Effect.Error<typeof download>, TableauError.CallError>>()
holds<Same<Effect.Effect.Context<typeof download>, TableauSession | Scope.Scope>>()

const image = Views.image(Ids.ViewId.make("1"))
holds<Same<Effect.Effect.Error<typeof image>, TableauError.CallError | TableauError.UnfilterableValue>>()

// A list in one response is an array, whatever module the operation is in.
const tasks = Tasks.list()
holds<
  Same<typeof tasks, Effect.Effect<ReadonlyArray<Tasks.ExtractRefreshTask>, TableauError.CallError, TableauSession>>
>()
const views = Views.listForWorkbook(workbookId)
holds<Same<Effect.Effect.Success<typeof views>, ReadonlyArray<Views.View>>>()
const members = Users.listInGroup(Ids.GroupId.make("1"))
holds<Same<Effect.Effect.Success<typeof members>["items"], Stream.Stream<Users.User, TableauError.ListError>>>()

// Operations that several resources share have the types of the resource.
const permissions = Workbooks.addPermissions(workbookId, [])
holds<Same<Effect.Effect.Success<typeof permissions>, Permissions.Permissions>>()
holds<Same<Effect.Effect.Success<ReturnType<typeof Views.addTags>>, ReadonlyArray<Tags.Tag>>>()

// Lists know their fields, the type and the operators of each, and which can be sorted by.

declare const utc: DateTime.Utc

export const queries = [
  Workbooks.list({
    filter: [Filter.eq("name", "Superstore"), Filter.gte("createdAt", utc), Filter.in("tags", ["a", "b"])],
    sort: [Sort.desc("updatedAt"), Sort.asc("name")],
    fields: ["name", "createdAt", "tags", "owner.name", "project.id"]
  }),
  Workbooks.list({ filter: [Filter.gt("size", 1), Filter.eq("hasExtracts", true)], fields: "all" }),
  Jobs.list({ filter: [Filter.has("title", "refresh"), Filter.eq("status", "Success")] })
]

// The fields of one operator are one union, which the compiler names when it rejects another field.
type OfJobs<Operator> = Extract<NonNullable<Jobs.ListOptions["filter"]>[number], { readonly operator: Operator }>
holds<Same<OfJobs<"has">, Filter.Filter<"args" | "notes" | "subtitle" | "title", "has", string>>>()
holds<Same<OfJobs<"in">["value"], ReadonlyArray<string>>>()

// Models: only the id is always present.

holds<Same<Workbooks.Workbook["id"], Ids.WorkbookId>>()
holds<undefined extends Workbooks.Workbook["name"] ? true : false>()
holds<Same<NonNullable<Favorites.Favorite["view"]>, Views.View>>()

const webhook = Xml.struct(
  { id: Schema.String },
  { isEnabled: Xml.Flag, createdAt: Xml.Timestamp, labels: Schema.Array(Schema.String) }
)

interface Webhook extends Xml.TypeOf<typeof webhook> {}

export const Webhook: Xml.Model<Webhook, typeof webhook> = webhook

holds<
  Same<
    Xml.TypeOf<typeof webhook>,
    {
      readonly id: string
      readonly isEnabled?: boolean | undefined
      readonly createdAt?: DateTime.Utc | undefined
      readonly labels?: ReadonlyArray<string> | undefined
    }
  >
>()
holds<Same<Schema.Schema.Type<typeof Webhook>, Webhook>>()

// Timestamps are strings in JSON; all else stays as it is. Branded ids stay branded or become strings.
type WebhookJson = Schema.Schema.Encoded<typeof Webhook.json>
holds<Same<WebhookJson, Xml.Json<Webhook>>>()
holds<Same<WebhookJson["createdAt"], string | undefined>>()
holds<Same<WebhookJson["isEnabled"], boolean | undefined>>()
holds<Same<WebhookJson["labels"], ReadonlyArray<string> | undefined>>()

// Operations that users declare

const facts = { since: "3.6", scope: "tableau:webhooks:read" } as const

const part = Operation.make({
  ...facts,
  name: "Things.get",
  request: "GET /sites/{siteId}/things/{thingId}/parts/{partId}",
  input: (thingId: string, partId: string) => ({ thingId, partId }),
  response: Response.empty
})
holds<Same<Parameters<typeof part>, [thingId: string, partId: string]>>()

const getWebhook = Operation.make({
  ...facts,
  name: "getWebhook",
  request: "GET /sites/{siteId}/webhooks/{webhookId}",
  input: (webhookId: string, options: { readonly all?: boolean } = {}) => ({ webhookId, query: { all: options.all } }),
  response: Response.element("webhook", Webhook)
})
holds<Same<Parameters<typeof getWebhook>, [webhookId: string, options?: { readonly all?: boolean }]>>()
holds<Same<ReturnType<typeof getWebhook>, Effect.Effect<Webhook, TableauError.CallError, TableauSession>>>()

// `input` may refuse its arguments, and the body may be the effect of Schema.encode.
export const createWebhook = Operation.make({
  ...facts,
  name: "createWebhook",
  request: "POST /sites/{siteId}/webhooks",
  input: (value: Webhook) =>
    value.id === "" ? Operation.invalidInput("the id is empty") : { json: Schema.encode(Webhook.json)(value) },
  response: Response.json(Webhook.json)
})

const search = Operation.make({
  ...facts,
  name: "search",
  request: "GET /api/-/search",
  input: (terms: string) => ({ query: { terms } }),
  response: Response.pages(Schema.Struct({ hits: Schema.Array(Schema.String) }), {
    items: ({ hits }) => hits,
    next: () => undefined
  })
})
const found = Operation.stream(search)("sales")
holds<Same<typeof found, Stream.Stream<string, TableauError.ListError, TableauSession>>>()

// The result of a generic operation depends on its arguments.
const query = Operation.generic(
  { ...facts, name: "query", request: "POST /api/metadata/graphql", readOnly: true },
  (send) =>
    <A, I>(document: string, data: Schema.Schema<A, I>) =>
      send({ json: { query: document } }, Response.graphql(data))
)
const queried = query("{ workbooks { luid } }", Schema.Struct({ workbooks: Schema.Array(Schema.String) }))
type Queried = Response.QueryResult<{ readonly workbooks: ReadonlyArray<string> }>
holds<Same<typeof queried, Effect.Effect<Queried, TableauError.CallError | TableauError.QueryFailed, TableauSession>>>()

const rows = Operation.generic(
  { ...facts, name: "rows", request: "POST /api/v1/vizql-data-service/query-datasource", readOnly: true },
  (send) =>
    <A, I>(row: Schema.Schema<A, I>) =>
      send({ json: {} }, Response.rows("data", row))
)
const numbers = rows(Schema.Number)
holds<Same<typeof numbers, Stream.Stream<number, TableauError.CallError, TableauSession>>>()

// An uploaded file brings its errors and requirements into the call.
const upload = Operation.generic(
  { ...facts, name: "upload", request: "POST /sites/{siteId}/things" },
  (send) =>
    <E, R>(file: Upload.File<E, R>) =>
      send({ multipart: { request_payload: { thing: { name: "x" } }, file } }, Response.empty)
)
const uploaded = upload(Upload.file({ name: "x", content: Stream.fail("broken" as const) }))
holds<Same<typeof uploaded, Effect.Effect<void, TableauError.CallError | "broken", TableauSession>>>()
