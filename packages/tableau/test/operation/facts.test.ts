/**
 * Holds every operation of the package to the rules of CONTRIBUTING.md that the compiler cannot check. The operations are
 * found in the package's exports, and their statements in its sources: a new operation is checked without a change here.
 */
import { readdirSync, readFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import ts from "typescript"
import { operations as exported } from "../../../../test/support/operations.js"

const source = fileURLToPath(new URL("../../src/", import.meta.url))

/** `const name = value`, with the comment right above it. */
interface Statement {
  readonly value: ts.Expression
  readonly comment: string
}

interface Module {
  /** By their names in the module. */
  readonly statements: ReadonlyMap<string, Statement>
  /** The name in the module of each export. */
  readonly exports: ReadonlyMap<string, string>
  /** The file of each namespace that the module imports. */
  readonly imports: ReadonlyMap<string, string>
}

const isExported = (statement: ts.VariableStatement) =>
  statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false

const readModule = (file: string): Module => {
  const text = readFileSync(file, "utf8")
  const statements = new Map<string, Statement>()
  const exports = new Map<string, string>()
  const imports = new Map<string, string>()
  for (const statement of ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true).statements) {
    if (ts.isVariableStatement(statement)) {
      const range = ts.getLeadingCommentRanges(text, statement.getFullStart())?.at(-1)
      const comment = range === undefined ? "" : text.slice(range.pos, range.end)
      for (const { initializer, name } of statement.declarationList.declarations) {
        if (initializer === undefined) continue
        statements.set(name.getText(), { value: initializer, comment })
        if (isExported(statement)) exports.set(name.getText(), name.getText())
      }
    } else if (
      ts.isExportDeclaration(statement) &&
      statement.exportClause &&
      ts.isNamedExports(statement.exportClause)
    ) {
      for (const { name, propertyName } of statement.exportClause.elements) {
        exports.set(name.text, (propertyName ?? name).text)
      }
    } else if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      const bindings = statement.importClause?.namedBindings
      if (bindings !== undefined && ts.isNamespaceImport(bindings)) {
        imports.set(bindings.name.text, statement.moduleSpecifier.text)
      }
    }
  }
  return { statements, exports, imports }
}

const modules = new Map(
  readdirSync(source)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [basename(file, ".ts"), readModule(`${source}${file}`)])
)

const families = new Map(
  readdirSync(`${source}internal/families`).map((file) => [
    `./internal/families/${file.replace(/\.ts$/, ".js")}`,
    readModule(`${source}internal/families/${file}`)
  ])
)

/** An operation as it is written. */
interface Written {
  readonly name: string
  readonly key: string
  readonly module: Module
  readonly comment: string
  /** The list that it is a stream of. */
  readonly streamOf: string | undefined
  /** `Operation.make({ … })`, also if a family makes it for several resources. */
  readonly definition: ts.Node
  /** The module in which the definition stands. */
  readonly definedIn: Module
}

/** `Operation.make(…)`, `Tags.add(…)` and `HyperData.update`: the namespace and the name in it. */
const called = (expression: ts.Expression): readonly [namespace: string, name: string] | undefined => {
  const named = ts.isCallExpression(expression) ? expression.expression : expression
  return ts.isPropertyAccessExpression(named) ? [named.expression.getText(), named.name.text] : undefined
}

/** Functions that call operations, and are none themselves, look like operations in the source. */
const operationNames = new Set(exported.map(({ name }) => name))

const written: ReadonlyArray<Written> = [...modules].flatMap(([moduleName, module]) =>
  [...module.exports].flatMap(([key, local]): ReadonlyArray<Written> => {
    const statement = module.statements.get(local)
    if (statement === undefined || !operationNames.has(`${moduleName}.${key}`)) return []
    const [namespace = "", name = ""] = called(statement.value) ?? []
    const from = module.imports.get(namespace)
    const facts = { name: `${moduleName}.${key}`, key, module, comment: statement.comment }
    if (from === "./Operation.js") {
      const argument = ts.isCallExpression(statement.value) ? statement.value.arguments[0]?.getText() : undefined
      const streamOf = name === "stream" ? argument : undefined
      return [{ ...facts, streamOf, definition: statement.value, definedIn: module }]
    }
    const family = families.get(from ?? "")
    const definition = family?.statements.get(name)?.value
    return family !== undefined && definition?.getText().includes("Operation.")
      ? [{ ...facts, streamOf: undefined, definition, definedIn: family }]
      : []
  })
)

const calls = written.filter(({ streamOf }) => streamOf === undefined)
const streams = written.filter(({ streamOf }) => streamOf !== undefined)

