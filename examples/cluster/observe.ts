/** What the simulator has seen of the workers. Each of them writes its name into the header `User-Agent`. */
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import type { Simulator } from "effect-tableau-simulator"

export interface Refresh {
  /** The id of the workbook or data source. */
  readonly content: string
  readonly worker: string
}

const processOf = ({ headers }: Simulator.Request) => headers["user-agent"]?.split(" ").at(-1) ?? "unknown"

const isRefresh = ({ operation, status }: Simulator.Request) =>
  (operation === "updateWorkbookNow" || operation === "updateDataSourceNow") && status === 202

/** The refreshes that the server has started, in order. */
export const refreshes = ({ requests }: Simulator.Service): Effect.Effect<ReadonlyArray<Refresh>> =>
  Effect.map(requests, (all) =>
    all.filter(isRefresh).map((request) => ({
      content: request.path.split("/").at(-2) ?? "",
      worker: processOf(request)
    }))
  )

/** The process that has requested this job last. */
export const lastPoll = ({ requests }: Simulator.Service, job: string): Effect.Effect<string> =>
  Effect.map(requests, (all) => {
    const polls = all.filter(({ operation, path }) => operation === "queryJob" && path.endsWith(`/${job}`))
    const last = polls.at(-1)
    return last === undefined ? "unknown" : processOf(last)
  })

/** The process that has signed in first, or signed out last. */
export const signed = (way: "in" | "out", { requests }: Simulator.Service): Effect.Effect<string> =>
  Effect.map(requests, (all) => {
    const accepted = ({ status }: Simulator.Request) => status !== undefined && status < 300
    const request =
      way === "in"
        ? all.find((request) => request.operation === "signIn" && accepted(request))
        : all.filter((request) => request.operation === "signOut" && accepted(request)).at(-1)
    return request === undefined ? "unknown" : processOf(request)
  })

/** Such as `worker-1 9, worker-2 7`. */
export const perWorker = (items: ReadonlyArray<Refresh>): string =>
  Object.entries(Array.groupBy(items, ({ worker }) => worker))
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([worker, own]) => `${worker} ${own.length}`)
    .join(", ")
