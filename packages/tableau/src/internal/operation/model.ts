/** How models are declared: Tableau leaves out whatever it does not know, so all but the id is optional. */
import * as Schema from "effect/Schema"

type Fields = Readonly<Record<string, Schema.Schema.AnyNoContext>>

type Optional<F extends Fields> = { readonly [K in keyof F]: Schema.optional<F[K]> }

/** A struct of which some fields are always there, and the others where the server knows them. */
export interface Struct<Required extends Fields, Others extends Fields>
  extends Schema.Schema<Type<Required, Others>, Encoded<Required, Others>> {
  readonly required: Required
  readonly others: Others
}

/** Mapped by key, so that a field's comment is that of the property. */
type Type<Required extends Fields, Others extends Fields> = {
  readonly [K in keyof Required]: Schema.Schema.Type<Required[K]>
} & { readonly [K in keyof Others]?: Schema.Schema.Type<Others[K]> | undefined }

type Encoded<Required extends Fields, Others extends Fields> = {
  readonly [K in keyof Required]: Schema.Schema.Encoded<Required[K]>
} & { readonly [K in keyof Others]?: Schema.Schema.Encoded<Others[K]> | undefined }

/** The fields of a model. */
export type TypeOf<S> = S extends Struct<infer Required, infer Others> ? Type<Required, Others> : never

const optional = <F extends Fields>(fields: F): Optional<F> =>
  // Each value is made from the one of the same name, which a mapped type cannot say.
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, Schema.optional(field)])) as Optional<F>

export const struct = <const Required extends Fields, const Others extends Fields>(
  required: Required,
  others: Others
): Struct<Required, Others> =>
  Object.assign(Schema.Struct({ ...required, ...optional(others) }), { required, others }) as unknown as Struct<
    Required,
    Others
  >

/** A model's schema by the model's own name, so that types show the name and not all of its fields. */
export type Model<A, S extends Schema.Schema.AnyNoContext> = Schema.Schema<A, Schema.Schema.Encoded<S>>
