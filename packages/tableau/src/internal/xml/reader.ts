/**
 * XML in: saxes' events straight to models. A reader is derived from a Schema once, when its module loads.
 *
 * A struct is an element: a leaf is its attribute or a child's text, a struct in it a child, a list a child that holds
 * the items, or children of the same name. What the Schema does not name is passed over.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { SaxesParser, type SaxesTagPlain } from "saxes"
import type { Text } from "./chunks.js"
import { ElementNameId, ItemNameId, type LeafReader, LeafReaderId, RepeatedId, TextId, unreadable } from "./scalar.js"

/** An item of a list that was left out, and why. */
export interface OddItem {
  readonly element: string
  /** If that can be read. */
  readonly id: string | undefined
  /** Counted from 0, in the answer. */
  readonly index: number
  readonly problem: string
}

export interface Read<A> {
  readonly value: A
  readonly odd: ReadonlyArray<OddItem>
}

/** Gives the model, or in words why the text is none. */
export type Reader<A> = (text: Text) => Either.Either<Read<A>, string>

type Plan = LeafPlan | RecordPlan | ListPlan

/** A property is one of these, or there are any number of them. */
type PropertyPlan = Plan | { readonly _tag: "Repeated"; readonly item: Plan }

interface LeafPlan {
  readonly _tag: "Leaf"
  readonly read: LeafReader
}

interface RecordPlan {
  readonly _tag: "Record"
  readonly leaves: ReadonlyArray<{ readonly name: string; readonly read: LeafReader }>
  readonly children: ReadonlyMap<string, Plan>
  readonly required: ReadonlyArray<string>
  readonly lists: ReadonlyArray<string>
  /** The children that come as often as there are items. */
  readonly repeated: ReadonlySet<string> | undefined
  /** The properties whose elements have other names, by these. */
  readonly renamed: ReadonlyMap<string, string> | undefined
  readonly text: { readonly name: string; readonly read: LeafReader } | undefined
}

interface ListPlan {
  readonly _tag: "List"
  readonly itemName: string
  readonly item: Plan
}

const refuse = (path: string, what: string): never => {
  throw new TypeError(`effect-tableau: no XML reader for ${path}: ${what}`)
}

/** Whether the encoded side is a text, so that Schema itself can read the leaf. */
const fromText = (ast: AST.AST): boolean => {
  switch (ast._tag) {
    case "StringKeyword":
    case "TemplateLiteral":
      return true
    case "Literal":
      return typeof ast.literal === "string"
    case "Union":
      return ast.types.every(fromText)
    case "Refinement":
    case "Transformation":
      return fromText(ast.from)
    default:
      return false
  }
}

const leafReader = (path: string, ast: AST.AST): LeafReader | undefined => {
  const given = AST.getAnnotation<LeafReader>(ast, LeafReaderId)
  if (Option.isSome(given)) return given.value
  if (ast._tag === "StringKeyword") return (text) => text
  if (!fromText(ast)) return undefined
  const schema = Schema.make<unknown, unknown>(ast)
  if (AST.isTransformation(ast) && AST.isTypeLiteral(ast.to)) return refuse(path, "a text that holds a struct")
  const decode = Schema.decodeUnknownEither(schema)
  return (text) => Either.getOrElse(decode(text), () => unreadable)
}

const withoutUndefined = (ast: AST.AST): AST.AST =>
  ast._tag === "Union" && Option.isNone(AST.getAnnotation(ast, LeafReaderId))
    ? AST.Union.make(ast.types.filter((type) => type._tag !== "UndefinedKeyword"))
    : ast

const recordPlan = (path: string, ast: AST.TypeLiteral): RecordPlan => {
  if (ast.indexSignatures.length > 0) return refuse(path, "an index signature")
  const leaves: Array<RecordPlan["leaves"][number]> = []
  const children = new Map<string, Plan>()
  const required: Array<string> = []
  const lists: Array<string> = []
  const repeated = new Set<string>()
  const renamed = new Map<string, string>()
  let text: RecordPlan["text"]
  for (const property of ast.propertySignatures) {
    const name = String(property.name)
    const type = withoutUndefined(property.type)
    const inner = propertyPlan(`${path}.${name}`, type)
    if (inner._tag === "Repeated") {
      repeated.add(name)
    } else if (inner._tag === "Leaf") {
      if (Option.isSome(AST.getAnnotation(type, TextId))) text = { name, read: inner.read }
      else leaves.push({ name, read: inner.read })
    }
    const element = Option.getOrElse(AST.getAnnotation<string>(type, ElementNameId), () => name)
    if (element !== name) renamed.set(element, name)
    children.set(element, inner._tag === "Repeated" ? inner.item : inner)
    if (!property.isOptional) (inner._tag === "List" || inner._tag === "Repeated" ? lists : required).push(name)
  }
  return {
    _tag: "Record",
    leaves,
    children,
    required,
    lists,
    repeated: repeated.size === 0 ? undefined : repeated,
    renamed: renamed.size === 0 ? undefined : renamed,
    text
  }
}

