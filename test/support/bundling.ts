/** Programs of tests, as one file each: many processes of one program start sooner. */
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

/** Writes `worker.mjs` into the folder for `worker.ts`, from the sources of the packages. `external` stays outside. */
export const bundleInto = (
  folder: string,
  programs: ReadonlyArray<string>,
  external: ReadonlyArray<string> = []
): Promise<unknown> =>
  build({
    entryPoints: [...programs],
    tsconfig: fileURLToPath(new URL("../../tsconfig.json", import.meta.url)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
    external: [...external],
    // CommonJS modules in the bundle require Node's own modules.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);'
    }
  })
