import type { ServerResponse } from "node:http"
import { TLSSocket } from "node:tls"
import * as Effect from "effect/Effect"
import type { Answer, Fault } from "../Fault.js"
import type { Element } from "./element.js"
import { toJson } from "./json.js"
import { toXml } from "./xml.js"

/** Everything but an `Accept` that names JSON gets XML. */
export const render = (
  status: number,
  content: ReadonlyArray<Element>,
  accept: string | undefined,
  apiVersion: string
): Answer => {
  if (content.length === 0) return { status, headers: {}, body: "" }
  return accept?.includes("application/json")
    ? { status, headers: { "content-type": "application/json;charset=utf-8" }, body: toJson(content) }
    : { status, headers: { "content-type": "application/xml;charset=utf-8" }, body: toXml(content, apiVersion) }
}

/** Where an answer goes, and who wants to know its status. */
export interface Exchange {
  readonly response: ServerResponse
  readonly onStatus: (status: number) => void
}

export const send = ({ onStatus, response }: Exchange, answer: Answer): Effect.Effect<void> =>
  Effect.sync(() => {
    onStatus(answer.status)
    const body = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body
    // A 204 has neither a body nor the header.
    const length = answer.status === 204 ? {} : { "content-length": body.byteLength }
    response.writeHead(answer.status, { ...answer.headers, ...length })
    response.end(body)
  })

const reset = ({ response }: Exchange): Effect.Effect<void> =>
  Effect.sync(() => {
    const socket = response.socket
    // Node resets plain TCP only.
    if (socket === null || socket instanceof TLSSocket) socket?.destroy()
    else socket.resetAndDestroy()
  })

/** Answers a request: truly, or as a fault wants it. */
export const respond = (
  exchange: Exchange,
  act: Effect.Effect<Answer>,
  fault: Fault | undefined
): Effect.Effect<void> => {
  const truly = Effect.flatMap(act, (answer) => send(exchange, answer))
  switch (fault?._tag) {
    case undefined:
      return truly
    case "Hold":
      return fault.when === "before"
        ? Effect.zipRight(fault.until, truly)
        : Effect.flatMap(Effect.zipLeft(act, fault.until), (answer) => send(exchange, answer))
    case "Delay":
      return Effect.delay(truly, fault.duration)
    case "Answer":
      return Effect.zipRight(
        Effect.when(act, () => fault.when === "after"),
        send(exchange, fault.answer)
      )
    case "Reset":
      return Effect.zipRight(
        Effect.when(act, () => fault.when === "after"),
        reset(exchange)
      )
  }
}
