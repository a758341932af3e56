/**
 * The minimum: a program for this response and this server only. undici, saxes, and a manual mapping to the fields of the
 * package's model, without any check.
 */
import { SaxesParser } from "saxes"
import { request } from "undici"

interface Reference {
  id?: string | undefined
  name?: string | undefined
}

export interface Workbook {
  id: string
  name?: string | undefined
  description?: string | undefined
  contentUrl?: string | undefined
  primaryContentUrl?: string | undefined
  webpageUrl?: string | undefined
  shareDescription?: string | undefined
  showTabs?: boolean | undefined
  size?: number | undefined
  sheetCount?: number | undefined
  hasExtracts?: boolean | undefined
  encryptExtracts?: string | undefined
  recentlyViewed?: boolean | undefined
  defaultViewId?: string | undefined
  thumbnailsUserId?: string | undefined
  thumbnailsGroupId?: string | undefined
  createdAt?: Date | undefined
  updatedAt?: Date | undefined
  lastPublishedAt?: Date | undefined
  project?: (Reference & { description?: string | undefined }) | undefined
  location?: (Reference & { type?: string | undefined }) | undefined
  owner?:
    | (Reference & {
        fullName?: string | undefined
        email?: string | undefined
        siteRole?: string | undefined
        lastLogin?: Date | undefined
      })
    | undefined
  tags: Array<{ label: string }>
}

type Attributes = Readonly<Record<string, string>>

const flag = (text: string | undefined) => (text === undefined ? undefined : text === "true")
const integer = (text: string | undefined) => (text === undefined ? undefined : Number(text))
const date = (text: string | undefined) => (text === undefined ? undefined : new Date(text))

const workbook = (attributes: Attributes): Workbook => ({
  id: attributes["id"] ?? "",
  name: attributes["name"],
  description: attributes["description"],
  contentUrl: attributes["contentUrl"],
  primaryContentUrl: attributes["primaryContentUrl"],
  webpageUrl: attributes["webpageUrl"],
  shareDescription: attributes["shareDescription"],
  showTabs: flag(attributes["showTabs"]),
  size: integer(attributes["size"]),
  sheetCount: integer(attributes["sheetCount"]),
  hasExtracts: flag(attributes["hasExtracts"]),
  encryptExtracts: attributes["encryptExtracts"],
  recentlyViewed: flag(attributes["recentlyViewed"]),
  defaultViewId: attributes["defaultViewId"],
  thumbnailsUserId: attributes["thumbnailsUserId"],
  thumbnailsGroupId: attributes["thumbnailsGroupId"],
  createdAt: date(attributes["createdAt"]),
  updatedAt: date(attributes["updatedAt"]),
  lastPublishedAt: date(attributes["lastPublishedAt"]),
  tags: []
})

export interface Page {
  totalAvailable: number
  workbooks: Array<Workbook>
}

export const read = (bytes: Uint8Array): Page => {
  const parser = new SaxesParser({ xmlns: false })
  const page: Page = { totalAvailable: 0, workbooks: [] }
  let current: Workbook | undefined
  parser.on("opentag", ({ attributes, name }) => {
    if (name === "workbook") {
      current = workbook(attributes)
      page.workbooks.push(current)
    } else if (name === "pagination") {
      page.totalAvailable = Number(attributes["totalAvailable"])
    } else if (current !== undefined) {
      if (name === "tag") {
        current.tags.push({ label: attributes["label"] ?? "" })
      } else if (name === "project") {
        current.project = {
          id: attributes["id"],
          name: attributes["name"],
          description: attributes["description"]
        }
      } else if (name === "location") {
        current.location = { id: attributes["id"], name: attributes["name"], type: attributes["type"] }
      } else if (name === "owner") {
        current.owner = {
          id: attributes["id"],
          name: attributes["name"],
          fullName: attributes["fullName"],
          email: attributes["email"],
          siteRole: attributes["siteRole"],
          lastLogin: date(attributes["lastLogin"])
        }
      }
    }
  })
  parser.write(new TextDecoder().decode(bytes)).close()
  return page
}

/** The first match of an attribute in a sign-in response. */
const find = (text: string, pattern: RegExp): string => {
  const [, value] = pattern.exec(text) ?? []
  if (value === undefined) throw new Error(`no ${pattern} in ${text}`)
  return value
}

export interface Session {
  readonly site: string
  readonly user: string
  readonly token: string
}

const apiVersion = "3.29"

const post = async (server: string, path: string, body: string, token?: string) => {
  const response = await request(`${server}/api/${apiVersion}${path}`, {
    method: "POST",
    headers: { "content-type": "text/xml", ...(token === undefined ? {} : { "x-tableau-auth": token }) },
    body
  })
  const text = await response.body.text()
  if (response.statusCode >= 300) throw new Error(`${path}: ${response.statusCode} ${text}`)
  return text
}

export const signIn = async (server: string): Promise<Session> => {
  const credentials = '<credentials name="admin" password="admin-password"><site contentUrl=""/></credentials>'
  const text = await post(server, "/auth/signin", `<tsRequest>${credentials}</tsRequest>`)
  return {
    token: find(text, /token="([^"]+)"/),
    site: find(text, /<site id="([^"]+)"/),
    user: find(text, /<user id="([^"]+)"/)
  }
}

export const signOut = (server: string, { token }: Session) => post(server, "/auth/signout", "", token)

const sitePath = ({ site }: Session) => `/api/${apiVersion}/sites/${site}`

/** The path of a page of workbooks. */
export const pagePath = (session: Session, number: number, size: number): string =>
  `${sitePath(session)}/workbooks?sort=createdAt%3Aasc&pageNumber=${number}&pageSize=${size}`

const receive = async (server: string, { token }: Session, path: string): Promise<Uint8Array> => {
  const { body, statusCode } = await request(`${server}${path}`, { headers: { "x-tableau-auth": token } })
  const bytes = new Uint8Array(await body.arrayBuffer())
  if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`)
  return bytes
}

export const get = (server: string, session: Session, path: string): Promise<Uint8Array> =>
  receive(server, session, `${sitePath(session)}${path}`)

/** Page by page, with so many pages prefetched. */
export async function* list(server: string, session: Session, pageSize: number, prefetchPages: number) {
  const page = async (number: number) => read(await receive(server, session, pagePath(session, number, pageSize)))
  const first = await page(1)
  const last = Math.ceil(first.totalAvailable / pageSize)
  const ahead: Array<Promise<Page>> = []
  let next = 2
  let current: Page | undefined = first
  while (current !== undefined) {
    while (ahead.length < prefetchPages && next <= last) ahead.push(page(next++))
    yield current.workbooks
    current = await (ahead.shift() ?? (next <= last ? page(next++) : undefined))
  }
}
