/**
 * What the XML of a model looks like, derived from its Schema. Only this file reads Effect's Schema AST.
 *
 * A struct is an element. A scalar in it is an attribute or the text of a child element, a struct is a child element,
 * and a list is a child element that contains the items, or child elements of the same name.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import {
  ElementNameId,
  ItemNameId,
  JsonFormId,
  RepeatedId,
  type ScalarReader,
  ScalarReaderId,
  TextId,
  unreadable
} from "./scalar.js"
import type { Attribute, Attributes } from "./scanner.js"

export type Plan = ScalarPlan | StructPlan | ListPlan

/** A property holds one value, or one for each child element of its name. */
export type PropertyPlan = Plan | { readonly _tag: "Repeated"; readonly item: Plan }

interface ScalarPlan {
  readonly _tag: "Scalar"
  readonly read: ScalarReader
  /** The value as plain JSON. A function, because only callers of `jsonForm` need the Schema. */
  readonly json: () => Schema.Schema.AnyNoContext
}

export interface StructPlan {
  readonly _tag: "Struct"
  readonly properties: ReadonlyArray<{ readonly name: string; readonly optional: boolean; readonly plan: PropertyPlan }>
  /** The properties that an attribute can hold. */
  readonly attributes: Attributes<Property>
  /** By the name of the child element. */
  readonly children: ReadonlyMap<string, Child>
  /** Without lists: an absent list is an empty one. */
  readonly required: ReadonlyArray<string>
  readonly requiredLists: ReadonlyArray<string>
  /** The property that holds the text of the element itself. */
  readonly text: Property | undefined
}

/** A property that is a scalar. */
export interface Property {
  readonly name: string
  readonly read: ScalarReader
}

/** A child element. */
export interface Child {
  /** The name of the property that it is, or of the items of a list. */
  readonly name: string
  readonly plan: Plan
  /** Whether it is one of several: of a list, or of a property with an item for each element of its name. */
  readonly isItem: boolean
}

interface ListPlan {
  readonly _tag: "List"
  readonly item: Plan
  readonly child: Child
}

const replacements: Readonly<Record<string, string>> = {
  NumberKeyword: "; use Xml.Integer, or Schema.NumberFromString",
  BooleanKeyword: "; use Xml.Flag",
  Declaration: "; use Xml.Timestamp for dates"
}

const unsupported = (path: string, problem: string): never => {
  throw new TypeError(`effect-tableau: no XML reader for ${path}: ${problem}`)
}

/** Whether the encoded side is a string, so that Schema itself can decode the scalar. */
const isEncodedAsString = (ast: AST.AST): boolean => {
  switch (ast._tag) {
    case "StringKeyword":
    case "TemplateLiteral":
      return true
    case "Literal":
      return typeof ast.literal === "string"
    case "Union":
      return ast.types.every(isEncodedAsString)
    case "Refinement":
    case "Transformation":
      return isEncodedAsString(ast.from)
    default:
      return false
  }
}

/** Whether JSON can hold the decoded value itself. */
const isJsonValue = (ast: AST.AST): boolean => {
  switch (ast._tag) {
    case "StringKeyword":
    case "TemplateLiteral":
    case "NumberKeyword":
    case "BooleanKeyword":
    case "Enums":
    case "UndefinedKeyword":
      return true
    case "Literal":
      return typeof ast.literal !== "bigint"
    case "Union":
      return ast.types.every(isJsonValue)
    case "Refinement":
      return isJsonValue(ast.from)
    default:
      return false
  }
}

/** A value that JSON does not have, such as a `Date`, keeps the string of the XML. */
const jsonScalar = (ast: AST.AST): Schema.Schema.AnyNoContext => {
  const annotated = AST.getAnnotation<Schema.Schema.AnyNoContext>(ast, JsonFormId)
  if (Option.isSome(annotated)) return annotated.value
  const type = AST.typeAST(ast)
  // `NaN` and the infinities would become null.
  if (AST.isNumberKeyword(type)) return Schema.JsonNumber
  return Schema.make(isJsonValue(type) ? type : ast)
}

