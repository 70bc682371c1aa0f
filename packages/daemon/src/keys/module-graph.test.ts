import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { evmPayment, signed } from '../../test/signing.ts'
import { startKeys } from './service.ts'

const entry = fileURLToPath(new URL('./signer/main.ts', import.meta.url))
const require = createRequire(import.meta.url)
// Loaded at run time, where a bundler does not look.
const nativeLibraries = ['sodium-native', '@node-rs/argon2', 'secp256k1/bindings.js'].map((name) =>
  require.resolve(name),
)
const network = /^(node:)?(net|http|https|http2|tls|dgram|dns|cluster|inspector|undici)(\/|$)/

test('no module that the signer can reach, libraries included, imports a network module', async () => {
  const { metafile } = await build({
    entryPoints: [entry, ...nativeLibraries],
    outdir: 'unused',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    loader: { '.node': 'empty' },
    logLevel: 'silent',
  })
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path))
  expect(imports.some((path) => path.endsWith('node:crypto') || path === 'crypto')).toBe(true)
  expect(imports.filter((path) => network.test(path))).toEqual([])
})

test('no file of the daemon but the keys folder is in the signer', async () => {
  const options = { bundle: true, write: false, metafile: true, platform: 'node', format: 'esm' } as const
  const { metafile } = await build({ ...options, entryPoints: [entry], outdir: 'unused', logLevel: 'silent' })
  const own = Object.keys(metafile.inputs).filter((path) => !path.includes('node_modules'))
  expect(own.filter((path) => !path.includes('src/keys/'))).toEqual([])
})

test('the signer works bundled to one file', async () => {
  // Beside the libraries that stay outside the bundle.
  const modules = nearestModules(entry)
  await mkdir(join(modules, '.cache'), { recursive: true })
  const folder = await mkdtemp(join(modules, '.cache', 'waiaas-signer-'))
  const outfile = join(folder, 'signer.mjs')
  try {
    await build({ entryPoints: [entry], bundle: true, outfile, platform: 'node', format: 'esm', target: 'node22' })
    const keys = await startKeys({ signerEntry: pathToFileURL(outfile) })
    await keys.createKeyring('a master password')
    const phrase = `${'abandon '.repeat(11)}about`
    const key = await keys.import('wallet', 'ethereum', { kind: 'mnemonic', phrase })
    const [result] = await signed(keys, key, [evmPayment()])
    await keys.stop()
    expect(result!.signature).toHaveLength(65)
  } finally {
    await rm(folder, { recursive: true })
  }
})

function nearestModules(from: string): string {
  const candidate = join(dirname(from), 'node_modules')
  return existsSync(join(candidate, 'sodium-native')) ? candidate : nearestModules(dirname(from))
}
