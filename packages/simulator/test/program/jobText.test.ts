import { expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parseJob } from "../../src/internal/program/jobText.js"

it("parseJob parses the name of the content, the number of jobs, their end and their notes", () => {
  for (const [text, expected] of [
    ["Superstore=Failed", { title: "Superstore", times: 1, end: "Failed", notes: undefined }],
    ["Superstore*2=Failed:No disk: 1=2", { title: "Superstore", times: 2, end: "Failed", notes: "No disk: 1=2" }],
    ["any**=Cancelled", { title: undefined, times: Infinity, end: "Cancelled" }],
    ["a=b*c=Success:done", { title: "a=b*c", times: 1, end: "Success", notes: "done" }]
  ] as const) {
    expect([text, Either.getOrThrow(parseJob(text))]).toEqual([text, expect.objectContaining(expected)])
  }
})

it("parseJob fails for what has no name, no end or another number, and shows the right form", () => {
  for (const text of ["", "Superstore", "=Failed", "Superstore=", "Superstore=failed", "Superstore=Failed:"]) {
    expect([text, Either.merge(parseJob(text))]).toEqual([text, expect.stringContaining("is not TITLE[*TIMES]=")])
  }
})
