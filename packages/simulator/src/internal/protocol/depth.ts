/** Deeper than any request of Tableau's, and far from the limit of the call stack. */
export const maximumDepth = 64

export const tooDeep = (depth: number): string => `The document is deeper than ${depth} levels.`
