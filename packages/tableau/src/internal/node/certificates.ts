/// <reference types="node" preserve="true" />
/** Certificates and keys, read and tried out before the first connection. No error here holds what is in a file. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto"
import { resolve } from "node:path"
import { createSecureContext } from "node:tls"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * A `ca` of `TableauNode.layerHttpClient` cannot be read, or is no certificate. Nothing was sent. It never holds what is
 * in the file.
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
      File: unread(this.cause),
      Absent: noCertificate,
      Malformed: damagedCertificate
    }[this.reason]
    return `TableauNode.layerHttpClient: ${what} ${happened}. ${advice}`
  }
}

/**
 * The `clientCertificate` of `TableauNode.layerHttpClient` cannot be used. Nothing was sent. It never holds what is in a
 * file, and never the passphrase.
 *
 * @since 0.1.0
 * @category errors
 */
export class ClientCertificateUnusable extends Schema.TaggedError<ClientCertificateUnusable>(
  "effect-tableau/ClientCertificateUnusable"
)("ClientCertificateUnusable", {
  /** Which of the options it is about. */
  part: Schema.Literal("cert", "key", "pfx"),
  /** Of the file, in full; absent if the content itself was given. */
  path: Schema.optional(Schema.String),
  /**
   * `File`: there is none that can be read. `Absent`: not what it should be. `Malformed`: cut or damaged.
   * `PassphraseMissing`: it is encrypted. `PassphraseWrong`: it cannot be decrypted. `KeyMismatch`: the key is that of
   * another certificate. `Unsupported`: encrypted in an old way, which Node's OpenSSL does not read.
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
    const what = this.path === undefined ? `what is given as ${option}` : `the file ${this.path}, given as ${option},`
    const [happened, advice] = {
      File: unread(this.cause),
      Absent: {
        cert: noCertificate,
        key: ["has no private key in it", 'A PEM has a line "-----BEGIN PRIVATE KEY-----", or one like it.'],
        pfx: ["is no PKCS#12", "A PEM goes into `cert` and `key`."]
      }[this.part],
      Malformed: {
        cert: damagedCertificate,
        key: ["has a private key that is cut or damaged", getAnew],
        pfx: ["is no PKCS#12, or one that is cut or damaged", "A PEM goes into `cert` and `key`."]
      }[this.part],
      PassphraseMissing: ["is encrypted", "Give its passphrase as `clientCertificate.passphrase`."],
      PassphraseWrong: [
        "cannot be decrypted with this passphrase",
        "Check `clientCertificate.passphrase`, and that no space or line break came with it."
      ],
      KeyMismatch: [
        "is not the key of the certificate given as `clientCertificate.cert`",
        "Give the two that belong together; the client's own certificate is the first in its file."
      ],
      Unsupported: [
        "is encrypted in an old way that Node does not read",
        "Write it anew with `openssl pkcs12` of OpenSSL 3 (read it with -legacy), or as PEM for `cert` and `key`."
      ]
    }[this.reason]
    return `TableauNode.layerHttpClient: ${what} ${happened}. ${advice}`
  }
}

const getAnew = "Get the file anew; in an environment variable, see that its line breaks are kept."
const unread = (cause: string | undefined) => [
  `cannot be read${cause === undefined ? "" : ` (${cause})`}`,
  "Check the path, which starts at the directory that the program runs in, and the permissions."
]
const noCertificate = [
  "has no certificate in it",
  'A PEM has a line "-----BEGIN CERTIFICATE-----"; a private key or a PKCS#12 (.pfx) is none.'
]
const damagedCertificate = ["has a certificate that is cut or damaged", getAnew]

/**
 * What a server that asks for a client certificate is shown: a certificate and its key in PEM, or both in one PKCS#12.
 *
 * @since 0.1.0
 * @category models
 */
export type ClientCertificate =
  | {
      /** The path of a file, or the text of a PEM: the client's own certificate, and then those that lead to its authority. */
      readonly cert: string
      /** The path of a file with a PEM, or the text of one. */
      readonly key: string | Redacted.Redacted
      /** Needed if the key is encrypted. */
      readonly passphrase?: Redacted.Redacted | undefined
      readonly pfx?: never
    }
  | {
      /** The path of a file (.pfx or .p12), or what is in it. */
      readonly pfx: string | Redacted.Redacted<Uint8Array>
      readonly passphrase?: Redacted.Redacted | undefined
      readonly cert?: never
      readonly key?: never
    }

/** As `tls.createSecureContext` takes it. */
export interface Identity {
  readonly cert?: string
  readonly key?: string
  readonly pfx?: Buffer
  readonly passphrase?: string
}

interface Content {
  readonly path: string | undefined
  readonly bytes: Buffer
}

/** What is no path, so that an error does not tell a private key that was given by mistake. */
const isText = (given: string): boolean => /-----BEGIN|[\r\n]/.test(given)

const read = (
  given: string
): Effect.Effect<Content, { path: string; cause: string | undefined }, FileSystem.FileSystem> => {
  if (isText(given)) return Effect.succeed({ path: undefined, bytes: Buffer.from(given) })
  const path = resolve(given)
  return Effect.flatMap(FileSystem.FileSystem, (files) => files.readFile(path)).pipe(
    Effect.map((bytes) => ({ path, bytes: Buffer.from(bytes) })),
    Effect.mapError((error) => ({ path, cause: error._tag === "SystemError" ? error.reason : undefined }))
  )
}

const certificateOf = (content: string | Uint8Array): X509Certificate | undefined =>
  Either.getOrUndefined(Either.try(() => new X509Certificate(content)))

/** All that are in it, each as PEM. */
const certificatesIn = (content: Content): Either.Either<ReadonlyArray<string>, "Absent" | "Malformed"> => {
  const text = content.bytes.toString("latin1")
  const started = text.split("-----BEGIN CERTIFICATE-----").length - 1
  if (started === 0) {
    const certificate = content.path === undefined ? undefined : certificateOf(content.bytes)
    return certificate === undefined ? Either.left("Absent") : Either.right([certificate.toString()])
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  const good = found.length === started && found.every((pem) => certificateOf(pem) !== undefined)
  return good ? Either.right(found) : Either.left("Malformed")
}

/** The certificates to trust that are in a `ca`. */
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

const readPart = (part: ClientCertificateUnusable["part"], given: string) =>
  Effect.mapError(
    read(given),
    ({ cause, path }) => new ClientCertificateUnusable({ part, path, reason: "File", cause })
  )

const undecrypted = (passphrase: string | undefined): Reason =>
  passphrase === undefined ? "PassphraseMissing" : "PassphraseWrong"

const keyIn = (text: string, passphrase: string | undefined): Either.Either<KeyObject, Reason> => {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return Either.left("Absent")
  return Either.try({
    try: () => createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) }),
    // Of a PEM, both the newer and the older kind, the lines before the content say that it is encrypted.
    catch: (): Reason => (text.includes("ENCRYPTED") ? undecrypted(passphrase) : "Malformed")
  })
}

