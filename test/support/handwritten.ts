import * as Http from "node:http"
import * as Effect from "effect/Effect"
import { listening } from "./listening.js"

/** A server that nobody derived from our own code: it answers each path with bytes that were written by hand. */

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Sent again and again, until the client leaves. */
  readonly endless?: string
}

export interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

const flood = (response: Http.ServerResponse, text: string): void => {
  const pour = (): void => {
    while (!response.destroyed && response.write(text)) {
      // Until the socket is full.
    }
  }
  response.on("drain", pour)
  pour()
}

/** Paths with their query go before those without; one that is not in the list is a 404 without a body. */
export const handwritten = (answers: Readonly<Record<string, Answer>>) =>
  Effect.gen(function* () {
    const asked: Array<Asked> = []
    const server = Http.createServer((request, response) => {
      let body = ""
      request.setEncoding("utf8")
      request.on("data", (chunk: string) => {
        body += chunk
      })
      request.on("end", () => {
        const { headers, method, url } = request
        asked.push({ method, url, headers, body })
        const answer = answers[url ?? ""] ?? answers[url?.split("?")[0] ?? ""] ?? { status: 404 }
        response.writeHead(answer.status ?? 200, answer.headers)
        if (answer.endless === undefined) response.end(answer.body ?? "")
        else flood(response, answer.endless)
      })
    })
    const port = yield* listening(server)
    return { url: `http://127.0.0.1:${port}`, asked }
  })
