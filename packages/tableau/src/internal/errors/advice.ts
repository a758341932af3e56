/** What happened and what to do, for each reason of the transport errors and for some of Tableau's codes. */
import type { Acted } from "./fields.js"

interface Explanation {
  readonly event: string
  readonly advice: string
}

const layer = "TableauNode.layerHttpClient"

type ConnectionReason =
  | "Dns"
  | "Refused"
  | "Broken"
  | "HeadersTooLarge"
  | "BrowserFetch"
  | "ProxyUnreachable"
  | "ProxyAuthentication"
  | "ProxyRefused"
  | "ProxyGateway"

/** Explains why there is no connection. */
export const connectionFailed = (error: {
  readonly acted: Acted
  readonly isSignedIn?: boolean | undefined
  readonly proxy?: string | undefined
  readonly reason: ConnectionReason
  readonly server: string
}): Explanation => {
  const { server } = error
  const proxy = error.proxy === undefined ? "the proxy" : `the proxy ${error.proxy}`
  const noProxy = `If ${server} must be reached without it, add its host to \`noProxy\` or NO_PROXY.`
  switch (error.reason) {
    case "Dns":
      return {
        event: `the host of ${server} is not known`,
        advice: "Check the address, and the DNS or VPN of this machine."
      }
    case "Refused":
      return {
        event: `nothing listens at ${server}`,
        advice: "Check host and port, and that the server runs."
      }
    case "Broken": {
      const again = error.acted === "no" ? "Try again." : "Whether the server acted on the request is not known."
      const cause = server.startsWith("http:")
        ? "the port may be one that speaks TLS: use https://."
        : `the server may require another client certificate (\`clientCertificate\` of ${layer}).`
      return {
        event: `the connection to ${server} broke`,
        // After a sign-in, the address and the certificates are right.
        advice: error.isSignedIn === true ? again : `${again} If it happens each time, ${cause}`
      }
    }
    case "HeadersTooLarge":
      return {
        event: `the response of ${server} has more headers than the HttpClient accepts`,
        advice: `${layer} accepts 64 KB, and other clients on Node accept 16 KB. Ask the administrator of the server which gateway or single sign-on in front of it adds so many cookies or policies.`
      }
    case "BrowserFetch":
      return {
        event: `the browser did not fetch from ${server}, and does not say why`,
        advice: `Usually the server does not allow this page to read its responses (CORS): ask its administrator to allow the origin of the page, or send the requests through a server of that origin. Otherwise ${server} cannot be reached, or its certificate is not trusted: open it in a tab of the browser.`
      }
    case "ProxyUnreachable":
      return {
        event: `${proxy} cannot be reached`,
        advice: `Check its address (\`proxy\` of ${layer}, or HTTPS_PROXY and HTTP_PROXY). ${noProxy}`
      }
    case "ProxyAuthentication":
      return {
        event: `${proxy} requires a user name and a password, or does not accept the given ones`,
        advice: `Pass them to ${layer}({ proxy: { url, username, password } }). Only proxies that accept Basic authentication can be used.`
      }
    case "ProxyRefused":
      return {
        event: `${proxy} refused to connect to ${server}`,
        advice: `Ask its administrator to allow CONNECT to this host and port. ${noProxy}`
      }
    case "ProxyGateway":
      return {
        event: `${proxy} could not connect to ${server}`,
        advice: `Check host and port of the server, as the proxy sees them. ${noProxy}`
      }
  }
}

type TlsReason =
  | "UnknownAuthority"
  | "SelfSigned"
  | "Expired"
  | "NotYetValid"
  | "WrongHost"
  | "ClientCertificateRequired"
  | "ClientCertificateRefused"
  | "HandshakeRefused"
  | "OldProtocol"
  | "Protocol"
  | "Other"

const trust = `Pass the certificate of its authority (or its own) to ${layer}({ ca: "company.pem" }) of "effect-tableau/node".`
const identity = `${layer}({ clientCertificate: { cert: "client.pem", key: "client.key" } }) of "effect-tableau/node"`

