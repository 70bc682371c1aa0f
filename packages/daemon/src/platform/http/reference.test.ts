import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultSettings } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { SCALAR_DIRECTORY } from './reference.ts'
import { httpApp } from './serve.ts'

const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }
const app = httpApp({
  operations: {},
  handlers: {},
  authenticate: async () => ({ kind: 'public' }),
  settings: defaultSettings,
  version: '0',
  log: quiet,
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('the vendored page script is the one that VENDOR.json names, with its licence', async () => {
  const vendor = JSON.parse(await readFile(join(SCALAR_DIRECTORY, 'VENDOR.json'), 'utf8')) as {
    licenceFile: string
    files: Record<string, { sha256: string }>
  }
  for (const [file, { sha256: expected }] of Object.entries(vendor.files))
    expect(sha256(await readFile(join(SCALAR_DIRECTORY, file))), file).toBe(expected)
  expect(await readFile(join(SCALAR_DIRECTORY, vendor.licenceFile), 'utf8')).toContain('Permission is hereby granted')
})

test('the reference page is served whole from here and may talk to this daemon only', async () => {
  const page = await app.request('/reference')
  const html = await page.text()
  expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'")
  expect([...html.matchAll(/src="([^"]+)"/g)].map(([, path]) => path)).toEqual([
    '/reference/standalone.js',
    '/reference/start.js',
  ])
  for (const path of ['/reference/standalone.js', '/reference/start.js']) {
    const script = await app.request(path)
    expect(script.headers.get('content-type')).toContain('javascript')
    expect((await script.text()).length).toBeGreaterThan(100)
  }
})

test('the start script names no address beyond this daemon', async () => {
  const script = await (await app.request('/reference/start.js')).text()
  expect(script).not.toMatch(/https?:/)
  expect(script).toContain("proxyUrl: ''")
})
