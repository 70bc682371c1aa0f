import { formatUnits, nativeAsset, toBase } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bed, localSolana, newWallet, signUnder, testBed, type Wallet } from '../../../test/solana-bed.ts'
import type { Sighting } from '../follow.ts'
import { maxVariation } from './fees.ts'
import { tokenProgram } from './programs.ts'

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterAll(() => bed.close())

async function land(wallet: Wallet, intent: Parameters<Bed['signed']>[1]) {
  const one = await bed.signed(wallet, intent)
  expect(await bed.chain.precheck(wallet.address, [one.draft], [])).toEqual([null])
  expect(await bed.chain.broadcast([one.signed.bytes])).toEqual([{ outcome: 'accepted' }])
  bed.node.advance(1)
  const [sighting] = await bed.chain.observe([one.attempt])
  return { ...one, sighting: sighting as Extract<Sighting, { state: 'included' }> }
}

test('a native transfer with a memo lands and costs no more than was promised', async () => {
  const [sender, recipient] = [await bed.funded(), newWallet()]
  const before = await bed.chain.balance(sender.address)
  const intent = {
    kind: 'transfer',
    to: recipient.address,
    amount: toBase(5_000_000n),
    memo: 'for the läunch 🚀',
  } as const
  const { draft, sighting } = await land(sender, intent)
  expect(sighting).toMatchObject({ state: 'included', succeeded: true, final: false })
  expect(await bed.chain.balance(recipient.address)).toBe(5_000_000n)
  const paid = before - 5_000_000n - (await bed.chain.balance(sender.address))
  expect(sighting.fee).toBe(paid)
  expect(paid).toBeLessThanOrEqual(draft.maxFee)
})

test('a token reaches a new owner, whose account is created and paid for', async () => {
  const [sender, recipient] = [await bed.funded(), newWallet()]
  await bed.fixtures.mintTo(bed.spl.address, sender.address, 10_000_000n)
  const before = await bed.chain.balance(sender.address)
  const intent = { kind: 'token-transfer', to: recipient.address, amount: toBase(2_500_000n), token: bed.spl } as const
  const { draft, sighting } = await land(sender, intent)
  expect(sighting).toMatchObject({ state: 'included', succeeded: true })
  const paid = before - (await bed.chain.balance(sender.address))
  expect(sighting.fee).toBe(paid - 2_039_280n)
  expect(paid).toBeLessThanOrEqual(draft.maxFee)
  expect(await bed.chain.tokenBalances(recipient.address, [])).toMatchObject([
    { token: { address: bed.spl.address, decimals: 6 }, amount: 2_500_000n },
  ])
})

test('a second transfer to the same owner creates nothing', async () => {
  const [sender, recipient] = [await bed.funded(), newWallet()]
  await bed.fixtures.mintTo(bed.spl.address, sender.address, 10n)
  await bed.fixtures.mintTo(bed.spl.address, recipient.address, 1n)
  const intent = { kind: 'token-transfer', to: recipient.address, amount: toBase(10n), token: bed.spl } as const
  const { draft, sighting } = await land(sender, intent)
  expect(sighting.succeeded).toBe(true)
  expect(draft.maxFee).toBeLessThan(10_000n)
})

test('a plain Token-2022 transfer lands with and without an account to create', async () => {
  const [sender, recipient] = [await bed.funded(), newWallet()]
  await bed.fixtures.mintTo(bed.token2022.address, sender.address, 10n)
  const intent = { kind: 'token-transfer', to: recipient.address, amount: toBase(3n), token: bed.token2022 } as const
  const before = await bed.chain.balance(sender.address)
  const first = await land(sender, intent)
  expect(first.sighting).toMatchObject({
    succeeded: true,
    fee: before - (await bed.chain.balance(sender.address)) - 2_074_080n,
  })
  expect(first.draft.maxFee).toBeGreaterThanOrEqual(first.sighting.fee + 2_074_080n)
  bed.pass(60_000)
  const second = await land(sender, { ...intent, amount: toBase(4n), memo: 'again' })
  expect(second.sighting.succeeded).toBe(true)
  expect(await bed.chain.tokenBalances(recipient.address, [bed.spl])).toMatchObject([
    { token: bed.spl, amount: 0n },
    { token: { address: bed.token2022.address }, amount: 7n },
  ])
})