/** Explains why there is no secure connection. "It" is the server, or the proxy if there is one. */
export const tlsFailed = (error: {
  readonly missingIssuer?: string | undefined
  readonly proxy?: string | undefined
  readonly reason: TlsReason
}): Explanation => {
  const { missingIssuer } = error
  switch (error.reason) {
    case "UnknownAuthority":
      return missingIssuer === undefined
        ? {
            event: "its certificate is signed by an authority that Node does not know",
            advice: `${trust} Before Node 20.18 and 22.9 the certificates of all its authorities are necessary, up to the root.`
          }
        : {
            event: `it does not send the certificate of "${missingIssuer}", which signed its own or one in its chain, and Node does not know it`,
            advice: `Ask its administrator to install the whole chain, or add the certificate of "${missingIssuer}" to those in ${layer}({ ca: ["company.pem"] }) of "effect-tableau/node".`
          }
    case "SelfSigned":
      return { event: "its certificate, or one in its chain, is self-signed", advice: trust }
    case "Expired":
      return { event: "its certificate has expired", advice: "Ask the server's administrator to renew it." }
    case "NotYetValid":
      return { event: "its certificate is not valid yet", advice: "Check the clock of this machine." }
    case "WrongHost":
      return {
        event: "its certificate is for another host",
        advice: "Use the host name that the certificate names as `server`."
      }
    case "ClientCertificateRequired":
      return { event: "it requires a client certificate", advice: `Pass one to ${identity}.` }
    case "ClientCertificateRefused":
      return {
        event: "it does not accept the client certificate",
        advice: `Check that the one passed to ${identity} is valid and of an authority that the server knows.`
      }
    case "HandshakeRefused":
      return {
        event: "it refused the handshake and does not say why",
        advice: `Usually it requires a client certificate: pass one to ${identity}. Or it has only ciphers that are too old: then its administrator has to allow newer ones.`
      }
    case "OldProtocol":
      return {
        event: "it speaks only a version of TLS that is too old to be safe",
        advice: "Ask the server's administrator to enable TLS 1.2 or 1.3."
      }
    case "Protocol":
      return {
        event: "it does not speak the TLS that Node requires",
        advice:
          error.proxy === undefined
            ? "If this port speaks plain HTTP, write http:// before the address."
            : "If the proxy's port speaks plain HTTP, write http:// before its address, also for servers with https://."
      }
    case "Other":
      return { event: "TLS failed", advice: "Check the certificate and the TLS settings of the server." }
  }
}

/** Explains which timeout expired. */
export const timedOut = (error: {
  readonly after?: number | undefined
  readonly phase?: "connect" | "firstByte" | "stall" | "rateLimiter" | undefined
  readonly proxy?: string | undefined
}): Explanation => {
  const limit = error.after === undefined ? "in time" : `within ${error.after} milliseconds`
  const through = error.proxy === undefined ? "" : ` through the proxy ${error.proxy}`
  switch (error.phase) {
    case "connect":
      return {
        event: `no connection${through} ${limit}`,
        advice: `Check host and port; a firewall may drop the packets, or this network may require a proxy (\`proxy\` of ${layer}). On a slow network allow more in \`timeouts.connect\`.`
      }
    case "firstByte":
      return {
        event: `the response did not begin ${limit}`,
        advice: `Try again, or allow more in \`timeouts.firstByte\` of ${layer}.`
      }
    case "stall":
      return {
        event: `the response stopped in the middle, and did not continue ${limit}`,
        advice: `Try again, or allow more in \`timeouts.stall\` of ${layer}.`
      }
    case "rateLimiter":
      return {
        event: `the rate limiter did not let the request pass ${limit}`,
        advice:
          "Send fewer requests, allow more time (`retry: { deadline }`, `TableauSession.withRetry`), or raise this limit of your rate limiter if the server allows more."
      }
    case undefined:
      return { event: `no response ${limit}`, advice: "Try again, or allow more time." }
  }
}

const exists =
  'Content of this name exists in the project: use another name, or publish with `mode: "overwrite"` to replace it.'

const encryption = "The site's setting for the encryption of extracts does not allow this `encryptExtracts`."

const advices: Readonly<Record<string, string>> = {
  "400011": "Tableau sends this code for every problem of a file that it has no other code for: its words say which.",
  "403007":
    'Tableau sends this code if content of this name exists in the project (`mode: "overwrite"` replaces it), if the user may not publish there or has no license for it, or if a connection of the file fails.',
  "403008": "The storage of the site is used up: delete content, or ask an administrator for more.",
  "403130": exists,
  "403131": "Another publish of this name is in progress: wait until it has ended.",
  "403132":
    "A connection of the file does not work: check its address and credentials, or publish with `skipConnectionCheck: true`.",
  "403104": "This content has no extract: there is nothing to refresh.",
  "403080": "An administrator has switched the cancellation of jobs off.",
  "403081": "Jobs of this type cannot be cancelled: only refreshes, flow runs, subscriptions and thumbnails can.",
  "403091": "The job has ended, so there is nothing to cancel: `Jobs.get` says how it ended.",
  "404001": "The server does not have this operation: its API version may be too old for it.",
  "404008":
    "Tableau uses this code if content does not support the operation, such as a change of rows in a data source that is not live to a Hyper file, and if it is not on this site: its words say which.",
  "409012": exists,
  "409013": exists,
  "409015": exists,
  "409036": encryption,
  "409037": encryption,
  "409041": exists,
  "409067": "The user may not create or delete this extract, or the site does not allow it.",
  "409068": "The content has an extract already, so there is nothing to create: a refresh updates it.",
  "409077": "Another creation of this extract is pending: wait until its job has ended.",
  "409079": "The content has no extract that can be deleted.",
  "409093":
    "A refresh of this content is queued or runs. `refreshOrJoin` and `Tasks.runOrJoin` return its job instead of this error.",
  "409094": "An update of this data source is queued or runs: wait until its job has ended, and send the update again."
}

/** What to do after an error with this code. */
export const adviceOf = (code: string | undefined): string | undefined =>
  code !== undefined && Object.hasOwn(advices, code) ? advices[code] : undefined