/** Whether Tableau sends the list in pages. */
const isPaged = ({ definition }: Written) => /\bResponse\.pages?\(/.test(definition.getText())
const isFile = ({ definition }: Written) => /\bResponse\.file\b/.test(definition.getText())

const streamName = (list: string) =>
  list.startsWith("list") ? list.replace(/^list/, "stream") : `stream${list.slice(0, 1).toUpperCase()}${list.slice(1)}`

/** The functions whose parameters are those of the operation. */
const inputsOf = ({ definedIn, definition }: Written): ReadonlyArray<ts.SignatureDeclaration> => {
  const found: Array<ts.SignatureDeclaration> = []
  const add = (node: ts.Node | undefined) => {
    if (node === undefined) return
    const referred = ts.isIdentifier(node) ? definedIn.statements.get(node.text)?.value : node
    if (referred !== undefined && (ts.isArrowFunction(referred) || ts.isFunctionExpression(referred))) {
      found.push(referred)
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === "input") add(node.initializer)
    if (ts.isMethodDeclaration(node) && node.name.getText() === "input") found.push(node)
    if (ts.isCallExpression(node) && node.expression.getText() === "Operation.generic") {
      const call = node.arguments[1]
      if (call !== undefined && ts.isArrowFunction(call)) add(call.body)
    }
    if (ts.isCallExpression(node) && node.expression.getText() === "Operation.composite") {
      const call = node.arguments[1]
      add(call)
      // An operation that calls others.
      const operation = call && definedIn.statements.get(call.getText())?.value
      if (operation !== undefined && ts.isCallExpression(operation)) visit(operation)
    }
    ts.forEachChild(node, visit)
  }
  visit(definition)
  return found
}

const has = (pattern: RegExp) => (operation: Written) => pattern.test(operation.comment)

/** The names of the operations that break a rule. */
const breaking = (operations: ReadonlyArray<Written>, holds: (operation: Written) => boolean) =>
  operations.filter((operation) => !holds(operation)).map(({ name }) => name)

describe("operations", () => {
  it("every operation is exported by the package and has a statement in its module's source", () => {
    expect(exported.length).toBeGreaterThan(70)
    expect(exported.map(({ name }) => name).sort()).toEqual(written.map(({ name }) => name).sort())
  })

  it("spec.name of every operation is its module and export", () => {
    const streamNames = new Set(streams.map(({ name }) => name))
    const wrong = exported
      .filter(({ name, spec }) => !streamNames.has(name) && spec.name !== name)
      .map(({ name, spec }) => `${name} says ${spec.name}`)
    expect(wrong).toEqual([])
  })

  it("the API versions and scopes of every operation have Tableau's form", () => {
    const wrong = exported
      .filter(
        ({ spec }) =>
          !/^\d+\.\d+$/.test(spec.since) ||
          !(spec.until === undefined || /^\d+\.\d+$/.test(spec.until)) ||
          !(spec.scopes === "none" ? [] : spec.scopes).every((scope) => /^tableau:[a-z_]+:[a-z_]+$/.test(scope))
      )
      .map(({ name }) => name)
    expect(wrong).toEqual([])
  })

  it("no operation destructures a parameter, whose label would be missing in signature help", () => {
    expect(breaking(calls, (operation) => inputsOf(operation).length > 0)).toEqual([])
    const isLabelled = (operation: Written) =>
      inputsOf(operation).every(({ parameters }) => parameters.every(({ name }) => ts.isIdentifier(name)))
    expect(breaking(calls, isLabelled)).toEqual([])
  })
})

describe("lists in pages", () => {
  it("every list in pages has a stream with the same facts, named after the list", () => {
    const lists = calls.filter(isPaged)
    expect(lists.length).toBeGreaterThan(10)
    const specs = new Map(exported.map(({ name, spec }) => [name, spec]))
    const missing = breaking(lists, ({ key, name }) => {
      const module = name.slice(0, name.indexOf("."))
      const stream = streams.find((stream) => stream.name === `${module}.${streamName(key)}`)
      return stream?.streamOf === key && specs.get(stream.name) === specs.get(name)
    })
    expect(missing).toEqual([])
    expect(streams).toHaveLength(lists.length)
  })
})

describe("docstrings of operations", () => {
  it("the docstring of every operation begins with a sentence", () => {
    expect(breaking(written, has(/^\/\*\*\n \* [A-Z][^@]*?[.:]/))).toEqual([])
  })

  it("the docstring of every operation but streams links to Tableau's page", () => {
    expect(breaking(calls, has(/^ \* @see https:\/\/help\.tableau\.com\/\S+$/m))).toEqual([])
  })

  it("the docstring of every operation has a version and a category", () => {
    expect(breaking(written, has(/^ \* @since \d+\.\d+\.\d+$/m))).toEqual([])
    expect(breaking(written, has(/^ \* @category operations$/m))).toEqual([])
  })

  it("the docstring has an example if the operation lists, creates, updates or publishes, or returns a file", () => {
    const mustHave = calls.filter(
      (operation) => isPaged(operation) || isFile(operation) || /^(list|create|update|publish)/.test(operation.key)
    )
    expect(breaking(mustHave, has(/^ \* @example\n \* ```ts\n/m))).toEqual([])
  })
})
