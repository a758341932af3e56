/**
 * Reads XML into models: what the scanner finds builds the values directly, without a tree of elements between them. What the
 * Schema does not name is skipped.
 */
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import type { Policy } from "./characters.js"
import type { TextChunks } from "./chunks.js"
import { type Child, derive, type Plan, type Property, type StructPlan } from "./plan.js"
import { unreadable } from "./scalar.js"
import { type Attributes, type Handler, Scanner } from "./scanner.js"

/** An element that cannot be read, or in which something cannot be read. */
export interface MalformedItem {
  readonly element: string
  /** Absent if it cannot be read either. */
  readonly id: string | undefined
  /** Position in its list in the response, from 0, malformed items included; absent if it is not in a list. */
  readonly index: number | undefined
  readonly problem: string
  /** Whether it is in the value, without what cannot be read. Otherwise it was left out. */
  readonly isKept: boolean
}

export interface Read<A> {
  readonly value: A
  readonly malformed: ReadonlyArray<MalformedItem>
}

/** A document that is read in parts. */
export interface Reading<A> {
  /** Takes the next chunk. Returns false if the document cannot be read, whatever follows. */
  readonly write: (chunk: string) => boolean
  readonly end: () => Either.Either<Read<A>, string>
}

/** Returns the model, or a sentence that says why the document cannot be read. */
export interface Reader<A> {
  (text: TextChunks): Either.Either<Read<A>, string>
  /** Begins a document that is read in parts. */
  readonly begin: () => Reading<A>
}

export const make = <A>(begin: () => Reading<A>): Reader<A> =>
  Object.assign(
    (text: TextChunks) => {
      const reading = begin()
      text.every(reading.write)
      return reading.end()
    },
    { begin }
  )

/** Continues with the value of another reader. */
export const flatMap = <A, B>(reader: Reader<A>, f: (value: A) => Either.Either<B, string>): Reader<B> =>
  make(() => {
    const { end, write } = reader.begin()
    return {
      write,
      end: () =>
        Either.flatMap(end(), ({ malformed, value }) => Either.map(f(value), (value) => ({ value, malformed })))
    }
  })

type Fields = Record<string, unknown>

// Shared by the frames that do not use them, which saves two allocations for each scalar element.
const noFields: Fields = Object.freeze({})
const noItems: Array<unknown> = []

/** An element that is open. */
class Frame {
  text = ""
  /** What cannot be read in it. Kept for items of the outermost list, and for elements outside of lists. */
  problems: Array<string> | undefined = undefined
  /** The element to which problems belonged before this one. */
  outer: Frame | undefined = undefined

  constructor(
    readonly name: string,
    readonly child: Child,
    readonly parent: Frame | undefined,
    /** Used by structs. */
    readonly fields: Fields,
    /** Used by lists. */
    readonly items: Array<unknown>
  ) {}
}

/** Longer messages would not be read. */
const maxProblems = 5

const maxProblemLength = 300

const addProblem = (frame: Frame, problem: string): void => {
  frame.problems ??= []
  if (frame.problems.length < maxProblems) frame.problems.push(problem)
  else frame.problems[maxProblems] = "and more"
}

const unreadableProperty = (frame: Frame, name: string) => `${frame.name}: ${name} cannot be read`

const noAttributes: Attributes<Property> = { known: new Map(), order: [] }

const childOf = (plan: Plan, name: string): Child | undefined => {
  if (plan._tag === "Struct") return plan.children.get(name)
  return plan._tag === "List" && plan.child.name === name ? plan.child : undefined
}

/**
 * Reads one document. A value that cannot be read is absent; this costs its item only if the value is required, as an id. An
 * element below the root is required in any case: without `<pagination>`, one page would look like the whole list.
 */
export class DocumentReader implements Handler<Frame, Property> {
  readonly malformed: Array<MalformedItem> = []
  result: Fields | undefined
  /** The first problem of the whole document. */
  failure: string | undefined
  private current: Frame | undefined
  /** The open element to which problems belong: the item of the outermost list, or else the one below the root. */
  private subject: Frame | undefined
  private itemIndex = 0
  private lastItem: Child | undefined
  private readonly root: Child

  constructor(plan: StructPlan) {
    this.root = { name: "tsResponse", plan, isItem: false }
  }

  start(name: string): Frame | undefined {
    const parent = this.current
    const child = parent === undefined ? this.root : childOf(parent.child.plan, name)
    if (child === undefined) return undefined
    const { plan } = child
    const fields = plan._tag === "Struct" ? {} : noFields
    // `Array.of` instead of `[]`: V8 pretenures the allocation site of the literal, which retains the items.
    const items = plan._tag === "List" ? Array.of<unknown>() : noItems
    return new Frame(name, child, parent, fields, items)
  }

