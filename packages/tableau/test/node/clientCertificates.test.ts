import { createPrivateKey } from "node:crypto"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as TableauNode from "effect-tableau/node"
import { Simulator } from "effect-tableau-simulator"
import { authority, certificate, gateway, type Terms } from "../../../../test/support/certificates.js"
import { failure, file, listWorkbooks, unreached } from "../../../../test/support/network.js"
import { pfx } from "../../../../test/support/pfx.js"

const passphrase = "the-Passphrase of ana"

const encrypted = (key: string) =>
  createPrivateKey(key).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }).toString()

/** The lines of base64 in a PEM. */
const contentOf = (pem: string) => pem.split(/\r?\n/).filter((line) => /^[A-Za-z0-9+/=]{20,}$/.test(line))

const base64 = (text: string) => Buffer.from(text).toString("base64")

/** The content of a PEM alone. */
const derOf = (pem: string) =>
  pem
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("-----"))
    .join("")

/** A server that requires a client certificate of the company's authority. */
const guardedServer = (terms: Terms = {}) =>
  Effect.gen(function* () {
    const { requests, url } = yield* Simulator.make({ workbooks: 3 })
    const company = yield* authority
    const client = yield* certificate({ authority: company, host: "reports.example.com" })
    const server = yield* gateway(url, yield* certificate({ authority: company }), [], {
      ca: company.cert,
      requestCert: true,
      rejectUnauthorized: true,
      ...terms
    })
    return { ca: company.cert, client, requests, seen: server.seen, url: server.url }
  })

const invalid = (clientCertificate: TableauNode.ClientCertificate, secrets: ReadonlyArray<string>) =>
  // The port is closed: with a valid certificate the error would be ConnectionFailed.
  Effect.map(failure(listWorkbooks("https://127.0.0.1:1", { clientCertificate }), secrets), (error) => {
    expect(error._tag).toBe("ClientCertificateUnusable")
    expect(error.message).toContain("clientCertificate")
    return error
  })

