import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../../../test/support/daemon.ts'
import { runProgram } from './program.ts'

let daemon: TestDaemon
let password: string
beforeAll(async () => {
  daemon = await startTestDaemon()
  password = join(daemon.dataDir, 'password')
  writeFileSync(password, MASTER_PASSWORD, { mode: 0o600 })
  await daemon.operator.createWallet({ name: 'shop', chain: 'ethereum', environment: 'testnet' })
})
afterAll(() => daemon?.stop())

/** What a command prints, and what it says beside that. */
async function run(...words: string[]) {
  const text = { out: '', err: '' }
  const { stdout, stderr } = process
  const before = [stdout.write, stderr.write] as const
  const into = (stream: 'out' | 'err') =>
    ((chunk: string) => {
      text[stream] += chunk
      return true
    }) as typeof stdout.write
  stdout.write = into('out')
  stderr.write = into('err')
  try {
    const code = await runProgram([...words, '--data-dir', daemon.dataDir, '--password-file', password])
    return { code, ...text }
  } finally {
    const [out, err] = before
    stdout.write = out
    stderr.write = err
  }
}

test('a file of policies goes out, is looked at, comes in, and is named by its lines where it is wrong', async () => {
  const file = join(daemon.dataDir, 'policies.yaml')
  expect(await run('policy', 'export', '--output', file)).toMatchObject({ code: 0 })
  const before = readFileSync(file, 'utf8')
  expect(before).toContain('wallet: shop')
  expect((await run('policy', 'apply', file)).out).toContain('nothing to change: 1 policy stays as it is')

  const wider = join(daemon.dataDir, 'wider.yaml')
  writeFileSync(wider, before.replace('daily_limit_usd: 500', 'daily_limit_usd: 600'))
  const shown = await run('policy', 'apply', wider, '--dry-run')
  expect(shown.out).toContain('a dry run: nothing was changed')
  expect(shown.out).toContain(
    '~ SPENDING_LIMIT of shop: LOOSER\n    was daily_limit_usd: 500\n    is  daily_limit_usd: 600',
  )
  expect((await run('policy', 'export')).out.trim()).toBe(before.trim())
  expect(await run('policy', 'apply', wider)).toMatchObject({ code: 0 })
  expect((await run('policy', 'export')).out).toContain('daily_limit_usd: 600')
  expect((await run('policy', 'versions')).out).toContain('UPDATED')

  const wrong = join(daemon.dataDir, 'wrong.yaml')
  writeFileSync(
    wrong,
    'policies:\n  - wallet: nobody\n    type: RATE_LIMIT\n    rules: { max_requests: 1, window_seconds: 9 }\n',
  )
  const refused = await run('policy', 'apply', wrong)
  expect(refused.code).toBe(1)
  expect(refused.err).toContain(`${wrong}:2: policies.0.wallet: no wallet nobody`)
  writeFileSync(wrong, 'policies:\n  - type: RATE_LIMIT\n    rules:\n      max_requests: 1\n      window_seconds: 0\n')
  expect((await run('policy', 'apply', wrong)).err).toContain(`${wrong}:5: policies.0.rules.window_seconds`)
  expect((await run('policy', 'apply')).code).toBe(2)
})
