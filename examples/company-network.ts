/**
 * Connects through a proxy, with a client certificate, or both.
 *
 * The proxy is that of the environment (HTTPS_PROXY, NO_PROXY), or TABLEAU_PROXY with TABLEAU_PROXY_USERNAME and
 * TABLEAU_PROXY_PASSWORD. The certificates are paths or PEM text: TABLEAU_CLIENT_CERT with TABLEAU_CLIENT_KEY and, if the
 * key is encrypted, TABLEAU_CLIENT_PASSPHRASE; TABLEAU_CA is the company's authority. All of them are optional.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const optional = <A>(config: Config.Config<A>) => Config.withDefault(config, undefined)

const HttpClientLive = Layer.unwrapEffect(
  Effect.gen(function* () {
    const url = yield* optional(Config.nonEmptyString("TABLEAU_PROXY"))
    const username = yield* optional(Config.nonEmptyString("TABLEAU_PROXY_USERNAME"))
    const password = yield* optional(Config.redacted("TABLEAU_PROXY_PASSWORD"))
    const cert = yield* optional(Config.nonEmptyString("TABLEAU_CLIENT_CERT"))
    const passphrase = yield* optional(Config.redacted("TABLEAU_CLIENT_PASSPHRASE"))
    return TableauNode.layerHttpClient({
      proxy: url === undefined ? "environment" : { url, username, password },
      ca: yield* optional(Config.nonEmptyString("TABLEAU_CA")),
      clientCertificate:
        cert === undefined ? undefined : { cert, key: yield* Config.redacted("TABLEAU_CLIENT_KEY"), passphrase },
      timeouts: { connect: "10 seconds", firstByte: "1 minute", stall: "30 seconds" }
    })
  })
)

const program = Effect.gen(function* () {
  const { totalAvailable } = yield* Workbooks.list()
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)
})

program.pipe(
  Effect.provide(Layer.provide(TableauSession.layerConfig(), HttpClientLive)),
  // An unusable certificate fails before a connection. The other two errors name the proxy or the server.
  Effect.catchTags({
    ClientCertificateUnusable: ({ message, reason }) => Console.log(`${reason}\n${message}`),
    ConnectionFailed: ({ message, reason }) => Console.log(`${reason}\n${message}`),
    TlsFailed: ({ message, reason }) => Console.log(`${reason}\n${message}`)
  }),
  TableauNode.runMain
)
