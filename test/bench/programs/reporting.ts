/** What measured programs share: their parameters in the environment, and the figures that they print. */
import { writeSync } from "node:fs"
import { createInterface } from "node:readline"

export const given = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}

export const givenNumber = (name: string): number => Number(given(name))

/** Counts items and sums up their fields: a program that reads less gets another sum. */
export class Tally {
  items = 0
  sum = 0
  add(name: string | undefined, size: number | undefined, createdAt: number | undefined, tags: number): void {
    this.items += 1
    this.sum += (name ?? "").length + (size ?? 0) + Math.floor((createdAt ?? 0) / 1000) + tags
  }
}

/** CPU in milliseconds, of user and system. */
export const cpu = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

/** Time and CPU between two instants, both in milliseconds. */
export class Usage {
  running = false
  #started = 0
  #cpu = 0
  #facts = { took: 0, listCpu: 0 }
  start(): void {
    this.running = true
    this.#started = performance.now()
    this.#cpu = cpu()
  }
  stop(): void {
    this.running = false
    this.#facts = { took: performance.now() - this.#started, listCpu: cpu() - this.#cpu }
  }
  get facts(): Readonly<Record<string, number>> {
    return this.#facts
  }
}

type Facts = Readonly<Record<string, number>>

const print = (facts: Facts): void => {
  writeSync(1, `\n${JSON.stringify(facts)}\n`)
}

/** Prints the figures when the process exits, with its CPU and memory. */
export const report = (facts: () => Facts): void => {
  process.on("exit", () => print({ ...facts(), cpu: cpu(), rss: process.resourceUsage().maxRSS / 1024 }))
}

/**
 * Runs a batch for each line of the standard input, and prints its figures. Programs that are compared are started
 * together and take turns: other loads of the machine then meet all of them.
 */
export const inTurns = async (batch: () => Promise<Facts> | Facts): Promise<void> => {
  for await (const _ of createInterface({ input: process.stdin })) print(await batch())
}