  attributesOf({ child: { plan } }: Frame): Attributes<Property> {
    return plan._tag === "Struct" ? plan.attributes : noAttributes
  }

  attribute(frame: Frame, { name, read }: Property, text: string): void {
    const value = read(text)
    if (value === unreadable) addProblem(frame, unreadableProperty(frame, name))
    else if (value !== undefined) frame.fields[name] = value
  }

  open(frame: Frame): void {
    this.current = frame
    const { child, parent, problems } = frame
    const isOutermostItem = child.isItem && this.subject?.child.isItem !== true
    if (isOutermostItem) {
      // Consecutive lists with the same plan are numbered as one list.
      if (child !== this.lastItem) this.itemIndex = 0
      this.lastItem = child
    }
    if (isOutermostItem || parent === undefined || parent.parent === undefined) {
      frame.outer = this.subject
      this.subject = frame
    } else if (problems !== undefined) {
      for (const problem of problems) this.report(problem)
    }
  }

  wantsText(): boolean {
    const plan = this.current?.child.plan
    return plan !== undefined && (plan._tag === "Scalar" || (plan._tag === "Struct" && plan.text !== undefined))
  }

  text(text: string): void {
    if (this.current !== undefined) this.current.text += text
  }

  close(): void {
    const frame = this.current
    if (frame === undefined) return
    const { child, parent } = frame
    this.current = parent
    const value = this.valueOf(frame)
    if (parent === undefined) this.result = frame.fields
    else if (child.isItem) {
      if (value !== unreadable) itemsOf(parent, child).push(value)
    } else if (value !== unreadable && value !== undefined) parent.fields[child.name] = value
    if (frame === this.subject) this.complete(frame, value)
  }

  /** Ends the element to which problems belong. */
  private complete(frame: Frame, value: unknown): void {
    const { child, fields, name, outer, problems } = frame
    const isKept = value !== unreadable
    this.subject = outer
    if (problems !== undefined) {
      const problem = problems.join("; ")
      const id = typeof fields["id"] === "string" ? fields["id"] : undefined
      if (isKept || child.isItem) {
        const index = child.isItem ? this.itemIndex : undefined
        this.malformed.push({ element: name, id, index, problem, isKept })
      } else {
        this.failure ??= problem
      }
    }
    if (child.isItem) this.itemIndex += 1
  }

  private report(problem: string): void {
    if (this.subject !== undefined) addProblem(this.subject, problem)
  }

  private valueOf(frame: Frame): unknown {
    const { child, fields, items, name, parent, text } = frame
    switch (child.plan._tag) {
      case "List":
        return items
      case "Scalar": {
        const value = child.plan.read(text)
        if (value === unreadable) {
          this.report(
            child.isItem || parent === undefined ? `${name} cannot be read` : unreadableProperty(parent, name)
          )
        }
        return value
      }
      case "Struct":
        return this.isComplete(frame, child.plan) ? fields : unreadable
    }
  }

  private isComplete(frame: Frame, plan: StructPlan): boolean {
    const { fields, name, text } = frame
    if (plan.text !== undefined) {
      const value = plan.text.read(text)
      if (value === unreadable) this.report(unreadableProperty(frame, plan.text.name))
      else if (value !== undefined) fields[plan.text.name] = value
    }
    for (const list of plan.requiredLists) fields[list] ??= []
    let isComplete = true
    for (const required of plan.required) {
      if (fields[required] !== undefined) continue
      isComplete = false
      // One problem is enough for a value that is present, and cannot be read.
      if (this.subject?.problems?.includes(unreadableProperty(frame, required)) !== true) {
        this.report(`${name} has no ${required}`)
      }
    }
    return isComplete
  }
}

/** The list of which an element is an item. */
const itemsOf = (parent: Frame, { name }: Child): Array<unknown> => {
  if (parent.child.plan._tag === "List") return parent.items
  const before = parent.fields[name]
  if (Array.isArray(before)) return before
  const items = Array.of<unknown>()
  parent.fields[name] = items
  return items
}

/** Derives the reader of the content of `<tsResponse>`. Throws a `TypeError` if the Schema is not supported. */
export const reader = <A, I>(name: string, schema: Schema.Schema<A, I>, policy: Policy = "replace"): Reader<A> => {
  const plan = derive(name, schema)
  return make(() => {
    const document = new DocumentReader(plan)
    const scanner = new Scanner("tsResponse", document, policy)
    return {
      write: (chunk) => scanner.write(chunk),
      end: () => {
        const problem = scanner.end() ?? document.failure
        return problem === undefined && document.result !== undefined
          ? // Built by the plan of this Schema, which has no types; a property test compares the two.
            Either.right({ value: document.result as A, malformed: document.malformed })
          : Either.left((problem ?? "it is empty").slice(0, maxProblemLength))
      }
    }
  })
}
