import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Datasources, Jobs, TableauSession } from "effect-tableau"
import type { Content } from "effect-tableau-simulator"
import { type OnSession, onSession, timeless } from "../../../../test/support/session.js"

const content: Content.Content = {
  users: [{ name: "admin", siteRole: "ServerAdministrator" }],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
  sites: [{ contentUrl: "", datasources: [{ name: "Orders" }] }, { contentUrl: "Other" }]
}

const simulated: OnSession = { simulator: { content, jobWait: "1 minute", jobRun: "1 minute" }, session: timeless }

for (const [name, wait] of [
  ["await", (job: Jobs.Job) => Jobs.await(job)],
  ["watch", (job: Jobs.Job) => Effect.map(Stream.runLast(Jobs.watch(job)), Option.getOrUndefined)]
] as const) {
  onSession(`${name} stays on its site if another fiber switches the session`, simulated, (simulator) =>
    Effect.gen(function* () {
      const { id } = yield* Effect.flatten(Stream.runHead(Datasources.stream()))
      const job = yield* Datasources.refresh(id)
      const fiber = yield* Effect.fork(wait(job))
      yield* simulator.awaitSeen("queryJob")
      yield* TableauSession.switchSite("Other")
      while ((yield* Fiber.status(fiber))._tag !== "Done") {
        yield* TestClock.adjust("10 seconds")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
      }
      expect(yield* Fiber.join(fiber)).toMatchObject({ id: job.id, finishCode: 0 })
      expect(yield* (yield* TableauSession).contentUrl).toBe("Other")
      const polls = (yield* simulator.requests).filter(({ operation }) => operation === "queryJob")
      expect(new Set(polls.map(({ site }) => site))).toEqual(new Set([""]))
    })
  )
}
