/// <reference types="node" preserve="true" />
/** Reads and checks certificates and keys before the first connection. No error contains the content of a file. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto"
import { resolve } from "node:path"
import { createSecureContext } from "node:tls"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
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
      File: this.path === undefined ? contentUnreadable(this.cause) : fileUnreadable(this.cause),
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
const contentUnreadable = (cause: string | undefined) => [
  `is not PEM, not the base64 of PEM or DER, and not the path of a file that can be read${cause === undefined ? "" : ` (${cause})`}`,
  "Copy the value again. A path is relative to the working directory of the program."
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
      /** A path, PEM text or base64: the client's own certificate, followed by the chain up to its authority. */
      readonly cert: string
      /** A path, PEM text or base64. A path in a `Redacted` is never in an error. */
      readonly key: string | Redacted.Redacted
      /** Required if the key is encrypted. */
      readonly passphrase?: Redacted.Redacted | undefined
      readonly pfx?: never
    }
  | {
      /** The path of a .pfx or .p12 file, or its content, which is base64 if it is a string. */
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

const isBase64 = (text: string): boolean => /^[A-Za-z0-9+/_\s-]*=*\s*$/.test(text)

/** DER begins with this byte: a sequence. */
const isDer = (bytes: Buffer): boolean => bytes[0] === 0x30

/** The length of the sequence that DER begins with. */
const derLength = (bytes: Buffer): number => {
  const [, first = 0] = bytes
  const size = first & 0x7f
  return first < 0x80 ? 2 + first : 2 + size + bytes.readUIntBE(2, Math.min(size, 4))
}

/** PEM or DER in base64, the usual form in variables and in the secrets of Kubernetes. */
const fromBase64 = (text: string): Buffer | undefined => {
  const bytes = isBase64(text) ? Buffer.from(text, "base64") : Buffer.alloc(0)
  if (bytes.includes("-----BEGIN")) return bytes
  return bytes.length > 32 && isDer(bytes) && derLength(bytes) === bytes.length ? bytes : undefined
}

/** Longer than most paths that have only characters of base64. */
const longPath = 64

/** Whether a string that is no file may be a key, of which no error may contain a part. */
const mayBeKey = (text: string): boolean => text.length > 255 || (text.length > longPath && isBase64(text))

/** Anything that may be PEM or base64 is not taken for a path, or an error could contain a private key as the path. */
const read = (
  given: string | Redacted.Redacted
): Effect.Effect<Content, { path: string | undefined; cause: string | undefined }, FileSystem.FileSystem> => {
  const text = Redacted.isRedacted(given) ? Redacted.value(given) : given
  const content = fromBase64(text) ?? (/-----BEGIN|[\r\n]/.test(text) ? Buffer.from(text) : undefined)
  if (content !== undefined) return Effect.succeed({ path: undefined, bytes: content })
  const path = resolve(text)
  const isSecret = Redacted.isRedacted(given) || mayBeKey(text)
  return Effect.flatMap(FileSystem.FileSystem, (files) => files.readFile(path)).pipe(
    Effect.map((bytes) => ({ path: Redacted.isRedacted(given) ? undefined : path, bytes: Buffer.from(bytes) })),
    Effect.mapError((error) => ({
      path: isSecret ? undefined : path,
      cause: error._tag === "SystemError" ? error.reason : undefined
    }))
  )
}

const parseCertificate = (content: string | Uint8Array): X509Certificate | undefined =>
  Either.getOrUndefined(Either.try(() => new X509Certificate(content)))

/** All certificates of a file, each as PEM. A single damaged one makes the file malformed. */
const certificatesIn = (content: Content): Either.Either<ReadonlyArray<string>, "Absent" | "Malformed"> => {
  const text = content.bytes.toString("latin1")
  const started = text.split("-----BEGIN CERTIFICATE-----").length - 1
  if (started === 0) {
    const certificate = isDer(content.bytes) ? parseCertificate(content.bytes) : undefined
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

const readPart = (part: ClientCertificateUnusable["part"], given: string | Redacted.Redacted) =>
  Effect.mapError(
    read(given),
    ({ cause, path }) => new ClientCertificateUnusable({ part, path, reason: "File", cause })
  )

const passphraseReason = (passphrase: string | undefined): Reason =>
  passphrase === undefined ? "PassphraseMissing" : "PassphraseWrong"

const keyIn = (bytes: Buffer, passphrase: string | undefined): Either.Either<KeyObject, Reason> => {
  const text = bytes.toString("latin1")
  const secret = passphrase === undefined ? {} : { passphrase }
  if (isDer(bytes)) {
    const types = ["pkcs8", "pkcs1", "sec1"] as const
    const keys = types.flatMap((type) =>
      Option.toArray(Option.liftThrowable(createPrivateKey)({ key: bytes, format: "der", type, ...secret }))
    )
    return Either.fromNullable(keys[0], (): Reason => "Malformed")
  }
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return Either.left("Absent")
  return Either.try({
    try: () => createPrivateKey({ key: text, ...secret }),
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
    const key = yield* readPart("key", options.key)
    const keyUnusable = (reason: Reason) => new ClientCertificateUnusable({ part: "key", path: key.path, reason })
    const privateKey = yield* Effect.mapError(keyIn(key.bytes, passphrase), keyUnusable)
    if (parseCertificate(chain[0] ?? "")?.checkPrivateKey(privateKey) !== true) return yield* keyUnusable("KeyMismatch")
    return {
      cert: chain.join("\n"),
      key: privateKey.export({ type: "pkcs8", format: "pem" }).toString()
    } satisfies Identity
  })