const propertyPlan = (path: string, ast: AST.AST): PropertyPlan => {
  const [item] = ast._tag === "TupleType" && Option.isSome(AST.getAnnotation(ast, RepeatedId)) ? ast.rest : []
  return item === undefined ? plan(path, ast) : { _tag: "Repeated", item: plan(`${path}[]`, item.type) }
}

const plan = (path: string, ast: AST.AST): Plan => {
  const leaf = leafReader(path, ast)
  if (leaf !== undefined) return { _tag: "Leaf", read: leaf }
  switch (ast._tag) {
    case "TypeLiteral":
      return recordPlan(path, ast)
    case "TupleType": {
      const name = AST.getAnnotation<string>(ast, ItemNameId)
      const [rest] = ast.rest
      if (Option.isNone(name) || rest === undefined || ast.elements.length > 0) {
        return refuse(path, "an array whose items have no name")
      }
      return { _tag: "List", itemName: name.value, item: plan(`${path}[]`, rest.type) }
    }
    case "Transformation":
      return refuse(path, "a struct with defaults, renamed keys or a class of its own")
    case "Refinement":
      return refuse(path, "a filter over a struct")
    default:
      return refuse(path, `a ${ast._tag}`)
  }
}

type Fields = Record<string, unknown>

/** An element that has been opened. */
interface Frame {
  readonly name: string
  readonly plan: Plan
  readonly parent: Frame | undefined
  /** Of a record. */
  readonly fields: Fields
  /** Of a list. */
  readonly items: Array<unknown>
  text: string
}

const depthLimit = 200

/** How many characters of one tag, text or comment are surely read. Of much longer ones the parser would hold more than memory has. */
const longest = 2 ** 20

const localName = (name: string): string => {
  const colon = name.indexOf(":")
  return colon === -1 ? name : name.slice(colon + 1)
}

const noFields: Fields = Object.freeze({})
const noItems: Array<unknown> = []

/** Reads one document. What goes wrong inside an item of a list costs that item only. */
class Reading {
  odd: Array<OddItem> = []
  private current: Frame | undefined
  private depth = 0
  /** The outermost list; everything that goes wrong in an item of it is the item's. */
  private list: Frame | undefined
  private counted: Plan | undefined
  private index = 0
  private problem: string | undefined
  private skipped = 0
  result: Fields | undefined
  failure: string | undefined
  /** How much has been read. */
  events = 0

  constructor(
    private readonly root: RecordPlan,
    private readonly parser: SaxesParser
  ) {}

  /** What is of no interest. */
  pass(): void {
    this.events += 1
  }

  open(tag: SaxesTagPlain): void {
    this.events += 1
    const name = localName(tag.name)
    if (this.depth + this.skipped >= depthLimit) {
      this.parser.fail(`elements are nested more than ${depthLimit} deep`)
    } else if (this.current === undefined) {
      if (name !== "tsResponse") this.parser.fail(`the root element is <${name}>, not <tsResponse>`)
      this.push(name, this.root, undefined, tag)
    } else if (this.skipped > 0) {
      this.skipped += 1
    } else {
      const inner = this.planOf(name, this.current.plan)
      if (inner === undefined) this.skipped = 1
      else this.push(name, inner, this.current, tag)
    }
  }

  private planOf(name: string, parent: Plan): Plan | undefined {
    if (parent._tag === "Record") return parent.children.get(name)
    return parent._tag === "List" && parent.itemName === name ? parent.item : undefined
  }

  private push(name: string, plan: Plan, parent: Frame | undefined, tag: SaxesTagPlain): void {
    const fields = plan._tag === "Record" ? {} : noFields
    // Not by a literal: of those many live long, and V8 would make all of them old, which keeps their items in memory.
    const items = plan._tag === "List" ? Array.of<unknown>() : noItems
    const next: Frame = { name, plan, parent, fields, items, text: "" }
    this.current = next
    this.depth += 1
    if (plan._tag === "List" && this.list === undefined) {
      this.list = next
      // Lists of one kind are counted through.
      if (plan !== this.counted) this.index = 0
      this.counted = plan
    }
    if (plan._tag !== "Record") return
    // By the plan and not by the tag, whose attributes are a dictionary: to look one up is quicker than to list them.
    for (const { name, read } of plan.leaves) {
      const text = tag.attributes[name]
      if (text !== undefined) this.set(next, name, read, text)
    }
  }

  private set(target: Frame, name: string, read: LeafReader, text: string): void {
    const value = read(text)
    if (value === unreadable) this.blame(`${target.name}: ${name} cannot be read`)
    else if (value !== undefined) target.fields[name] = value
  }

  private blame(problem: string): void {
    if (this.list === undefined) this.failure ??= problem
    else this.problem ??= problem
  }

