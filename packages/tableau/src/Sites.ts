/**
 * Sites.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { SiteId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Operation from "./Operation.js"
import type * as Query from "./Query.js"
import * as Response from "./Response.js"
import * as Xml from "./Xml.js"

const site = Xml.struct(
  { id: SiteId },
  {
    name: Schema.String,
    /** The identifier of the site in URLs: empty for the Default site. */
    contentUrl: Schema.String,
    /** `Active` or `Suspended`. */
    state: Schema.String,
    /** `ContentAndUsers` or `ContentOnly`: what the site's administrators may manage. */
    adminMode: Schema.String,
    /** In megabytes. */
    storageQuota: Xml.Integer,
    /** The maximum number of users. -1 or absent: no limit. */
    userQuota: Xml.Integer,
    usage: Xml.struct(
      {},
      {
        numUsers: Xml.Integer,
        numCreators: Xml.Integer,
        numExplorers: Xml.Integer,
        numViewers: Xml.Integer,
        storage: Xml.Integer
      }
    ),
    adminInsightsPublishFrequency: Xml.Integer,
    allowSubscriptionAttachments: Xml.Flag,
    /** `DisabledByDefault` or `DisabledAlways`. */
    askDataMode: Schema.String,
    attributeCaptureEnabled: Xml.Flag,
    authoringEnabled: Xml.Flag,
    autoExtractRefreshMonitoringEnabled: Xml.Flag,
    autoFlowRunMonitoringEnabled: Xml.Flag,
    autoSuspendRefreshEnabled: Xml.Flag,
    /** In days, from 7 to 100. */
    autoSuspendRefreshInactivityWindow: Xml.Integer,
    blockNonExtractEnabled: Xml.Flag,
    /** Until REST API version 3.18. */
    cacheWarmupEnabled: Xml.Flag,
    catalogObfuscationEnabled: Xml.Flag,
    catalogingEnabled: Xml.Flag,
    cmekEnabled: Xml.Flag,
    commentingEnabled: Xml.Flag,
    commentingMentionsEnabled: Xml.Flag,
    contentMigrationToolEnabled: Xml.Flag,
    customSubscriptionEmail: Schema.String,
    customSubscriptionEmailEnabled: Xml.Flag,
    customSubscriptionFooter: Schema.String,
    customSubscriptionFooterEnabled: Xml.Flag,
    dashboardInsightsEnabled: Xml.Flag,
    dashboardInsightsGroupId: Schema.String,
    dashboardNarrativeEnabled: Xml.Flag,
    /** `enable_selective` or `disable`. */
    dataAccelerationMode: Schema.String,
    dataAlertsEnabled: Xml.Flag,
    dataOrientationEnabled: Xml.Flag,
    derivedPermissionsEnabled: Xml.Flag,
    disableSubscriptions: Xml.Flag,
    dqwSubscriptionsEnabled: Xml.Flag,
    easEnabled: Xml.Flag,
    editingFlowsEnabled: Xml.Flag,
    einsteinInFlowEnabled: Xml.Flag,
    explainDataEnabled: Xml.Flag,
    exploreInTableauEnabled: Xml.Flag,
    /** `disabled`, `enabled` or `enforced`. */
    extractEncryptionMode: Schema.String,
    flowAutoSaveEnabled: Xml.Flag,
    flowFederationStrategySelectedConnectionEnabled: Xml.Flag,
    flowOutputSubscriptionsDataAsEmailAttachmentEnabled: Xml.Flag,
    flowOutputSubscriptionsDataInEmailBodyEnabled: Xml.Flag,
    flowOutputSubscriptionsEnabled: Xml.Flag,
    flowParametersAnyTypeEnabled: Xml.Flag,
    flowParametersEnabled: Xml.Flag,
    flowParametersSystemTypeEnabled: Xml.Flag,
    /** Until REST API version 3.10; then `editingFlowsEnabled` and `schedulingFlowsEnabled`. */
    flowsEnabled: Xml.Flag,
    generativeAiDataCatalog: Xml.Flag,
    generativeAiDataCatalogGroupId: Schema.String,
    generativeAiEnabled: Xml.Flag,
    generativeAiGroupId: Schema.String,
    generativeAiPrep: Xml.Flag,
    generativeAiPrepGroupId: Schema.String,
    generativeAiPulse: Xml.Flag,
    generativeAiPulseDiscoverEnabled: Xml.Flag,
    generativeAiPulseDiscoverGroupId: Schema.String,
    generativeAiPulseExternalEmbeddingsEnabled: Xml.Flag,
    generativeAiPulseExternalEmbeddingsGroupId: Schema.String,
    generativeAiWebAuthoring: Xml.Flag,
    generativeAiWebAuthoringGroupId: Schema.String,
    generativeAiWebAuthoringOnPremEnabled: Xml.Flag,
    groupAssertionsConnectedAppsEnabled: Xml.Flag,
    /** When false, the other `groupAssertions…` settings have no effect. */
    groupAssertionsEnabled: Xml.Flag,
    groupAssertionsOIDCEnabled: Xml.Flag,
    groupAssertionsSAMLEnabled: Xml.Flag,
    groupSetsEnabled: Xml.Flag,
    guestAccessEnabled: Xml.Flag,
    idpConfigurationIdForScim: Schema.String,
    /** Some servers send this instead of `dataAlertsEnabled`. */
    isDataAlertsEnabled: Xml.Flag,
    linkedTaskRunNowEnabled: Xml.Flag,
    linkedTaskSchedulingEnabled: Xml.Flag,
    loginBasedLicenseManagementEnabled: Xml.Flag,
    materializedViewsEnabled: Xml.Flag,
    maxServiceTokenLimitPerUser: Xml.Integer,
    metricsContentTypeEnabled: Xml.Flag,
    mfaEnforcementExemption: Xml.Flag,
    mobileBiometricsEnabled: Xml.Flag,
    namedSharingEnabled: Xml.Flag,
    notifySiteAdminsOnThrottle: Xml.Flag,
    numUsers: Xml.Integer,
    personalSpaceEnabled: Xml.Flag,
    personalSpaceStorageQuota: Xml.Integer,
    publishToSalesforceEnabled: Xml.Flag,
    pulseEnabled: Xml.Flag,
    pulseGroupId: Schema.String,
    pulsePersonalizedRankingEnabled: Xml.Flag,
    recycleBinEnabled: Xml.Flag,
    refreshTokenAbsoluteExpiry: Xml.Integer,
    requestAccessEnabled: Xml.Flag,
    revisionHistoryEnabled: Xml.Flag,
    /** The number of revisions that the site keeps of each item, from 2 to 10000. -1: no limit. */
    revisionLimit: Xml.Integer,
    /** When false, refreshes and flows run on their schedules only. */
    runNowEnabled: Xml.Flag,
    schedulingFlowsEnabled: Xml.Flag,
    selfServiceScheduleForRefreshEnabled: Xml.Flag,
    sheetImageEnabled: Xml.Flag,
    siteInviteEmailEnabled: Xml.Flag,
    sitePromptedLoginFlowEnabled: Xml.Flag,
    siteSettings: Xml.repeated(Xml.struct({}, { key: Schema.String, value: Schema.String })),
    storage: Xml.Integer,
    subscribeOthersEnabled: Xml.Flag,
    tagLimit: Xml.Integer,
    /** The maximum number of users with a Creator license. -1 or absent: no limit. */
    tierCreatorCapacity: Xml.Integer,
    tierExplorerCapacity: Xml.Integer,
    tierViewerCapacity: Xml.Integer,
    /** The IANA name of a time zone. Used when `useDefaultTimeZone` is false. */
    timeZone: Schema.String,
    useDefaultTimeZone: Xml.Flag,
    /** `FULL` or `LIMITED`: whether users can see who else is on the site. */
    userVisibilityMode: Schema.String,
    webExtractionEnabled: Xml.Flag,
    webZoneContentEnabled: Xml.Flag,
    workflowExtensionEnabled: Xml.Flag
  }
)

