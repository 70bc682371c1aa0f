import { copyFileSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { captured } from '../test/captured.ts'
import { cleanUp, launch, temporaryFolder } from '../test/run.ts'

afterEach(cleanUp)
const root = fileURLToPath(new URL('../../..', import.meta.url))

function cloneLike(): string {
  const folder = temporaryFolder()
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
  for (const name of ['node_modules', 'packages']) symlinkSync(join(root, name), join(folder, name))
  return folder
}

test.each([
  ['SIGTERM to npm', (npm: number): boolean => process.kill(npm, 'SIGTERM')],
  ['SIGINT to npm', (npm: number): boolean => process.kill(npm, 'SIGINT')],
  ['Ctrl-C, which reaches npm and the daemon alike', (npm: number): boolean => process.kill(-npm, 'SIGINT')],
] as const)('npm start: after %s, the daemon ends in good order and is not orphaned', async (_name, stop) => {
  const env = { WAIAAS_AUTO_PROVISION: 'true', WAIAAS_DATA_DIR: temporaryFolder() }
  const { child, ended, saw } = launch('npm', ['start'], env, cloneLike())
  const [, port] = await saw(/WAIAAS_PORT=(\d+)/)
  const url = `http://127.0.0.1:${port}/health`
  expect((await fetch(url)).status).toBe(200)
  stop(child.pid!)
  const { code, out } = await ended
  expect(code).toBe(0)
  // A program reads it: port and JSON, and no word for people.
  expect(out).not.toContain('Ctrl-C')
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})

test('the line of the README that lists the commands does so, and is not taken by npm', async () => {
  const [, line = ''] = /`([^`]*)` lists what it can do/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const [command, ...words] = line.split(' ')
  const { code, out } = await launch(command!, words, { npm_config_yes: 'false' }, cloneLike()).ended
  expect({ code, out }).toEqual({ code: 0, out: (await captured([])).out })
})
