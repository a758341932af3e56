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
    ["appendToFileUpload=reset:4096", { fault: Fault.reset({ when: { requestBytes: 4096 } }) }],
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

it("parseFault fails for unknown operations, faults and parameters, and shows the right form", () => {
  const grammar = "is not OPERATION[*TIMES]=FAULT[:PARAMETER...]"
  for (const [text, expected] of [
    ["", grammar],
    [" ", grammar],
    ["signIn", grammar],
    ["signIn=", grammar],
    ["=hang", grammar],
    ["signIn*=hang", grammar],
    ["signIn*0=hang", grammar],
    ["signIn*-1=hang", grammar],
    ["signIn*2.5=hang", grammar],
    ["signIn = hang", grammar],
    ["signin=hang", "there is no operation 'signin': did you mean signIn?"],
    ["signIn=explode", "there is no fault 'explode', only status, retry-after, "],
    ["signIn=status", "'status' is not status:CODE[:xml|html|empty[:after|BYTES]]"],
    ["signIn=status:9", "'status:9' is not status:CODE"],
    ["signIn=status:503:pdf", "is not status:CODE"],
    ["signIn=status:503:xml:after:once", "is not status:CODE"],
    ["signIn=hang:", "'hang:' is not hang[:after|BYTES]"],
    ["signIn=reset:after:twice", "is not reset[:after|BYTES]"],
    ["signIn=delay", "is not delay:DURATION[:after|BYTES]"],
    ["signIn=delay:2s:after:x", "is not delay:DURATION[:after|BYTES]"],
    [`signIn=delay:${"9".repeat(400)}s`, "is not delay:DURATION[:after|BYTES]"],
    ["signIn=stall:-1", "is not stall:BYTES"],
    ["signIn=truncate:1:2", "is not truncate:BYTES"],
    ["signIn=false-length:", "is not false-length:BYTES"],
    ["signIn=login-page:html", "'login-page:html' is not login-page"],
    ["signIn=end-session:now", "is not end-session"],
    ["signIn=namespace:", "is not namespace:URI"],
    ["signIn=retry-after:soon", "is not retry-after:DURATION or :DATE"],
    ["signIn=redirect:304:/", "is not redirect:301|302|303|307|308:URL"],
    ["signIn=redirect:301:", "is not redirect:"],
    ["signIn=redirect:302:http://tableau.example.com/\u58f2", "is not redirect:"],
    ["signIn=redirect:302:http://a.example/\r\nset-cookie: a=b", "is not redirect:"]
  ] as const) {
    expect([text, Either.merge(parseFault(text))]).toEqual([text, expect.stringContaining(expected)])
  }
})
