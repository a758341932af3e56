/** The types of one exchange: a request, the metadata from which errors are built, and the response. */
import type * as Headers from "@effect/platform/Headers"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type {
  Acted,
  BadRequest,
  Conflict,
  Forbidden,
  MethodNotAllowed,
  NotFound,
  RateLimited,
  RedirectRefused,
  ServerFault,
  SessionExpired,
  TransportError,
  UnexpectedResponse,
  UnknownCode
} from "../../TableauError.js"
import type { TextChunks } from "../xml/chunks.js"
import type { Read } from "../xml/reader.js"
import type { Content } from "./content.js"
import type { Watchdog } from "./timeouts.js"

/** The errors that a response can be. */
export type ErrorResponse =
  | BadRequest
  | Conflict
  | Forbidden
  | MethodNotAllowed
  | NotFound
  | RateLimited
  | RedirectRefused
  | ServerFault
  | SessionExpired
  | UnexpectedResponse
  | UnknownCode

/** The errors of one exchange. */
export type ExchangeError = TransportError | ErrorResponse

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

export interface OutgoingRequest {
  readonly operation: string
  readonly method: Method
  /** Whether the server changes nothing. */
  readonly readOnly: boolean
  /** Path and query, with the leading slash. */
  readonly path: string
  readonly body?: string | Redacted.Redacted | Content | undefined
  readonly headers?: Headers.Input | undefined
  /** By default XML, or JSON for a JSON service. */
  readonly accept?: Headers.Input | undefined
  readonly token?: Redacted.Redacted | undefined
}

export interface SendOptions {
  /** The response's connection stays open until it closes. */
  readonly scope: Scope.Scope
  /** Limits the wait for the response's headers, and each wait for its body. */
  readonly watchdog: Watchdog
  /** The parent span of the request. By default the current one. */
  readonly span?: Tracer.AnySpan | undefined
}

/** The facts of a request that its errors report. */
export interface RequestContext {
  readonly operation: string
  readonly url: URL
  /** Whether the server changes nothing, whatever it responds. */
  readonly readOnly: boolean
}

/** Whether a URL is one of the services that speak JSON only: their paths have a name where others have a version. */
export const isJsonService = ({ pathname }: URL): boolean => /^\/api\/(?!\d)/.test(pathname)

/** Whether the server acted on a request of which nothing more is known. */
export const uncertainActed = (request: RequestContext): Acted => (request.readOnly ? "no" : "unknown")

/** The facts of a response that are known before its body. */
export interface ResponseHead {
  readonly status: number
  readonly location: string | undefined
  readonly retryAfter: string | undefined
  readonly contentType: string
  /** The server's clock. */
  readonly date: string | undefined
  /** The server's id of the request, to find it in the server's logs. */
  readonly requestId?: string | undefined
}

/** A response whose body has been read. */
export interface BufferedResponse extends ResponseHead {
  readonly text: TextChunks
}

/** A response whose headers have been received. The body can be read once, in one of three ways, within the scope. */
export interface IncomingResponse {
  readonly scope: Scope.Scope
  readonly request: RequestContext
  readonly head: ResponseHead
  readonly header: (name: string) => string | undefined
  readonly text: Effect.Effect<TextChunks, ExchangeError>
  readonly bytes: Effect.Effect<Uint8Array, ExchangeError>
  /** The timeout applies to each read from the server, not to the whole body and not to the consumer. */
  readonly stream: Stream.Stream<Uint8Array, ExchangeError>
}

/** How a kind of response is requested and read. */
export interface ResponseReader<A> {
  readonly accept?: Headers.Input | undefined
  /** Whether the value reads the body until the scope closes. */
  readonly streaming: boolean
  readonly receive: (response: IncomingResponse) => Effect.Effect<Read<A>, ExchangeError>
}
