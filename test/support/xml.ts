/**
 * XML documents as Tableau sends them, for tests that write a response by hand. Not derived from the package's own code.
 *
 * ```ts
 * page({ total: 2 }, element("workbooks", {}, element("workbook", { id: "a" }), element("workbook", { id: "b" })))
 * tsResponse(element("workbook", { id: "a" }, element("owner", { id: "u" })))
 * errorDocument("404006", "Resource Not Found", "Workbook 'a' could not be found.")
 * ```
 */

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;"
}

/** A string as text content or as the value of an attribute. */
const escape = (text: string): string => text.replaceAll(/[&<>"'\t\n\r]/g, (character) => escapes[character] ?? "")

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** An element. Attributes are escaped, and left out if undefined; the content is XML: pass text through {@link escape}. */
export const element = (name: string, attributes: Attributes = {}, ...content: ReadonlyArray<string>): string => {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([attribute, value]) => ` ${attribute}="${escape(String(value))}"`)
    .join("")
  return content.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${content.join("")}</${name}>`
}

/** The document around every response. */
export const tsResponse = (...content: ReadonlyArray<string>): string =>
  `<tsResponse xmlns="http://tableau.com/api">${content.join("")}</tsResponse>`

export interface Pagination {
  /** 1 by default. */
  readonly number?: number | undefined
  /** 100 by default. */
  readonly size?: number | undefined
  readonly total: number
}

export const pagination = ({ number = 1, size = 100, total }: Pagination): string =>
  element("pagination", { pageNumber: number, pageSize: size, totalAvailable: total })

/** The document of one page of a list. */
export const page = (position: Pagination, ...content: ReadonlyArray<string>): string =>
  tsResponse(pagination(position), ...content)

/** `<workbooks><workbook id="a"/>…</workbooks>`. */
export const workbooks = (ids: ReadonlyArray<string>): string =>
  `<workbooks>${ids.map((id) => element("workbook", { id })).join("")}</workbooks>`

export interface ServerInfo {
  /** `3.29` by default. */
  readonly restApiVersion?: string | undefined
  /** Absent by default. */
  readonly productVersion?: string | undefined
  readonly build?: string | undefined
}

export const serverInfoDocument = ({ build, productVersion, restApiVersion = "3.29" }: ServerInfo = {}): string =>
  tsResponse(
    element(
      "serverInfo",
      {},
      productVersion === undefined ? "" : element("productVersion", { build }, escape(productVersion)),
      element("restApiVersion", {}, escape(restApiVersion))
    )
  )

export interface SignIn {
  /** `t` by default. */
  readonly token?: string | undefined
  /** `s` by default. */
  readonly siteId?: string | undefined
  /** Of the site; empty, the default site, by default. */
  readonly contentUrl?: string | undefined
  /** `u` by default. */
  readonly userId?: string | undefined
}

/** The response to a sign-in and to a switch of the site. */
export const signInDocument = ({ contentUrl = "", siteId = "s", token = "t", userId = "u" }: SignIn = {}): string =>
  tsResponse(
    element("credentials", { token }, element("site", { id: siteId, contentUrl }), element("user", { id: userId }))
  )

/** An error of Tableau's; without summary and detail, they are absent. */
export const errorDocument = (code: string, summary?: string, detail?: string): string =>
  tsResponse(
    element(
      "error",
      { code },
      ...(summary === undefined ? [] : [element("summary", {}, escape(summary))]),
      ...(detail === undefined ? [] : [element("detail", {}, escape(detail))])
    )
  )
