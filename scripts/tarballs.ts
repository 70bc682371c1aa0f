/**
 * The second half of `npm run bundle`: makes `tarballs/`, packages that npm installs into somebody's own project. `sdk` and
 * `mcp` are ES modules with their declarations, the contract inlined; `cli` is what lies in `dist/`. `--out <dir>` names
 * another folder, `--dist <dir>` another bundle. Two runs over the same files make the same bytes.
 */
import { execFile } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const ran = promisify(execFile)
const TYPED = ['sdk', 'mcp'] as const
/** What the bundle in `dist/` loads by name, and no file of it holds. */
const NATIVE = ['@node-rs/argon2', '@noble/curves', 'better-sqlite3', 'secp256k1', 'sodium-native']

type Manifest = {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly bin?: object
  readonly dependencies: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly peerDependenciesMeta?: object
}
const manifestOf = async (folder: string) =>
  JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Manifest

/** What a package needs from the registry: its dependencies and those of our packages that are inlined into it. */
async function fromRegistry(name: string): Promise<Record<string, string>> {
  const needed: Record<string, string> = {}
  for (const [each, version] of Object.entries((await manifestOf(`packages/${name}`)).dependencies))
    if (each.startsWith('@waiaas/')) Object.assign(needed, await fromRegistry(each.slice('@waiaas/'.length)))
    else needed[each] = version
  return Object.fromEntries(Object.entries(needed).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What a library is entered by beside its index: for each library of others that a part of it goes with, a file of that name. */
const PARTS = { sdk: ['viem', 'solana'], mcp: [] } as const
const sourceOf = (name: string, part = 'index') => join(root, 'packages', name, `src/${part}.ts`)

/** The declarations of both packages and of what they name, as the compiler writes them. */
async function emitDeclarations(outDir: string): Promise<void> {
  const paths = Object.fromEntries(['contract', ...TYPED].map((name) => [`@waiaas/${name}`, [sourceOf(name)]]))
  const files = TYPED.flatMap((name) => ['index', ...PARTS[name]].map((part) => sourceOf(name, part)))
  const emit = { noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: join(root, 'packages'), outDir }
  const compilerOptions = { ...emit, paths, typeRoots: [join(root, 'node_modules/@types')] }
  const project = join(outDir, 'tsconfig.json')
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: [], files }
  await writeFile(project, JSON.stringify(config))
  await ran(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project])
}

/** Copies the declarations that a file reaches, each import of our own as the path of a file beside it. */
async function copyDeclarations(from: string, to: string, entry: string): Promise<void> {
  const open = [entry]
  const done = new Set(open)
  for (const file of open) {
    const text = await readFile(join(from, file), 'utf8')
    const inlined = text.replaceAll(
      /(from |import\()(['"])(\.{1,2}\/[^'"]+|@waiaas\/[a-z]+)\2/g,
      (_, before: string, quote: string, name: string) => {
        const own = /^@waiaas\/(.+)$/.exec(name)?.[1]
        const target = own ? `${own}/src/index` : join(dirname(file), name.replace(/\.ts$/, ''))
        if (!done.has(`${target}.d.ts`)) open.push(`${target}.d.ts`)
        done.add(`${target}.d.ts`)
        const path = relative(dirname(file), target)
        return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}.js${quote}`
      },
    )
    await mkdir(dirname(join(to, file)), { recursive: true })
    await writeFile(join(to, file), inlined)
  }
}

/** Our packages become part of the file; those of the registry are left to npm. */
async function bundleLibrary(entryPoints: Record<string, string>, outdir: string, external: string[]): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    external,
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node22.12',
    legalComments: 'none',
    logLevel: 'warning',
  })
}

type Made = { readonly folder: string; readonly name: string; readonly more: object }

async function describe({ folder, name, more }: Made): Promise<void> {
  const { version, license } = await manifestOf('.')
  const own = await manifestOf(`packages/${name}`)
  const common = { name: own.name, version, license, type: 'module', engines: { node: '>=22.12' } }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ ...common, ...more }, null, 2)}\n`)
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  await copyFile(join(root, 'packages', name, 'README.md'), join(folder, 'README.md'))
}

async function makeLibrary(name: (typeof TYPED)[number], folder: string, declarations: string): Promise<void> {
  const dependencies = await fromRegistry(name)
  const { peerDependencies = {}, peerDependenciesMeta } = await manifestOf(`packages/${name}`)
  const parts = ['index', ...PARTS[name]]
  const programs = name === 'mcp' ? { 'waiaas-mcp': sourceOf(name, 'main') } : {}
  const external = Object.keys({ ...dependencies, ...peerDependencies }).flatMap((each) => [each, `${each}/*`])
  const entries = Object.fromEntries(parts.map((part) => [part, sourceOf(name, part)]))
  await bundleLibrary({ ...entries, ...programs }, join(folder, 'lib'), external)
  for (const program of Object.keys(programs)) await makeCommand(join(folder, 'lib', `${program}.js`))
  for (const part of parts) await copyDeclarations(declarations, join(folder, 'types'), `${name}/src/${part}.d.ts`)
  const exports = Object.fromEntries(
    parts.map((part) => [
      part === 'index' ? '.' : `./${part}`,
      { types: `./types/${name}/src/${part}.d.ts`, default: `./lib/${part}.js` },
    ]),
  )
  const bin = name === 'mcp' ? { bin: { 'waiaas-mcp': 'lib/waiaas-mcp.js' } } : {}
  const peers = peerDependenciesMeta && { peerDependencies, peerDependenciesMeta }
  await describe({ folder, name, more: { exports, ...bin, dependencies, ...peers } })
}

async function makeCommand(path: string): Promise<void> {
  await writeFile(path, `#!/usr/bin/env node\n${await readFile(path, 'utf8')}`)
  await chmod(path, 0o755)
}

/** The bundle without the native packages of this machine, which npm gets for the one it is installed on. */
async function makeCli(folder: string, dist: string): Promise<void> {
  for (const each of ['admin', 'lib', 'scalar', 'skills', 'NOTICES'])
    await cp(join(dist, each), join(folder, each), { recursive: true })
  const versions = NATIVE.map(async (name) => [name, (await manifestOf(`node_modules/${name}`)).version])
  const dependencies = Object.fromEntries(await Promise.all(versions)) as Record<string, string>
  const bin = { waiaas: 'lib/waiaas.js', 'waiaas-mcp': 'lib/waiaas-mcp.js' }
  await describe({ folder, name: 'cli', more: { bin, dependencies } })
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' }, dist: { type: 'string' } } })
  const out = resolve(values.out ?? join(root, 'tarballs'))
  const work = await mkdtemp(join(tmpdir(), 'waiaas-tarballs-'))
  try {
    const declarations = join(work, 'declarations')
    await mkdir(declarations)
    await emitDeclarations(declarations)
    for (const name of TYPED) await makeLibrary(name, join(work, name), declarations)
    await mkdir(join(work, 'cli'))
    await makeCli(join(work, 'cli'), resolve(values.dist ?? join(root, 'dist')))
    await rm(out, { recursive: true, force: true })
    await mkdir(out, { recursive: true })
    for (const name of [...TYPED, 'cli'])
      await ran('npm', ['pack', join(work, name), '--ignore-scripts', '--pack-destination', out], { cwd: root })
    console.log((await readdir(out)).map((file) => join(out, file)).join('\n'))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

await main()
