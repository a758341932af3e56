/** What measured programs share: their parameters in the environment, and the figures that they print at the end. */
import { writeSync } from "node:fs"

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

/** Prints the figures when the process exits, with its CPU and memory. */
export const report = (facts: () => Readonly<Record<string, number>>): void => {
  process.on("exit", () => {
    const line = JSON.stringify({ ...facts(), cpu: cpu(), rss: process.resourceUsage().maxRSS / 1024 })
    writeSync(1, `\n${line}\n`)
  })
}
