import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { completeLock, type Lock, missingPlatformPackages, UNSEEN, unproven } from '../../scripts/complete-lock.ts'

const root = join(import.meta.dirname, '../..')
const readJson = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))

const lockWith = (optionalDependencies: Record<string, string>): Lock => ({
  packages: { '': {}, 'node_modules/tool': { dev: true, optionalDependencies } },
})

test('npm ci accepts the lock on any machine', () => {
  const missing = missingPlatformPackages(readJson('package-lock.json')).map(({ name }) => name)
  expect(missing, 'the lock is incomplete: run "npm run lock" and commit package-lock.json').toEqual([])
})

test('every package is what the lock says, or is not installed', () => {
  const lock: Lock = readJson('package-lock.json')
  expect(unproven(lock), 'ask the registry for their hashes: npm view <name>@<version> dist.integrity').toEqual([])
  const unseen = Object.entries(lock.packages).filter(([, { integrity }]) => integrity === UNSEEN)
  expect(unseen.filter(([, { optional }]) => !optional)).toEqual([])
  expect(unproven(lockWith({}))).toEqual(['node_modules/tool'])
})

test('a gap in the lock is found and filled with the platform that its name tells', () => {
  const lock = lockWith({ 'tool-linux-x64-musl': '1.2.3', '@tool/windows-amd64': '1.2.3' })
  expect(missingPlatformPackages(lock).map(({ name }) => name)).toEqual(['tool-linux-x64-musl', '@tool/windows-amd64'])

  const completed = completeLock(lock, () => 'sha512-x')
  expect(missingPlatformPackages(completed)).toEqual([])
  expect(completed.packages['node_modules/tool-linux-x64-musl']).toEqual({
    version: '1.2.3',
    integrity: 'sha512-x',
    cpu: ['x64'],
    libc: ['musl'],
    os: ['linux'],
    dev: true,
    optional: true,
  })
  expect(completed.packages['node_modules/@tool/windows-amd64']).toMatchObject({ cpu: ['x64'], os: ['win32'] })
})

test('an entry that the lock already holds, flat or nested, is left alone', () => {
  const lock = lockWith({ 'flat-linux-x64': '1.0.0', 'nested-linux-x64': '1.0.0' })
  lock.packages['node_modules/flat-linux-x64'] = { version: '1.0.0' }
  lock.packages['node_modules/tool/node_modules/nested-linux-x64'] = { version: '1.0.0' }
  expect(completeLock(lock, () => UNSEEN)).toEqual(lock)
})

test('a gap that is no platform package, or has no exact version, is refused', () => {
  expect(() => completeLock(lockWith({ fancy: '1.0.0' }), () => UNSEEN)).toThrow(
    'expected a platform in the name of fancy',
  )
  expect(() => completeLock(lockWith({ 'fancy-linux-x64': '^1.0.0' }), () => UNSEEN)).toThrow(
    'expected an exact version',
  )
})

test('every dependency of every package is pinned to one version', () => {
  const manifests = ['package.json', ...globSync('packages/*/package.json', { cwd: root })]
  const loose = manifests.flatMap((manifest) => {
    const { dependencies, devDependencies, optionalDependencies, overrides } = readJson(manifest)
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies, ...overrides })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)))
      .map(([name, version]) => `${manifest}: ${name} ${version}`)
  })
  expect(manifests.length).toBeGreaterThan(5)
  expect(loose).toEqual([])
})
