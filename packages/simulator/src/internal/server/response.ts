import type { IncomingMessage, ServerResponse } from "node:http"
import { pipeline, Readable } from "node:stream"
import { TLSSocket } from "node:tls"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type { Answer, Fault, Moment } from "../../Fault.js"
import type { Made } from "../content/zip.js"
import type { Element } from "../protocol/element.js"
import { toJson } from "../protocol/json.js"
import { namespace, toXml } from "../protocol/xml.js"

/** A true answer: a large file is made while it is sent. */
export interface TrueAnswer extends Omit<Answer, "body"> {
  readonly body: Answer["body"] | Made
}

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
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly onStatus: (status: number) => void
}

const bytes = ({ body }: Answer): Uint8Array => (typeof body === "string" ? Buffer.from(body) : body)

/** All of it at once, for what is to be done to it. */
const whole = (answer: TrueAnswer): Answer =>
  typeof answer.body === "string" || answer.body instanceof Uint8Array
    ? { ...answer, body: answer.body }
    : { ...answer, body: Buffer.concat([...answer.body.chunks()]) }

const writeHead = ({ onStatus, response }: Exchange, answer: TrueAnswer, length: number): void => {
  onStatus(answer.status)
  // A 204 has neither a body nor the header.
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.status === 204 ? {} : { "content-length": length })
  })
}

export const send = (exchange: Exchange, answer: TrueAnswer): Effect.Effect<void> =>
  Effect.sync(() => {
    const { body } = answer
    if (typeof body === "string" || body instanceof Uint8Array) {
      writeHead(exchange, answer, Buffer.byteLength(body))
      exchange.response.end(body)
      return
    }
    writeHead(exchange, answer, body.size)
    // As fast as the client reads. One that leaves has its reasons.
    pipeline(Readable.from(body.chunks()), exchange.response, constVoid)
  })

/** Sends some of the body under a length that may be a lie, and then says nothing more, or hangs up. */
const sendPart = (
  exchange: Exchange,
  answer: Answer,
  part: { readonly bytes: Uint8Array; readonly length: number; readonly hangUp: boolean }
): Effect.Effect<void> =>
  Effect.sync(() => {
    const { response } = exchange
    writeHead(exchange, answer, part.length)
    response.flushHeaders()
    response.write(part.bytes, () => {
      if (part.hangUp) response.socket?.end()
    })
  })

/** Sends the same again and again, as fast as the client reads, until it hangs up. */
const flood = ({ onStatus, response }: Exchange, text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    onStatus(200)
    response.writeHead(200, { "content-type": "application/xml;charset=utf-8" })
    const chunk = Buffer.from(text)
    const pour = (): void => {
      while (!response.destroyed && response.write(chunk)) {
        // Until the socket is full.
      }
    }
    response.on("drain", pour)
    pour()
  })

const reset = ({ response }: Exchange): Effect.Effect<void> =>
  Effect.sync(() => {
    const { socket } = response
    // Node resets plain TCP only.
    if (socket === null || socket instanceof TLSSocket) socket?.destroy()
    else socket.resetAndDestroy()
  })

/** Answers a request: truly, or as a fault wants it. */
export const respond = (
  exchange: Exchange,
  act: Effect.Effect<TrueAnswer>,
  fault: Fault | undefined
): Effect.Effect<void> => {
  const acted = Effect.map(act, whole)
  const truly = Effect.flatMap(act, (answer) => send(exchange, answer))
  const instead = (when: Moment, wrong: Effect.Effect<void>) => (when === "after" ? Effect.zipRight(act, wrong) : wrong)
  const later = (when: Moment, wait: Effect.Effect<unknown>) =>
    when === "after"
      ? Effect.flatMap(Effect.zipLeft(act, wait), (answer) => send(exchange, answer))
      : Effect.zipRight(wait, truly)
  switch (fault?._tag) {
    case "Hold":
      return later(fault.when, fault.until)
    case "Delay":
      return later(fault.when, Effect.sleep(fault.duration))
    case "Answer":
      return instead(fault.when, send(exchange, fault.answer))
    case "Alter":
      return Effect.flatMap(acted, (answer) => send(exchange, fault.how(answer)))
    case "Flood":
      return instead(fault.when, flood(exchange, fault.text))
    case "Redirect": {
      const location = fault.keepPath ? `${fault.to}${exchange.request.url ?? "/"}` : fault.to
      return send(exchange, { status: fault.status, headers: { location }, body: "" })
    }
    case "Reset":
      return instead(fault.when, reset(exchange))
    case "Stall":
    case "Truncate":
      return Effect.flatMap(acted, (answer) => {
        const body = bytes(answer)
        const part = body.subarray(0, Math.max(0, fault.afterBytes))
        // Nothing is missing, as where there is no body: there is nothing to be silent in, and the next one is answered.
        return fault._tag === "Stall" && part.byteLength === body.byteLength
          ? send(exchange, answer)
          : sendPart(exchange, answer, { bytes: part, length: body.byteLength, hangUp: fault._tag === "Truncate" })
      })
    case "FalseLength":
      return Effect.flatMap(acted, (answer) => {
        const body = bytes(answer)
        return sendPart(exchange, answer, {
          bytes: body,
          length: Math.max(0, body.byteLength + fault.by),
          hangUp: true
        })
      })
    case "Namespace":
      return Effect.flatMap(acted, (answer) =>
        send(
          exchange,
          typeof answer.body === "string"
            ? { ...answer, body: answer.body.replaceAll(`"${namespace}`, `"${fault.uri}`) }
            : answer
        )
      )
    // These two act on the server's side: see the dispatcher.
    case "EndSession":
    case "ShiftItems":
    case undefined:
      return truly
  }
}
