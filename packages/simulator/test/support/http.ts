import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** A plain HTTP client: one connection for each request, no redirects, no retries. */

export interface Response {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly text: string
  readonly bytes: Buffer
}

export interface Options {
  readonly method?: string | undefined
  readonly body?: string | Uint8Array | undefined
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly ca?: string | undefined
}

/** The response is incomplete, or not the expected one. */
export class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

/** Interrupting it closes the connection. */
export const send = (url: string, options: Options = {}): Effect.Effect<Response, Failed> =>
  Effect.async((resume) => {
    const secure = url.startsWith("https:")
    const { body, ca, headers, method = body === undefined ? "GET" : "POST", token } = options
    const request = (secure ? Https : Http).request(
      url,
      {
        method,
        agent: false,
        ...(ca === undefined ? {} : { ca }),
        headers: {
          // Node adds no Content-Length to DELETE.
          ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }),
          ...(token === undefined ? {} : { "X-Tableau-Auth": token }),
          ...headers
        }
      },
      (response) => {
        const chunks: Array<Uint8Array> = []
        response.on("data", (chunk: Uint8Array) => chunks.push(chunk))
        response.on("error", (error) => resume(new Failed({ message: error.message })))
        response.on("end", () =>
          resume(
            Effect.sync(() => {
              const bytes = Buffer.concat(chunks)
              return {
                status: response.statusCode ?? 0,
                headers: response.headers,
                text: bytes.toString("utf8"),
                bytes
              }
            })
          )
        )
      }
    )
    request.on("error", (error) => resume(new Failed({ message: error.message })))
    request.end(body)
    return Effect.sync(() => request.destroy())
  })

/** Sends a string, and returns what is received until the connection closes. */
export const speak = (url: string, text: string, options: { readonly close?: boolean } = {}) =>
  Effect.async<string>((resume) => {
    const { hostname, port } = new URL(url)
    const socket = Net.connect(Number(port), hostname)
    let received = ""
    socket.on("data", (chunk) => {
      received += chunk.toString("utf8")
    })
    socket.on("error", () => socket.destroy())
    socket.on("close", () => resume(Effect.succeed(received)))
    socket.write(text, () => {
      if (options.close) socket.end()
    })
  })

/** The value of an attribute of the first element with a name. */
export const attribute = (xml: string, element: string, name: string): string => {
  const [tag = ""] = new RegExp(`<${element}[ />][^>]*`).exec(xml) ?? []
  const [, value = ""] = new RegExp(` ${name}="([^"]*)"`).exec(tag) ?? []
  return value
}

/** The code of an error response, or an empty string. */
export const code = (response: Response): string => attribute(response.text, "error", "code")

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
  Effect.flatMap(send(`${url}/api/3.29/auth/signin`, { body: credentials(attributes, site) }), (response) =>
    response.status === 200
      ? Effect.succeed({
          token: attribute(response.text, "credentials", "token"),
          siteId: attribute(response.text, "site", "id"),
          userId: attribute(response.text, "user", "id")
        })
      : new Failed({ message: response.text })
  )

/** A session, and requests below its site. */
export const client = (url: string, attributes: Readonly<Record<string, string>> = admin, site = "") =>
  Effect.map(signIn(url, attributes, site), ({ siteId, token, userId }) => {
    const request = (path: string, options: Options = {}) =>
      send(`${url}/api/3.29${path.startsWith("/") ? path : `/sites/${siteId}/${path}`}`, { token, ...options })
    const withBody = (method: string) => (path: string, body: string) =>
      request(path, { method, body: `<tsRequest>${body}</tsRequest>` })
    return {
      siteId,
      token,
      userId,
      request,
      post: withBody("POST"),
      put: withBody("PUT"),
      remove: (path: string) => request(path, { method: "DELETE" })
    }
  })

/** The number of items of a list on all of its pages. */
export const total = ({ text }: Pick<Response, "text">) => Number(attribute(text, "pagination", "totalAvailable"))

/** The ids of all elements with a name. */
export const ids = ({ text }: Pick<Response, "text">, element: string) =>
  [...text.matchAll(new RegExp(`<${element} id="([^"]*)"`, "g"))].map(([, id = ""]) => id)

/** Status and code of a response. */
export const errorOf = (response: Response) => [response.status, code(response)]
