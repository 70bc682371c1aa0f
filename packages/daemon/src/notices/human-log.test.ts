import { newId } from '@waiaas/contract'
import pino from 'pino'
import { expect, test } from 'vitest'
import { handClock } from '../../../../test/support/feature-bed.ts'
import { until } from '../../../../test/support/until.ts'
import { bedOn, type Recording, WALLET } from '../../test/notices-bed.ts'
import { migrations } from '../migrations/all.ts'
import { openDatabase } from '../platform/db/database.ts'
import { logLine } from '../platform/log.ts'

const request = {
  ...{ type: 'TRANSFER', network: 'a network', to: '0x1', asset: null, amount: '1', digest: null, policyVersion: null },
}
const policy = {
  id: 'a policy',
  type: 'SPENDING_LIMIT',
  network: null,
  rules: 'secret rules',
  priority: 0,
  enabled: true,
}
const HAPPENS: readonly [event: string, details: object, line: RegExp][] = [
  [
    'TX_CONFIRMED',
    { hash: '0xabc', height: 7, block: '0xb', fee: '1' },
    /^A transaction is in a block and has succeeded\. wallet=treasury .*hash=0xabc/,
  ],
  [
    'POLICY_DENIED',
    { ...request, tier: 'INSTANT', reasons: [] },
    /^The policies refused a request\. wallet=treasury .*severity=warning type=TRANSFER network=a network to=0x1/,
  ],
  [
    'TX_QUEUED',
    { ...request, tier: 'APPROVAL', reasons: [] },
    /^A request waits for its delay or for an approval\. wallet=treasury .*tier=APPROVAL/,
  ],
  [
    'WALLET_EXPORTED',
    { format: 'private-key', sealed: true },
    /^The key of a wallet was asked for .* wallet=treasury .*severity=critical format=private-key/,
  ],
  ['POLICY_CREATED', policy, /^A policy was written\. wallet=treasury .*type=SPENDING_LIMIT/],
  ['SESSION_RENEWED', { expiresAt: 1, renewals: 1 }, /^nothing: it is no line$/],
  ['KILL_SWITCH_ACTIVATED', { state: 'SUSPENDED', revoked: 1 }, /^The kill switch stopped all signing\. /],
]

test('each payment, refusal, request for approval, export, change of a policy and stop is one line that a person reads', async () => {
  const lines: string[] = []
  const log = pino({ level: 'info', base: null }, { write: (line: string) => void lines.push(logLine(line)) })
  const database = await openDatabase({ path: ':memory:', migrations })
  const bed = bedOn(database, handClock(), { log })
  // With nobody else to tell.
  const service = await bed.start()
  for (const [event, details] of HAPPENS) await bed.happens({ event, details } as unknown as Recording, WALLET)
  const told = () => lines.filter((line) => line.includes(' event='))
  await until('the last line', () => told().some((line) => line.includes('KILL_SWITCH_ACTIVATED')))
  const expected = HAPPENS.filter(([event]) => event !== 'SESSION_RENEWED')
  expect(told()).toHaveLength(expected.length)
  for (const [at, [, , line]] of expected.entries()) {
    expect(told()[at]!.slice(told()[at]!.indexOf(' ') + 1)).toMatch(line)
  }
  expect(lines.join()).not.toContain('secret rules')
  await service.stop()
  await database.close()
})

test('where a person reads it a line is in words, with names and whole units, and without ids', async () => {
  const lines: string[] = []
  const log = pino({ level: 'info', base: null }, { write: (line: string) => void lines.push(logLine(line)) })
  const database = await openDatabase({ path: ':memory:', migrations })
  const bed = bedOn(database, handClock(), { log, form: 'text', deed: 'Sends 2 USDC to bob.' })
  const service = await bed.start()
  const sent = { event: 'TX_CONFIRMED', details: { hash: '0xabc', height: 7, block: '0xb', fee: '1' } }
  const refused = {
    event: 'POLICY_DENIED',
    details: {
      ...request,
      tier: 'INSTANT',
      reasons: [{ code: 'FEE_TIER', message: 'too much' }],
    },
  }
  for (const what of [{ ...sent, txId: newId() }, refused]) await bed.happens(what as unknown as Recording, WALLET)
  await until('both lines', () => lines.some((line) => line.includes('too much')))
  const told = lines.filter((line) => line.includes('treasury'))
  expect(told.map((line) => line.replace(/^\S* /, ''))).toEqual([
    'A transaction is in a block and has succeeded. Wallet: treasury · What: Sends 2 USDC to bob. · Transaction hash: 0xabc · Block: 7',
    expect.stringMatching(/^Warning: The policies refused a request\. Wallet: treasury · .*too much/),
  ])
  expect(told.join()).not.toContain(WALLET)
  await service.stop()
  await database.close()
})
