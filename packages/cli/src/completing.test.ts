import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { captured } from '../test/captured.ts'
import { cleanUp, environment, launcher, temporaryFolder } from '../test/run.ts'

afterEach(cleanUp)

const after = async (...words: string[]) => {
  const { code, out } = await captured(['completion', 'words', '--', ...words])
  expect(code).toBe(0)
  return out.split('\n').filter((word) => word !== '')
}

test('what may follow are commands, verbs and flags, each once', async () => {
  expect(await after('wal')).toEqual(['wallet'])
  expect(await after('')).toEqual(expect.arrayContaining(['start', 'wallet', 'tx']))
  expect(await after('wallet', 'c')).toEqual(['create', 'confirm-spends', 'ceiling'])
  expect(await after('wallet', 'owner', 'se')).toEqual(['set'])
  expect(await after('wallet', 'create', '--na')).toEqual(['--name'])
  expect(await after('wallet', 'create', '--name', 'shop', '--json', '--ch')).toEqual(['--chain'])
  expect(await after('stop', '')).toEqual(expect.arrayContaining(['--timeout', '--data-dir']))
  expect(await after('wallet', 'create', '--help')).toEqual([])
  expect(await after('frob', 'x')).toEqual([])
})

test('bash completes with the script that it is given', async () => {
  const { out: script } = await captured(['completion', 'bash'])
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'waiaas'), `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`, { mode: 0o755 })
  const asked = `${script}\nCOMP_WORDS=(waiaas wallet cre); COMP_CWORD=2; _waiaas; echo "\${COMPREPLY[@]}"`
  const env = environment()
  env.PATH = `${folder}${delimiter}${env.PATH}`
  expect(execFileSync('bash', ['-c', asked], { env, encoding: 'utf8' })).toBe('create\n')
})

test('a shell that nobody knows is refused with those that are', async () => {
  expect(await captured(['completion', 'csh'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('expected one of bash, zsh, fish'),
  })
})
