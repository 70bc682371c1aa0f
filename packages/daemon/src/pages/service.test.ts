import { Hono } from 'hono'
import { expect, test } from 'vitest'
import type { HttpEnv } from '../platform/http/types.ts'
import { pages } from './service.ts'

// What the pages do in a browser is proven in test/browser.

function served() {
  const app = new Hono<HttpEnv>()
  pages(app)
  return async (path: string) => {
    const answer = await app.request(path)
    const policy = answer.headers.get('content-security-policy') ?? ''
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text(), policy }
  }
}

test('each page is the same for every id, and takes nothing from elsewhere', async () => {
  const get = served()
  for (const path of [
    '/approve/01990000-0000-7000-8000-000000000000',
    '/consent/x',
    '/owner',
    '/owner/invite',
    '/pair',
  ]) {
    const { text, policy, status } = await get(path)
    expect([path, status]).toEqual([path, 200])
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/)
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(text).not.toMatch(/https?:|<style|style=|\son\w+=|<script(?! type="module" src="\/page\/\w+\.js">)/)
    for (const [, part = ''] of text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) expect((await get(part)).status).toBe(200)
  }
  const { text } = await get('/approve/01990000-0000-7000-8000-000000000000')
  expect((await get('/approve/%3Cscript%3E')).text).toBe(text)
})

test('scripts make no markup, run no text, keep nothing and ask for each other alone', async () => {
  const get = served()
  const seen = new Set<string>()
  async function walk(path: string): Promise<void> {
    if (seen.has(path)) return
    seen.add(path)
    const { text, type, status } = await get(path)
    expect([path, status, type]).toEqual([path, 200, 'text/javascript; charset=utf-8'])
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|https?:\/\//)
    expect(text).not.toMatch(/cookie|localStorage|sessionStorage|indexedDB/)
    for (const [, part = ''] of text.matchAll(/from '\.\/(\w+\.js)'/g)) await walk(`/page/${part}`)
  }
  for (const name of ['approve', 'consent', 'wallets', 'invite', 'pair']) await walk(`/page/${name}.js`)
  expect([...seen].sort()).toEqual(
    ['approve', 'asked', 'common', 'consent', 'invite', 'owner', 'pair', 'wallets', 'words'].map(
      (name) => `/page/${name}.js`,
    ),
  )
  const { text, type } = await get('/page/page.css')
  expect(type).toBe('text/css; charset=utf-8')
  expect(text).not.toMatch(/@import|\burl\(/)
})
