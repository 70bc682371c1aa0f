import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { WAIaaSError } from '@waiaas/sdk'
import { afterEach, expect, test } from 'vitest'
import { readEnvironment } from './environment.ts'
import { sessionKeeper } from './session.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
const filesIn = (WAIAAS_DATA_DIR: string) => readEnvironment({ WAIAAS_DATA_DIR }).tokenFiles

/** What a call is told when there is no token. */
function told(env: Record<string, string>): Promise<unknown> {
  const keeper = sessionKeeper({
    environment: readEnvironment(env),
    pairing: {
      start: () =>
        Promise.reject(new WAIaaSError({ code: 'PAIRING_NOT_ALLOWED', status: 403, message: '', retryable: false })),
      poll: () => Promise.reject(new Error('nothing is asked here')),
    },
    log: () => undefined,
    renew: () => Promise.reject(new Error('nothing is renewed here')),
  })
  return keeper.use((token) => Promise.resolve(token))
}

test('the data directory is what a client’s JSON means by it', () => {
  const expected = [join(homedir(), '.waiaas/mcp-token')]
  for (const given of ['~/.waiaas', '~/.waiaas\r\n', ' ~/.waiaas/ ']) expect(filesIn(given)).toEqual(expected)
  expect(filesIn('wallets')).toEqual([resolve('wallets/mcp-token')])
  expect(filesIn(' ')).toEqual([])
})

test.each(['"~/.waiaas"', '$HOME/.waiaas', '~root/.waiaas', '/srv/a\u0007b'])('%j is refused by name', (given) => {
  expect(() => filesIn(given)).toThrow(/^WAIAAS_DATA_DIR: expected /)
})

test('quotes around other values are refused too, and their line ends are not read', () => {
  expect(readEnvironment({ WAIAAS_WALLET_ID: '0190-a\r', WAIAAS_SESSION_TOKEN: 't\r' })).toMatchObject({
    walletId: '0190-a',
    token: 't',
  })
  for (const name of ['WAIAAS_WALLET_ID', 'WAIAAS_BASE_URL', 'WAIAAS_SESSION_TOKEN', 'WAIAAS_WALLET_NAME'])
    expect(() => readEnvironment({ [name]: '"x"' })).toThrow(`${name}: expected the value alone`)
})

test('a call without a token is told the whole path of each file that was looked for, and what is in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-mcp-'))
  folders.push(folder)
  const env = { WAIAAS_DATA_DIR: folder, WAIAAS_WALLET_ID: 'w1' }
  const file = join(folder, 'mcp-token')
  const both = `looked in ${join(folder, 'mcp-tokens/w1')} and ${file}`
  await expect(told(env)).rejects.toMatchObject({ code: 'NO_TOKEN', message: expect.stringContaining(`${both},`) })
  writeFileSync(file, 'wai_sess_x\n')
  const garbled = `${both} (which is there, and not readable as a session token)`
  await expect(told(env)).rejects.toMatchObject({ message: expect.stringContaining(garbled) })
  rmSync(file)
  mkdirSync(file)
  chmodSync(file, 0o750)
  await expect(told(env)).rejects.toMatchObject({
    code: 'NO_TOKEN',
    message: expect.stringMatching(/mcp-token cannot be read \(EISDIR\): it belongs to uid \d+ with mode 0750, and /),
  })
})
