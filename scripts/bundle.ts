/**
 * `npm run bundle`: makes `dist/`, which runs without the sources: the commands and the daemon as ES modules with what
 * is loaded on first use in files of its own, the signer as one file, and the few packages that cannot be bundled.
 * `--out <dir>` names another folder.
 */
import { execFileSync } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { copyPackages, foldersOf, type Package, packageOf } from './bundle-packages.ts'

const root = join(import.meta.dirname, '..')
const cli = join(root, 'packages/cli/src')

/** Loaded at run time by name: native code, and what stands in for it on a machine without a binary. */
const unbundled = [
  'better-sqlite3',
  'sodium-native',
  '@node-rs/argon2',
  'secp256k1/bindings.js',
  '@noble/curves/secp256k1.js',
]

/** Where the source names a file beside itself, the bundle names its own. A text that is not there exactly once is an error. */
const relocations: Readonly<Record<string, readonly [from: string, to: string]>> = {
  'packages/cli/src/admin-page.ts': ["'../../admin/scripts/build.ts'", "'../admin/build.ts'"],
  'packages/daemon/src/admin-page/service.ts': ["'../../../admin/dist'", "'../admin'"],
  'packages/daemon/src/keys/service.ts': ["'./signer/main.ts'", "'./signer.js'"],
  'packages/daemon/src/platform/db/log-copier.ts': ["'./log-copier-thread.ts'", "'./log-copier.js'"],
  'packages/daemon/src/platform/http/reference.ts': ["'../../../vendor/scalar'", "'../scalar'"],
  'packages/daemon/src/proving.ts': ["'./proving-thread.ts'", "'./proving.js'"],
  'packages/daemon/src/skills/service.ts': ["'../../../../skills'", "'../skills'"],
  'packages/mcp/src/program.ts': ["'../bin/waiaas-mcp.cjs'", "'./waiaas-mcp.js'"],
}

/** Commands that run local chains: the programs for that are ten times the size of everything else. */
const leftOut = ['demo', 'dev']

const leftOutCommand = (name: string) => `import { CommandError } from '../errors.ts'
export const usage = 'waiaas ${name} runs from the source: git clone the project, npm ci, npm run ${name}'
export function run() { throw new CommandError('the local chains of "waiaas ${name}" are not part of this build', usage) }`

/** In the place of the local chains, for what runs without them as well. */
const noLocalChains = `import { CommandError } from './errors.ts'
const none = () => { throw new CommandError('local chains are not part of this build', 'git clone the project, npm ci, npm run up') }
export { none as evmFaucetAt, none as solanaFaucetAt, none as startLocalnet }`

const relocate: Plugin = {
  name: 'relocate',
  setup({ onResolve, onLoad, onEnd }) {
    const left = new Set([...Object.keys(relocations), ...leftOut])
    const filter = new RegExp(`(${Object.keys(relocations).map(literally).join('|')})$`)
    onLoad({ filter }, async ({ path }) => {
      const name = Object.keys(relocations).find((each) => path.endsWith(sep + each))!
      left.delete(name)
      return { contents: replaceOnce(name, await readFile(path, 'utf8')), loader: 'ts' }
    })
    onLoad({ filter: new RegExp(`/cli/src/commands/(${leftOut.join('|')})\\.ts$`) }, ({ path }) => {
      const name = leftOut.find((each) => path.endsWith(`/${each}.ts`))!
      left.delete(name)
      return { contents: leftOutCommand(name), loader: 'ts', resolveDir: dirname(path) }
    })
    onResolve({ filter: /^@waiaas\/localnet$/ }, () => ({ path: 'local-chains', namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: noLocalChains, loader: 'ts', resolveDir: cli }))
    onEnd(() => {
      if (left.size > 0) throw new Error(`expected to meet ${[...left].join(', ')}: scripts/bundle.ts is out of date`)
    })
  },
}

function replaceOnce(name: string, text: string): string {
  const [from, to] = relocations[name]!
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`expected ${from} once in ${name}, found it ${parts.length - 1} times`)
  return parts.join(to)
}

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')

/** What CommonJS packages inside an ES module call. */
const requireForPackages =
  "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);"

const common = (lib: string) =>
  ({
    absWorkingDir: root,
    outdir: lib,
    bundle: true,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.12',
    // pg asks for its native twin, which is not used, and goes on without.
    external: [...unbundled, 'pg-native'],
    // Names stay: errors are told apart by them, and a stack should be readable.
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
  }) satisfies BuildOptions

