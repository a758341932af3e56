/** How models are declared: their fields once, with the docs of each. */
import * as Schema from "effect/Schema"
import { type Json, jsonForm } from "./jsonForm.js"
import { LazySchema } from "./lazySchema.js"

type Fields = Readonly<Record<string, Schema.Schema.AnyNoContext>>

/** Mapped key by key, so that the docs of a field are those of the property; `& {}` has hovers show the properties. */
type Type<Required extends Fields, Optional extends Fields> = Expand<
  {
    readonly [K in keyof Required]: Schema.Schema.Type<Required[K]>
  } & { readonly [K in keyof Optional]?: Schema.Schema.Type<Optional[K]> | undefined }
>

type Expand<A> = { [K in keyof A]: A[K] } & {}

type Encoded<Required extends Fields, Optional extends Fields> = {
  readonly [K in keyof Required]: Schema.Schema.Encoded<Required[K]>
} & { readonly [K in keyof Optional]?: Schema.Schema.Encoded<Optional[K]> | undefined }

/**
 * The Schema that `struct` returns.
 *
 * @since 0.1.0
 * @category models
 */
export interface Struct<Required extends Fields, Optional extends Fields>
  extends Schema.Schema<Type<Required, Optional>, Encoded<Required, Optional>> {
  readonly required: Required
  readonly optional: Optional
  /** The Schema of the same values as plain JSON. */
  readonly json: Schema.Schema<Type<Required, Optional>, Json<Type<Required, Optional>>>
}

/**
 * The type that a model's Schema describes. An interface that extends it is the model's name in hovers and errors.
 *
 * @since 0.1.0
 * @category models
 */
export type TypeOf<S> = S extends Struct<infer Required, infer Optional> ? Type<Required, Optional> : never

/**
 * The Schema of a model, under the model's own name: hovers show the name instead of all fields.
 *
 * @since 0.1.0
 * @category models
 */
export interface Model<A, S extends Schema.Schema.AnyNoContext> extends Schema.Schema<A, Schema.Schema.Encoded<S>> {
  /**
   * The Schema of the same values as plain JSON, for services, caches and queues: timestamps are ISO strings, numbers and
   * booleans are themselves.
   */
  readonly json: Schema.Schema<A, Json<A>>
}

/** Each value is made from the field of the same name, which TypeScript cannot express for `Object.fromEntries`. */
const allOptional = <F extends Fields>(fields: F) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, Schema.optional(field)])) as {
    readonly [K in keyof F]: Schema.optional<F[K]>
  }

class LazyStruct<Required extends Fields, Optional extends Fields>
  extends LazySchema<Type<Required, Optional>, Encoded<Required, Optional>>
  implements Struct<Required, Optional>
{
  readonly required: Required
  readonly optional: Optional
  #json: Struct<Required, Optional>["json"] | undefined

  constructor(required: Required, optional: Optional) {
    // `Schema.Struct` computes an equal type by other means, which the compiler cannot see.
    const build = () =>
      Schema.Struct({ ...required, ...allOptional(optional) }) as unknown as Struct<Required, Optional>
    super(build)
    this.required = required
    this.optional = optional
  }

  get json(): Struct<Required, Optional>["json"] {
    const json = this.#json ?? jsonForm<Type<Required, Optional>, Encoded<Required, Optional>>(this)
    this.#json = json
    return json
  }
}

/**
 * A struct of required and of optional fields. Tableau omits what it does not know, so most fields are optional.
 *
 * Fields are `Schema.String` and other Schemas that are encoded as strings (literals, `Schema.NumberFromString`, branded
 * ids), `Xml.Integer`, `Xml.Flag`, `Xml.Timestamp`, other structs, and lists by `Xml.list`, `Xml.listIn` and
 * `Xml.repeated`. `Schema.Number`, `Schema.Boolean` and `Schema.Array` cannot be read from XML.
 *
 * Write both arguments as object literals: the docs of a field are then those of the property, also in declarations.
 *
 * @since 0.1.0
 * @category constructors
 */
export const struct = <const Required extends Fields, const Optional extends Fields>(
  required: Required,
  optional: Optional
): Struct<Required, Optional> => new LazyStruct(required, optional)
