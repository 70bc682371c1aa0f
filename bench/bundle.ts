import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program } from './daemon.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const signer = join(root, 'packages/daemon/src/keys/signer/main.ts')
/** Packages with a binary, or that look for files beside themselves. */
const external = ['better-sqlite3', '@node-rs/argon2', 'sodium-native', 'secp256k1', 'pg-native']

/** The daemon and the signer as one file each, as they are shipped; removed when the process ends. */
export async function bundledProgram(): Promise<Program> {
  const { build } = await import('esbuild')
  // Below the project's own modules, where the binaries are found.
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'waiaas-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const common = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minifySyntax: true,
    external,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    // Libraries in CommonJS ask for Node's own modules by require.
    banner: {
      js: "import { createRequire as _createRequire } from 'node:module'; const require = _createRequire(import.meta.url);",
    },
  } as const
  await build({ ...common, entryPoints: { signer } })
  await build({
    ...common,
    splitting: true,
    entryPoints: { daemon: fileURLToPath(new URL('children/daemon.ts', import.meta.url)) },
    plugins: [
      {
        name: 'signer-beside-the-bundle',
        setup(building) {
          building.onLoad({ filter: /daemon\/src\/keys\/service\.ts$/ }, ({ path }) => ({
            contents: readFileSync(path, 'utf8').replace('./signer/main.ts', './signer.mjs'),
            loader: 'ts',
          }))
        },
      },
    ],
  })
  return { path: join(folder, 'daemon.mjs'), nodeArguments: [] }
}
