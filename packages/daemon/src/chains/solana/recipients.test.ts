import { type Address, getProgramDerivedAddress } from '@solana/kit'
import { toBase } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bed, newWallet, testBed, type Wallet } from '../../../test/solana-bed.ts'
import type { ReadAccount } from './accounts.ts'
import { associatedAccount } from './associated-account.ts'
import { systemProgram, tokenProgram } from './programs.ts'
import { requireReceivable } from './recipients.ts'

let bed: Bed
let sender: Wallet
beforeAll(async () => {
  bed = await testBed()
  sender = await bed.funded()
  await bed.fixtures.mintTo(bed.spl.address, sender.address, 1_000n)
})
afterAll(() => bed.close())

const native = (to: string) => bed.chain.draft(sender.address, { kind: 'transfer', to, amount: toBase(1_000_000n) })
const tokens = (to: string) =>
  bed.chain.draft(sender.address, { kind: 'token-transfer', to, amount: toBase(1n), token: bed.spl })
const refused = (text: string) => ({ code: 'INVALID_ADDRESS', message: expect.stringContaining(text) })
const derived = async (seed: string): Promise<Address> =>
  (await getProgramDerivedAddress({ programAddress: tokenProgram, seeds: [seed] }))[0]

test('programs and sysvars receive neither lamports nor tokens', async () => {
  for (const send of [native, tokens]) {
    await expect(send(tokenProgram)).rejects.toMatchObject(refused('it is a program'))
    await expect(send('SysvarRent111111111111111111111111111111111')).rejects.toMatchObject(refused('it is a sysvar'))
    await expect(send('Sysvar1nstructions1111111111111111111111111')).rejects.toMatchObject(refused('it is a sysvar'))
  }
})

test('a program or sysvar that no list names is recognised by its account', () => {
  const to = newWallet().address as Address
  const account = { owner: systemProgram, executable: false, data: new Uint8Array() }
  const given = (change: Partial<ReadAccount>) => () => requireReceivable(to, { ...account, ...change })
  expect(given({})).not.toThrow()
  expect(given({ executable: true })).toThrow('it is a program')
  expect(given({ owner: 'Sysvar1111111111111111111111111111111111111' })).toThrow('it is a sysvar')
})

test('mints and token accounts are refused, and the owner is named', async () => {
  const account = associatedAccount(sender.address as Address, bed.spl.address as Address, tokenProgram).address
  for (const send of [native, tokens]) {
    await expect(send(bed.token2022.address)).rejects.toMatchObject(refused('it is a token mint'))
    await expect(send(account)).rejects.toMatchObject(refused(`send to its owner ${sender.address}`))
  }
  await expect(tokens(bed.spl.address)).rejects.toMatchObject(refused('to its own mint'))
})

test('a derived address is told to be never funded until it exists; others are not', async () => {
  const [empty, vault] = [await derived('empty'), await derived('vault')]
  for (const send of [native, tokens]) {
    expect(await send(empty)).toMatchObject({ neverFunded: [empty] })
    expect(await send(newWallet().address)).not.toHaveProperty('neverFunded')
  }
  await bed.node.airdrop(vault, 5_000_000n)
  for (const send of [native, tokens]) expect(await send(vault)).not.toHaveProperty('neverFunded')
})

test('amounts beyond 64 bits, empty amounts and memos beyond a packet are refused', async () => {
  const { address: to } = newWallet()
  const draft = (amount: bigint, memo?: string) =>
    bed.chain.draft(sender.address, { kind: 'transfer', to, amount: toBase(amount), ...(memo && { memo }) })
  const wrong = (text: string) => ({ code: 'INVALID_TRANSACTION', message: expect.stringContaining(text) })
  await expect(draft(0n)).rejects.toMatchObject(wrong('from 1 to'))
  await expect(draft(2n ** 64n)).rejects.toMatchObject(wrong('from 1 to'))
  await expect(draft(2n ** 64n - 1n)).resolves.toBeDefined()
  await expect(draft(1n, 'x'.repeat(1_100))).rejects.toMatchObject(wrong('shorten the memo'))
  await expect(bed.chain.draft(sender.address, { kind: 'lane', purpose: 'cancel' })).rejects.toMatchObject({
    code: 'UNSUPPORTED_TX_TYPE',
  })
})

test('a recipient is read once, and a known one costs no round trip', async () => {
  const { address: to } = newWallet()
  await bed.node.airdrop(to, 5_000_000n)
  await native(to)
  bed.node.fault.httpStatus = 503
  const again = native(to)
  await expect(again).resolves.toBeDefined()
  bed.node.clearFaults()
})

test('bytes that would cost more than the draft promised are never written', async () => {
  const draft = await native(newWallet().address)
  const anchor = await bed.chain.expiry!.anchor()
  const capped = { ...draft, maxFee: toBase(draft.maxFee - 1n) }
  expect(() => bed.chain.bytes(sender.address, capped, { ...anchor, variation: 9_999 })).toThrow('at most')
  expect(bed.chain.bytes(sender.address, draft, { ...anchor, variation: 9_999 }).length).toBeGreaterThan(0)
})

test('a signature of another key is never taken', async () => {
  const draft = await native(newWallet().address)
  const bytes = bed.chain.bytes(sender.address, draft, await bed.chain.expiry!.anchor())
  expect(() => bed.chain.addSignature(sender.address, bytes, new Uint8Array(64))).toThrow('is not one of')
  expect(() => bed.chain.addSignature(sender.address, bytes, new Uint8Array(63))).toThrow('is not one of')
  expect(() => bed.chain.addSignature(newWallet().address, bytes, new Uint8Array(64))).toThrow('as the only signer')
  expect(() => bed.chain.bytes(sender.address, draft, {})).toThrow('expected a blockhash')
  expect(() => bed.chain.bytes(sender.address, draft, { blockhash: tokenProgram, variation: 10_000 })).toThrow(
    '0 to 9999',
  )
})
