import { expect, test } from 'vitest'
import { isEnoughStill, ownershipOf, standingOf } from './rules.ts'
import type { OwnedBy } from './store.ts'

const row = (credential: string, more: Partial<OwnedBy> = {}): OwnedBy => ({
  ...{ wallet_id: 'wallet', owner_id: 'ann', created_at: 1, verified_at: 2, replaces: null, needed: 2 },
  ...{ withdraw_to: null, withdraw_network: null, credential_id: credential, credential_at: 1, kind: 'key' as const },
  ...{ address: `0x${credential}`, network: null, public_key: null, rp_id: null, proven: 1 },
  ...{ cut_off_at: null, cut_off_by: null, ...more },
})
const safe = { owner_id: 'safe', kind: 'contract', address: '0xsafe' } as const
const said = (...ids: (string | null)[]) => ids.map((credential_id) => ({ credential_id }))

test('what owners said is enough while as many of them as have to agree sign with the same still', () => {
  const bob = { owner_id: 'bob' }
  const all = [row('1'), row('2'), row('3', bob), row('4', { ...safe, network: 'here' })]
  const without = (id: string) => all.filter(({ credential_id }) => credential_id !== id)
  const cases: readonly [why: string, rows: readonly OwnedBy[], ids: (string | null)[], isEnough: boolean][] = [
    ['two of two', all, ['1', '3'], true],
    ['one of two', all, ['1'], false],
    ['two credentials of one', all, ['1', '2'], false],
    ['one of the two said it twice', all, ['1', '2', '3'], true],
    ['a contract and a key', all, ['1', '4'], true],
    ['nobody', all, [], false],
    ['by a credential that was not kept', all, ['1', '3', null], false],
    ['one was taken away', without('3'), ['1', '3'], false],
    ['one was taken away, and two are left', without('2'), ['1', '2', '3'], false],
    ['one was cut off', [...without('3'), row('3', { ...bob, cut_off_at: 5, cut_off_by: '3' })], ['1', '3'], false],
    ['one is in doubt', [...without('2'), row('2', { cut_off_at: 5, cut_off_by: '1' })], ['1', '3'], false],
    ['one is to verify again', [...without('3'), row('3', { ...bob, proven: 0 })], ['1', '3'], false],
    ['the same key was added anew', [...without('3'), row('5', { ...bob, address: '0x3' })], ['1', '3'], false],
    [
      'the contract of that address elsewhere',
      [...without('4'), row('6', { ...safe, network: 'there' })],
      ['1', '4'],
      false,
    ],
    ['more have to agree', all.map((one) => ({ ...one, needed: 3 })), ['1', '3'], false],
    ['fewer have to', all.map((one) => ({ ...one, needed: 1 })), ['3'], true],
    ['nobody owns it', [], ['1', '3'], false],
  ]
  for (const [why, rows, ids, isEnough] of cases)
    expect([why, isEnoughStill(ownershipOf(rows), said(...ids))]).toEqual([why, isEnough])
})

test('what a wallet signs speaks for the owner who has it, at its address and on its network', () => {
  const rows = [row('1'), row('4', { ...safe, network: 'here' })]
  const agreed = (address: string, network: string | null) =>
    standingOf(ownershipOf(rows), [{ address, network, credential_id: 'of another wallet' }]).agreed
  expect(agreed('0x1', null)).toEqual(['0x1'])
  expect(agreed('0xsafe', 'here')).toEqual(['0xsafe'])
  for (const [address, network] of [
    ['0xsafe', 'there'],
    ['0xsafe', null],
    ['0x1', 'here'],
  ] as const)
    expect(agreed(address, network)).toEqual([])
})
