import { BadRequest } from "../TableauError.js"

/** The error for invalid input that is found before anything is sent. */
export const badRequest = (operation: string, detail: string): BadRequest =>
  new BadRequest({ operation, detail, acted: "no" })