describe("a server that requires a client certificate", () => {
  it.scoped("a session succeeds with a client certificate as text or file, plain or encrypted", () =>
    Effect.gen(function* () {
      const { ca, client, seen, url } = yield* guardedServer()
      const { cert, key } = client
      const secret = Redacted.make(passphrase)
      const variants: ReadonlyArray<TableauNode.ClientCertificate> = [
        { cert, key: Redacted.make(key) },
        { cert, key },
        { cert: yield* file(cert), key: yield* file(key) },
        { cert, key: Redacted.make(encrypted(key)), passphrase: secret },
        { cert: `${cert}\n${ca}`, key: yield* file(encrypted(key)), passphrase: secret },
        { cert: base64(cert), key: Redacted.make(base64(key)) },
        { cert: derOf(cert), key: derOf(key) },
        { cert, key: Redacted.make(base64(key).replaceAll(/.{76}/g, "$&\n")) },
        { cert, key: Redacted.make(base64(encrypted(key))), passphrase: secret },
        { cert, key: Redacted.make(createPrivateKey(key).export({ type: "sec1", format: "der" }).toString("base64")) },
        { pfx: pfx(client, passphrase).toString("base64"), passphrase: secret },
        { pfx: yield* file(pfx(client, passphrase), "client.pfx"), passphrase: secret },
        { pfx: Redacted.make(pfx(client, passphrase)), passphrase: secret },
        { pfx: Redacted.make(pfx(client, "")), passphrase: Redacted.make("") }
      ]
      for (const clientCertificate of variants) expect(yield* listWorkbooks(url, { ca, clientCertificate })).toBe(3)
      expect([...seen.clients]).toEqual(["reports.example.com"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("a session fails with ClientCertificateRequired without a client certificate in TLS 1.3", () =>
    Effect.gen(function* () {
      const { ca, requests, seen, url } = yield* guardedServer({ minVersion: "TLSv1.3" })
      const error = yield* unreached(url, { ca })
      expect(error).toMatchObject({
        _tag: "TlsFailed",
        reason: "ClientCertificateRequired",
        nodeCode: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
        server: url
      })
      expect(error.message).toContain("layerHttpClient({ clientCertificate:")
      expect([seen.requests, yield* requests]).toEqual([0, []])
    })
  )

  it.scoped(
    "a session without a client certificate in TLS 1.2 fails with HandshakeRefused and names the possible causes",
    () =>
      Effect.gen(function* () {
        const { ca, requests, seen, url } = yield* guardedServer({ maxVersion: "TLSv1.2" })
        const error = yield* unreached(url, { ca })
        expect(error).toMatchObject({
          _tag: "TlsFailed",
          reason: "HandshakeRefused",
          nodeCode: "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"
        })
        expect(error.message).toContain("layerHttpClient({ clientCertificate:")
        expect(error.message).toContain("ciphers")
        expect([seen.requests, yield* requests]).toEqual([0, []])
      })
  )

  it.scoped("a session with an untrusted client certificate fails with an error that names the option", () =>
    Effect.gen(function* () {
      const { ca, requests, seen, url } = yield* guardedServer()
      const { cert, key } = yield* certificate({ authority: yield* authority, host: "stranger.example.com" })
      const error = yield* unreached(url, { ca, clientCertificate: { cert, key: Redacted.make(key) } }, contentOf(key))
      expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "Broken" })
      expect(error.message).toContain("clientCertificate")
      expect([seen.requests, yield* requests]).toEqual([0, []])
    })
  )
})

describe("an invalid client certificate", () => {
  it.scoped("the layer fails with advice and without the content of the files for an invalid client certificate", () =>
    Effect.gen(function* () {
      const own = yield* certificate()
      const other = yield* certificate()
      const { cert } = own
      const key = Redacted.make(own.key)
      const secret = Redacted.make(passphrase)
      const wrong = Redacted.make("another-Passphrase")
      const locked = encrypted(own.key)
      const cut = (pem: string) => pem.trim().split(/\r?\n/).slice(0, -2).join("\n")
      const legacy = Redacted.make(Buffer.from("3003020103", "hex"))
      const cases: ReadonlyArray<
        readonly [TableauNode.ClientCertificate, Readonly<Record<string, string>>, remedy: string]
      > = [
        [{ cert: own.key, key }, { part: "cert", reason: "Absent" }, "BEGIN CERTIFICATE"],
        [{ cert: cut(cert), key }, { part: "cert", reason: "Malformed" }, "again"],
        [{ cert: "nowhere/client.pem", key }, { part: "cert", reason: "File", cause: "NotFound" }, "working directory"],
        [{ cert, key: cert }, { part: "key", reason: "Absent" }, "BEGIN PRIVATE KEY"],
        [{ cert, key: Redacted.make("") }, { part: "key", reason: "File" }, "working directory"],
        [{ cert, key: cut(own.key) }, { part: "key", reason: "Malformed" }, "again"],
        [{ cert, key: other.key }, { part: "key", reason: "KeyMismatch" }, "belong together"],
        [{ cert, key: locked }, { part: "key", reason: "PassphraseMissing" }, "`clientCertificate.passphrase`"],
        [{ cert, key: locked, passphrase: wrong }, { part: "key", reason: "PassphraseWrong" }, "Check"],
        [{ pfx: Redacted.make(pfx(own, passphrase)) }, { part: "pfx", reason: "PassphraseMissing" }, "Pass its"],
        [{ pfx: Redacted.make(pfx(own, passphrase)), passphrase: wrong }, { reason: "PassphraseWrong" }, "Check"],
        [{ pfx: yield* file(cert, "client.pfx"), passphrase: secret }, { part: "pfx", reason: "Malformed" }, "`key`"],
        [{ pfx: legacy }, { part: "pfx", reason: "Malformed" }, "`key`"],
        [{ pfx: "nowhere/client.pfx" }, { part: "pfx", reason: "File", cause: "NotFound" }, "working directory"]
      ]
      const secrets = [passphrase, "another-Passphrase", ...[own.key, other.key, locked].flatMap(contentOf)]
      for (const [clientCertificate, fields, remedy] of cases) {
        const error = yield* invalid(clientCertificate, secrets)
        expect(error).toMatchObject(fields)
        expect(error.message).toContain(remedy)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("the layer fails without the value of a key that is in no known form", () =>
    Effect.gen(function* () {
      const { cert, key } = yield* certificate()
      const whole = derOf(key)
      const values = [whole.slice(0, -40), whole.slice(40), base64(key).slice(20), base64(whole), "a-Secret-in-words"]
      for (const value of values) {
        const error = yield* invalid({ cert, key: Redacted.make(value) }, [value, value.slice(0, 12), value.slice(-12)])
        expect(error).toMatchObject({ part: "key", reason: "File", path: undefined })
        expect(error.message).toContain("base64")
        if (value.length > 64) {
          expect(yield* invalid({ cert, key: value }, [value.slice(0, 12), value.slice(-12)])).toMatchObject({
            path: undefined
          })
        }
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("the layer fails with the absolute path of an unusable file", () =>
    Effect.gen(function* () {
      const { cert, key } = yield* certificate()
      const path = yield* file(encrypted(key), "client.key")
      const error = yield* invalid({ cert, key: path }, contentOf(encrypted(key)))
      expect(error).toMatchObject({ path, part: "key", reason: "PassphraseMissing" })
      expect(error.message).toContain(path)
      const missing = yield* invalid({ cert, key: "nowhere/client.key" }, [])
      expect(missing).toMatchObject({ path: join(process.cwd(), "nowhere", "client.key"), reason: "File" })
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("a server with TLS 1.1", () => {
  it.scoped("a session fails for a server without TLS 1.2, with advice to enable it", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Simulator.make()
      const company = yield* authority
      const old = yield* gateway(url, yield* certificate({ authority: company }), [], {
        minVersion: "TLSv1",
        maxVersion: "TLSv1.1",
        ciphers: "DEFAULT@SECLEVEL=0"
      })
      const error = yield* unreached(old.url, { ca: company.cert })
      expect(error).toMatchObject({ _tag: "TlsFailed", reason: "OldProtocol" })
      expect(error.message).toContain("enable TLS 1.2 or 1.3")
      expect([old.seen.requests, yield* requests]).toEqual([0, []])
    })
  )
})
