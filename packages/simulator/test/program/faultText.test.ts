import { expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Fault } from "effect-tableau-simulator"
import { parseFault } from "../../src/internal/program/faultText.js"

it("parseFault parses operation, number of times and fault", () => {
  for (const [text, expected] of [
    ["signIn=reset:after", { operation: "signIn", times: 1, fault: Fault.reset({ when: "after" }) }],
    ["any**=status:503:html", { operation: "any", times: Infinity, fault: Fault.status(503, { body: "html" }) }],
    ["serverInfo*3=delay:2s", { times: 3, fault: Fault.delay("2 seconds") }],
    ["signIn=flood:after", { fault: Fault.flood({ when: "after" }) }],
    ["signOut=hang", { fault: Fault.hang() }],
    ["signOut=stall:10", { fault: Fault.stall(10) }],
    ["signOut=truncate:10", { fault: Fault.truncate(10) }],
    ["signOut=false-length:-3", { fault: Fault.falseLength(-3) }],
    ["signOut=login-page", { fault: Fault.loginPage }],
    ["signOut=namespace:http://a.example/b", { fault: Fault.namespace("http://a.example/b") }],
    ["signOut=end-session", { fault: Fault.endSession }],
    ["queryJobs=shift-items:-1", { fault: Fault.shiftItems(-1) }],
    ["queryJobs=retry-after:30s", { fault: Fault.rateLimited("30 seconds") }],
    ["queryJobs=retry-after:2026-01-02T03:04:05Z", { fault: Fault.rateLimited(new Date("2026-01-02T03:04:05Z")) }],
    ["queryJobs=redirect:307:https://a.example:8/b", { fault: Fault.redirect(307, "https://a.example:8/b") }]
  ] as const) {
    expect(Either.getOrThrow(parseFault(text))).toMatchObject(expected)
  }
})

it("parseFault fails for unknown operations, faults and parameters", () => {
  for (const text of ["signIn", "sing=hang", "signIn=explode", "signIn=status:9", "signIn=redirect:304:/", "=hang"]) {
    expect([text, Either.isLeft(parseFault(text))]).toEqual([text, true])
  }
})
