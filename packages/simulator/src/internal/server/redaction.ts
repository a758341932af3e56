/**
 * What of a request may be stored: nothing that can be a secret. Names decide first. For names that are not standard the
 * value decides, too, because a secret can have any name: a long run of letters and digits looks random.
 */

const secretName =
  /auth|bearer|cookie|cred|csrf|xsrf|hmac|jwt|key|login|nonce|otp|pass|principal|pwd|saml|secret|session|sign|ticket|token|(?:^|[-_.])(?:cert|code|pin|sid|sig)(?:$|[-_.])/i

const standardHeader =
  /^(?:accept|accept-.*|b3|cache-control|connection|content-.*|date|expect|forwarded|from|host|if-.*|max-forwards|origin|pragma|range|requestid|sec-fetch-.*|te|traceparent|tracestate|trailer|transfer-encoding|upgrade|upgrade-insecure-requests|user-agent|via|x-b3-.*|x-correlation-id|x-forwarded-(?:for|host|port|proto)|x-request-id)$/

/** Tableau's own parameters, whose values can be ids and strings of any kind. */
const standardParameter =
  /^(?:fields|filter|filterExpression|includeExtract|includeUsageStatistics|maxAge|maxage|orientation|page(?:Number|Size|Token|_size|_token)|resolution|sort|type|vf_.*|viz(?:Height|Width))$/

/** A JSON web token, or a token of the simulator, wherever it is. */
const evidentSecret = /eyJ[\w-]{5,}\.[\w-]{5,}|[\w-]{22}(?:\||%7c)[\w-]{32}/i

const authorization = /\b(?:basic|bearer|digest|negotiate) \S/i

const looksRandom = (value: string): boolean =>
  (value.match(/[A-Za-z0-9_+]{20,}/g) ?? []).some((run) => /[A-Za-z]/.test(run) && /\d/.test(run))

const looksSecret = (value: string): boolean =>
  evidentSecret.test(value) || authorization.test(value) || looksRandom(value)

const isSecret = (standard: RegExp, name: string, value: string): boolean =>
  standard.test(name) ? evidentSecret.test(value) : secretName.test(name) || looksSecret(value)

/** The headers without those that can contain a secret. */
export const headers = (
  given: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
): Record<string, string> => {
  const result: Record<string, string> = {}
  for (const [name, values] of Object.entries(given)) {
    if (values === undefined) continue
    const value = typeof values === "string" ? values : values.join(", ")
    // An address of a page has a path and a query of its own.
    if (name === "referer") result[name] = value.replace(/[?#].*$/s, "")
    else if (!isSecret(standardHeader, name, value)) result[name] = value
  }
  return result
}

const decoded = (text: string): string => new URLSearchParams(`a=${text.replaceAll("&", "%26")}`).get("a") ?? text

const placeholder = "redacted"

const parameter = (given: string): string => {
  const [name = "", ...rest] = given.split("=")
  if (looksSecret(decoded(name))) return placeholder
  return isSecret(standardParameter, decoded(name), decoded(rest.join("="))) ? `${name}=${placeholder}` : given
}

/** The query, with a placeholder for each value that can be a secret. */
export const query = (given: string): string => (given === "" ? "" : given.split("&").map(parameter).join("&"))

const segment = (given: string): string => {
  const [name = "", ...parameters] = given.split(";")
  if (evidentSecret.test(decoded(name))) return placeholder
  return parameters.length === 0 ? name : `${name};${placeholder}`
}

/** The path, with a placeholder for what can be a secret. Ids look random, and are none. */
export const path = (given: string): string => given.split("/").map(segment).join("/")
