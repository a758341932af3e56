import type { IncomingMessage, ServerResponse } from "node:http"
import { pipeline, Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { TLSSocket } from "node:tls"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type { Fault, Response, Timing } from "../../Fault.js"
import type { Generated } from "../content/zip.js"
import type { Element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { toJson } from "../protocol/json.js"
import { namespace, toXml } from "../protocol/xml.js"
import { arrived } from "./body.js"

/** A response whose body may be generated while it is sent. */
export interface StreamedResponse extends Omit<Response, "body"> {
  readonly body: Response["body"] | Generated
}

/** Renders XML, unless `accept` names JSON. */
export const render = (
  status: number,
  content: ReadonlyArray<Element>,
  accept: string | undefined,
  apiVersion: string
): Response => {
  if (content.length === 0) return { status, headers: {}, body: "" }
  return accept?.includes("application/json")
    ? { status, headers: { "content-type": "application/json;charset=utf-8" }, body: toJson(content) }
    : { status, headers: { "content-type": "application/xml;charset=utf-8" }, body: toXml(content, apiVersion) }
}

/** A request, its response, and a listener for the status. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly output: ServerResponse
  readonly onStatus: (status: number) => void
  /** The header, by the clock that also dates content and jobs. By default that of Node. */
  readonly date?: string | undefined
}

const bytesOf = ({ body }: Response): Uint8Array => (typeof body === "string" ? Buffer.from(body) : body)

/** Buffers a response so that a fault can modify it. */
const buffered = (response: StreamedResponse): Effect.Effect<Response> => {
  const { body } = response
  return typeof body === "string" || body instanceof Uint8Array
    ? Effect.succeed({ ...response, body })
    : Effect.promise(async () => ({ ...response, body: await buffer(Readable.from(body.chunks())) }))
}

const writeHead = ({ date, onStatus, output }: Exchange, response: StreamedResponse, length: number): void => {
  onStatus(response.status)
  // A 204 has neither a body nor the header.
  output.writeHead(response.status, {
    ...(date === undefined ? {} : { date }),
    ...response.headers,
    ...(response.status === 204 ? {} : { "content-length": length })
  })
}

export const send = (exchange: Exchange, response: StreamedResponse): Effect.Effect<void> =>
  Effect.sync(() => {
    const { body } = response
    if (typeof body === "string" || body instanceof Uint8Array) {
      writeHead(exchange, response, Buffer.byteLength(body))
      exchange.output.end(body)
      return
    }
    writeHead(exchange, response, body.size)
    // `pipeline` respects backpressure. A client that disconnects is no error of the server.
    pipeline(Readable.from(body.chunks()), exchange.output, constVoid)
  })

/** Sends a part of the body with any `Content-Length`, and then either stays silent or closes the connection. */
const sendPart = (
  exchange: Exchange,
  response: Response,
  part: { readonly bytes: Uint8Array; readonly length: number; readonly close: boolean }
): Effect.Effect<void> =>
  Effect.sync(() => {
    const { output } = exchange
    writeHead(exchange, response, part.length)
    output.flushHeaders()
    output.write(part.bytes, () => {
      if (part.close) output.socket?.end()
    })
  })

/** Repeats a string until the client disconnects. Respects backpressure. */
const flood = ({ onStatus, output }: Exchange, text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    onStatus(200)
    output.writeHead(200, { "content-type": "application/xml;charset=utf-8" })
    const chunk = Buffer.from(text)
    const write = (): void => {
      while (!output.destroyed && output.write(chunk)) {
        // Until the buffer of the socket is full.
      }
    }
    output.on("drain", write)
    write()
  })

const reset = ({ output }: Exchange): Effect.Effect<void> =>
  Effect.sync(() => {
    const { socket } = output
    // Node can reset only connections without TLS.
    if (socket === null || socket instanceof TLSSocket) socket?.destroy()
    else socket.resetAndDestroy()
  })

/** Responds to a request, as a fault demands if there is one. */
export const respond = (
  exchange: Exchange,
  act: Effect.Effect<StreamedResponse>,
  fault: Fault | undefined
): Effect.Effect<void> => {
  const whole = Effect.flatMap(act, buffered)
  const normal = Effect.flatMap(act, (response) => send(exchange, response))
  const due = (when: Timing): Effect.Effect<void> =>
    typeof when === "object" ? arrived(exchange.request, when.requestBytes) : Effect.void
  const instead = (when: Timing, other: Effect.Effect<void>) =>
    Effect.andThen(when === "after" ? act : due(when), other)
  const delayed = (when: Timing, wait: Effect.Effect<unknown>) =>
    when === "after"
      ? Effect.flatMap(Effect.tap(act, wait), (response) => send(exchange, response))
      : Effect.andThen(due(when), Effect.andThen(wait, normal))
  switch (fault?._tag) {
    case "Hold":
      return delayed(fault.when, fault.until)
    case "Delay":
      return delayed(fault.when, Effect.sleep(fault.duration))
    case "Respond":
      return instead(fault.when, send(exchange, fault.response))
    case "Alter":
      return Effect.flatMap(whole, (response) => send(exchange, fault.change(response)))
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
      return Effect.flatMap(whole, (response) => {
        const body = bytesOf(response)
        const part = body.subarray(0, Math.max(0, fault.afterBytes))
        // The part is the whole body: there is nothing to stall, and the connection stays usable.
        return fault._tag === "Stall" && part.byteLength === body.byteLength
          ? send(exchange, response)
          : sendPart(exchange, response, { bytes: part, length: body.byteLength, close: fault._tag === "Truncate" })
      })
    case "FalseLength":
      return Effect.flatMap(whole, (response) => {
        const body = bytesOf(response)
        return sendPart(exchange, response, {
          bytes: body,
          length: Math.max(0, body.byteLength + fault.by),
          close: true
        })
      })
    case "Namespace":
      return Effect.flatMap(whole, (response) =>
        send(
          exchange,
          typeof response.body === "string"
            ? { ...response, body: response.body.replaceAll(`"${namespace}`, `"${fault.uri}`) }
            : response
        )
      )
    // The dispatcher applies these two.
    case "EndSession":
    case "ShiftItems":
    case undefined:
      return normal
  }
}

/**
 * Ends a request whose fault fails, such as one with a header that cannot be sent: by a 500, or by closing the connection
 * when a part of the response is on the wire. The client would wait forever for the rest.
 */
export const guarded = (exchange: Exchange, respond: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchAllCause(respond, (cause) =>
    Effect.andThen(
      Effect.logError("The simulator failed to send a response", cause),
      Effect.suspend(() => {
        const { output, request } = exchange
        if (output.headersSent) return Effect.sync(() => output.destroy())
        for (const name of output.getHeaderNames()) output.removeHeader(name)
        return send(exchange, render(500, [Errors.toElement(Errors.internalError)], request.headers.accept, "3.29"))
      })
    )
  )
