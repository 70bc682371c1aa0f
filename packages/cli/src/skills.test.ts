import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../../../test/support/daemon.ts'
import { captured } from '../test/captured.ts'

let daemon: TestDaemon
let folder: string

beforeAll(async () => {
  daemon = await startTestDaemon()
})
afterAll(() => daemon?.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waiaas-skills-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

const skill = (verb: string, ...words: string[]) => captured(['skill', verb, ...words, '--base-url', daemon.url])
const fileOf = (name: string) => join(folder, `waiaas-${name}`, 'SKILL.md')
const states = async () => {
  const { out } = await skill('doctor', folder, '--json')
  const { skills } = JSON.parse(out) as { skills: { name: string; state: string }[] }
  return Object.fromEntries(skills.map(({ name, state }) => [name, state]))
}

test('skills are listed, and shown as they stand', async () => {
  const { out } = await skill('list')
  expect(out).toMatch(/^quickstart {2,}First calls/m)
  const { items } = await daemon.operator.listSkills()
  const { content } = await daemon.operator.getSkill({ name: 'quickstart' })
  expect((await skill('show', 'quickstart')).out).toBe(content)
  expect(items.length).toBeGreaterThan(5)
})

test('what is installed is what the daemon has, each in a folder of its own', async () => {
  expect((await skill('doctor', folder)).code).toBe(1)
  const { items, version } = await daemon.operator.listSkills()
  expect(await skill('install', folder)).toEqual({
    ...{ code: 0, err: '' },
    out: `${items.length} skills of WAIaaS ${version} written to ${folder}, 0 were there\n`,
  })
  for (const { name } of items) {
    const { content } = await daemon.operator.getSkill({ name })
    expect(readFileSync(fileOf(name), 'utf8')).toBe(content)
  }
  const { code, out } = await skill('doctor', folder)
  expect([code, out]).toEqual([0, expect.stringContaining(`all as WAIaaS ${version} has them`)])
  expect((await skill('install', folder)).out).toContain('0 skills of WAIaaS')
})

test('doctor names each copy that differs, is missing or is none of the daemon, and install puts it right', async () => {
  await skill('install', folder)
  writeFileSync(fileOf('wallet'), 'of an older release')
  rmSync(fileOf('tokens'))
  for (const name of ['waiaas-gone', 'of-somebody-else']) mkdirSync(join(folder, name))
  const { code, out } = await skill('doctor', folder)
  expect(code).toBe(1)
  expect(out).toContain(`waiaas skill install ${folder} --force`)
  const before = await states()
  expect(before).toMatchObject({ wallet: 'differs', tokens: 'missing', gone: 'unknown', quickstart: 'same' })
  expect(Object.keys(before)).not.toContain('of-somebody-else')
  const refused = await skill('install', folder)
  expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringContaining(fileOf('wallet')) })
  expect(readFileSync(fileOf('wallet'), 'utf8')).toBe('of an older release')
  expect(await states()).toMatchObject({ tokens: 'missing' })
  expect((await skill('install', folder, '--force')).code).toBe(0)
  expect(await states()).toMatchObject({ wallet: 'same', tokens: 'same', gone: 'unknown' })
})

test('without a folder the command says what it needs', async () => {
  for (const verb of ['install', 'doctor'])
    expect(await skill(verb)).toMatchObject({ code: 2, err: expect.stringContaining('expected the folder') })
})

test.each([
  ['a name that leads out of the folder', { name: '../../evil', sha256: '' }],
  ['a text that is not the one it lists', { name: 'evil', sha256: 'f'.repeat(64) }],
])('a server that sends %s writes nothing', async (_, item) => {
  const server = createServer((request, response) => {
    const isList = request.url === '/v1/skills'
    const answer = isList
      ? { version: '1', items: [{ description: 'x', ...item }] }
      : { name: item.name, content: 'x', version: '1', sha256: item.sha256 }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.address() as AddressInfo
  const into = join(folder, 'skills')
  const { code, err } = await captured(['skill', 'install', into, '--base-url', `http://127.0.0.1:${port}`])
  expect([code, err]).toEqual([1, expect.stringContaining('the daemon')])
  expect(() => readFileSync(join(into, 'waiaas-evil', 'SKILL.md'))).toThrow('ENOENT')
})
