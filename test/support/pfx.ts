import { createHash, createHmac, createPrivateKey, X509Certificate } from "node:crypto"
import type { Pair } from "./certificates.js"

/** Creates PKCS#12 files (RFC 7292) like Windows and OpenSSL, so that no test needs their programs. */

const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const content = Buffer.concat(parts)
  const length =
    content.length < 0x80 ? [content.length] : [0x82, Math.floor(content.length / 0x100), content.length % 0x100]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const octets = (content: Uint8Array) => der(0x04, content)
const explicit = (content: Uint8Array) => der(0xa0, content)
const integer = (value: number) =>
  der(0x02, Buffer.from(value < 0x80 ? [value] : [Math.floor(value / 0x100), value % 0x100]))
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"))

const data = (content: Uint8Array) => sequence(oid("2a864886f70d010701"), explicit(octets(content)))
const sha256 = sequence(oid("608648016503040201"), der(0x05))

/** Repeats the bytes up to a multiple of the hash's block size. */
const filled = (content: Buffer) => Buffer.alloc(Math.ceil(content.length / 64) * 64, content)

const macKey = (passphrase: string, salt: Buffer, rounds: number): Buffer => {
  const password = Buffer.from(`${passphrase}\0`, "utf16le").swap16()
  let key = Buffer.concat([Buffer.alloc(64, 3), filled(salt), filled(password)])
  for (let round = 0; round < rounds; round++) key = createHash("sha256").update(key).digest()
  return key
}

/** A PKCS#12 file with a certificate and its key, encrypted with the passphrase. */
export const pfx = ({ cert, key }: Pair, passphrase: string): Buffer => {
  const certificate = sequence(
    oid("2a864886f70d010c0a0103"),
    explicit(sequence(oid("2a864886f70d01091601"), explicit(octets(new X509Certificate(cert).raw))))
  )
  const encrypted = createPrivateKey(key).export({ type: "pkcs8", format: "der", cipher: "aes-256-cbc", passphrase })
  const shrouded = sequence(oid("2a864886f70d010c0a0102"), explicit(encrypted))
  const safe = sequence(data(sequence(certificate)), data(sequence(shrouded)))
  const salt = Buffer.from("8 octets")
  const rounds = 2048
  const mac = createHmac("sha256", macKey(passphrase, salt, rounds))
    .update(safe)
    .digest()
  return sequence(integer(3), data(safe), sequence(sequence(sha256, octets(mac)), octets(salt), integer(rounds)))
}
