import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ServerInfo } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { Simulator } from "effect-tableau-simulator"
import { authority, certificate, gateway, intermediate, type Pair } from "../../../../test/support/certificates.js"
import { listWorkbooks, unreached } from "../../../../test/support/network.js"
import { makeProxy } from "../../../../test/support/proxy.js"

/** A root, two authorities below it, and the server's certificate of the lower one. */
const company = Effect.gen(function* () {
  const root = yield* authority
  const upper = yield* intermediate("Example Inc. Policy CA", root)
  const lower = yield* intermediate("Issuing\u202e CA No. 2 of Zürich", upper)
  const own = yield* certificate({ authority: lower })
  return { root, upper, lower, own }
})

type Company = Effect.Effect.Success<typeof company>
type Names = ReadonlyArray<Exclude<keyof Company, "own">>

const certificates = (company: Company, names: ReadonlyArray<keyof Company>) => names.map((name) => company[name].cert)

const guarded = (own: Pair, chain: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 3 })
    return yield* gateway(url, own, chain)
  })

// Before these versions Node trusts complete chains only.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
const trustsParts = major > 22 || (major === 22 && minor >= 9) || (major === 20 && minor >= 18)

describe("a server with a certificate below intermediate authorities", () => {
  const sufficient: ReadonlyArray<readonly [sent: Names, ca: ReadonlyArray<keyof Company>]> = [
    [[], ["own"]],
    [[], ["lower"]],
    [["lower"], ["own"]],
    [["lower"], ["lower"]],
    [["lower"], ["upper"]],
    [["lower", "upper"], ["lower"]],
    [["lower", "upper"], ["upper"]],
    [["lower", "upper"], ["root"]],
    [["lower", "upper", "root"], ["own"]],
    [[], ["lower", "upper", "root"]]
  ]
  for (const [sent, ca] of sufficient) {
    const isComplete = ca.includes("root")
    it.scoped.skipIf(!isComplete && !trustsParts)(
      `a session succeeds when the server sends ${["own", ...sent].join(", ")} and \`ca\` has ${ca.join(", ")}`,
      () =>
        Effect.gen(function* () {
          const all = yield* company
          const { url } = yield* guarded(all.own, certificates(all, sent))
          expect(yield* listWorkbooks(url, { ca: certificates(all, ca) })).toBe(3)
        })
    )
  }

  it.scoped("a session that trusts a certificate by itself fails for another host, and after its time", () =>
    Effect.gen(function* () {
      const { lower } = yield* company
      for (const [wanted, reason] of [
        [{ host: "tableau.example.com" }, "WrongHost"],
        [{ until: "2021-01-01" }, "Expired"]
      ] as const) {
        const own = yield* certificate({ ...wanted, authority: lower })
        const { url } = yield* guarded(own, [])
        expect(yield* unreached(url, { ca: [own.cert, lower.cert] })).toMatchObject({ _tag: "TlsFailed", reason })
      }
    })
  )

  const insufficient: ReadonlyArray<readonly [sent: Names, ca: Names, missing: string]> = [
    [[], [], "Issuing CA No. 2 of Zürich"],
    [[], ["root"], "Issuing CA No. 2 of Zürich"],
    [["root"], ["root"], "Issuing CA No. 2 of Zürich"],
    [["lower"], ["root"], "Example Inc. Policy CA"],
    [["lower", "upper"], [], "Company Authority"]
  ]
  for (const [sent, ca, missing] of insufficient) {
    it.scoped(
      `the error and the diagnosis name ${missing} when the server sends ${["own", ...sent].join(", ")} and \`ca\` has ${ca.join(", ") || "nothing"}`,
      () =>
        Effect.gen(function* () {
          const all = yield* company
          const { seen, url } = yield* guarded(all.own, certificates(all, sent))
          const options = { ca: certificates(all, ca) }
          const error = yield* unreached(url, options)
          expect(error).toMatchObject({ _tag: "TlsFailed", reason: "UnknownAuthority", missingIssuer: missing })
          const event = `it does not send the certificate of "${missing}", which signed its own or one in its chain`
          expect(error.message).toContain(event)
          expect(error.message).toContain("install the whole chain")
          expect(error.message).toContain("layerHttpClient({ ca:")

          const { checks } = yield* Effect.provide(ServerInfo.diagnose(url), TableauNode.layerHttpClient(options))
          const failed = checks.find(({ outcome }) => outcome === "failed")
          expect(failed?.name).toBe("tls")
          expect(failed?.detail).toContain(event)
          expect(failed?.advice).toMatch(
            /^Ask its administrator to install the whole chain, or add the certificate of "/
          )
          expect(seen.requests).toBe(0)
        })
    )
  }

  it.scoped("the error names the certificate that the https:// proxy does not send", () =>
    Effect.gen(function* () {
      const all = yield* company
      const { url: proxy } = yield* makeProxy({ tls: all.own })
      const error = yield* unreached("https://tableau.example.com", { ca: all.root.cert, proxy })
      const missingIssuer = "Issuing CA No. 2 of Zürich"
      expect(error).toMatchObject({ _tag: "TlsFailed", reason: "UnknownAuthority", proxy, missingIssuer })
    })
  )
})
