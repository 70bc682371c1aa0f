import { TransactionStatus } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { madeUpNode } from '../../test/made-up-node.ts'
import { LANE, transactionRow } from '../../test/transaction-rows.ts'
import type { ListedRow } from './rows/list-store.ts'
import { isOpenEnded, transactionView } from './views.ts'

const { network } = madeUpNode()
const row = (change: Partial<ListedRow> = {}): ListedRow => ({ ...transactionRow(), paid: null, ...change })
const at = Date.UTC(2030, 0, 1)

test('an amount is shown in base units, as people write it, and in dollars, wherever it is known', () => {
  const known = row({ amount: '1500000', decimals: 6, symbol: 'MUP', amount_usd: '3000000123' })
  expect(transactionView(known, network, undefined)).toMatchObject({
    ...{ amount: '1500000', amountFormatted: '1.5', humanAmount: '1.5', amountDecimals: 6, amountSymbol: 'MUP' },
    amountUsd: 3000.000123,
  })
  for (const gap of [{ amount: null }, { decimals: null }])
    expect(transactionView(row(gap), network, undefined)).toMatchObject({ amountFormatted: null, humanAmount: null })
  expect(transactionView(row({ amount_usd: null }), network, undefined).amountUsd).toBeNull()
  const huge = row({ amount: String(2n ** 256n - 1n), decimals: 0 })
  expect(transactionView(huge, network, undefined).humanAmount).toBe(String(2n ** 256n - 1n))
})

test('a hash comes with its page of the explorer, where the network has one', () => {
  const sent = row({ tx_hash: '0xab', max_fee: '20', paid: '10' })
  expect(transactionView(sent, network, undefined)).toMatchObject({
    ...{ txHash: '0xab', explorerUrl: 'https://explorer.test/0xab', fee: { max: '20', paid: '10', symbol: 'MUP' } },
    fromAddress: LANE.split('/')[1],
  })
  expect(transactionView(sent, { ...network, explorer: null }, undefined).explorerUrl).toBeNull()
  expect(transactionView(row(), network, undefined).explorerUrl).toBeNull()
})

test('what was done on a network that is configured no more is still told', () => {
  const shown = transactionView(row({ tx_hash: '0xab' }), undefined, undefined)
  expect(shown).toMatchObject({ chain: 'unknown', network: 'local-evm', txHash: '0xab', fee: null, explorerUrl: null })
  expect(shown).not.toHaveProperty('chainId')
})

test('each state says what it waits for: its own reason before that of its lane, and what is over waits for nothing', () => {
  const reason = (change: Partial<ListedRow>, lane?: string) => transactionView(row(change), network, lane).waitReason
  for (const status of TransactionStatus.options) {
    const isOpen = isOpenEnded({ status })
    expect(isOpen, status).toBe(['PENDING', 'EXECUTING', 'SUBMITTED'].includes(status))
    if (status === 'QUEUED' || status === 'GAS_WAITING' || status === 'SIGNED') continue
    expect(reason({ status, wait_reason: 'no price' }, 'no node'), status).toBe(isOpen ? 'no price' : null)
    expect(reason({ status }, 'no node'), status).toBe(isOpen ? 'no node' : null)
  }
  expect(reason({ status: 'PENDING' })).toBe('it is in line to be signed')
  expect(reason({ status: 'EXECUTING' })).toBe('it is in line to be signed')
  expect(reason({ status: 'SUBMITTED' })).toBe('it was sent and is in no block yet')
  const given = { status: 'SIGNED' as const, wait_reason: 'it is doubted' }
  expect(reason(given, 'no node')).toBe('it is doubted')
  expect(reason({ status: 'SIGNED' }, 'no node')).toMatch(/^whoever asked for it may send it/)
  expect(reason({ ...given, lane: `sign:${LANE}` }, 'no node')).toBeNull()
  const queued = { status: 'QUEUED' as const, wait_reason: 'not this one' }
  expect(reason({ ...queued, tier: 'DELAY', due_at: at }, 'no node')).toBe(
    'it is delayed until 2030-01-01T00:00:00.000Z',
  )
  expect(reason({ ...queued, tier: 'APPROVAL', approval_expires_at: at })).toBe(
    'the operator can approve it until 2030-01-01T00:00:00.000Z',
  )
  expect(reason({ ...queued, tier: 'DELAY' })).toBe('it is delayed')
  const gas = { status: 'GAS_WAITING' as const, wait_reason: 'not this one', gas_until: at }
  const condition = { maxGasPrice: '20', maxPriorityFee: '3', timeoutSeconds: 60 }
  expect(reason({ ...gas, gas_condition: JSON.stringify(condition) }, 'no node')).toBe(
    'it waits for gas to cost at most 20 drops, and a tip of at most 3 drops until 2030-01-01T00:00:00.000Z',
  )
  expect(reason({ ...gas, gas_condition: '{' })).toBe('it waits for cheaper gas until 2030-01-01T00:00:00.000Z')
})

test('times are whole seconds, rounded down, and there only where they are known', () => {
  const times = { created_at: at + 999, updated_at: at + 1_001, due_at: at + 500, approval_expires_at: null }
  expect(transactionView(row(times), network, undefined)).toMatchObject({
    ...{ createdAt: at / 1000, updatedAt: at / 1000 + 1, executeAt: at / 1000, approvalExpiresAt: null },
  })
})

test('a refused request is shown with its decision although nothing of it was built', () => {
  const decision = { outcome: 'DENY', tier: 'INSTANT', reasons: [{ code: 'X', message: 'no' }], inputs: { prices: {} } }
  const refused = row({ status: 'CANCELLED', tier: null, error: 'no', decision: JSON.stringify(decision) })
  expect(transactionView(refused, network, undefined)).toMatchObject({
    tier: null,
    error: 'no',
    decision,
    waitReason: null,
  })
})

test('of a row whose text is damaged all the rest is shown', () => {
  const sound = row({})
  const whole = transactionView(sound, network, undefined)
  expect(whole.decision).not.toBeNull()
  expect(transactionView({ ...sound, decision: 'no json' }, network, undefined)).toEqual({ ...whole, decision: null })
  for (const request of ['no json', '{"intent":{"kind":"unheard-of"}}'])
    expect(transactionView({ ...sound, request }, network, undefined)).toEqual({ ...whole, memo: null })
})