async function bundlePrograms(lib: string): Promise<Metafile> {
  const { metafile } = await build({
    ...common(lib),
    entryPoints: { waiaas: join(cli, 'main.ts'), 'waiaas-mcp': join(root, 'packages/mcp/src/main.ts') },
    splitting: true,
    chunkNames: '[name]-[hash]',
    plugins: [relocate],
    banner: { js: requireForPackages },
  })
  return metafile
}

/** One file, which is all that the signer may read beside its native libraries. */
async function bundleSigner(lib: string): Promise<Metafile> {
  const { metafile } = await build({
    ...common(lib),
    entryPoints: { signer: join(root, 'packages/daemon/src/keys/signer/main.ts') },
  })
  return metafile
}

/** What runs in a thread of the daemon is loaded from a file of its own. */
async function bundleThreads(lib: string): Promise<Metafile> {
  const daemon = join(root, 'packages/daemon/src')
  const { metafile } = await build({
    ...common(lib),
    entryPoints: {
      'log-copier': join(daemon, 'platform/db/log-copier-thread.ts'),
      proving: join(daemon, 'proving-thread.ts'),
    },
    banner: { js: requireForPackages },
  })
  return metafile
}

/** What the admin page holds, which vite makes; this makes nothing, and tells whose code it is. */
async function lookIntoAdmin(): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'packages/admin/src/main.tsx')],
    outdir: 'unused',
    bundle: true,
    write: false,
    metafile: true,
    logLevel: 'warning',
  })
  return metafile
}

/** The packages whose code is in the bundle. */
function bundledPackages(metafiles: readonly Metafile[]): Promise<Package[]> {
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs))
  const folders = foldersOf(outputs.flatMap(({ inputs }) => Object.keys(inputs)))
  return Promise.all(folders.map((folder) => packageOf(join(root, folder))))
}

async function copyReference(out: string): Promise<void> {
  const from = join(root, 'packages/daemon/vendor/scalar')
  await mkdir(join(out, 'scalar'))
  for (const file of ['standalone.js', 'LICENSE', 'VENDOR.json'])
    await copyFile(join(from, file), join(out, 'scalar', file))
}

/** esbuild starts a program's file with the banner, and the system wants its own line first. */
async function makeCommand(path: string): Promise<void> {
  await writeFile(path, `#!/usr/bin/env node\n${await readFile(path, 'utf8')}`)
  await chmod(path, 0o755)
}

async function writeManifest(out: string): Promise<void> {
  const { version, description, license } = await packageOf(root)
  const bin = { waiaas: 'lib/waiaas.js', 'waiaas-mcp': 'lib/waiaas-mcp.js' }
  const engines = { node: '>=22.12' }
  const manifest = { name: 'waiaas', version, private: true, description, license, type: 'module', engines, bin }
  await writeFile(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** The licences of everything that `dist/` hands on. */
async function writeNotices(out: string, packages: readonly Package[]): Promise<void> {
  const unique = new Map(packages.map((each) => [`${each.name} ${each.version}`, each]))
  const sections = [...unique]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, { license, licenseText }]) => `${title} (${license})\n\n${licenseText.trim()}\n`)
  await writeFile(join(out, 'NOTICES'), sections.join(`\n${'-'.repeat(80)}\n\n`))
  await copyFile(join(root, 'LICENSE'), join(out, 'LICENSE'))
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } })
  const out = resolve(values.out)
  const lib = join(out, 'lib')
  await rm(out, { recursive: true, force: true })
  await mkdir(lib, { recursive: true })
  const metafiles = await Promise.all([bundlePrograms(lib), bundleSigner(lib), bundleThreads(lib), lookIntoAdmin()])
  for (const name of ['waiaas.js', 'waiaas-mcp.js']) await makeCommand(join(lib, name))
  await copyReference(out)
  await cp(join(root, 'skills'), join(out, 'skills'), { recursive: true })
  execFileSync(process.execPath, [join(root, 'packages/admin/scripts/build.ts'), '--out', join(out, 'admin')])
  const installed = await copyPackages({ modules: unbundled, root, out })
  await writeManifest(out)
  const bundled = await bundledPackages(metafiles)
  await writeNotices(out, [...bundled, ...installed])
  console.log(`${out}: ${bundled.length} packages bundled, ${installed.length} beside the bundle`)
}

await main()
