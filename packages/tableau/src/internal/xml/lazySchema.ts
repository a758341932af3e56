/** Schemas that are built at their first use: a program that imports hundreds of models uses few of them. */
import * as Pipeable from "effect/Pipeable"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"

const variance = {
  _A: <A>(value: A) => value,
  _I: <A>(value: A) => value,
  _R: <A>(value: A) => value
}

/** Not a class that `Schema.make` returns: such a class takes its AST at once. */
export class LazySchema<A, I> extends Pipeable.Class() implements Schema.Schema<A, I> {
  declare readonly Type: A
  declare readonly Encoded: I
  declare readonly Context: never
  readonly [Schema.TypeId]: Schema.Schema.Variance<A, I, never>[Schema.TypeId] = variance
  readonly #build: () => Schema.Schema<A, I>
  #built: Schema.Schema<A, I> | undefined

  constructor(build: () => Schema.Schema<A, I>) {
    super()
    this.#build = build
  }

  get #schema(): Schema.Schema<A, I> {
    this.#built ??= this.#build()
    return this.#built
  }

  get ast(): AST.AST {
    return this.#schema.ast
  }

  annotations(annotations: Schema.Annotations.GenericSchema<A>): Schema.Schema<A, I> {
    return this.#schema.annotations(annotations)
  }

  override toString(): string {
    return String(this.#schema)
  }
}
