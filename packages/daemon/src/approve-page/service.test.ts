import { Hono } from 'hono'
import { expect, test } from 'vitest'
import type { HttpEnv } from '../platform/http/types.ts'
import { approvePages } from './service.ts'

// What the page does in a browser is proven in test/browser.

function served() {
  const app = new Hono<HttpEnv>()
  approvePages(app)
  return async (path: string) => {
    const answer = await app.request(path)
    return { answer, text: await answer.text(), policy: answer.headers.get('content-security-policy') ?? '' }
  }
}

test('the page is the same for every id, and takes nothing from elsewhere', async () => {
  const get = served()
  const { text, policy } = await get('/approve/01990000-0000-7000-8000-000000000000')
  expect((await get('/approve/%3Cscript%3E')).text).toBe(text)
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/)
  expect(policy).toContain("require-trusted-types-for 'script'")
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  expect(text).not.toMatch(/https?:|<style|\son\w+=|<script(?! src="\/approve\/page\.js" defer>)/)
  for (const [path, type] of [
    ['/approve/page.js', 'text/javascript; charset=utf-8'],
    ['/approve/page.css', 'text/css; charset=utf-8'],
  ] as const) {
    const { answer, text: part } = await get(path)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type])
    expect(part).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|https?:|@import|\burl\(/)
  }
})
