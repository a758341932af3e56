/// <reference types="node" preserve="true" />
/** Reads and checks certificates and keys before the first connection. No error contains the content of a file. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto"
import { resolve } from "node:path"
import { createSecureContext } from "node:tls"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * A `ca` of `TableauNode.layerHttpClient` cannot be read, or is not a certificate. Nothing was sent. The error never
 * contains the content of the file.
 *
 * @since 0.1.0
 * @category errors
 */
export class CertificateUnreadable extends Schema.TaggedError<CertificateUnreadable>(
  "effect-tableau/CertificateUnreadable"
)("CertificateUnreadable", {
  /** The absolute path of the file. Absent if `ca` was PEM text. */
  path: Schema.optional(Schema.String),
  /**
   * - `File`: the file does not exist or cannot be read.
   * - `Absent`: it contains no certificate.
   * - `Malformed`: it contains a certificate that is truncated or damaged.
   */
  reason: Schema.Literal("File", "Absent", "Malformed"),
  /** Why the file could not be read, such as `NotFound` or `PermissionDenied`. */
  cause: Schema.optional(Schema.String)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const what = this.path === undefined ? "the PEM text in `ca`" : `the file ${this.path} in \`ca\``
    const [happened, advice] = {
      File: fileUnreadable(this.cause),
      Absent: noCertificate,
      Malformed: damagedCertificate
    }[this.reason]
    return `TableauNode.layerHttpClient: ${what} ${happened}. ${advice}`
  }
}

/**
 * The `clientCertificate` of `TableauNode.layerHttpClient` cannot be used. Nothing was sent. The error never contains the
 * content of a file or the passphrase.
 *
 * @since 0.1.0
 * @category errors
 */
export class ClientCertificateUnusable extends Schema.TaggedError<ClientCertificateUnusable>(
  "effect-tableau/ClientCertificateUnusable"
)("ClientCertificateUnusable", {
  /** The option with the problem. */
  part: Schema.Literal("cert", "key", "pfx"),
  /** The absolute path of the file. Absent if the option holds the content itself. */
  path: Schema.optional(Schema.String),
  /**
   * - `File`: the file does not exist or cannot be read.
   * - `Absent`: it does not contain what the option needs.
   * - `Malformed`: it is truncated or damaged.
   * - `PassphraseMissing`: it is encrypted.
   * - `PassphraseWrong`: it cannot be decrypted with the passphrase.
   * - `KeyMismatch`: the key belongs to another certificate.
   * - `Unsupported`: it has an old encryption that Node's OpenSSL does not support.
   */
  reason: Schema.Literal(
    "File",
    "Absent",
    "Malformed",
    "PassphraseMissing",
    "PassphraseWrong",
    "KeyMismatch",
    "Unsupported"
  ),
  /** Why the file could not be read, such as `NotFound` or `PermissionDenied`. */
  cause: Schema.optional(Schema.String)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const option = `\`clientCertificate.${this.part}\``
    const what = this.path === undefined ? `the content of ${option}` : `the file ${this.path} in ${option}`
    const [happened, advice] = {
      File: fileUnreadable(this.cause),
      Absent: {
        cert: noCertificate,
        key: ["contains no private key", 'A PEM file has a line such as "-----BEGIN PRIVATE KEY-----".'],
        pfx: ["is not PKCS#12", "Pass PEM files as `cert` and `key`."]
      }[this.part],
      Malformed: {
        cert: damagedCertificate,
        key: ["contains a private key that is truncated or damaged", copyAgain],
        pfx: ["is not PKCS#12, or is truncated or damaged", "Pass PEM files as `cert` and `key`."]
      }[this.part],
      PassphraseMissing: ["is encrypted", "Pass its passphrase as `clientCertificate.passphrase`."],
      PassphraseWrong: [
        "cannot be decrypted with this passphrase",
        "Check `clientCertificate.passphrase` for a wrong character, a space or a line break."
      ],
      KeyMismatch: [
        "is not the key of the certificate in `clientCertificate.cert`",
        "Use a certificate and a key that belong together. The client's own certificate must be the first in its file."
      ],
      Unsupported: [
        "has an old encryption that Node does not support",
        "Convert it with `openssl pkcs12` of OpenSSL 3 (read it with -legacy), or to PEM files for `cert` and `key`."
      ]
    }[this.reason]
    return `TableauNode.layerHttpClient: ${what} ${happened}. ${advice}`
  }
}

const copyAgain = "Copy the file again. An environment variable must keep its line breaks."
const fileUnreadable = (cause: string | undefined) => [
  `cannot be read${cause === undefined ? "" : ` (${cause})`}`,
  "Check the permissions and the path, which is relative to the working directory of the program."
]
const noCertificate = [
  "contains no certificate",
  'A PEM file has a line "-----BEGIN CERTIFICATE-----". A private key or PKCS#12 (.pfx) is not a certificate.'
]
const damagedCertificate = ["contains a certificate that is truncated or damaged", copyAgain]

/**
 * A client certificate: the certificate and its key in PEM, or both in one PKCS#12 file.
 *
 * @since 0.1.0
 * @category models
 */
export type ClientCertificate =
  | {
      /** A path or PEM text: the client's own certificate, followed by the chain up to its authority. */
      readonly cert: string
      /** A path or PEM text. */
      readonly key: string | Redacted.Redacted
      /** Required if the key is encrypted. */
      readonly passphrase?: Redacted.Redacted | undefined
      readonly pfx?: never
    }
  | {
      /** The path of a .pfx or .p12 file, or its content. */
      readonly pfx: string | Redacted.Redacted<Uint8Array>
      readonly passphrase?: Redacted.Redacted | undefined
      readonly cert?: never
      readonly key?: never
    }

