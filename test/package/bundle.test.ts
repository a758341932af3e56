import * as esbuild from "esbuild"
import { expect, it } from "vitest"
import { project } from "./project.js"

/** What a bundler keeps of the installed client for a program that imports some of it. */
const bundle = async (program: string): Promise<string> => {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: program, resolveDir: project },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    external: ["effect", "@effect/*"],
    // The repository's own configuration would resolve the package to its sources.
    tsconfigRaw: {},
    write: false
  })
  return outputFiles.map(({ text }) => text).join("")
}

/** Request lines, as `GET /sites/{siteId}/workbooks`, and names of operations, as `Workbooks.list`. */
const operations = (code: string) => ({
  requests: Array.from(code.matchAll(/["'`]((?:GET|POST|PUT|PATCH|DELETE) \/[^"'`]*)["'`]/g), ([, line]) => line),
  names: Array.from(code.matchAll(/\bname:["'`]([A-Z]\w*\.\w+)["'`]/g), ([, name]) => name)
})

it("a bundle of one operation contains no other operation", async () => {
  const code = await bundle('import { get } from "effect-tableau/Workbooks"\nconsole.log(get)')
  expect(operations(code)).toEqual({
    requests: ["GET /sites/{siteId}/workbooks/{workbookId}"],
    names: ["Workbooks.get"]
  })
})

// esbuild keeps all of a module that is reached through the index: a program that counts bytes imports the module. Workbooks
// are uploaded in blocks, published by jobs, and found in projects, so that the module needs the operations of these.
it("a bundle of one operation from the index contains no operation that its module does not use", async () => {
  const code = await bundle('import { Workbooks } from "effect-tableau"\nconsole.log(Workbooks.get)')
  const { names } = operations(code)
  expect(names).toContain("Workbooks.get")
  expect(names.filter((name) => !/^(?:Workbooks|FileUploads|Jobs|Projects)\./.test(name ?? ""))).toEqual([])
})

it("a bundle of a program that uses nothing of its import is empty", async () => {
  expect(await bundle('import * as Workbooks from "effect-tableau/Workbooks"')).toBe("")
})
