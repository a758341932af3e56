/** What npm publishes. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { packages, project, root, tarball } from "./project.js"

const filesIn = (archive: string): ReadonlyArray<string> =>
  execFileSync("tar", ["-tzf", archive], { encoding: "utf8" })
    .split("\n")
    .filter((file) => file !== "")
    .map((file) => file.replace("package/", ""))

/** The anchors that GitHub and npm make of headings. */
const anchors = (markdown: string): ReadonlyArray<string> =>
  Array.from(markdown.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  )

for (const { directory, name } of packages) {
  describe(`the tarball of ${name}`, () => {
    const installed = join(project, "node_modules", name)

    it("contains the build, the sources and the documents, and no other file", () => {
      const expected =
        /^(package\.json|README\.md|LICENSE|docs\/[\w-]+\.md|src\/[\w/]+\.ts|dist\/[\w/]+(\.js|\.d\.ts)(\.map)?)$/
      const files = filesIn(tarball(name))
      expect(files.filter((file) => !expected.test(file))).toEqual([])
      expect(files).toEqual(
        expect.arrayContaining(["package.json", "README.md", "LICENSE", "dist/index.js", "src/index.ts"])
      )
    })

    it("contains no file of a module that does not exist any more", () => {
      const files = filesIn(tarball(name))
      const withoutSource = files.filter((file) => {
        const [, module] = /^dist\/(.+?)\.(?:js|d\.ts)(?:\.map)?$/.exec(file) ?? []
        // The file with the code of all modules.
        if (module === undefined || module === "internal/package") return false
        return !files.includes(`src/${module}.ts`)
      })
      expect(withoutSource).toEqual([])
    })

    it("has a README whose links all lead somewhere", () => {
      const readme = readFileSync(join(installed, "README.md"), "utf8")
      const links = Array.from(readme.matchAll(/\]\((?!https?:)([^)]+)\)/g), ([, link = ""]) => link)
      const broken = links.filter((link) => {
        const [file = "", anchor] = link.split("#")
        const target = file === "" ? "README.md" : file
        if (!existsSync(join(installed, target))) return true
        return anchor !== undefined && !anchors(readFileSync(join(installed, target), "utf8")).includes(anchor)
      })
      expect(broken).toEqual([])
    })

    it("has the links within its README that the README of the repository has", () => {
      const linksWithin = (file: string) => readFileSync(file, "utf8").match(/\[[^\]]+\]\(#[^)]+\)/g) ?? []
      const source = join(root, name === "effect-tableau" ? "README.md" : `${directory}/README.md`)
      expect(linksWithin(join(installed, "README.md"))).toEqual(linksWithin(source))
    })
  })
}

it("the README of effect-tableau links to its list of operations", () => {
  const files = filesIn(tarball("effect-tableau"))
  expect(files).toContain("docs/OPERATIONS.md")
  expect(readFileSync(join(project, "node_modules/effect-tableau/README.md"), "utf8")).toContain(
    "](docs/OPERATIONS.md)"
  )
})

it("a package is built by npm pack when its dist has a file that the build did not write", () => {
  const directory = join(root, "packages/simulator")
  const program = `import { isBuilt } from "./scripts/isBuilt.mjs"; console.log(isBuilt(${JSON.stringify(directory)}))`
  const isBuilt = () =>
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: root, encoding: "utf8" }).trim()
  expect(isBuilt()).toBe("true")
  for (const stray of ["dist/.tsbuildinfo", "dist/internal/removed.js"]) {
    writeFileSync(join(directory, stray), "")
    expect(isBuilt()).toBe("false")
    rmSync(join(directory, stray))
  }
})
