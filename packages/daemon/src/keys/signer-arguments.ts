import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

// The signer's libraries; what they depend on is found from their own descriptions.
const libraries = [
  'sodium-native',
  '@node-rs/argon2',
  'secp256k1',
  '@noble/curves',
  '@noble/hashes',
  '@scure/base',
  '@scure/bip32',
  '@scure/bip39',
]
// Both native loaders ask whether this file exists to tell musl from glibc.
const libcMarker = '/etc/alpine-release'

/** Node's arguments for the signer: permission to read its own code and libraries, and nothing else. */
export function signerArguments(entry: URL): string[] {
  // Permissions are for real paths: an installation may be reached through links.
  const file = realpathSync(fileURLToPath(entry))
  return [...restrictions(), ...readable(file).map((path) => `--allow-fs-read=${path}`), file]
}

/** It holds little for long: a heap that grows only as it has to. */
const SMALL = ['--max-semi-space-size=1']

function restrictions(): string[] {
  const known = (flag: string) => process.allowedNodeEnvironmentFlags.has(flag)
  const permission = known('--permission') ? '--permission' : '--experimental-permission'
  // SIGUSR1 would open the inspector to any process of the same user.
  const quiet = known('--disable-sigusr1') ? ['--disable-sigusr1'] : []
  return [...SMALL, permission, '--allow-addons', '--disallow-code-generation-from-strings', '--no-warnings', ...quiet]
}

function readable(file: string): string[] {
  // Unbuilt, the signer is a folder beside the modules that it shares with the daemon; bundled, it is one file.
  const code = file.endsWith('.ts') ? dirname(dirname(file)) + sep : file
  const folders = packageFolders(dirname(file)).map((folder) => folder + sep)
  return [code, ...nearest(dirname(file), 'package.json'), ...folders, libcMarker]
}

function packageFolders(from: string): string[] {
  const found = new Set<string>()
  const visit = (name: string, parent: string): void => {
    const [folder] = nearest(parent, join('node_modules', name))
    if (folder === undefined || found.has(folder)) return
    found.add(folder)
    const real = realpathSync(folder)
    found.add(real)
    // A package's own description, as its author published it.
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: object
      optionalDependencies?: object
    }
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(next, real)
  }
  for (const name of libraries) visit(name, from)
  return [...found]
}

/** The first match on the way up to the root, as a list of none or one. */
function nearest(from: string, path: string): string[] {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, path)
    if (existsSync(candidate)) return [candidate]
    if (folder === dirname(folder)) return []
  }
}
