import { Hono } from 'hono'
import { beforeAll, expect, test } from 'vitest'
import { makePage } from '../../../admin/scripts/build.ts'
import type { HttpEnv } from '../platform/http/types.ts'
import { adminPage } from './service.ts'

// What the page does in a browser is proven in test/browser.

beforeAll(() => {
  expect(makePage()).toBeUndefined()
})
const app = new Hono<HttpEnv>()
adminPage(app)

test('the page is found at the root and at /admin/, has no script within, and takes nothing from elsewhere', async () => {
  for (const path of ['/', '/admin/']) {
    const answer = await app.request(path)
    const policy = answer.headers.get('content-security-policy')
    expect(answer.status).toBe(200)
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/)
    for (const wanted of ["frame-ancestors 'none'", "form-action 'none'", "require-trusted-types-for 'script'"])
      expect(policy).toContain(wanted)
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(answer.headers.get('cache-control')).toBeNull()
    const text = await answer.text()
    expect(text).not.toMatch(/https?:|<style|style=|\son\w+=|<script[^>]*>[^<]/)
    const parts = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, part = '']) => part)
    expect(parts.length).toBeGreaterThanOrEqual(2)
    for (const part of parts) {
      const asset = await app.request(part)
      expect([part, asset.status]).toEqual([part, 200])
      expect(await asset.text()).not.toContain(import.meta.dirname.slice(0, -'/packages/daemon/src/admin-page'.length))
      expect(asset.headers.get('cache-control')).toMatch(/immutable/)
    }
  }
  expect((await app.request('/admin')).headers.get('location')).toBe('/admin/')
})

test('nothing but what was built is served', async () => {
  for (const name of [
    '..%2Findex.html',
    '..%2f..%2fpackage.json',
    '%2e%2e%2findex.html',
    'index.html',
    'no-such.js',
    '',
  ])
    expect([name, (await app.request(`/admin/assets/${name}`)).status]).toEqual([name, 404])
})
