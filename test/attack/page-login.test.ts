import { request } from 'node:http'
import { admitsLogin, type Operation, operations } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../support/daemon.ts'

let daemon: TestDaemon
beforeAll(async () => {
  const env = {
    WAIAAS_SECURITY_RATE_LIMIT_PUBLIC_BURST: '100000',
    WAIAAS_SECURITY_CORS_ORIGINS: 'http://friend.example',
    WAIAAS_SECURITY_TRUSTED_PROXIES: '127.0.0.1',
  }
  daemon = await startTestDaemon({ env })
})
afterAll(() => daemon?.stop())

const SAME = { 'sec-fetch-site': 'same-origin' }
const SETTINGS = '/v1/admin/settings'
type Login = { id: string; secret: string; cookie: string; said: string }

/** As the page logs in. */
async function logIn(headers: Record<string, string> = {}): Promise<Login> {
  const answer = await daemon.call<{ id: string; token: string }>('POST', '/v1/admin/logins', {
    headers: { 'x-master-password': MASTER_PASSWORD, ...SAME, ...headers },
    body: { carrier: 'cookie' },
  })
  const said = answer.headers.get('set-cookie') ?? ''
  return { id: answer.body.id, secret: answer.body.token, cookie: said.split(';')[0]!, said }
}
const shown = ({ cookie, secret }: Login) => ({ cookie, 'x-page-secret': secret, ...SAME })
const read = async (headers: Record<string, string>) => (await daemon.call('GET', SETTINGS, { headers })).status

/** What fetch does not let one say: the name under which the daemon is asked. */
const statusAt = (host: string, headers: Record<string, string>) =>
  new Promise<number | undefined>((resolve, reject) => {
    const asked = request(`${daemon.url}${SETTINGS}`, { headers: { ...headers, host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    asked.on('error', reject).end()
  })

test('both halves of a login, from the page itself, read and follow what happens', async () => {
  const login = await logIn()
  expect(await read(shown(login))).toBe(200)
  const headers = { ...shown(login), accept: 'text/event-stream' }
  const stream = await fetch(`${daemon.url}/v1/events`, { headers })
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  await stream.body?.cancel()
})

test('what any other page of the browser sends is nothing, whatever it sends', async () => {
  const login = await logIn()
  const { 'sec-fetch-site': _, ...halves } = shown(login)
  // Another port of this machine is same-site: its page may have learned the cookie, and could guess.
  for (const site of ['same-site', 'cross-site', 'none', 'same-origin, cross-site', ''])
    expect([site, await read({ ...halves, 'sec-fetch-site': site })]).toEqual([site, 401])
  expect(await read(halves)).toBe(401)
  expect(await read(shown(login))).toBe(200)
})

test('a stolen cookie, a stolen secret, or halves that are not of one login, open nothing', async () => {
  const [one, other] = [await logIn(), await logIn()]
  const half = one.cookie.split('=')[1]!
  const tries: Record<string, Record<string, string>> = {
    'cookie alone': { cookie: one.cookie, ...SAME },
    'cookie with an empty secret': { cookie: one.cookie, 'x-page-secret': '', ...SAME },
    'secret alone': { 'x-page-secret': one.secret, ...SAME },
    'cookie of another daemon': { ...shown(one), cookie: one.cookie.replace(/_\d+=/, '_1=') },
    'halves of two': { ...shown(one), cookie: other.cookie },
    'the cookie as a token': { authorization: `Bearer wai_login_${half}` },
    'the secret as a token': { authorization: `Bearer ${one.secret}` },
    'the secret as a login': { authorization: `Bearer ${one.secret.replace('wai_page_', 'wai_login_')}` },
    'the secret twice': { cookie: `${one.cookie.split('=')[0]}=${one.secret}`, 'x-page-secret': one.secret, ...SAME },
  }
  for (const [name, headers] of Object.entries(tries)) expect([name, await read(headers)]).toEqual([name, 401])
  expect(await read(shown(one))).toBe(200)
})

test('a name that was bound to this machine reaches nothing, and no other origin may show the secret', async () => {
  const login = await logIn()
  const { port } = new URL(daemon.url)
  expect(await statusAt(`localhost:${port}`, shown(login))).toBe(200)
  expect(await statusAt(`evil.example:${port}`, shown(login))).toBe(421)
  const preflight = await fetch(`${daemon.url}${SETTINGS}`, {
    method: 'OPTIONS',
    headers: { origin: 'http://friend.example', 'access-control-request-headers': 'x-page-secret' },
  })
  expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).not.toContain('x-page-secret')
  expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
})

test('no script reads the cookie, no other site sends it, and it ends with the browser', async () => {
  const { said, cookie } = await logIn()
  const { port } = new URL(daemon.url)
  expect(cookie).toMatch(new RegExp(`^waiaas_login_${port}=[\\w-]{22}$`))
  expect(said.split('; ').slice(1)).toEqual(['Path=/v1', 'HttpOnly', 'SameSite=Strict'])
  expect((await logIn({ 'x-forwarded-proto': 'https' })).said).toMatch(/; Secure$/)
})

test('the page reaches what a login reaches, and what takes the password takes it with the call', async () => {
  const headers = shown(await logIn())
  const closed = (Object.entries(operations) as [string, Operation][]).filter(
    ([, op]) => op.access !== 'public' && op.access.includes('operator') && !admitsLogin(op),
  )
  expect(closed.map(([name]) => name)).toEqual(expect.arrayContaining(['adminApproveTransaction', 'exportWallet']))
  for (const [name, { method, path }] of closed) {
    const asked = path.replaceAll(/\{\w+\}/g, '01990000-0000-7000-8000-000000000000')
    const { status } = await daemon.call(method, asked, { headers, ...(method !== 'GET' && { body: {} }) })
    expect([name, status]).toEqual([name, 401])
  }
  const typed = { ...headers, 'x-master-password': MASTER_PASSWORD }
  const made = await daemon.call('POST', '/v1/wallets', { headers: typed, body: { name: 'typed', chain: 'ethereum' } })
  expect(made.status).toBe(201)
})

test('a login of the page ends by a logout, the kill switch and another password', async () => {
  const [ended, stopped] = [await logIn(), await logIn()]
  const out = await daemon.call('DELETE', `/v1/admin/logins/${ended.id}`, { headers: shown(ended) })
  expect([out.status, await read(shown(ended))]).toEqual([200, 401])
  const stop = await daemon.call('POST', '/v1/admin/kill-switch', { headers: shown(stopped), body: {} })
  expect([stop.status, await read(shown(stopped))]).toEqual([200, 401])
  await daemon.operator.recoverKillSwitch()
  const last = await logIn()
  await daemon.operator.changeMasterPassword({ newPassword: 'another master password' })
  expect(await read(shown(last))).toBe(401)
})
