/**
 * Sites.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SiteId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import type * as Query from "./Query.js"
import type { Listing } from "./Query.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const struct = Schema.Struct({
  id: SiteId,
  name: Schema.optional(Schema.String),
  contentUrl: Schema.optional(Schema.String),
  state: Schema.optional(Schema.String),
  adminMode: Schema.optional(Schema.String),
  storageQuota: Schema.optional(Leaf.Integer),
  userQuota: Schema.optional(Leaf.Integer),
  usage: Schema.optional(
    Schema.Struct({
      numUsers: Schema.optional(Leaf.Integer),
      numCreators: Schema.optional(Leaf.Integer),
      numExplorers: Schema.optional(Leaf.Integer),
      numViewers: Schema.optional(Leaf.Integer),
      storage: Schema.optional(Leaf.Integer)
    })
  ),
  adminInsightsPublishFrequency: Schema.optional(Leaf.Integer),
  allowSubscriptionAttachments: Schema.optional(Leaf.Flag),
  askDataMode: Schema.optional(Schema.String),
  attributeCaptureEnabled: Schema.optional(Leaf.Flag),
  authoringEnabled: Schema.optional(Leaf.Flag),
  autoExtractRefreshMonitoringEnabled: Schema.optional(Leaf.Flag),
  autoFlowRunMonitoringEnabled: Schema.optional(Leaf.Flag),
  autoSuspendRefreshEnabled: Schema.optional(Leaf.Flag),
  autoSuspendRefreshInactivityWindow: Schema.optional(Leaf.Integer),
  blockNonExtractEnabled: Schema.optional(Leaf.Flag),
  cacheWarmupEnabled: Schema.optional(Leaf.Flag),
  catalogObfuscationEnabled: Schema.optional(Leaf.Flag),
  catalogingEnabled: Schema.optional(Leaf.Flag),
  cmekEnabled: Schema.optional(Leaf.Flag),
  commentingEnabled: Schema.optional(Leaf.Flag),
  commentingMentionsEnabled: Schema.optional(Leaf.Flag),
  contentMigrationToolEnabled: Schema.optional(Leaf.Flag),
  customSubscriptionEmail: Schema.optional(Schema.String),
  customSubscriptionEmailEnabled: Schema.optional(Leaf.Flag),
  customSubscriptionFooter: Schema.optional(Schema.String),
  customSubscriptionFooterEnabled: Schema.optional(Leaf.Flag),
  dashboardInsightsEnabled: Schema.optional(Leaf.Flag),
  dashboardInsightsGroupId: Schema.optional(Schema.String),
  dashboardNarrativeEnabled: Schema.optional(Leaf.Flag),
  dataAccelerationMode: Schema.optional(Schema.String),
  dataAlertsEnabled: Schema.optional(Leaf.Flag),
  dataOrientationEnabled: Schema.optional(Leaf.Flag),
  derivedPermissionsEnabled: Schema.optional(Leaf.Flag),
  disableSubscriptions: Schema.optional(Leaf.Flag),
  dqwSubscriptionsEnabled: Schema.optional(Leaf.Flag),
  easEnabled: Schema.optional(Leaf.Flag),
  editingFlowsEnabled: Schema.optional(Leaf.Flag),
  einsteinInFlowEnabled: Schema.optional(Leaf.Flag),
  explainDataEnabled: Schema.optional(Leaf.Flag),
  exploreInTableauEnabled: Schema.optional(Leaf.Flag),
  extractEncryptionMode: Schema.optional(Schema.String),
  flowAutoSaveEnabled: Schema.optional(Leaf.Flag),
  flowFederationStrategySelectedConnectionEnabled: Schema.optional(Leaf.Flag),
  flowOutputSubscriptionsDataAsEmailAttachmentEnabled: Schema.optional(Leaf.Flag),
  flowOutputSubscriptionsDataInEmailBodyEnabled: Schema.optional(Leaf.Flag),
  flowOutputSubscriptionsEnabled: Schema.optional(Leaf.Flag),
  flowParametersAnyTypeEnabled: Schema.optional(Leaf.Flag),
  flowParametersEnabled: Schema.optional(Leaf.Flag),
  flowParametersSystemTypeEnabled: Schema.optional(Leaf.Flag),
  flowsEnabled: Schema.optional(Leaf.Flag),
  generativeAiDataCatalog: Schema.optional(Leaf.Flag),
  generativeAiDataCatalogGroupId: Schema.optional(Schema.String),
  generativeAiEnabled: Schema.optional(Leaf.Flag),
  generativeAiGroupId: Schema.optional(Schema.String),
  generativeAiPrep: Schema.optional(Leaf.Flag),
  generativeAiPrepGroupId: Schema.optional(Schema.String),
  generativeAiPulse: Schema.optional(Leaf.Flag),
  generativeAiPulseDiscoverEnabled: Schema.optional(Leaf.Flag),
  generativeAiPulseDiscoverGroupId: Schema.optional(Schema.String),
  generativeAiPulseExternalEmbeddingsEnabled: Schema.optional(Leaf.Flag),
  generativeAiPulseExternalEmbeddingsGroupId: Schema.optional(Schema.String),
  generativeAiWebAuthoring: Schema.optional(Leaf.Flag),
  generativeAiWebAuthoringGroupId: Schema.optional(Schema.String),
  generativeAiWebAuthoringOnPremEnabled: Schema.optional(Leaf.Flag),
  groupAssertionsConnectedAppsEnabled: Schema.optional(Leaf.Flag),
  groupAssertionsEnabled: Schema.optional(Leaf.Flag),
  groupAssertionsOIDCEnabled: Schema.optional(Leaf.Flag),
  groupAssertionsSAMLEnabled: Schema.optional(Leaf.Flag),
  groupSetsEnabled: Schema.optional(Leaf.Flag),
  guestAccessEnabled: Schema.optional(Leaf.Flag),
  idpConfigurationIdForScim: Schema.optional(Schema.String),
  isDataAlertsEnabled: Schema.optional(Leaf.Flag),
  linkedTaskRunNowEnabled: Schema.optional(Leaf.Flag),
  linkedTaskSchedulingEnabled: Schema.optional(Leaf.Flag),
  loginBasedLicenseManagementEnabled: Schema.optional(Leaf.Flag),
  materializedViewsEnabled: Schema.optional(Leaf.Flag),
  maxServiceTokenLimitPerUser: Schema.optional(Leaf.Integer),
  metricsContentTypeEnabled: Schema.optional(Leaf.Flag),
  mfaEnforcementExemption: Schema.optional(Leaf.Flag),
  mobileBiometricsEnabled: Schema.optional(Leaf.Flag),
  namedSharingEnabled: Schema.optional(Leaf.Flag),
  notifySiteAdminsOnThrottle: Schema.optional(Leaf.Flag),
  numUsers: Schema.optional(Leaf.Integer),
  personalSpaceEnabled: Schema.optional(Leaf.Flag),
  personalSpaceStorageQuota: Schema.optional(Leaf.Integer),
  publishToSalesforceEnabled: Schema.optional(Leaf.Flag),
  pulseEnabled: Schema.optional(Leaf.Flag),
  pulseGroupId: Schema.optional(Schema.String),
  pulsePersonalizedRankingEnabled: Schema.optional(Leaf.Flag),
  recycleBinEnabled: Schema.optional(Leaf.Flag),
  refreshTokenAbsoluteExpiry: Schema.optional(Leaf.Integer),
  requestAccessEnabled: Schema.optional(Leaf.Flag),
  revisionHistoryEnabled: Schema.optional(Leaf.Flag),
  revisionLimit: Schema.optional(Leaf.Integer),
  runNowEnabled: Schema.optional(Leaf.Flag),
  schedulingFlowsEnabled: Schema.optional(Leaf.Flag),
  selfServiceScheduleForRefreshEnabled: Schema.optional(Leaf.Flag),
  sheetImageEnabled: Schema.optional(Leaf.Flag),
  siteInviteEmailEnabled: Schema.optional(Leaf.Flag),
  sitePromptedLoginFlowEnabled: Schema.optional(Leaf.Flag),
  siteSettings: Schema.optional(
    Leaf.repeated(Schema.Struct({ key: Schema.optional(Schema.String), value: Schema.optional(Schema.String) }))
  ),
  storage: Schema.optional(Leaf.Integer),
  subscribeOthersEnabled: Schema.optional(Leaf.Flag),
  tagLimit: Schema.optional(Leaf.Integer),
  tierCreatorCapacity: Schema.optional(Leaf.Integer),
  tierExplorerCapacity: Schema.optional(Leaf.Integer),
  tierViewerCapacity: Schema.optional(Leaf.Integer),
  timeZone: Schema.optional(Schema.String),
  useDefaultTimeZone: Schema.optional(Leaf.Flag),
  userVisibilityMode: Schema.optional(Schema.String),
  webExtractionEnabled: Schema.optional(Leaf.Flag),
  webZoneContentEnabled: Schema.optional(Leaf.Flag),
  workflowExtensionEnabled: Schema.optional(Leaf.Flag)
})

/**
 * A site, with its settings: which of them it has depends on the server. Only `id` is surely there: what the server
 * leaves out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Site {
  readonly id: SiteId
  readonly name?: string | undefined
  /** What stands for the site in addresses; empty for the Default site. */
  readonly contentUrl?: string | undefined
  /** `Active` or `Suspended`. */
  readonly state?: string | undefined
  /** `ContentAndUsers` or `ContentOnly`: what site administrators may manage. */
  readonly adminMode?: string | undefined
  /** In megabytes. */
  readonly storageQuota?: number | undefined
  readonly userQuota?: number | undefined
  readonly usage?:
    | {
        readonly numUsers?: number | undefined
        readonly numCreators?: number | undefined
        readonly numExplorers?: number | undefined
        readonly numViewers?: number | undefined
        readonly storage?: number | undefined
      }
    | undefined
  readonly adminInsightsPublishFrequency?: number | undefined
  readonly allowSubscriptionAttachments?: boolean | undefined
  readonly askDataMode?: string | undefined
  readonly attributeCaptureEnabled?: boolean | undefined
  readonly authoringEnabled?: boolean | undefined
  readonly autoExtractRefreshMonitoringEnabled?: boolean | undefined
  readonly autoFlowRunMonitoringEnabled?: boolean | undefined
  readonly autoSuspendRefreshEnabled?: boolean | undefined
  readonly autoSuspendRefreshInactivityWindow?: number | undefined
  readonly blockNonExtractEnabled?: boolean | undefined
  readonly cacheWarmupEnabled?: boolean | undefined
  readonly catalogObfuscationEnabled?: boolean | undefined
  readonly catalogingEnabled?: boolean | undefined
  readonly cmekEnabled?: boolean | undefined
  readonly commentingEnabled?: boolean | undefined
  readonly commentingMentionsEnabled?: boolean | undefined
  readonly contentMigrationToolEnabled?: boolean | undefined
  readonly customSubscriptionEmail?: string | undefined
  readonly customSubscriptionEmailEnabled?: boolean | undefined
  readonly customSubscriptionFooter?: string | undefined
  readonly customSubscriptionFooterEnabled?: boolean | undefined
  readonly dashboardInsightsEnabled?: boolean | undefined
  readonly dashboardInsightsGroupId?: string | undefined
  readonly dashboardNarrativeEnabled?: boolean | undefined
  readonly dataAccelerationMode?: string | undefined
  readonly dataAlertsEnabled?: boolean | undefined
  readonly dataOrientationEnabled?: boolean | undefined
  readonly derivedPermissionsEnabled?: boolean | undefined
  readonly disableSubscriptions?: boolean | undefined
  readonly dqwSubscriptionsEnabled?: boolean | undefined
  readonly easEnabled?: boolean | undefined
  readonly editingFlowsEnabled?: boolean | undefined
  readonly einsteinInFlowEnabled?: boolean | undefined
  readonly explainDataEnabled?: boolean | undefined
  readonly exploreInTableauEnabled?: boolean | undefined
  readonly extractEncryptionMode?: string | undefined
  readonly flowAutoSaveEnabled?: boolean | undefined
  readonly flowFederationStrategySelectedConnectionEnabled?: boolean | undefined
  readonly flowOutputSubscriptionsDataAsEmailAttachmentEnabled?: boolean | undefined
  readonly flowOutputSubscriptionsDataInEmailBodyEnabled?: boolean | undefined
  readonly flowOutputSubscriptionsEnabled?: boolean | undefined
  readonly flowParametersAnyTypeEnabled?: boolean | undefined
  readonly flowParametersEnabled?: boolean | undefined
  readonly flowParametersSystemTypeEnabled?: boolean | undefined
  readonly flowsEnabled?: boolean | undefined
  readonly generativeAiDataCatalog?: boolean | undefined
  readonly generativeAiDataCatalogGroupId?: string | undefined
  readonly generativeAiEnabled?: boolean | undefined
  readonly generativeAiGroupId?: string | undefined
  readonly generativeAiPrep?: boolean | undefined
  readonly generativeAiPrepGroupId?: string | undefined
  readonly generativeAiPulse?: boolean | undefined
  readonly generativeAiPulseDiscoverEnabled?: boolean | undefined
  readonly generativeAiPulseDiscoverGroupId?: string | undefined
  readonly generativeAiPulseExternalEmbeddingsEnabled?: boolean | undefined
  readonly generativeAiPulseExternalEmbeddingsGroupId?: string | undefined
  readonly generativeAiWebAuthoring?: boolean | undefined
  readonly generativeAiWebAuthoringGroupId?: string | undefined
  readonly generativeAiWebAuthoringOnPremEnabled?: boolean | undefined
  readonly groupAssertionsConnectedAppsEnabled?: boolean | undefined
  readonly groupAssertionsEnabled?: boolean | undefined
  readonly groupAssertionsOIDCEnabled?: boolean | undefined
  readonly groupAssertionsSAMLEnabled?: boolean | undefined
  readonly groupSetsEnabled?: boolean | undefined
  readonly guestAccessEnabled?: boolean | undefined
  readonly idpConfigurationIdForScim?: string | undefined
  readonly isDataAlertsEnabled?: boolean | undefined
  readonly linkedTaskRunNowEnabled?: boolean | undefined
  readonly linkedTaskSchedulingEnabled?: boolean | undefined
  readonly loginBasedLicenseManagementEnabled?: boolean | undefined
  readonly materializedViewsEnabled?: boolean | undefined
  readonly maxServiceTokenLimitPerUser?: number | undefined
  readonly metricsContentTypeEnabled?: boolean | undefined
  readonly mfaEnforcementExemption?: boolean | undefined
  readonly mobileBiometricsEnabled?: boolean | undefined
  readonly namedSharingEnabled?: boolean | undefined
  readonly notifySiteAdminsOnThrottle?: boolean | undefined
  readonly numUsers?: number | undefined
  readonly personalSpaceEnabled?: boolean | undefined
  readonly personalSpaceStorageQuota?: number | undefined
  readonly publishToSalesforceEnabled?: boolean | undefined
  readonly pulseEnabled?: boolean | undefined
  readonly pulseGroupId?: string | undefined
  readonly pulsePersonalizedRankingEnabled?: boolean | undefined
  readonly recycleBinEnabled?: boolean | undefined
  readonly refreshTokenAbsoluteExpiry?: number | undefined
  readonly requestAccessEnabled?: boolean | undefined
  readonly revisionHistoryEnabled?: boolean | undefined
  readonly revisionLimit?: number | undefined
  readonly runNowEnabled?: boolean | undefined
  readonly schedulingFlowsEnabled?: boolean | undefined
  readonly selfServiceScheduleForRefreshEnabled?: boolean | undefined
  readonly sheetImageEnabled?: boolean | undefined
  readonly siteInviteEmailEnabled?: boolean | undefined
  readonly sitePromptedLoginFlowEnabled?: boolean | undefined
  readonly siteSettings?:
    | ReadonlyArray<{ readonly key?: string | undefined; readonly value?: string | undefined }>
    | undefined
  readonly storage?: number | undefined
  readonly subscribeOthersEnabled?: boolean | undefined
  readonly tagLimit?: number | undefined
  readonly tierCreatorCapacity?: number | undefined
  readonly tierExplorerCapacity?: number | undefined
  readonly tierViewerCapacity?: number | undefined
  readonly timeZone?: string | undefined
  readonly useDefaultTimeZone?: boolean | undefined
  readonly userVisibilityMode?: string | undefined
  readonly webExtractionEnabled?: boolean | undefined
  readonly webZoneContentEnabled?: boolean | undefined
  readonly workflowExtensionEnabled?: boolean | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface SiteEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Site: Schema.Schema<Site, SiteEncoded> = struct

