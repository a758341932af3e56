import { BadRequest } from "../TableauError.js"

/** What is wrong with what the user gave, told before anything is sent. */
export const badInput = (operation: string, detail: string): BadRequest =>
  new BadRequest({ operation, detail, acted: "no" })
