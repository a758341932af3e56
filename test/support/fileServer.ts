import * as Http from "node:http"
import * as Effect from "effect/Effect"
import { listening } from "./listening.js"

const xml = (content: string) => `<tsResponse xmlns="http://tableau.com/api">${content}</tsResponse>`

const known: Readonly<Record<string, string>> = {
  "/api/2.4/serverinfo": xml("<serverInfo><restApiVersion>3.29</restApiVersion></serverInfo>"),
  "/api/3.29/auth/signin": xml('<credentials token="t"><site id="s" contentUrl=""/><user id="u"/></credentials>'),
  "/api/3.29/auth/signout": ""
}

/** A server, written by hand, that lets everybody in, and whose answers to all else a test gives as it likes. */
export const fileServer = (answer: (response: Http.ServerResponse, request: Http.IncomingMessage) => void) => {
  const server = Http.createServer((request, response) => {
    const body = known[request.url ?? ""]
    if (body === undefined) answer(response, request)
    else request.resume().on("end", () => response.end(body))
  })
  return Effect.map(listening(server), (port) => `http://127.0.0.1:${port}`)
}
