import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { dataDirOf, writeNewSecretFile, writeSecretFile } from './place.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

test('a secret goes into its file alone, whatever link somebody has laid in the way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-secret-'))
  folders.push(folder)
  const trap = join(folder, 'trap')
  const path = join(folder, 'key.txt')
  symlinkSync(trap, `${path}.${process.pid}.tmp`)
  symlinkSync(trap, path)
  await writeSecretFile(path, 'secret\n')
  expect(existsSync(trap)).toBe(false)
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['secret\n', 0o600])
  expect(readdirSync(folder).sort()).toEqual(['key.txt', `key.txt.${process.pid}.tmp`])
})

test('a new file of a secret never takes the place of another', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-secret-'))
  folders.push(folder)
  const path = join(folder, 'key.txt')
  await writeNewSecretFile(path, 'first\n')
  await expect(writeNewSecretFile(path, 'second\n')).rejects.toMatchObject({ hint: 'name another file' })
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['first\n', 0o600])
  expect(readdirSync(folder)).toEqual(['key.txt'])
})

test('a secret that cannot be put in its place leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-secret-'))
  folders.push(folder)
  await expect(writeSecretFile(folder, 'secret\n')).rejects.toThrow()
  const left = readdirSync(join(folder, '..')).filter((name) => name.startsWith(folder.split('/').at(-1)!))
  expect(left).toEqual([folder.split('/').at(-1)])
})

test('the data directory is never one that nobody meant', () => {
  expect(dataDirOf('~/wallets\r')).toBe(join(homedir(), 'wallets'))
  expect(dataDirOf('wallets')).toBe(resolve('wallets'))
  // An unset variable of a shell: the present folder is not meant.
  expect(() => dataDirOf('')).toThrow('--data-dir: expected a path, got nothing')
  for (const given of ['"/srv/wallets"', '$HOME/wallets', '%USERPROFILE%', '~root', '/srv/a\u0001b'])
    expect(() => dataDirOf(given)).toThrow(/^--data-dir: expected /)
})
