/** Derives a safe local file name from the name that a server sends. */

/**
 * Replaces `+` by a space where it stands for one. Tableau writes the name as a form since 2022.1.20 and 2023.1.7: a space
 * is `+`, and a plus sign is `%2B`. Where spaces are written in another way, as by older servers, `+` is a plus sign.
 */
const withSpaces = (text: string): string => (/\s|%20/.test(text) ? text : text.replaceAll("+", " "))

/** Decodes `UTF-8''%C3%89t%C3%A9`, which may be in quotes (RFC 8187). */
const fromExtended = (value: string): string | undefined => {
  const [, charset = "", text = ""] = /^([\w-]*)'[^']*'"?([^"]*)/.exec(value) ?? []
  const bytes = withSpaces(text)
    .match(/%[\da-f]{2}|[^%]|%/giu)
    ?.flatMap((part) =>
      part.length === 3 && part.startsWith("%")
        ? [Number.parseInt(part.slice(1), 16)]
        : [...new TextEncoder().encode(part)]
    )
  if (bytes === undefined || !/^(?:utf-8|iso-8859-1)$/i.test(charset)) return undefined
  return /^utf/i.test(charset) ? new TextDecoder().decode(Uint8Array.from(bytes)) : String.fromCharCode(...bytes)
}

/** Restores UTF-8 that was decoded as ISO 8859-1, as header values are. */
const fromRaw = (value: string): string => {
  if (!/[\u0080-\u00ff]/.test(value) || /[^\t -\u00ff]/.test(value)) return value
  const decoded = new TextDecoder().decode(Uint8Array.from(value, (character) => character.charCodeAt(0)))
  return decoded.includes("\ufffd") ? value : decoded
}

const parameter = /(?:^|;)\s*([\w!#$&+.^`|~-]+\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/g

const unquoted = (value: string): string =>
  value.startsWith('"') ? value.replace(/^"|"$/g, "").replaceAll(/\\(.)/g, "$1") : value.trim()

/** Device names of Windows, which are reserved with any extension. Windows takes superscript digits for digits. */
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[\d¹²³])(?=\s*(?:\.|$))/i

/** File systems allow 255 bytes; the rest is left for suffixes that a program may add. */
const maxNameBytes = 200

/** Without dots and white space at the end. A regular expression would try at each dot of a long run. */
const trimEnd = (name: string): string => {
  let end = name.length
  while (end > 0 && /[.\s]/.test(name.charAt(end - 1))) end -= 1
  return name.slice(0, end)
}

const shortened = (name: string): string => {
  const [, stem = "", extension = ""] = /^(.*?)(\.[^.]{1,20})?$/su.exec(name) ?? []
  const encoder = new TextEncoder()
  let shortStem = ""
  let size = encoder.encode(extension).length
  for (const character of stem) {
    size += encoder.encode(character).length
    if (size > maxNameBytes) break
    shortStem += character
  }
  return trimEnd(`${shortStem}${extension}`)
}

/**
 * A name that leads to no other directory, hides nothing, and is no option of a command and no device: without control and
 * format characters, and with `_` for what no file name can have. A slash is replaced, because names in Tableau may have
 * one: what stands before it distinguishes two names.
 */
const safe = (name: string): string | undefined => {
  const plain = trimEnd(
    name
      .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
      .replaceAll(/[/\\<>:"|?*\p{Cs}]/gu, "_")
      .replace(/^[.\s]+/, "")
  )
  // Without its end, a name can be reserved.
  return plain === "" ? undefined : shortened(shortened(plain).replace(/^-/, "_-").replace(reserved, "_$&"))
}

/** The name in a `Content-Disposition`, if there is one. Tableau's header may lack the disposition type. */
export const from = (disposition: string | undefined): string | undefined => {
  const found = new Map<string, string>()
  for (const [, name = "", value = ""] of (disposition ?? "").matchAll(parameter)) found.set(name.toLowerCase(), value)
  const extended = found.get("filename*")
  const raw = found.get("filename")
  const name = (extended && fromExtended(extended.trim())) ?? (raw && fromRaw(unquoted(raw)))
  return name === undefined ? undefined : safe(name)
}

const extensions: Readonly<Record<string, string>> = {
  "application/pdf": ".pdf",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
  "image/jpeg": ".jpg",
  "image/png": ".png",
  "text/csv": ".csv"
}

/** The name of a file for which the server sends none. */
export const fallback = (of: string, contentType = ""): string => {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? ""
  return `${safe(of) ?? "download"}${Object.hasOwn(extensions, type) ? extensions[type] : ""}`
}
