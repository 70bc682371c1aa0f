/**
 * Completes package-lock.json with platform packages that the registry in use does not offer.
 *
 * npm leaves an optional dependency out of the lock when it cannot be resolved, and `npm ci` then refuses
 * the lock as out of step. An entry with version, os, cpu and libc satisfies it: npm never downloads a package
 * for another platform. Its hash is asked of the registry; where that has none, it is one that no package fits, so
 * that npm passes over what nobody has seen.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type LockEntry = {
  version?: string
  integrity?: string
  link?: boolean
  optional?: boolean
  dev?: boolean
  devOptional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

/** The parts of a package-lock.json of version 2 or 3 that matter here; the rest passes through unread. */
export type Lock = { packages: Record<string, LockEntry> }

/** An optional dependency that its parent names and the lock does not hold. */
export type Gap = { parent: string; name: string; version: string }

const osByWord: Record<string, string> = {
  aix: 'aix',
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  openharmony: 'openharmony',
  sunos: 'sunos',
  win32: 'win32',
  windows: 'win32',
}

const cpuByWord: Record<string, string> = {
  amd64: 'x64',
  arm: 'arm',
  arm64: 'arm64',
  ia32: 'ia32',
  loong64: 'loong64',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  x64: 'x64',
}

const libcByWord: Record<string, string> = { gnu: 'glibc', musl: 'musl', musleabihf: 'musl' }

/** Where Node would look for a package from a lock path, nearest folder first. */
function lookupPaths(parent: string, name: string): string[] {
  const paths: string[] = []
  for (let at = parent; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    paths.push(`${at}/node_modules/${name}`)
  }
  return [...paths, `node_modules/${name}`]
}

/** The optional dependencies that `npm ci` would report as missing from the lock. */
export function missingPlatformPackages(lock: Lock): Gap[] {
  return Object.entries(lock.packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !lookupPaths(parent, name).some((path) => path in lock.packages))
      .map(([name, version]) => ({ parent, name, version })),
  )
}

/** Packages of which the lock does not say what they must be: npm would run whatever comes. */
export const unproven = (lock: Lock): string[] =>
  Object.entries(lock.packages)
    .filter(([path, { link, integrity }]) => path.includes('node_modules/') && !link && !integrity)
    .map(([path]) => path)

/** SHA-512 of nothing, which no package has. */
export const UNSEEN = 'sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=='

type HashOf = (name: string, version: string) => string

/** The entry that npm itself would write, key order included. */
function entryFor({ parent, name, version }: Gap, { dev, devOptional }: LockEntry, hashOf: HashOf): LockEntry {
  const words = name.split(/[-/.]/)
  const find = (table: Record<string, string>) => words.map((word) => table[word]).find((value) => value !== undefined)
  const [os, cpu, libc] = [find(osByWord), find(cpuByWord), find(libcByWord)]
  if (os === undefined || cpu === undefined) {
    throw new Error(`expected a platform in the name of ${name}, wanted by ${parent}: complete it by hand`)
  }
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
    throw new Error(`expected an exact version of ${name}, wanted by ${parent}, got ${version}: complete it by hand`)
  }
  return {
    version,
    integrity: hashOf(name, version),
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(devOptional ? { devOptional } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    ...(devOptional ? {} : { optional: true }),
    os: [os],
  }
}

/** A copy of the lock with an entry for each gap. Throws when a gap is no platform package or has no exact version. */
export function completeLock<L extends Lock>(lock: L, hashOf: HashOf): L {
  const packages = { ...lock.packages }
  for (const gap of missingPlatformPackages(lock)) {
    packages[`node_modules/${gap.name}`] = entryFor(gap, lock.packages[gap.parent] ?? {}, hashOf)
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
  return { ...lock, packages: Object.fromEntries(sorted) }
}

function registryHash(name: string, version: string): string {
  try {
    const found = execFileSync('npm', ['view', `${name}@${version}`, 'dist.integrity'], { encoding: 'utf8' }).trim()
    return found === '' ? UNSEEN : found
  } catch {
    // npm ends so when the registry does not know the version, and says why on stderr.
    return UNSEEN
  }
}

function main() {
  const path = join(import.meta.dirname, '../package-lock.json')
  const lock: Lock = JSON.parse(readFileSync(path, 'utf8'))
  const gaps = missingPlatformPackages(lock)
  if (gaps.length > 0) writeFileSync(path, `${JSON.stringify(completeLock(lock, registryHash), null, 2)}\n`)
  console.log(`package-lock.json: ${gaps.length} platform packages added`)
}

if (process.argv[1] === import.meta.filename) main()
