/**
 * What only Node has: an HttpClient with a certificate authority of one's own. It needs `@effect/platform-node`.
 *
 * @since 0.1.0
 */
import { X509Certificate } from "node:crypto"
import { resolve } from "node:path"
import { createSecureContext, rootCertificates } from "node:tls"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

/**
 * How the client trusts servers.
 *
 * @since 0.1.0
 * @category models
 */
export interface HttpClientOptions {
  /**
   * Certificates to trust beside the ones that Node brings: a company's authority, or a server's own self-signed one.
   * Each is the path of a file, with one certificate or more in PEM or one in DER, or the text of a PEM. Where this is
   * given, Node does not look at `NODE_EXTRA_CA_CERTS`.
   */
  readonly ca?: string | ReadonlyArray<string> | undefined
  /**
   * `false` trusts whoever answers, and logs a warning each time the layer is built. By default true.
   */
  readonly rejectUnauthorized?: boolean | undefined
}

/**
 * A `ca` of {@link layerHttpClient} cannot be read, or is no certificate. Nothing was sent. It never holds what is in
 * the file.
 *
 * @since 0.1.0
 * @category errors
 */
export class CertificateUnreadable extends Schema.TaggedError<CertificateUnreadable>(
  "effect-tableau/CertificateUnreadable"
)("CertificateUnreadable", {
  /** Of the file, in full; absent if `ca` was the text itself. */
  path: Schema.optional(Schema.String),
  /** `File`: there is none that can be read. `Absent`: no certificate in it. `Malformed`: one that is cut or damaged. */
  reason: Schema.Literal("File", "Absent", "Malformed"),
  /** Why the file could not be read, such as `NotFound` or `PermissionDenied`. */
  cause: Schema.optional(Schema.String)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const what = this.path === undefined ? "the text given as `ca`" : `the file ${this.path}, given as \`ca\`,`
    const [happened, advice] = {
      File: [
        `cannot be read${this.cause === undefined ? "" : ` (${this.cause})`}`,
        "Check the path, which starts at the directory that the program runs in, and the permissions."
      ],
      Absent: [
        "has no certificate in it",
        'A PEM has a line "-----BEGIN CERTIFICATE-----"; a private key or a PKCS#12 (.pfx) is none.'
      ],
      Malformed: [
        "has a certificate that is cut or damaged",
        "Get the file anew; in an environment variable, see that its line breaks are kept."
      ]
    }[this.reason]
    return `TableauNode.layerHttpClient: ${what} ${happened}. ${advice}`
  }
}

/** What is no path, so that an error does not tell a private key that was given by mistake. */
const isText = (ca: string): boolean => /-----BEGIN|[\r\n]/.test(ca)

const isCertificate = (content: string | Uint8Array): boolean => {
  try {
    new X509Certificate(content)
    return true
  } catch {
    return false
  }
}

const readCertificates = (ca: string) =>
  Effect.gen(function* () {
    const path = isText(ca) ? undefined : resolve(ca)
    const content =
      path === undefined
        ? Buffer.from(ca)
        : yield* Effect.flatMap(FileSystem.FileSystem, (files) => files.readFile(path)).pipe(
            Effect.map(Buffer.from),
            Effect.mapError((error) => {
              const cause = error._tag === "SystemError" ? error.reason : undefined
              return new CertificateUnreadable({ path, reason: "File", cause })
            })
          )
    const text = content.toString("latin1")
    const started = text.split("-----BEGIN CERTIFICATE-----").length - 1
    if (started === 0) {
      if (path === undefined || !isCertificate(content))
        return yield* new CertificateUnreadable({ path, reason: "Absent" })
      return [new X509Certificate(content).toString()]
    }
    const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
    if (certificates.length < started || !certificates.every(isCertificate)) {
      return yield* new CertificateUnreadable({ path, reason: "Malformed" })
    }
    return certificates
  })

const makeAgent = (options: HttpClientOptions) =>
  Effect.gen(function* () {
    const { ca = [], rejectUnauthorized = true } = options
    if (!rejectUnauthorized) {
      yield* Effect.logWarning(
        "effect-tableau: `rejectUnauthorized: false` trusts whoever answers with the password or the token. Outside of development, give the server's certificate, or that of its authority, as `ca`."
      )
    }
    const given = yield* Effect.forEach(typeof ca === "string" ? [ca] : ca, readCertificates)
    // One context for all connections: to make it takes longer than the rest of opening one.
    const trust =
      given.length === 0 ? {} : { secureContext: createSecureContext({ ca: [...rootCertificates, ...given.flat()] }) }
    return yield* Effect.acquireRelease(
      Effect.sync(() => new Undici.Agent({ connect: { ...trust, rejectUnauthorized } })),
      (agent) => Effect.promise(() => agent.destroy())
    )
  })

/**
 * An HttpClient on undici, which keeps its connections open from one request to the next. Its options are TLS's: where
 * Python has `verify="company.pem"` this has `ca: "company.pem"`, and `rejectUnauthorized: false` for `verify=False`.
 * Without options it trusts what Node trusts.
 *
 * Layers are shared by their value: for one pool of connections, call this once and use what it gives.
 *
 * @example
 * ```ts
 * import { Credentials, TableauSession, Workbooks } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 *
 * const Session = TableauSession.layer({
 *   server: "https://tableau.example.com",
 *   credentials: Credentials.personalAccessToken({ name: "nightly", value: Redacted.make("secret") })
 * }).pipe(Layer.provide(TableauNode.layerHttpClient({ ca: "/etc/ssl/company.pem" })))
 *
 * const program = Workbooks.list().pipe(
 *   Effect.provide(Session),
 *   Effect.catchTag("CertificateUnreadable", (error) => Effect.dieMessage(error.message))
 * )
 * ```
 *
 * @example
 * ```ts
 * import * as TableauNode from "effect-tableau/node"
 *
 * // For a development server only, as Python's `verify=False`.
 * const Trusting = TableauNode.layerHttpClient({ rejectUnauthorized: false })
 * ```
 *
 * @see https://nodejs.org/api/tls.html#tlscreatesecurecontextoptions
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = (
  options: HttpClientOptions = {}
): Layer.Layer<HttpClient.HttpClient, CertificateUnreadable> =>
  NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
    Layer.provide(Layer.scoped(NodeHttpClient.Dispatcher, makeAgent(options))),
    Layer.provide(NodeFileSystem.layer)
  )
