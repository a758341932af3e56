/** A permission that a JWT grants to its session: `tableau:<resource>:<action>`. */
export type Scope = `tableau:${string}:${string}`

/** Whether one of the granted scopes includes the required one. `*` matches any value of a part. */
export const grants = (granted: ReadonlyArray<string>, required: Scope): boolean => {
  const parts = required.split(":")
  return granted.some((scope) => {
    const pattern = scope.split(":")
    return pattern.length === parts.length && pattern.every((part, index) => part === "*" || part === parts[index])
  })
}