test('a longest memo beside a created account stays within its compute units', async () => {
  const [sender, recipient] = [await bed.funded(), newWallet()]
  await bed.fixtures.mintTo(bed.token2022.address, sender.address, 10n)
  const memo = 'é'.repeat(256)
  const intent = {
    kind: 'token-transfer',
    to: recipient.address,
    amount: toBase(3n),
    token: bed.token2022,
    memo,
  } as const
  expect((await land(sender, intent)).sighting.succeeded).toBe(true)
})

test('identical transfers under one blockhash both land, because their variation differs', async () => {
  const [sender, recipient] = [await bed.funded(), newWallet()]
  const draft = await bed.chain.draft(sender.address, {
    kind: 'transfer',
    to: recipient.address,
    amount: toBase(1_000_000n),
  })
  const anchor = await bed.chain.expiry!.anchor()
  const twins = [0, 1, maxVariation].map((variation) => signUnder(bed.chain, sender, draft, { ...anchor, variation }))
  const digests = twins.map(({ signed }) => bed.chain.decode(sender.address, signed.bytes.subarray(65), {}).digest)
  expect(new Set(digests).size).toBe(1)
  await bed.chain.broadcast(twins.map(({ signed }) => signed.bytes))
  bed.node.advance(1)
  const seen = await bed.chain.observe(twins.map(({ attempt }) => attempt))
  expect(seen.map((one) => one.state === 'included' && one.succeeded && one.fee <= draft.maxFee)).toEqual([
    true,
    true,
    true,
  ])
  expect(await bed.chain.balance(recipient.address)).toBe(3_000_000n)
})

test('the decoder says what the chain then did', async () => {
  const [sender, recipient] = [await bed.funded(), newWallet()]
  await bed.fixtures.mintTo(bed.spl.address, sender.address, 10n)
  const intent = {
    kind: 'token-transfer',
    to: recipient.address,
    amount: toBase(3n),
    token: bed.spl,
    memo: 'rent',
  } as const
  const { draft, signed } = await bed.signed(sender, intent)
  const { effects } = bed.chain.decode(sender.address, signed.bytes.subarray(65), {})
  expect(effects).toEqual({
    network: 'local-solana',
    sender: sender.address,
    effects: [
      { kind: 'account-creation', owner: recipient.address, asset: bed.spl.asset, rent: '2039280' },
      { kind: 'memo', text: 'rent' },
      { kind: 'outflow', asset: bed.spl.asset, amount: '3', to: recipient.address },
    ],
    fee: { asset: nativeAsset(localSolana), max: `${draft.maxFee - 2_039_280n}` },
  })
  expect(formatUnits(draft.maxFee, 9)).toMatch(/^0\.0020/)
})

test('an allowance lands, the next one takes its place, and an amount of 0 takes it back', async () => {
  const [sender, spender] = [await bed.funded(), newWallet()]
  for (const token of [bed.spl, bed.token2022]) {
    const account = await bed.fixtures.mintTo(token.address, sender.address, 10n)
    const allow = async (amount: bigint) => {
      const intent = { kind: 'approve', spender: spender.address, amount: toBase(amount), token } as const
      const { sighting, draft } = await land(sender, intent)
      expect(sighting.succeeded).toBe(true)
      const asked = [spender, newWallet()].map(({ address: one }) => ({ token: token.address, spender: one }))
      const allowed = (await bed.data(account)).readBigUInt64LE(121)
      expect(await bed.chain.allowances(sender.address, asked)).toEqual([
        { open: allowed, lapsed: 0n },
        { open: 0n, lapsed: 0n },
      ])
      return { draft, allowed }
    }
    const { draft, allowed } = await allow(7n)
    expect(allowed).toBe(7n)
    expect(draft.supplies).toEqual({ [token.asset]: expect.any(BigInt) })
    expect((await allow(3n)).allowed).toBe(3n)
    expect((await allow(0n)).allowed).toBe(0n)
    bed.pass(60_000)
  }
})

test('an allowance is refused where nobody could use it, and of more than there can be', async () => {
  const sender = await bed.funded()
  const intent = { kind: 'approve', amount: toBase(1n), token: bed.spl } as const
  const draft = (spender: string, amount = 1n) =>
    bed.chain.draft(sender.address, { ...intent, spender, amount: toBase(amount) })
  await expect(draft(tokenProgram)).rejects.toMatchObject({ code: 'INVALID_ADDRESS' })
  await expect(draft(newWallet().address, 2n ** 64n)).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
})