const pfxReason = (error: unknown, passphrase: string | undefined): Reason => {
  const said = error instanceof Error ? error.message : ""
  if (/mac verify/i.test(said)) return undecrypted(passphrase)
  return /unsupported/i.test(said) ? "Unsupported" : "Malformed"
}

/** Read, decrypted, and seen to fit together. */
export const readIdentity = (given: ClientCertificate) =>
  Effect.gen(function* () {
    const passphrase = given.passphrase === undefined ? undefined : Redacted.value(given.passphrase)
    const secret = passphrase === undefined ? {} : { passphrase }
    if (given.pfx !== undefined) {
      const content =
        typeof given.pfx === "string"
          ? yield* readPart("pfx", given.pfx)
          : { path: undefined, bytes: Buffer.from(Redacted.value(given.pfx)) }
      const identity: Identity = { pfx: content.bytes, ...secret }
      yield* Effect.try({
        try: () => createSecureContext({ ...identity }),
        catch: (error) =>
          new ClientCertificateUnusable({ part: "pfx", path: content.path, reason: pfxReason(error, passphrase) })
      })
      return identity
    }
    const certificate = yield* readPart("cert", given.cert)
    const chain = yield* Effect.mapError(
      certificatesIn(certificate),
      (reason) => new ClientCertificateUnusable({ part: "cert", path: certificate.path, reason })
    )
    const key = yield* readPart("key", typeof given.key === "string" ? given.key : Redacted.value(given.key))
    const keyUnusable = (reason: Reason) => new ClientCertificateUnusable({ part: "key", path: key.path, reason })
    const text = key.bytes.toString("latin1")
    const opened = yield* Effect.mapError(keyIn(text, passphrase), keyUnusable)
    if (certificateOf(chain[0] ?? "")?.checkPrivateKey(opened) !== true) return yield* keyUnusable("KeyMismatch")
    return { cert: chain.join("\n"), key: text, ...secret } satisfies Identity
  })
