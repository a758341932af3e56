import { channel } from "node:diagnostics_channel"

/**
 * The bodies of requests and responses, secrets included, for checks inside this process, such as our tests against
 * Tableau's schema. Nothing is stored.
 */
export const requests = channel("effect-tableau-simulator:request")
export const responses = channel("effect-tableau-simulator:response")
