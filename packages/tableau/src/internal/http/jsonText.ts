/** Parses JSON without exceptions and without dangerous members. */
import * as Either from "effect/Either"

/** `__proto__`, or an escape sequence that could spell a part of it: no serializer escapes these characters. */
const suspicious = /__proto__|\\u00[5-7]/i

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** Not recursive, because the value may be nested deeper than the stack. */
const hasPrototypeMember = (root: unknown): boolean => {
  const remaining: Array<unknown> = [root]
  while (remaining.length > 0) {
    const value = remaining.pop()
    if (!isObject(value)) continue
    if (Object.hasOwn(value, "__proto__")) return true
    for (const member of Object.values(value)) remaining.push(member)
  }
  return false
}

/** V8's own message quotes the text around the error, which may hold a secret. */
const syntaxProblem = (error: unknown): string => {
  const message = String(error)
  const position = /at position (\d+)/.exec(message)?.[1]
  if (/unexpected end|unterminated/i.test(message)) return "It is cut off in the middle of the JSON document."
  return `It is not valid JSON${position === undefined ? "" : ` (at character ${position})`}.`
}

/** Parses a JSON document, or says what is wrong with it. */
export const parse = (text: string): Either.Either<unknown, string> =>
  Either.flatMap(
    Either.try({ try: (): unknown => JSON.parse(text), catch: syntaxProblem }),
    (value): Either.Either<unknown, string> =>
      // As a member of a record it would replace the record's prototype.
      suspicious.test(text) && hasPrototypeMember(value)
        ? Either.left("It has a member with the name __proto__.")
        : Either.right(value)
  )

/** Decodes UTF-8, with or without a byte order mark. Invalid bytes are an error: a value could change unnoticed. */
export const decoder = () => {
  const utf8 = new TextDecoder("utf-8", { fatal: true })
  return (bytes?: Uint8Array): Either.Either<string, string> =>
    Either.try({
      try: () => (bytes === undefined ? utf8.decode() : utf8.decode(bytes, { stream: true })),
      catch: () => "It is not valid UTF-8."
    })
}

/** Decodes a whole body. */
export const decode = (bytes: Uint8Array): Either.Either<string, string> =>
  Either.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => "It is not valid UTF-8."
  })
