/** A version is two numbers: `3.9` precedes `3.10`. */
export interface ApiVersion {
  readonly major: number
  readonly minor: number
}

export const parse = (text: string): ApiVersion | undefined => {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})$/.exec(text) ?? []
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) }
}

export const isAtLeast = (version: ApiVersion, minimum: ApiVersion): boolean =>
  version.major !== minimum.major ? version.major > minimum.major : version.minor >= minimum.minor
