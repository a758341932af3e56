/** What an editor shows of an operation. The editor's server is TypeScript's own, as every editor runs it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import ts from "typescript"
import { describe, expect, it } from "vitest"
import { project, root } from "./project.js"

const program = `import { type Ids, Workbooks } from "effect-tableau"

declare const workbookId: Ids.WorkbookId

export const operations = [
  Workbooks.get(workbookId),
  Workbooks.list({ pageSize: 100 }),
  Workbooks.stream({ pageSize: 100 }),
  Workbooks.addTags(workbookId, ["sales"]),
  Workbooks.download(workbookId)
]
`

const Parts = Schema.Array(Schema.Struct({ text: Schema.String }))

const QuickInfo = Schema.Struct({
  displayString: Schema.String,
  documentation: Schema.String,
  tags: Schema.Array(Schema.Struct({ name: Schema.String, text: Schema.String }))
})

const SignatureHelp = Schema.Struct({
  selectedItemIndex: Schema.Int,
  items: Schema.Array(Schema.Struct({ parameters: Schema.Array(Schema.Struct({ displayParts: Parts })) }))
})

const Definitions = Schema.Tuple(
  Schema.Struct({ file: Schema.String, start: Schema.Struct({ line: Schema.Int, offset: Schema.Int }) })
)

const nothing = () => undefined

/** TypeScript's server writes its responses to stdout; here they are read as results. */
class Session extends ts.server.Session {
  override send(): void {}
}

/** An editor in which the program is open, in a folder with a configuration of its own. */
class Editor {
  readonly #file: string
  readonly #session: Session

  constructor(folder: string, config: object) {
    this.#file = join(folder, "program.ts")
    mkdirSync(folder, { recursive: true })
    writeFileSync(this.#file, program)
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...config, files: ["program.ts"] }))
    const watcher = { close: nothing }
    const timers = { setTimeout, clearTimeout, setImmediate, clearImmediate }
    this.#session = new Session({
      host: { ...ts.sys, ...timers, watchFile: () => watcher, watchDirectory: () => watcher },
      logger: {
        close: nothing,
        hasLevel: () => false,
        loggingEnabled: () => false,
        perftrc: nothing,
        info: nothing,
        startGroup: nothing,
        endGroup: nothing,
        msg: nothing,
        getLogFileName: nothing
      },
      cancellationToken: ts.server.nullCancellationToken,
      typingsInstaller: ts.server.nullTypingsInstaller,
      useSingleInferredProject: false,
      useInferredProjectPerProjectRoot: false,
      byteLength: Buffer.byteLength,
      hrtime: process.hrtime,
      canUseEvents: false
    })
    this.#request("open", {})
  }

  #request(command: string, position: object): unknown {
    const args = { file: this.#file, ...position }
    return this.#session.executeCommand({ seq: 0, type: "request", command, arguments: args }).response
  }

  /** Requests something at the name of an operation, or so many characters after its start. */
  #at(command: string, name: string, after = 0): unknown {
    const before = program.slice(0, program.indexOf(`Workbooks.${name}(`) + "Workbooks.".length + after).split("\n")
    return this.#request(command, { line: before.length, offset: (before.at(-1) ?? "").length + 1 })
  }

  /** What a hover shows: the type, the docs and the links. */
  hover(name: string) {
    const { displayString, documentation, tags } = Schema.decodeUnknownSync(QuickInfo)(this.#at("quickinfo", name))
    return {
      type: displayString,
      docs: documentation,
      see: tags.filter((tag) => tag.name === "see").map(({ text }) => text)
    }
  }

  /** The parameters as shown while the arguments are typed. */
  parameters(name: string) {
    const help = Schema.decodeUnknownSync(SignatureHelp)(this.#at("signatureHelp", name, name.length + 1))
    return (help.items[help.selectedItemIndex]?.parameters ?? []).map(({ displayParts }) =>
      displayParts.map(({ text }) => text).join("")
    )
  }

  /** The file, relative to the package, and the line that go-to-definition opens. */
  definition(name: string) {
    const [{ file, start }] = Schema.decodeUnknownSync(Definitions)(this.#at("definition", name))
    return {
      file: file.slice(file.lastIndexOf("/src/") + 1),
      line: readFileSync(file, "utf8").split("\n")[start.line - 1]
    }
  }
}

const installed = () =>
  new Editor(project, {
    compilerOptions: {
      target: "ES2022",
      lib: ["ES2022", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
      module: "NodeNext",
      strict: true,
      exactOptionalPropertyTypes: true,
      types: []
    }
  })

const inRepository = () =>
  new Editor(join(root, "test/.generated/sources"), { extends: "../../../tsconfig.json", exclude: [] })

const expected = [
  {
    name: "get",
    line: "export const get = Operation.make({",
    types: ["Effect<Workbooks.Workbook, CallError, TableauSession>"],
    parameters: ["workbookId: Ids.WorkbookId"]
  },
  {
    name: "list",
    line: "export const list = Operation.make({",
    types: ["Effect<Listing<Workbooks.Workbook>, ListError, TableauSession>"],
    parameters: ["options?: Workbooks.ListOptions | undefined"]
  },
  {
    name: "stream",
    line: "export const stream = Operation.stream(list)",
    types: ["Stream<Workbooks.Workbook, ListError, TableauSession>"],
    parameters: ["options?: Workbooks.ListOptions | undefined"]
  },
  {
    name: "addTags",
    line: 'export const addTags = Tags.add(workbooks, "2.0")',
    types: ["Effect<readonly Tag[], CallError, TableauSession>"],
    parameters: ["id: Ids.WorkbookId", "labels: readonly string[]"]
  },
  {
    name: "download",
    line: "export const download = Revisions.download(workbooks)",
    // The order within a union is the compiler's.
    types: ["Effect<Download, ", "CallError", "TableauSession", "Scope"],
    parameters: ["id: Ids.WorkbookId", "options?: DownloadOptions | undefined"]
  }
]

for (const [where, start] of [
  ["the installed package", installed],
  ["the sources", inRepository]
] as const) {
  describe(`an editor with ${where}`, () => {
    let editor: Editor | undefined
    const opened = () => {
      editor ??= start()
      return editor
    }

    for (const { line, name, parameters, types } of expected) {
      it(`shows the named types and the docs of Workbooks.${name}`, () => {
        const { docs, see, type } = opened().hover(name)
        for (const part of [...types, parameters.join(", ")]) expect(type).toContain(part)
        expect(docs).toMatch(/^[A-Z].*\.$/s)
        const pages =
          name === "stream" ? [] : [expect.stringContaining("https://help.tableau.com/current/api/rest_api/")]
        expect(see).toEqual(pages)
      })

      it(`shows the parameter labels of Workbooks.${name} in a call`, () => {
        expect(opened().parameters(name)).toEqual(parameters)
      })

      it(`opens only the statement of Workbooks.${name} as its definition`, () => {
        expect(opened().definition(name)).toEqual({ file: "src/Workbooks.ts", line })
      })
    }
  })
}
