import { channel } from "node:diagnostics_channel"

/**
 * What goes over the wire, for whoever checks it inside this process, such as our own tests against Tableau's schema.
 * It is published whole, secrets and all, and kept nowhere.
 */
export const requests = channel("effect-tableau-simulator:request")
export const answers = channel("effect-tableau-simulator:answer")
