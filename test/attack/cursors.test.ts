import { type Operation, operations } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

const ID = '01900000-0000-7000-8000-000000000000'
/** None of them is a cursor of any list. */
const GARBAGE = [
  'zzz',
  ' ',
  '%',
  '0',
  '-1',
  'null',
  `${ID}0`,
  ID.toUpperCase().replace('1', 'F'),
  ID.slice(0, -1),
  `1.${ID}.`,
  `9999999999999999.${ID}`,
  Buffer.from(`1 ${ID}`).toString('base64url'),
  'eip155:1/erc20:0x0000000000000000000000000000000000000001',
  'x'.repeat(201),
]

let daemon: TestDaemon
let token: string
let walletId: string
beforeAll(async () => {
  daemon = await startTestDaemon()
  const made = await daemon.operator.createWallet({ name: 'one', chain: 'ethereum', environment: 'testnet' })
  token = made.session!.token
  walletId = made.id
})
afterAll(() => daemon?.stop())

const lists = (Object.entries(operations) as [string, Operation][]).filter(([, op]) => 'cursor' in op.input.shape)

test('there are lists with cursors', () => {
  expect(lists.length).toBeGreaterThanOrEqual(8)
})

test.each(lists)('%s refuses a cursor that no page has given, and names it', async (_, op) => {
  const as = op.access !== 'public' && op.access.includes('operator') ? 'operator' : token
  const network = 'network' in op.input.shape ? '&network=ethereum-mainnet' : ''
  const answers = await Promise.all(
    GARBAGE.map(async (cursor) => {
      const path = `${op.path.replace('{id}', walletId)}?cursor=${encodeURIComponent(cursor)}${network}`
      const { status, body } = await daemon.call<{ details?: { issues: { path: string }[] } }>('GET', path, { as })
      return { cursor, status, named: body.details?.issues[0]?.path }
    }),
  )
  expect(answers).toEqual(GARBAGE.map((cursor) => ({ cursor, status: 400, named: 'cursor' })))
})
