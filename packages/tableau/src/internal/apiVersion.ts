import * as Option from "effect/Option"
import * as Order from "effect/Order"

/** The two numbers of an API version such as `3.29`. */
const numbers = (version: string): Option.Option<readonly [number, number]> => {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})$/.exec(version) ?? []
  return major === undefined || minor === undefined ? Option.none() : Option.some([Number(major), Number(minor)])
}

export const isApiVersion = (version: string): boolean => Option.isSome(numbers(version))

const order = Option.getOrder(Order.tuple(Order.number, Order.number))

/** Whether API version `actual` includes what `required` introduced. Compared as numbers: 3.9 is older than 3.10. */
export const includes = (actual: string, required: string): boolean =>
  Order.greaterThanOrEqualTo(order)(numbers(actual), numbers(required))
