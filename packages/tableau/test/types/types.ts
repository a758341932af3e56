/** What must and must not compile: checked by `test/documentation.test.ts`, and nothing here runs. */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import {
  Credentials,
  type Favorites,
  Filter,
  Flows,
  Groups,
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
  Users,
  Views,
  Workbooks
} from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_ extends true>(): void => undefined

declare const options: TableauSession.Options
declare const answer: Schema.Schema<{ readonly a: string }, { readonly a: string }>

const made = TableauSession.make(options)
holds<Same<Effect.Effect.Context<typeof made>, Scope.Scope | HttpClient.HttpClient>>()
holds<Same<Effect.Effect.Success<typeof made>, TableauSession.Service>>()
holds<
  Same<
    Effect.Effect.Error<typeof made>["_tag"],
    | "SignInFailed"
    | "SiteMismatch"
    | "SessionEvicted"
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

const client = TableauNode.layerHttpClient()
type Unusable =
  | TableauNode.CertificateUnreadable
  | TableauNode.ClientCertificateUnusable
  | TableauNode.HttpClientOptionInvalid
holds<Same<typeof client, Layer.Layer<HttpClient.HttpClient, Unusable>>>()

const list = Workbooks.list()
holds<Same<Effect.Effect.Context<typeof list>, TableauSession>>()
holds<Same<Effect.Effect.Error<typeof list>, TableauError.ListError>>()
type Items = Effect.Effect.Success<typeof list>["items"]
// The stream needs no session: it has one.
holds<Same<Items, Stream.Stream<Workbooks.Workbook, TableauError.ListError>>>()

const elsewhere = TableauSession.withSite("Finance")(list)
holds<Same<Effect.Effect.Context<typeof elsewhere>, TableauSession>>()

// Each error belongs to one group, by its literal.
holds<Same<TableauError.SessionError["category"], "session">>()
holds<Same<TableauError.RequestError["category"], "request">>()
holds<Same<TableauError.ServerError["category"], "server">>()
holds<Same<TableauError.TransportError["category"], "transport">>()

// Only the id is surely there.
holds<Same<Workbooks.Workbook["id"], Ids.WorkbookId>>()
holds<undefined extends Workbooks.Workbook["name"] ? true : false>()

// What is listed is what the module is of, whoever's it is.
const tasks = Tasks.list()
holds<Same<Effect.Effect.Success<typeof tasks>, ReadonlyArray<Tasks.ExtractRefreshTask>>>()
holds<Same<Effect.Effect.Context<typeof tasks>, TableauSession>>()
const views = Views.listForWorkbook(Ids.WorkbookId.make("1"))
holds<Same<Effect.Effect.Success<typeof views>, ReadonlyArray<Views.View>>>()
const members = Users.listInGroup(Ids.GroupId.make("1"))
holds<Same<Effect.Effect.Success<typeof members>["items"], Stream.Stream<Users.User, TableauError.ListError>>>()
holds<Same<NonNullable<Favorites.Favorite["view"]>, Views.View>>()
// What a factory made says what it gives, too.
const permissions = Workbooks.addPermissions(Ids.WorkbookId.make("1"), [])
holds<Same<Effect.Effect.Success<typeof permissions>, Permissions.Permissions>>()
holds<Same<Effect.Effect.Success<ReturnType<typeof Views.addTags>>, ReadonlyArray<Tags.Tag>>>()

export const refused = [
  // @ts-expect-error An id is a text of its own kind
  Workbooks.get("6d13b0ca-043d-4d42-8c9d-3f3313ea3a00"),
  // @ts-expect-error and a site's is no workbook's.
  Workbooks.get(Ids.SiteId.make("1")),
  // @ts-expect-error Nor is a user's a group's,
  Groups.listForUser(Ids.GroupId.make("1")),
  // @ts-expect-error and permissions are for somebody.
  Views.addPermissions(Ids.ViewId.make("1"), [{ capabilities: [] }]),
  // @ts-expect-error A secret is Redacted.
  Credentials.personalAccessToken({ name: "nightly", value: "secret" })
]

const part = Operation.make({
  name: "Things.get",
  request: "GET /sites/{siteId}/things/{thingId}/parts/{partId}",
  since: "2.0",
  scope: "none",
  input: (thingId: string, partId: string) => ({ thingId, partId }),
  response: Response.empty
})
holds<Same<Parameters<typeof part>, [thingId: string, partId: string]>>()

declare const date: DateTime.Utc

// A resource knows its fields, what each is compared by, with what, and what can be sorted by.
export const asked = [
  Workbooks.list({
    filter: [Filter.eq("name", "Superstore"), Filter.gte("createdAt", date), Filter.in("tags", ["a", "b"])],
    sort: [Sort.desc("updatedAt"), Sort.asc("name")],
    fields: ["name", "createdAt", "tags", "owner.name", "project.id"]
  }),
  Workbooks.list({ filter: [Filter.gt("size", 1), Filter.eq("hasExtracts", true)], fields: "all" }),
  Jobs.list({ filter: [Filter.has("title", "refresh"), Filter.eq("status", "Success")] })
]

// All fields with an operator are in one union: by that a compiler names them when it refuses another.
type OfJobs<Op> = Extract<NonNullable<Jobs.ListOptions["filter"]>[number], { readonly operator: Op }>
holds<Same<OfJobs<"has">, Filter.Filter<"args" | "notes" | "subtitle" | "title", "has", string>>>()
holds<Same<OfJobs<"in">["value"], ReadonlyArray<string>>>()

export const unaskable = [
  // @ts-expect-error Workbooks have no such field,
  Workbooks.list({ filter: [Filter.eq("shoeSize", "46")] }),
  // @ts-expect-error and what jobs can be filtered by is not for workbooks.
  Workbooks.list({ filter: [Filter.eq("jobType", "x")] }),
  // @ts-expect-error A name is not compared by size,
  Workbooks.list({ filter: [Filter.gte("name", "S")] }),
  // @ts-expect-error and not searched in.
  Workbooks.list({ filter: [Filter.has("name", "S")] }),
  // @ts-expect-error A date is no text,
  Workbooks.list({ filter: [Filter.gte("createdAt", "2026-03-01")] }),
  // @ts-expect-error nor one of many.
  Workbooks.list({ filter: [Filter.in("createdAt", [date])] }),
  // @ts-expect-error A number is no text.
  Workbooks.list({ filter: [Filter.eq("size", "1")] }),
  // @ts-expect-error There is no order of tags,
  Workbooks.list({ sort: [Sort.asc("tags")] }),
  // @ts-expect-error and none by what is not there.
  Workbooks.list({ sort: [Sort.asc("shoeSize")] }),
  // @ts-expect-error This is not sent,
  Workbooks.list({ fields: ["shoeSize"] }),
  // @ts-expect-error nor is this of an owner.
  Workbooks.list({ fields: ["owner.shoeSize"] }),
  // @ts-expect-error Of flows nothing can be chosen.
  Flows.list({ fields: ["name"] })
]
