import type { Effects } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { transactionRow } from '../../test/transaction-rows.ts'
import { keptIn, keptMovements, movedBy } from './moved.ts'

const [own, to] = [`0x${'11'.repeat(20)}`, `0x${'22'.repeat(20)}`]
const token = 'eip155:31337/erc20:0x3333333333333333333333333333333333333333'
const native = 'eip155:31337/slip44:60'
const pay = (more: object) => ({ kind: 'outflow', asset: native, amount: '5', to, ...more })
const effects = {
  sender: own,
  fee: { asset: native, max: '1' },
  effects: [
    pay({}),
    pay({ asset: token, amount: '700', via: 'transfer' }),
    pay({ to: own }),
    { kind: 'nft', standard: 'ERC-721', contract: to, tokenId: '7', amount: '1', from: own, to },
  ],
} as unknown as Effects

test('what is kept of a transaction is all that it has moved, with how its amounts are written', () => {
  const row = { ...transactionRow(), effects: JSON.stringify(effects), asset: token, decimals: 2, symbol: 'TOK' }
  const text = keptMovements(row, undefined)
  const unit = { symbol: 'TOK', decimals: 2 }
  const moved = movedBy(effects).map((one) => ({ ...one, unit: one.asset === token ? unit : undefined }))
  expect(moved.map(({ kind, amount }) => [kind, amount])).toEqual([
    ['payment', 5n],
    ['payment', 700n],
    ['nft 7', null],
  ])
  expect(keptIn(text)).toEqual(moved)
})

test('nothing is made up where effects are gone already, and what moved nothing is known to have moved nothing', () => {
  expect(keptMovements({ ...transactionRow(), effects: null }, undefined)).toBeNull()
  expect(keptIn(null)).toBeNull()
  const nothing = keptMovements(
    { ...transactionRow(), effects: JSON.stringify({ ...effects, effects: [] }) },
    undefined,
  )
  expect(keptIn(nothing)).toEqual([])
})