/**
 * A site, with its settings: which of them are present depends on the server. Only `id` is always present.
 *
 * @since 0.1.0
 * @category models
 */
export interface Site extends Xml.TypeOf<typeof site> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Site: Xml.Model<Site, typeof site> = site

const filterFields = {
  contentUrl: Fields.text<Site>(({ contentUrl }) => contentUrl),
  name: Fields.text<Site>(({ name }) => name)
}

/**
 * How to list sites.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions extends Query.ListOptions<typeof filterFields, never> {}

/**
 * Lists the sites of the server. For administrators of Tableau Server: Tableau Cloud does not have it.
 *
 * @example
 * ```ts
 * import { Sites } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function* () {
 *   const { items } = yield* Sites.list()
 *   yield* Stream.runForEach(items, ({ contentUrl, name }) => Console.log(`${name}: ${contentUrl}`))
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_sites
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Sites.list",
  request: "GET /sites",
  since: "2.0",
  deployment: "Server",
  scope: "tableau:sites:read",
  input: (options?: ListOptions) => ({ options }),
  response: Response.page("sites", "site", Site, { fields: filterFields })
})

/**
 * The sites of the server, as a stream. For administrators of Tableau Server.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Returns the site that the session is on, with its settings. For administrators. Its id and name alone are also in the
 * session's `current`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_site
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Sites.get",
  request: "GET /sites/{siteId}",
  since: "2.0",
  scope: "tableau:sites:read",
  input: () => ({}),
  response: Response.element("site", Site)
})

/**
 * Returns a site by its name. Fails with `Forbidden` for a site that the session may not see: many servers return only
 * the session's own.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_site
 * @since 0.1.0
 * @category operations
 */
export const getByName = Operation.make({
  name: "Sites.getByName",
  request: "GET /sites/{name}",
  since: "2.0",
  scope: "tableau:sites:read",
  input: (name: string) => ({ name, query: { key: "name" } }),
  response: Response.element("site", Site)
})

/**
 * Returns a site by its content URL. The Default site cannot be requested in this way, as its content URL is empty.
 * Fails with `Forbidden` for a site that the session may not see: many servers return only the session's own.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_site.htm#query_site
 * @since 0.1.0
 * @category operations
 */
export const getByContentUrl = Operation.make({
  name: "Sites.getByContentUrl",
  request: "GET /sites/{contentUrl}",
  since: "2.0",
  scope: "tableau:sites:read",
  input: (contentUrl: string) => ({ contentUrl, query: { key: "contentUrl" } }),
  response: Response.element("site", Site)
})
