/** What a JWT lets its session do: `tableau:<resource>:<action>`. */
export type Scope = `tableau:${string}:${string}`

/** Whether one of the granted scopes is the wanted one; `*` stands for any part of it. */
export const grants = (granted: ReadonlyArray<string>, wanted: Scope): boolean => {
  const parts = wanted.split(":")
  return granted.some((scope) => {
    const pattern = scope.split(":")
    return pattern.length === parts.length && pattern.every((part, index) => part === "*" || part === parts[index])
  })
}
