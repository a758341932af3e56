/** How the cases of a run are divided among the properties. */
import { properties as otherProperties } from "./properties.js"
import type { Property } from "./property.js"
import { comparison } from "./scannerProperties.js"
import { secretProperties } from "./secrets.js"

export const properties: ReadonlyArray<Property> = [...otherProperties, ...secretProperties]

export interface Share {
  readonly property: Property
  readonly cases: number
}

/** The comparison with another parser gets the whole number of cases, and all other properties together get it again. */
export const sharesOf = (cases: number): ReadonlyArray<Share> => {
  const divided = properties.filter((property) => property !== comparison)
  const until = (count: number) => Math.floor((cases * count) / divided.length)
  return [
    { property: comparison, cases },
    ...divided.map((property, index) => ({ property, cases: until(index + 1) - until(index) }))
  ]
}
