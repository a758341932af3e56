import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** A bare HTTP client: one connection for each request, nothing followed, nothing repeated, nothing hidden. */

export interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly text: string
}

export interface Options {
  readonly method?: string | undefined
  readonly body?: string | Uint8Array | undefined
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly ca?: string | undefined
}

/** There was no whole answer, or not the one that was needed. */
export class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

/** Interrupting it closes the connection. */
export const send = (url: string, options: Options = {}): Effect.Effect<Answer, Failed> =>
  Effect.async((resume) => {
    const secure = url.startsWith("https:")
    const { body, ca, headers, method = body === undefined ? "GET" : "POST", token } = options
    const request = (secure ? Https : Http).request(
      url,
      {
        method,
        agent: false,
        ...(ca === undefined ? {} : { ca }),
        headers: { ...(token === undefined ? {} : { "X-Tableau-Auth": token }), ...headers }
      },
      (response) => {
        const chunks: Array<Uint8Array> = []
        response.on("data", (chunk: Uint8Array) => chunks.push(chunk))
        response.on("error", (error) => resume(new Failed({ message: error.message })))
        response.on("end", () =>
          resume(
            Effect.succeed({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(chunks).toString("utf8")
            })
          )
        )
      }
    )
    request.on("error", (error) => resume(new Failed({ message: error.message })))
    request.end(body)
    return Effect.sync(() => request.destroy())
  })

/** Sends bytes and gives what came back until the connection was closed. */
export const speak = (url: string, text: string, options: { readonly hangUp?: boolean } = {}) =>
  Effect.async<string>((resume) => {
    const { hostname, port } = new URL(url)
    const socket = Net.connect(Number(port), hostname)
    let heard = ""
    socket.on("data", (chunk) => {
      heard += chunk.toString("utf8")
    })
    socket.on("error", () => socket.destroy())
    socket.on("close", () => resume(Effect.succeed(heard)))
    socket.write(text, () => {
      if (options.hangUp) socket.end()
    })
  })

/** The attribute of the first element of that name. */
export const attribute = (xml: string, element: string, name: string): string => {
  const [tag = ""] = new RegExp(`<${element}[ />][^>]*`).exec(xml) ?? []
  const [, value = ""] = new RegExp(` ${name}="([^"]*)"`).exec(tag) ?? []
  return value
}

/** The code of Tableau's error, or nothing. */
export const code = (answer: Answer): string => attribute(answer.text, "error", "code")

export const demoToken = { personalAccessTokenName: "demo-token", personalAccessTokenSecret: "demo-secret" }
export const admin = { name: "admin", password: "admin-password" }
export const viewer = { name: "viewer", password: `p@ss"w&rd<é` }

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")

export const credentials = (attributes: Readonly<Record<string, string>>, site: string, inner = ""): string => {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escape(value)}"`)
  return `<tsRequest><credentials${written.join("")}><site contentUrl="${site}" />${inner}</credentials></tsRequest>`
}

export const switchTo = (site: string): string => `<tsRequest><site contentUrl="${site}" /></tsRequest>`

export interface SignedIn {
  readonly token: string
  readonly siteId: string
  readonly userId: string
}

export const signIn = (
  url: string,
  attributes: Readonly<Record<string, string>> = demoToken,
  site = ""
): Effect.Effect<SignedIn, Failed> =>
  Effect.flatMap(send(`${url}/api/3.29/auth/signin`, { body: credentials(attributes, site) }), (answer) =>
    answer.status === 200
      ? Effect.succeed({
          token: attribute(answer.text, "credentials", "token"),
          siteId: attribute(answer.text, "site", "id"),
          userId: attribute(answer.text, "user", "id")
        })
      : new Failed({ message: answer.text })
  )
