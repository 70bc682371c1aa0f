import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { stepsOf, through } from './kill-steps.ts'

// Programs that tests start many times, each in one file, as the image has them: a process of one starts in half the
// time. They are made from the source when they are first needed, and name what lies beside the source where it lies.

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, 'node_modules/.cache/waiaas-tests')

/** Native code, and what stands in for it; pg goes on without its native twin. */
const external = [
  'better-sqlite3',
  'sodium-native',
  '@node-rs/argon2',
  'secp256k1/bindings.js',
  '@noble/curves/secp256k1.js',
  'pg-native',
]

/** What CommonJS packages inside an ES module call. */
const banner =
  "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);"

const daemonOfSource = new URL('./daemon-process.ts', import.meta.url)
const signerOfSource = "new URL('./signer/main.ts', import.meta.url)"

export const isSignersStart = (path: string): boolean => path.endsWith('/packages/daemon/src/keys/service.ts')

/** The source that starts signers, with the built one in place of the signer's source. */
export function withBuiltSigner(source: string, signer: string): string {
  const parts = source.split(signerOfSource)
  if (parts.length !== 2) throw new Error(`expected ${signerOfSource} once, found it ${parts.length - 1} times`)
  return parts.join(`new URL('${pathToFileURL(signer)}')`)
}

let signer: Promise<string> | undefined
/** The signer; where it is. */
export function builtSigner(): Promise<string> {
  signer ??= build(new URL('../../packages/daemon/src/keys/signer/main.ts', import.meta.url), 'signer')
  return signer
}

let daemon: Promise<string> | undefined
/** The daemon; where it is. */
export function builtDaemon(): Promise<string> {
  daemon ??= builtSigner().then((path) => build(daemonOfSource, 'daemon', [inPlace(path)]))
  return daemon
}

let killable: Promise<string> | undefined
/** A daemon whose steps are called through `killable`; where it is. */
export function killableDaemon(): Promise<string> {
  killable ??= builtSigner().then((path) => build(daemonOfSource, 'killable-daemon', [inPlace(path, stepsOf)]))
  return killable
}

/** Modules know where their source is, start the built signer, and take some steps through `killable`. */
function inPlace(signerPath: string, steps: (path: string) => readonly string[] = () => []): Plugin {
  return {
    name: 'in place',
    setup({ onLoad }) {
      onLoad({ filter: /\/packages\/\w+\/src\/.*\.ts$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8')
        const started = isSignersStart(path) ? withBuiltSigner(source, signerPath) : source
        const placed = started
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path)))
          .replaceAll('import.meta.dirname', JSON.stringify(join(path, '..')))
        return { contents: steps(path).reduce(through, placed), loader: 'ts' }
      })
    },
  }
}

async function build(entry: URL, name: string, plugins: Plugin[] = []): Promise<string> {
  // Most tests need none of it.
  const esbuild = await import('esbuild')
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22.12',
    external,
    // Names stay: errors are told apart by them.
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    plugins,
    banner: { js: banner },
  })
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.mjs`)
  // Another process may be starting the one that was there.
  const next = `${file}.${process.pid}`
  writeFileSync(next, outputFiles[0]!.contents)
  renameSync(next, file)
  return file
}
