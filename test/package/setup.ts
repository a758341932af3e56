/** Before the tests of what is published: packs the packages, which builds them, and unpacks them as npm installs them. */
import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { packages, project, root, tarball } from "./project.js"

export default (): void => {
  const run = (directory: string, command: string, ...args: ReadonlyArray<string>) =>
    execFileSync(command, args, { cwd: directory, stdio: ["ignore", "pipe", "inherit"] })
  rmSync(project, { recursive: true, force: true })
  for (const { directory, name } of packages) {
    const installed = join(project, "node_modules", name)
    mkdirSync(installed, { recursive: true })
    run(join(root, directory), "npm", "pack", "--silent", "--pack-destination", project)
    run(project, "tar", "-xzf", tarball(name), "--strip-components=1", "-C", installed)
  }
}
