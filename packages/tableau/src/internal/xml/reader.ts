/**
 * Reads XML into models: the events of saxes build the values directly, without a tree of elements between them. What
 * the Schema does not name is skipped.
 */
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import { SaxesParser, type SaxesTagPlain } from "saxes"
import type { TextChunks } from "./chunks.js"
import { derive, type Plan, type StructPlan } from "./plan.js"
import { type ScalarReader, unreadable } from "./scalar.js"

/** An item that was left out of a list, because a part of it cannot be read. */
export interface MalformedItem {
  readonly element: string
  /** Absent if it cannot be read either. */
  readonly id: string | undefined
  /** Position in the response, from 0. Malformed items count. */
  readonly index: number
  readonly problem: string
}

export interface Read<A> {
  readonly value: A
  readonly malformed: ReadonlyArray<MalformedItem>
}

/** Returns the model, or a sentence that says why the document cannot be read. */
export type Reader<A> = (text: TextChunks) => Either.Either<Read<A>, string>

type Fields = Record<string, unknown>

/** An element that is open. */
interface Frame {
  readonly name: string
  readonly plan: Plan
  readonly parent: Frame | undefined
  /** Used by structs. */
  readonly fields: Fields
  /** Used by lists. */
  readonly items: Array<unknown>
  text: string
}

const maxDepth = 200

/** Longest tag, text or comment, in characters. saxes buffers each as a whole, so that a longer one could exhaust memory. */
const maxTokenLength = 2 ** 20

/** saxes puts names from the document into its messages. */
const maxProblemLength = 300

const localName = (name: string): string => {
  const colon = name.indexOf(":")
  return colon === -1 ? name : name.slice(colon + 1)
}

// Shared by the frames that do not use them, which saves two allocations for each scalar element.
const noFields: Fields = Object.freeze({})
const noItems: Array<unknown> = []

/** Reads one document. A problem inside an item of a list costs that item only. */
class DocumentReader {
  malformed: Array<MalformedItem> = []
  result: Fields | undefined
  /** The first problem outside of lists: the whole document fails. */
  failure: string | undefined
  /** Number of events, by which `feed` notices that the parser buffers. */
  events = 0
  private current: Frame | undefined
  private depth = 0
  /** The outermost list that is open: a problem at any depth below belongs to an item of this list. */
  private list: Frame | undefined
  /** The first problem of the current item of `list`. */
  private itemProblem: string | undefined
  private itemIndex = 0
  private lastListPlan: Plan | undefined
  /** Depth inside an element that is skipped. */
  private skippedDepth = 0

  constructor(
    private readonly root: StructPlan,
    private readonly parser: SaxesParser
  ) {}

  ignored(): void {
    this.events += 1
  }

  opened(tag: SaxesTagPlain): void {
    this.events += 1
    const name = localName(tag.name)
    if (this.depth + this.skippedDepth >= maxDepth) {
      this.parser.fail(`elements are nested more than ${maxDepth} deep`)
    } else if (this.current === undefined) {
      if (name !== "tsResponse") this.parser.fail(`the root element is <${name}>, not <tsResponse>`)
      this.enter(name, this.root, undefined, tag)
    } else if (this.skippedDepth > 0) {
      this.skippedDepth += 1
    } else {
      const child = this.childPlan(name, this.current.plan)
      if (child === undefined) this.skippedDepth = 1
      else this.enter(name, child, this.current, tag)
    }
  }

  text(text: string): void {
    this.events += 1
    if (this.skippedDepth === 0 && this.current !== undefined) this.current.text += text
  }

  closed(): void {
    this.events += 1
    if (this.skippedDepth > 0) {
      this.skippedDepth -= 1
      return
    }
    const frame = this.current
    if (frame === undefined) return
    this.current = frame.parent
    this.depth -= 1
    if (frame.plan._tag === "Struct") this.complete(frame, frame.plan)
    if (frame.parent === undefined) this.result = frame.fields
    else this.attach(frame, frame.parent)
    if (frame === this.list) this.list = undefined
  }

  private childPlan(name: string, parent: Plan): Plan | undefined {
    if (parent._tag === "Struct") return parent.children.get(name)
    return parent._tag === "List" && parent.itemName === name ? parent.item : undefined
  }

  private enter(name: string, plan: Plan, parent: Frame | undefined, tag: SaxesTagPlain): void {
    const fields = plan._tag === "Struct" ? {} : noFields
    // `Array.of` instead of `[]`: V8 pretenures the allocation site of the literal, which retains the items.
    const items = plan._tag === "List" ? Array.of<unknown>() : noItems
    const frame: Frame = { name, plan, parent, fields, items, text: "" }
    this.current = frame
    this.depth += 1
    if (plan._tag === "List" && this.list === undefined) {
      this.list = frame
      // Consecutive lists with the same plan are numbered as one list.
      if (plan !== this.lastListPlan) this.itemIndex = 0
      this.lastListPlan = plan
    }
    if (plan._tag !== "Struct") return
    // Look attributes up by plan: `attributes` is an object in dictionary mode, slow to enumerate.
    for (const { name, read } of plan.scalars) {
      const text = tag.attributes[name]
      if (text !== undefined) this.assign(frame, name, read, text)
    }
  }

