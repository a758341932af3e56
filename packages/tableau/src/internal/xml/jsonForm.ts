/** The Schema of a model's decoded form as JSON, for services, caches and queues. */
import type * as Brand from "effect/Brand"
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { derive, type PropertyPlan } from "./plan.js"

/**
 * A decoded model as plain JSON: timestamps are ISO strings, ids are strings, and numbers, booleans, lists and objects
 * stay what they are. Absent properties stay absent.
 *
 * @since 0.1.0
 * @category models
 */
export type Json<A> = A extends { readonly [Brand.BrandTypeId]: unknown }
  ? Brand.Brand.Unbranded<A>
  : A extends DateTime.DateTime | Date | bigint
    ? string
    : A extends ReadonlyArray<infer Item>
      ? ReadonlyArray<undefined extends Item ? Json<Exclude<Item, undefined>> | null : Json<Item>>
      : A extends object
        ? { readonly [K in keyof A]: Json<A[K]> }
        : A

const listOf = (item: Schema.Schema.AnyNoContext): Schema.Schema.AnyNoContext =>
  Schema.is(item)(undefined)
    ? Schema.Array(
        // JSON has no undefined: `JSON.stringify` writes null for one in an array.
        Schema.transform(Schema.NullOr(item), Schema.UndefinedOr(Schema.typeSchema(item)), {
          decode: (value) => value ?? undefined,
          encode: (value) => value ?? null
        })
      )
    : Schema.Array(item)

const schemaOf = (plan: PropertyPlan): Schema.Schema.AnyNoContext => {
  switch (plan._tag) {
    case "Scalar":
      return plan.json()
    case "List":
    case "Repeated":
      return listOf(schemaOf(plan.item))
    case "Struct":
      return Schema.Struct(
        Object.fromEntries(
          plan.properties.map(({ name, optional, plan }) => {
            const schema = schemaOf(plan)
            return [name, optional ? Schema.optional(schema) : schema]
          })
        )
      )
  }
}

/** Derives a Schema of the same type, whose encoded side is plain JSON. */
export const jsonForm = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<A, Json<A>> =>
  // Built from the plan of this Schema, which has no types; a property test compares the two for every model.
  schemaOf(derive("a JSON form", schema)) as Schema.Schema<A, Json<A>>
