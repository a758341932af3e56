/** What the `User-Agent` says. A test holds it against package.json. */
export const version = "0.1.0"