  private assign(frame: Frame, name: string, read: ScalarReader, text: string): void {
    const value = read(text)
    if (value === unreadable) this.problem(`${frame.name}: ${name} cannot be read`)
    else if (value !== undefined) frame.fields[name] = value
  }

  private problem(problem: string): void {
    if (this.list === undefined) this.failure ??= problem
    else this.itemProblem ??= problem
  }

  private complete(frame: Frame, plan: StructPlan): void {
    if (plan.text !== undefined) this.assign(frame, plan.text.name, plan.text.read, frame.text)
    for (const name of plan.requiredLists) frame.fields[name] ??= []
    for (const name of plan.required) {
      if (frame.fields[name] === undefined) this.problem(`${frame.name} has no ${name}`)
    }
  }

  private attach(frame: Frame, parent: Frame): void {
    if (parent.plan._tag === "List") {
      this.addItem(frame, parent)
    } else if (parent.plan._tag === "Struct" && parent.plan.repeated?.has(frame.name)) {
      const items = parent.fields[frame.name]
      if (Array.isArray(items)) items.push(this.itemValue(frame))
      else parent.fields[frame.name] = [this.itemValue(frame)]
    } else if (frame.plan._tag === "Scalar") {
      this.assign(parent, frame.name, frame.plan.read, frame.text)
    } else {
      const name = (parent.plan._tag === "Struct" ? parent.plan.renamed?.get(frame.name) : undefined) ?? frame.name
      parent.fields[name] = frame.plan._tag === "List" ? frame.items : frame.fields
    }
  }

  private addItem(frame: Frame, list: Frame): void {
    const value = this.itemValue(frame)
    const outermost = list === this.list
    if (outermost && this.itemProblem !== undefined) {
      const { id } = frame.fields
      this.malformed.push({
        element: frame.name,
        id: typeof id === "string" ? id : undefined,
        index: this.itemIndex,
        problem: this.itemProblem
      })
      this.itemProblem = undefined
    } else {
      list.items.push(value)
    }
    if (outermost) this.itemIndex += 1
  }

  private itemValue(frame: Frame): unknown {
    if (frame.plan._tag === "Struct") return frame.fields
    if (frame.plan._tag === "List") return frame.items
    const value = frame.plan.read(frame.text)
    if (value === unreadable) this.problem(`${frame.name} cannot be read`)
    return value
  }
}

/** A parser whose handlers are registered once and pass each event to the reader of the current document. */
interface PooledParser {
  readonly parser: SaxesParser
  document: DocumentReader | undefined
}

const makePooledParser = (): PooledParser => {
  const parser = new SaxesParser({ xmlns: false })
  const pooled: PooledParser = { parser, document: undefined }
  parser.on("doctype", () => parser.fail("a DOCTYPE is not allowed"))
  parser.on("comment", () => pooled.document?.ignored())
  parser.on("processinginstruction", () => pooled.document?.ignored())
  parser.on("opentag", (tag) => pooled.document?.opened(tag))
  parser.on("text", (text) => pooled.document?.text(text))
  parser.on("cdata", (text) => pooled.document?.text(text))
  parser.on("closetag", () => pooled.document?.closed())
  return pooled
}

/**
 * A pool of one parser, shared by the process, because creating a parser costs as much as reading ten items. Reading is
 * synchronous, so that one is enough. saxes resets a parser that has read a document to its end; one that failed is
 * dropped.
 */
let idleParser: PooledParser | undefined

const feed = (parser: SaxesParser, document: DocumentReader, text: TextChunks): void => {
  // Chunks without an event are parts of one tag, text or comment.
  let buffered = 0
  for (const chunk of text) {
    const before = document.events
    parser.write(chunk)
    buffered = document.events === before ? buffered + chunk.length : 0
    if (buffered > maxTokenLength) parser.fail("a tag, a text or a comment is too long")
  }
  parser.close()
}

/** Derives the reader of the content of `<tsResponse>`. Throws a `TypeError` if the Schema is not supported. */
export const reader = <A, I>(name: string, schema: Schema.Schema<A, I>): Reader<A> => {
  const root = derive(name, schema)
  return (text) => {
    const pooled = idleParser ?? makePooledParser()
    idleParser = undefined
    const { parser } = pooled
    const document = new DocumentReader(root, parser)
    pooled.document = document
    // saxes throws its first error, with line and column, as it has no error handler.
    return Either.try({
      try: () => feed(parser, document, text),
      catch: (error) => (error instanceof Error ? error.message.slice(0, maxProblemLength) : "it cannot be read")
    }).pipe(
      Either.flatMap(() => {
        pooled.document = undefined
        idleParser = pooled
        return document.failure === undefined && document.result !== undefined
          ? // Built by the plan of this Schema, which has no types; a property test compares the two.
            Either.right({ value: document.result as A, malformed: document.malformed })
          : Either.left(document.failure ?? "it is empty")
      })
    )
  }
}
