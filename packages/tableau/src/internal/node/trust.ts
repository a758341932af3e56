/// <reference types="node" preserve="true" />
/** Which certificates are trusted, and which one is missing when a chain of certificates is not. */
import { createSecureContext, type DetailedPeerCertificate, type SecureContextOptions, TLSSocket } from "node:tls"
import { idLimit, withoutSecrets } from "../http/serverText.js"
import { MissingIssuer } from "../http/transportError.js"

/**
 * A context that trusts each given certificate for itself, as curl does: a server's own one and that of an intermediate
 * authority need no root. Node before 20.18 and 22.9 ignores the option, and requires the chain up to a root.
 */
export const makeContext = (options: SecureContextOptions) =>
  createSecureContext({ ...options, allowPartialTrustChain: true })

export const nameOf = ({ CN, O }: DetailedPeerCertificate["subject"]): string =>
  [CN ?? O ?? "(no name)"].flat().join(", ")

/** The certificates of a connection, beginning with the server's: what it sent, and what completes it among the trusted. */
export const chainOf = (socket: TLSSocket): ReadonlyArray<DetailedPeerCertificate> => {
  const chain = new Map<string, DetailedPeerCertificate>()
  let peer: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  // The issuer of a root certificate is the certificate itself: without this check the loop would not end.
  while (peer?.subject !== undefined && !chain.has(peer.fingerprint256)) {
    chain.set(peer.fingerprint256, peer)
    peer = peer.issuerCertificate
  }
  return [...chain.values()]
}

export const isSelfSigned = ({ issuer, subject }: DetailedPeerCertificate): boolean =>
  JSON.stringify(subject) === JSON.stringify(issuer)

/**
 * Adds to the error of a handshake which certificate is missing. Call this before the handshake: when Node does not trust
 * the certificates, it destroys the socket, and the certificates with it.
 */
export const explainHandshake = (socket: unknown): ((error: Error) => Error) => {
  let issuer: string | undefined
  if (socket instanceof TLSSocket) {
    socket.prependOnceListener("secure", () => {
      const last = chainOf(socket).at(-1)
      if (last !== undefined && !isSelfSigned(last))
        issuer = withoutSecrets(nameOf(last.issuer), idLimit)?.replaceAll('"', "'")
    })
  }
  return (cause) => (issuer === undefined ? cause : new MissingIssuer({ issuer, cause }))
}
