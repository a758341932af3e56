/** The types of one exchange: a request, the metadata from which errors are built, and the response. */
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
import * as Content from "./content.js"
import { alsoWithout, idLimit, type Sanitizer, sanitizer } from "./serverText.js"
import type { Timing } from "./timeouts.js"

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

export type RequestHeaders = Readonly<Record<string, string | undefined>>

export interface OutgoingRequest {
  readonly operation: string
  readonly method: Method
  /** Whether the server changes nothing. */
  readonly readOnly: boolean
  /** Path and query, with the leading slash. */
  readonly path: string
  readonly body?: Content.Body | undefined
  readonly headers?: RequestHeaders | undefined
  /** By default XML, or JSON for a JSON service. */
  readonly accept?: RequestHeaders | undefined
  readonly token?: Redacted.Redacted | undefined
  /** Removes the secrets of the session from the server's text. By default only the token. */
  readonly sanitize?: Sanitizer | undefined
}

/** Marks the interruptible parts of an uninterruptible effect. */
export type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

export interface SendOptions {
  /** Limits the wait for the response's headers, and each wait for its body. */
  readonly timing: Timing
  readonly restore: Restore
  /**
   * Called when the headers have been received. If it returns true, the response may be passed on only when its body has
   * been received, too.
   */
  readonly onHead?: ((status: number) => boolean) | undefined
  /** The parent span of the request. By default the current one. */
  readonly span?: Tracer.AnySpan | undefined
}

/** The facts of a request that its errors report. */
export interface RequestContext {
  readonly operation: string
  readonly url: URL
  /** Whether the server changes nothing, whatever it responds. */
  readonly readOnly: boolean
  /** Whether the server has accepted a sign-in before, so its address and certificates are right. */
  readonly isSignedIn?: boolean
  /** Removes the secrets of the request from what the server says. All text of a response passes it. */
  readonly sanitize: Sanitizer
}

const sanitizerOf = ({ body, sanitize, token }: OutgoingRequest): Sanitizer =>
  alsoWithout(sanitize ?? sanitizer(token === undefined ? [] : [token]), Content.secretsOf(body))

/** The URL is parsed only when it is needed: most requests succeed. */
class LazyContext implements RequestContext {
  readonly operation: string
  readonly readOnly: boolean
  readonly isSignedIn: boolean
  readonly #request: OutgoingRequest
  readonly #origin: string
  #url: URL | undefined
  #sanitize: Sanitizer | undefined

  constructor(request: OutgoingRequest, origin: string) {
    this.operation = request.operation
    this.readOnly = request.readOnly
    this.isSignedIn = request.token !== undefined
    this.#request = request
    this.#origin = origin
  }

  get url(): URL {
    this.#url ??= new URL(this.#request.path, this.#origin)
    return this.#url
  }

  get sanitize(): Sanitizer {
    this.#sanitize ??= sanitizerOf(this.#request)
    return this.#sanitize
  }
}

/** The context of a request to an origin. */
export const contextOf = (request: OutgoingRequest, origin: string): RequestContext => new LazyContext(request, origin)

/** Whether a path is that of a service that speaks JSON only: it has a name where others have a version. */
export const isJsonService = (path: string): boolean => /^\/api\/(?!\d)/.test(path)

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
  /** The server's id of the request, to find it in the server's logs. Not sanitized: see `reported`. */
  readonly requestId?: string | undefined
}

/** What errors report of the head of a response. */
export const reported = (
  { operation, sanitize }: RequestContext,
  { requestId, status }: Pick<ResponseHead, "requestId" | "status">
) => ({ operation, status, requestId: sanitize(requestId, idLimit) })

/** A response whose body has been read. */
export interface BufferedResponse extends ResponseHead {
  readonly text: TextChunks
}

/** A response whose headers have been received. The body can be read once. */
export interface IncomingResponse {
  readonly request: RequestContext
  readonly head: ResponseHead
  readonly header: (name: string) => string | undefined
  readonly text: Effect.Effect<TextChunks, ExchangeError>
  readonly bytes: Effect.Effect<Uint8Array, ExchangeError>
  /** Ends the request if its body has not been read. */
  readonly end: Effect.Effect<void>
  /** The wall-clock time in milliseconds. */
  readonly now: () => number
}

/** A response whose body can also be read as a stream, until the scope closes. */
export interface StreamedResponse extends IncomingResponse {
  /** The timeout applies to each read from the server, not to the whole body and not to the consumer. */
  readonly stream: Stream.Stream<Uint8Array, ExchangeError>
  readonly scope: Scope.Scope
}

/** How a kind of response is requested and read. It is read to its end. */
export interface BufferedReader<A> {
  readonly streaming: false
  readonly accept?: RequestHeaders | undefined
  readonly receive: (response: IncomingResponse) => Effect.Effect<Read<A>, ExchangeError>
}

/** How a kind of response is requested and read whose value reads the body until the scope closes. */
export interface StreamReader<A> {
  readonly streaming: true
  readonly accept?: RequestHeaders | undefined
  readonly receive: (response: StreamedResponse) => Effect.Effect<Read<A>, ExchangeError>
}

export type ResponseReader<A> = BufferedReader<A> | StreamReader<A>
