/** Sends requests through undici, the connection pool of our own HttpClient. */
import { Readable } from "node:stream"
import type * as Undici from "@effect/platform-node/Undici"
import * as Context from "effect/Context"
import type { Dispatch, DispatchRequest } from "../http/dispatch.js"

/** The way to the connection pool of our own HttpClient. */
export class NodeDispatch extends Context.Tag("effect-tableau/internal/NodeDispatch")<NodeDispatch, Dispatch>() {}

const aborted = new Error("The request was aborted.")

/** undici splits a header that was sent several times. */
const joined = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "object" ? value.join(", ") : value

/** One slice is read ahead at most. Not by `Readable.from`, which takes several promises for each. */
const bodyOf = (body: DispatchRequest["body"]): Uint8Array | Readable | null => {
  if (body === undefined || body instanceof Uint8Array) return body ?? null
  const slices = body[Symbol.iterator]()
  return new Readable({
    objectMode: true,
    highWaterMark: 1,
    read() {
      const { done, value } = slices.next()
      this.push(done === true ? null : value)
    }
  })
}

/** `explain` turns an error of undici into one that says more. */
export const make =
  (dispatcher: Undici.Dispatcher, explain: (error: Error) => Error): Dispatch =>
  ({ body, headers, method, origin, path }, handler) => {
    let controller: Undici.Dispatcher.DispatchController | undefined
    let isAborted = false
    dispatcher.dispatch(
      { origin, path, method, headers, body: bodyOf(body) },
      {
        onRequestStart: (begun) => {
          controller = begun
          if (isAborted || !handler.onStart()) begun.abort(aborted)
        },
        onResponseStart: (_, status, received) => handler.onHead(status, (name) => joined(received[name])),
        onResponseData: (_, chunk) => handler.onData(chunk),
        onResponseEnd: () => handler.onEnd(),
        onResponseError: (_, error) => handler.onError(explain(error))
      }
    )
    return () => {
      isAborted = true
      controller?.abort(aborted)
    }
  }