  text(text: string): void {
    this.events += 1
    if (this.skipped === 0 && this.current !== undefined) this.current.text += text
  }

  close(): void {
    this.events += 1
    if (this.skipped > 0) {
      this.skipped -= 1
      return
    }
    const closed = this.current
    if (closed === undefined) return
    this.current = closed.parent
    this.depth -= 1
    if (closed.plan._tag === "Record") this.complete(closed, closed.plan)
    if (closed.parent === undefined) this.result = closed.fields
    else this.hand(closed, closed.parent)
    if (closed === this.list) this.list = undefined
  }

  private complete(closed: Frame, plan: RecordPlan): void {
    if (plan.text !== undefined) this.set(closed, plan.text.name, plan.text.read, closed.text)
    for (const name of plan.lists) closed.fields[name] ??= []
    for (const name of plan.required) {
      if (closed.fields[name] === undefined) this.blame(`${closed.name} has no ${name}`)
    }
  }

  private hand(closed: Frame, parent: Frame): void {
    if (parent.plan._tag === "List") {
      const value = this.itemValue(closed)
      const outermost = parent === this.list
      if (outermost && this.problem !== undefined) {
        const { id } = closed.fields
        this.odd.push({
          element: closed.name,
          id: typeof id === "string" ? id : undefined,
          index: this.index,
          problem: this.problem
        })
        this.problem = undefined
      } else {
        parent.items.push(value)
      }
      if (outermost) this.index += 1
    } else if (parent.plan._tag === "Record" && parent.plan.repeated?.has(closed.name)) {
      const before = parent.fields[closed.name]
      if (Array.isArray(before)) before.push(this.itemValue(closed))
      else parent.fields[closed.name] = [this.itemValue(closed)]
    } else if (closed.plan._tag === "Leaf") {
      this.set(parent, closed.name, closed.plan.read, closed.text)
    } else {
      const name = (parent.plan._tag === "Record" ? parent.plan.renamed?.get(closed.name) : undefined) ?? closed.name
      parent.fields[name] = closed.plan._tag === "List" ? closed.items : closed.fields
    }
  }

  private itemValue(closed: Frame): unknown {
    if (closed.plan._tag === "Record") return closed.fields
    if (closed.plan._tag === "List") return closed.items
    const value = closed.plan.read(closed.text)
    if (value === unreadable) this.blame(`${closed.name} cannot be read`)
    return value
  }
}

/** A parser, and what hears of what it finds. */
interface Machine {
  readonly parser: SaxesParser
  reading: Reading | undefined
}

const makeMachine = (): Machine => {
  const parser = new SaxesParser({ xmlns: false })
  const machine: Machine = { parser, reading: undefined }
  parser.on("doctype", () => parser.fail("a DOCTYPE is not allowed"))
  parser.on("comment", () => machine.reading?.pass())
  parser.on("processinginstruction", () => machine.reading?.pass())
  parser.on("opentag", (tag) => machine.reading?.open(tag))
  parser.on("text", (text) => machine.reading?.text(text))
  parser.on("cdata", (text) => machine.reading?.text(text))
  parser.on("closetag", () => machine.reading?.close())
  return machine
}

/** One that has read its text to the end is as new: to make one takes as long as to read ten items. */
let idle: Machine | undefined

/** Parts in which nothing ended belong to one tag, text or comment. */
const feed = (parser: SaxesParser, reading: Reading, text: Text): void => {
  let unended = 0
  for (const part of text) {
    const before = reading.events
    parser.write(part)
    unended = reading.events === before ? unended + part.length : 0
    if (unended > longest) parser.fail("a tag, a text or a comment is too long")
  }
  parser.close()
}

/** Derives the reader of what stands in `<tsResponse>`. Throws, when its module loads, on a Schema it cannot follow. */
export const reader = <A, I>(name: string, schema: Schema.Schema<A, I>): Reader<A> => {
  const root = plan(name, schema.ast)
  if (root._tag !== "Record") return refuse(name, "an answer is a struct")
  return (text) => {
    const machine = idle ?? makeMachine()
    idle = undefined
    const { parser } = machine
    const reading = new Reading(root, parser)
    machine.reading = reading
    // Without a handler for errors saxes throws the first one, with line and column.
    return Either.try({
      try: () => feed(parser, reading, text),
      // Some of its messages hold a name as the document has it, however long.
      catch: (error) => (error instanceof Error ? error.message.slice(0, 300) : "it cannot be read")
    }).pipe(
      Either.flatMap(() => {
        machine.reading = undefined
        idle = machine
        return reading.failure === undefined && reading.result !== undefined
          ? // Built by the plan that was derived from this very Schema; a property test holds the two together.
            Either.right({ value: reading.result as A, odd: reading.odd })
          : Either.left(reading.failure ?? "it is empty")
      })
    )
  }
}
