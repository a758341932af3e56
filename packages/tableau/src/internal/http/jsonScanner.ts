/** Cuts the elements out of one array of a JSON document while the document is received. */
import * as Either from "effect/Either"

interface ScanError {
  readonly kind: "Malformed" | "TooLarge"
  readonly detail: string
}

export interface JsonScanner {
  /** Takes the next characters of the document, and returns the elements that are complete now, each as JSON. */
  readonly push: (text: string) => Either.Either<ReadonlyArray<string>, ScanError>
  /** At the end of the document: returns the document without the elements. */
  readonly end: () => Either.Either<string, ScanError>
}

const invalid: ScanError = { kind: "Malformed", detail: "It is not valid JSON." }
const cutOff: ScanError = { kind: "Malformed", detail: "It is cut off in the middle of the JSON document." }
const tooLarge: ScanError = { kind: "TooLarge", detail: "One element of it is too large." }

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const space = 0x20

/** Collects slices and joins them once: appending to a string that is also read takes quadratic time. */
const collector = () => {
  let slices: Array<string> = []
  let size = 0
  return {
    get size() {
      return size
    },
    add: (slice: string): void => {
      if (slice === "") return
      slices.push(slice)
      size += slice.length
    },
    take: (): string => {
      const all = slices.join("")
      slices = []
      size = 0
      return all
    }
  }
}

/**
 * Scans for the array `member` of the root object. It checks only what it needs to find the elements: the caller parses
 * each of them, and the rest of the document. An element, and the rest, may have `maxLength` characters.
 */
export const scanner = (member: string, maxLength: number): JsonScanner => {
  const element = collector()
  const rest = collector()
  const name = collector()
  let depth = 0
  let inString = false
  let escaped = false
  /** Whether a string of the root object is read, which may be the name of a member. */
  let inName = false
  let memberName = ""
  /** Whether the scanner is in the wanted array, and whether in one of its elements. */
  let inArray = false
  let inElement = false
  /** Whether an element must follow, as after a comma. */
  let expectsElement = false

  const scan = (text: string): Either.Either<ReadonlyArray<string>, ScanError> => {
    const found: Array<string> = []
    /** Where the slice begins that belongs to the current element, name, or to the rest. */
    let elementStart = 0
    let restStart = 0
    let nameStart = 0

    const endElement = (at: number): void => {
      element.add(text.slice(elementStart, at))
      found.push(element.take())
      inElement = false
      expectsElement = false
    }
    const beginElement = (at: number): void => {
      inElement = true
      elementStart = at
    }

    for (let at = 0; at < text.length; at++) {
      const character = text.charCodeAt(at)
      if (inString) {
        if (escaped) escaped = false
        else if (character === backslash) escaped = true
        else if (character === quote) {
          inString = false
          if (inName) {
            name.add(text.slice(nameStart, at))
            inName = false
          }
        }
        continue
      }
      const isElementLevel = inArray && depth === 2
      switch (character) {
        case quote:
          inString = true
          if (depth === 1) {
            name.take()
            inName = true
            nameStart = at + 1
          }
          if (isElementLevel && !inElement) beginElement(at)
          break
        case colon:
          if (depth === 1) memberName = name.take()
          break
        case openBrace:
        case openBracket:
          if (isElementLevel && !inElement) beginElement(at)
          depth += 1
          if (depth === 2 && character === openBracket && memberName === member) {
            inArray = true
            expectsElement = false
            rest.add(text.slice(restStart, at + 1))
          }
          break
        case closeBrace:
        case closeBracket:
          depth -= 1
          if (isElementLevel) {
            if (inElement) endElement(at)
            if (expectsElement || character === closeBrace) return Either.left(invalid)
            inArray = false
            memberName = ""
            restStart = at
          }
          break
        case comma:
          if (!isElementLevel) break
          if (inElement) endElement(at)
          else return Either.left(invalid)
          expectsElement = true
          break
        default:
          if (isElementLevel && !inElement && character > space) beginElement(at)
      }
    }
    if (inName) name.add(text.slice(nameStart))
    if (inElement) element.add(text.slice(elementStart))
    if (!inArray) rest.add(text.slice(restStart))
    return Either.right(found)
  }

  return {
    push: (text) =>
      Either.flatMap(scan(text), (found) =>
        element.size > maxLength || rest.size > maxLength || name.size > maxLength
          ? Either.left(tooLarge)
          : Either.right(found)
      ),
    end: () => (depth === 0 && !inString ? Either.right(rest.take()) : Either.left(cutOff))
  }
}