/** Options of `tls.createSecureContext`. */
interface Identity {
  readonly cert?: string
  readonly key?: string
  readonly pfx?: Buffer
  readonly passphrase?: string
}

interface Content {
  readonly path: string | undefined
  readonly bytes: Buffer
}

/** Anything that may be PEM is not taken for a path, or an error could contain a private key as the path. */
const isPemText = (pathOrPem: string): boolean => /-----BEGIN|[\r\n]/.test(pathOrPem)

const read = (
  pathOrPem: string
): Effect.Effect<Content, { path: string; cause: string | undefined }, FileSystem.FileSystem> => {
  if (isPemText(pathOrPem)) return Effect.succeed({ path: undefined, bytes: Buffer.from(pathOrPem) })
  const path = resolve(pathOrPem)
  return Effect.flatMap(FileSystem.FileSystem, (files) => files.readFile(path)).pipe(
    Effect.map((bytes) => ({ path, bytes: Buffer.from(bytes) })),
    Effect.mapError((error) => ({ path, cause: error._tag === "SystemError" ? error.reason : undefined }))
  )
}

const parseCertificate = (content: string | Uint8Array): X509Certificate | undefined =>
  Either.getOrUndefined(Either.try(() => new X509Certificate(content)))

/** All certificates of a file, each as PEM. A single damaged one makes the file malformed. */
const certificatesIn = (content: Content): Either.Either<ReadonlyArray<string>, "Absent" | "Malformed"> => {
  const text = content.bytes.toString("latin1")
  const started = text.split("-----BEGIN CERTIFICATE-----").length - 1
  if (started === 0) {
    const certificate = content.path === undefined ? undefined : parseCertificate(content.bytes)
    return certificate === undefined ? Either.left("Absent") : Either.right([certificate.toString()])
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  const valid = found.length === started && found.every((pem) => parseCertificate(pem) !== undefined)
  return valid ? Either.right(found) : Either.left("Malformed")
}

/** Returns the certificates of one entry of `ca`, as PEM. */
export const readAuthorities = (ca: string) =>
  Effect.gen(function* () {
    const content = yield* Effect.mapError(
      read(ca),
      ({ cause, path }) => new CertificateUnreadable({ path, reason: "File", cause })
    )
    return yield* Effect.mapError(
      certificatesIn(content),
      (reason) => new CertificateUnreadable({ path: content.path, reason })
    )
  })

type Reason = ClientCertificateUnusable["reason"]

const readPart = (part: ClientCertificateUnusable["part"], pathOrPem: string) =>
  Effect.mapError(
    read(pathOrPem),
    ({ cause, path }) => new ClientCertificateUnusable({ part, path, reason: "File", cause })
  )

const passphraseReason = (passphrase: string | undefined): Reason =>
  passphrase === undefined ? "PassphraseMissing" : "PassphraseWrong"

const keyIn = (text: string, passphrase: string | undefined): Either.Either<KeyObject, Reason> => {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return Either.left("Absent")
  return Either.try({
    try: () => createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) }),
    // Both kinds of encrypted PEM, PKCS#8 and the traditional one, have this word in their header.
    catch: (): Reason => (text.includes("ENCRYPTED") ? passphraseReason(passphrase) : "Malformed")
  })
}

const pfxReason = (error: unknown, passphrase: string | undefined): Reason => {
  const message = error instanceof Error ? error.message : ""
  if (/mac verify/i.test(message)) return passphraseReason(passphrase)
  return /unsupported/i.test(message) ? "Unsupported" : "Malformed"
}

/** Reads and decrypts a client certificate, and checks that certificate and key belong together. */
export const readIdentity = (options: ClientCertificate) =>
  Effect.gen(function* () {
    const passphrase = options.passphrase === undefined ? undefined : Redacted.value(options.passphrase)
    const withPassphrase = passphrase === undefined ? {} : { passphrase }
    if (options.pfx !== undefined) {
      const content =
        typeof options.pfx === "string"
          ? yield* readPart("pfx", options.pfx)
          : { path: undefined, bytes: Buffer.from(Redacted.value(options.pfx)) }
      const identity: Identity = { pfx: content.bytes, ...withPassphrase }
      yield* Effect.try({
        try: () => createSecureContext({ ...identity }),
        catch: (error) =>
          new ClientCertificateUnusable({ part: "pfx", path: content.path, reason: pfxReason(error, passphrase) })
      })
      return identity
    }
    const certificate = yield* readPart("cert", options.cert)
    const chain = yield* Effect.mapError(
      certificatesIn(certificate),
      (reason) => new ClientCertificateUnusable({ part: "cert", path: certificate.path, reason })
    )
    const key = yield* readPart("key", typeof options.key === "string" ? options.key : Redacted.value(options.key))
    const keyUnusable = (reason: Reason) => new ClientCertificateUnusable({ part: "key", path: key.path, reason })
    const text = key.bytes.toString("latin1")
    const privateKey = yield* Effect.mapError(keyIn(text, passphrase), keyUnusable)
    if (parseCertificate(chain[0] ?? "")?.checkPrivateKey(privateKey) !== true) return yield* keyUnusable("KeyMismatch")
    return { cert: chain.join("\n"), key: text, ...withPassphrase } satisfies Identity
  })
