import * as Effect from "effect/Effect"
import * as Order from "effect/Order"
import type { Fields, Value } from "./field.js"
import { badRequest, type Refusal } from "./refusal.js"

/** Absent values come first. Dates sort as the text that they are. */
const byValue: Order.Order<Value> = Order.make((left, right) => {
  if (left === right) return 0
  if (left === undefined || right === undefined) return left === undefined ? -1 : 1
  if (typeof left === "string" && typeof right === "string") {
    const [small, large] = [left.toLowerCase(), right.toLowerCase()]
    return small < large ? -1 : small > large ? 1 : 0
  }
  return left < right ? -1 : left > right ? 1 : 0
})

/** `name:asc,createdAt:desc`: the first key counts most. */
export const parseSort = <A>(sort: string, fields: Fields<A>): Effect.Effect<Order.Order<A> | undefined, Refusal> =>
  Effect.gen(function* () {
    const orders: Array<Order.Order<A>> = []
    for (const key of sort.split(",").filter((key) => key !== "")) {
      const [, name = "", direction = "asc"] = /^(\w+)(?::(asc|desc))?$/.exec(key) ?? []
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field === undefined || field.kind === "tags")
        return yield* badRequest(`Sorting by '${key}' is not supported.`)
      const order = Order.mapInput(byValue, field.value)
      orders.push(direction === "asc" ? order : Order.reverse(order))
    }
    return orders.length === 0 ? undefined : Order.combineAll(orders)
  })