const fields = {
  contentUrl: Fields.text<Site>(({ contentUrl }) => contentUrl),
  name: Fields.text<Site>(({ name }) => name)
}

/**
 * How sites are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, never> {}

const querySites = Endpoint.make({
  name: "Sites.list",
  method: "GET",
  path: "/sites",
  since: "2.0",
  scopes: ["tableau:sites:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, sites: Leaf.list("site", Site) }),
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_sites"
})

const querySite = Endpoint.make({
  name: "Sites.get",
  method: "GET",
  path: "/sites/{siteId}",
  since: "2.0",
  scopes: ["tableau:sites:read"],
  success: Schema.Struct({ site: Site }),
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_site"
})

const querySiteByName = Endpoint.make({
  name: "Sites.getByName",
  method: "GET",
  path: "/sites/{name}",
  since: "2.0",
  scopes: ["tableau:sites:read"],
  query: () => ({ key: "name" }),
  success: Schema.Struct({ site: Site }),
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_site"
})

const querySiteByContentUrl = Endpoint.make({
  name: "Sites.getByContentUrl",
  method: "GET",
  path: "/sites/{contentUrl}",
  since: "2.0",
  scopes: ["tableau:sites:read"],
  query: () => ({ key: "contentUrl" }),
  success: Schema.Struct({ site: Site }),
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_site"
})

/**
 * The sites of the server, for its administrators: how many there are, and a stream of them all. Not on Tableau Cloud.
 * The first page has come when this returns; the stream asks for each further page once, and stays on the site.
 *
 * A site that cannot be read is left out, with a warning in the log.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_sites
 * @since 0.1.0
 * @category operations
 */
export const list = (options?: ListOptions): Effect.Effect<Listing<Site>, OperationError, TableauSession> =>
  Paging.queried(querySites, {}, ({ pagination, sites }) => ({ pagination, items: sites }), fields, undefined, options)

/**
 * The site that the session is on, with its settings, for administrators. Who only wants its id and name finds them in
 * the session's `current`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_site
 * @since 0.1.0
 * @category operations
 */
export const get = (): Effect.Effect<Site, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(querySite, {}), ({ site }) => site)

/**
 * A site by its name. `Forbidden` where the session may not see it: many servers show it only its own.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_site
 * @since 0.1.0
 * @category operations
 */
export const getByName = (name: string): Effect.Effect<Site, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(querySiteByName, { name }), ({ site }) => site)

/**
 * A site by its content URL. The Default site's is empty, and cannot be asked for in this way. `Forbidden` where the
 * session may not see it: many servers show it only its own.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_site
 * @since 0.1.0
 * @category operations
 */
export const getByContentUrl = (contentUrl: string): Effect.Effect<Site, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(querySiteByContentUrl, { contentUrl }), ({ site }) => site)
