import type { Item, Project, Rule, User } from "./model.js"
import { isMember, type Site } from "./world.js"

/** Whoever may do everything on a site. */
export const isAdministrator = (user: User): boolean => /^(Server|Site)Administrator/.test(user.siteRole)

const ownerOf = (item: Item): string | undefined =>
  "ownerId" in item && typeof item.ownerId === "string" ? item.ownerId : undefined

/**
 * Tableau's order: administrators and owners may; else what is said of the user counts before what is said of groups,
 * and a denial before a permission.
 */
export const may = (site: Site, user: User, capability: string, item: Item): boolean => {
  if (isAdministrator(user) || ownerOf(item) === user.id) return true
  const rules = site.rulesOf(item).filter((rule) => rule.capability === capability)
  const concerns = ({ grantee }: Rule): boolean => {
    const group = grantee.kind === "group" ? site.groups.find(grantee.id) : undefined
    return group !== undefined && isMember(group, user.id)
  }
  const own = rules.filter(({ grantee }) => grantee.kind === "user" && grantee.id === user.id)
  const decisive = own.length > 0 ? own : rules.filter(concerns)
  return decisive.length > 0 && decisive.every(({ mode }) => mode === "Allow")
}

export const maySee = (site: Site, user: User, item: Item): boolean => may(site, user, "Read", item)

/** A project and all that lies below it. */
export const subtree = (site: Site, root: Project): ReadonlySet<string> => {
  const found = new Set([root.id])
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const project of site.projects.items()) {
      if (project.parentId !== undefined && found.has(project.parentId)) found.add(project.id)
    }
  }
  return found
}
