import type { Item, Project, Rule, User } from "./model.js"
import { isMember, type Site } from "./world.js"

/** Whether a user has all permissions on a site. */
export const isAdministrator = (user: User): boolean => /^(Server|Site)Administrator/.test(user.siteRole)

const ownerOf = (item: Item): string | undefined =>
  "ownerId" in item && typeof item.ownerId === "string" ? item.ownerId : undefined

/**
 * Evaluates permissions in Tableau's order: administrators and owners may do everything, rules for the user precede
 * rules for groups, and a denial precedes a permission.
 */
export const may = (site: Site, user: User, capability: string, item: Item): boolean => {
  if (isAdministrator(user) || ownerOf(item) === user.id) return true
  const rules = site.rulesOf(item).filter((rule) => rule.capability === capability)
  const appliesToGroup = ({ grantee }: Rule): boolean => {
    const group = grantee.kind === "group" ? site.groups.find(grantee.id) : undefined
    return group !== undefined && isMember(group, user.id)
  }
  const own = rules.filter(({ grantee }) => grantee.kind === "user" && grantee.id === user.id)
  const decisive = own.length > 0 ? own : rules.filter(appliesToGroup)
  return decisive.length > 0 && decisive.every(({ mode }) => mode === "Allow")
}

export const maySee = (site: Site, user: User, item: Item): boolean => may(site, user, "Read", item)

/** The ids of a project and of all projects below it. */
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
