/**
 * Whether a string addresses one resource as a segment of a path. An empty one would address the collection; `.` and `..`
 * another path, even if they are encoded.
 */
export const isPathSegment = (text: string): boolean => text.trim() !== "" && text !== "." && text !== ".."