const scalarReader = (path: string, ast: AST.AST): ScalarReader | undefined => {
  const annotated = AST.getAnnotation<ScalarReader>(ast, ScalarReaderId)
  if (Option.isSome(annotated)) return annotated.value
  if (ast._tag === "StringKeyword") return (text) => text
  if (!isEncodedAsString(ast)) return undefined
  if (AST.isTransformation(ast) && AST.isTypeLiteral(ast.to)) return unsupported(path, "a string that encodes a struct")
  const decode = Schema.decodeUnknownEither(Schema.make<unknown, unknown>(ast))
  return (text) => Either.getOrElse(decode(text), () => unreadable)
}

const withoutUndefined = (ast: AST.AST): AST.AST =>
  ast._tag === "Union" && Option.isNone(AST.getAnnotation(ast, ScalarReaderId))
    ? AST.Union.make(ast.types.filter((type) => type._tag !== "UndefinedKeyword"))
    : ast

const structPlan = (path: string, ast: AST.TypeLiteral): StructPlan => {
  if (ast.indexSignatures.length > 0) return unsupported(path, "an index signature")
  const properties: Array<StructPlan["properties"][number]> = []
  const attributes = new Map<string, Attribute<Property>>()
  const children = new Map<string, Child>()
  const required: Array<string> = []
  const requiredLists: Array<string> = []
  let text: StructPlan["text"]
  for (const property of ast.propertySignatures) {
    const name = String(property.name)
    const type = withoutUndefined(property.type)
    const plan = propertyPlan(`${path}.${name}`, type)
    properties.push({ name, optional: property.isOptional, plan })
    if (plan._tag === "Scalar") {
      const scalar = { name, read: plan.read }
      if (Option.isSome(AST.getAnnotation(type, TextId))) text = scalar
      else attributes.set(name, { name, start: `${name}="`, read: scalar })
    }
    const element = Option.getOrElse(AST.getAnnotation<string>(type, ElementNameId), () => name)
    children.set(
      element,
      plan._tag === "Repeated" ? { name, plan: plan.item, isItem: true } : { name, plan, isItem: false }
    )
    if (!property.isOptional) {
      const names = plan._tag === "List" || plan._tag === "Repeated" ? requiredLists : required
      names.push(name)
    }
  }
  return {
    _tag: "Struct",
    properties,
    attributes: { known: attributes, order: [] },
    children,
    required,
    requiredLists,
    text
  }
}

const propertyPlan = (path: string, ast: AST.AST): PropertyPlan => {
  const [item] = ast._tag === "TupleType" && Option.isSome(AST.getAnnotation(ast, RepeatedId)) ? ast.rest : []
  return item === undefined ? planOf(path, ast) : { _tag: "Repeated", item: planOf(`${path}[]`, item.type) }
}

const planOf = (path: string, ast: AST.AST): Plan => {
  const read = scalarReader(path, ast)
  if (read !== undefined) return { _tag: "Scalar", read, json: () => jsonScalar(ast) }
  switch (ast._tag) {
    case "TypeLiteral":
      return structPlan(path, ast)
    case "TupleType": {
      const name = AST.getAnnotation<string>(ast, ItemNameId)
      const [rest] = ast.rest
      if (Option.isNone(name) || rest === undefined || ast.elements.length > 0) {
        return unsupported(path, "an array whose items have no name; use Xml.list or Xml.repeated")
      }
      const item = planOf(`${path}[]`, rest.type)
      return { _tag: "List", item, child: { name: name.value, plan: item, isItem: true } }
    }
    case "Transformation":
      return unsupported(path, "a struct with defaults, renamed keys or its own class")
    case "Refinement":
      return unsupported(path, "a filter over a struct or a number; use Xml.Integer for numbers")
    default:
      return unsupported(path, `a ${ast._tag}${replacements[ast._tag] ?? ""}`)
  }
}

/** Throws a `TypeError` if the XML of the Schema cannot be read; `name` is the beginning of the path in its message. */
export const derive = <A, I>(name: string, schema: Schema.Schema<A, I>): StructPlan => {
  const plan = planOf(name, schema.ast)
  return plan._tag === "Struct" ? plan : unsupported(name, "a response is a struct")
}
