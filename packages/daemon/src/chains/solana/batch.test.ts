import { type Address, getAddressEncoder } from '@solana/kit'
import { type Effect, factsOf, toBase } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bed, newWallet, testBed, type Wallet } from '../../../test/solana-bed.ts'
import type { IntentOf, Part } from '../intent.ts'
import { systemProgram } from './programs.ts'

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterAll(() => bed.close())

const batch = (...parts: Part[]): IntentOf<'batch'> => ({
  kind: 'batch',
  parts: parts.map((intent) => ({ type: 'TRANSFER', intent })),
})

async function told(sender: Wallet, intent: Part | IntentOf<'batch'>): Promise<Effect[]> {
  const draft = await bed.chain.draft(sender.address, intent)
  const bytes = bed.chain.bytes(sender.address, draft, bed.chain.anyLifetime)
  return bed.chain.decode(sender.address, bytes, bed.chain.hints(intent)).effects.effects
}

async function parts(sender: Wallet): Promise<Part[]> {
  const [one, other, spender] = [newWallet(), newWallet(), newWallet()].map(({ address }) => address) as [
    string,
    string,
    string,
  ]
  const data = Buffer.alloc(12)
  data.writeUInt32LE(2)
  data.writeBigUInt64LE(2_000_000n, 4)
  const given = {
    programId: systemProgram,
    data: data.toString('base64'),
    accounts: [sender.address, other].map((pubkey) => ({ pubkey, isSigner: false, isWritable: true })),
  }
  const instructions = bed.chain.programs!.instructions(sender.address, [given])
  return [
    { kind: 'transfer', to: one, amount: toBase(1_000_000n) },
    { kind: 'token-transfer', to: other, amount: toBase(3n), token: bed.spl, memo: 'two' },
    { kind: 'approve', spender, amount: toBase(4n), token: bed.spl },
    { kind: 'program-call', to: systemProgram, instructions, tokens: [], owners: [] },
  ]
}

test('a batch does what its parts do, in their order, in one transaction', async () => {
  const sender = await bed.funded()
  const account = await bed.fixtures.mintTo(bed.spl.address, sender.address, 10n)
  const all = await parts(sender)
  const apart = []
  for (const part of all) apart.push(...(await told(sender, part)))
  expect(await told(sender, batch(...all))).toEqual(apart)
  const { attempt, signed, draft } = await bed.signed(sender, batch(...all))
  expect(await bed.chain.precheck(sender.address, [draft], [])).toEqual([null])
  expect(await bed.chain.broadcast([signed.bytes])).toEqual([{ outcome: 'accepted' }])
  bed.node.advance(1)
  expect(await bed.chain.observe([attempt])).toMatchObject([{ state: 'included', succeeded: true }])
  const [first, second, third] = all as [IntentOf<'transfer'>, IntentOf<'token-transfer'>, IntentOf<'approve'>]
  expect(await bed.chain.balance(first.to)).toBe(1_000_000n)
  expect(await bed.chain.balance(second.to)).toBe(2_000_000n)
  const held = await bed.data(account)
  expect([held.readBigUInt64LE(64), held.readBigUInt64LE(121)]).toEqual([7n, 4n])
  expect(held.subarray(76, 108)).toEqual(Buffer.from(getAddressEncoder().encode(third.spender as Address)))
})

test('of a batch with a part that fails nothing is done', async () => {
  const sender = await bed.funded()
  const [pay, tokens] = await parts(sender)
  const draft = await bed.chain.draft(sender.address, batch(pay!, tokens!))
  expect(await bed.chain.precheck(sender.address, [draft], [])).toMatchObject([{ code: 'INSUFFICIENT_BALANCE' }])
})

test('parts are added up, so that many small ones are one large one', async () => {
  const [sender, to] = [await bed.funded(), newWallet()]
  const part: Part = { kind: 'transfer', to: to.address, amount: toBase(1_000_000n) }
  const effects = await told(sender, batch(...Array.from({ length: 20 }, () => part)))
  const { pays } = factsOf({ network: 'x', sender: sender.address, effects, fee: { asset: 'x', max: '0' } })
  expect(pays).toHaveLength(20)
  expect(pays.reduce((sum, { amount }) => sum + amount, 0n)).toBe(20_000_000n)
})

test('a batch that does not fit one transaction is refused', async () => {
  const sender = await bed.funded()
  const part = (): Part => ({ kind: 'token-transfer', to: newWallet().address, amount: toBase(1n), token: bed.spl })
  await expect(bed.chain.draft(sender.address, batch(...Array.from({ length: 20 }, part)))).rejects.toMatchObject({
    code: 'INVALID_TRANSACTION',
    message: expect.stringContaining('send less at once'),
  })
})
