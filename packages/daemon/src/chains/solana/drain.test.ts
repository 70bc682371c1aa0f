import { toBase } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bed, newWallet, testBed, type Wallet } from '../../../test/solana-bed.ts'
import { given } from '../../../test/solana-instructions.ts'
import type { Intent } from '../intent.ts'
import { instructionOf } from './program-call.ts'

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterAll(() => bed.close())

async function land(wallet: Wallet, intent: Intent, variation = 0) {
  const one = await bed.signed(wallet, intent, variation)
  expect(await bed.chain.precheck(wallet.address, [one.draft], [])).toEqual([null])
  expect(await bed.chain.broadcast([one.signed.bytes])).toEqual([{ outcome: 'accepted' }])
  bed.node.advance(1)
  expect(await bed.chain.observe([one.attempt])).toMatchObject([{ state: 'included', succeeded: true }])
  return one.draft
}
const effectsOf = ({ address }: Wallet, draft: { body: string; maxFee: ReturnType<typeof toBase> }, intent: Intent) =>
  bed.chain.decode(
    address,
    bed.chain.bytes(address, draft, { ...bed.chain.anyLifetime, variation: 0 }),
    bed.chain.hints(intent),
  ).effects.effects

test.each([
  [0n, 0],
  [33_333n, 0],
  [1_234_567n, 9_999],
])('all lamports leave at a price of %s for a unit, whatever the variation', async (drains, variation) => {
  const [wallet, to] = [await bed.funded(), newWallet().address]
  const balance = await bed.chain.balance(wallet.address)
  const { maxFee } = await bed.chain.draft(wallet.address, { kind: 'transfer', to, amount: toBase(1n), drains })
  const amount = toBase(balance - maxFee)
  const short: Intent = { kind: 'transfer', to, amount: toBase(amount + 1n), drains }
  const over = await bed.chain.draft(wallet.address, short)
  expect(await bed.chain.precheck(wallet.address, [over], [])).toMatchObject([{ code: 'INSUFFICIENT_BALANCE' }])
  // Less than an account needs would be left, which the cluster refuses.
  const dust = await bed.chain.draft(wallet.address, { ...short, amount: toBase(amount - 1n) })
  expect(await bed.chain.precheck(wallet.address, [dust], [])).toMatchObject([{ code: 'INSUFFICIENT_BALANCE' }])
  await land(wallet, { kind: 'transfer', to, amount, drains }, variation)
  expect(await bed.chain.balance(wallet.address)).toBe(0n)
  expect(await bed.chain.balance(to)).toBe(amount)
})

test.each(['spl', 'token2022'] as const)(
  'an account of %s is closed after its tokens left, and its rent is back',
  async (name) => {
    const token = bed[name]
    const [wallet, to] = [await bed.funded(), newWallet().address]
    await bed.fixtures.mintTo(token.address, wallet.address, 70n)
    await bed.fixtures.mintTo(token.address, to, 1n)
    const source = await bed.chain.tokenSource!(wallet.address, token)
    expect(source).toEqual({ amount: 70n, isFrozen: false, isClosable: true })
    const before = await bed.chain.balance(wallet.address)
    const intent: Intent = { kind: 'token-transfer', to, amount: source.amount, token, closes: true }
    const draft = await land(wallet, intent)
    expect(effectsOf(wallet, draft, intent)).toEqual([{ kind: 'outflow', asset: token.asset, amount: '70', to }])
    expect(await bed.chain.balance(wallet.address)).toBeGreaterThan(before)
    expect(await bed.chain.tokenSource!(wallet.address, token)).toEqual({
      ...{ amount: 0n, isFrozen: false, isClosable: false },
    })
  },
)

test('an account with something left in it is not closed: all of it fails', async () => {
  const [wallet, to] = [await bed.funded(), newWallet().address]
  await bed.fixtures.mintTo(bed.spl.address, wallet.address, 70n)
  await bed.fixtures.mintTo(bed.spl.address, to, 1n)
  const intent: Intent = { kind: 'token-transfer', to, amount: toBase(69n), token: bed.spl, closes: true }
  const draft = await bed.chain.draft(wallet.address, intent)
  expect((await bed.chain.precheck(wallet.address, [draft], []))[0]).toMatchObject({ code: 'INVALID_TRANSACTION' })
})

test('a close that pays somebody else, or beside what does not empty its account, is as strict as before', async () => {
  const [wallet, other] = [await bed.funded(), newWallet().address]
  const mine = await bed.fixtures.mintTo(bed.spl.address, wallet.address, 70n)
  const theirs = await bed.fixtures.mintTo(bed.spl.address, other, 1n)
  const program = bed.spl.program!
  const move = [mine, bed.spl.address, theirs, wallet.address]
  const all = [12, 70, 0, 0, 0, 0, 0, 0, 0, 6]
  const told = async (...instructions: ReturnType<typeof given>[]) => {
    const intent: Intent = {
      ...{ kind: 'program-call', to: program, tokens: [bed.spl], owners: [other] },
      instructions: instructions.map(({ programId, accounts, data }) => ({
        ...{ program: programId, data: Buffer.from(data, 'base64').toString('hex') },
        accounts: accounts.map(({ pubkey, isSigner, isWritable }) => ({
          ...{ address: pubkey, signer: isSigner, writable: isWritable },
        })),
      })),
    }
    expect(intent.instructions.map(instructionOf).length).toBe(instructions.length)
    const draft = await bed.chain.draft(wallet.address, intent)
    return effectsOf(wallet, draft, intent).map(({ kind }) => kind)
  }
  const close = (to: string, account = mine) => given(program, [account, to, wallet.address], [9])
  expect(await told(given(program, move, all), close(wallet.address))).toEqual(['outflow'])
  expect(await told(given(program, move, all), close(other))).toEqual(['outflow', 'call', 'unknown', 'outflow'])
  const empty = await bed.fixtures.mintTo(bed.token2022.address, wallet.address, 0n)
  const closeEmpty = given(bed.token2022.program!, [empty, wallet.address, wallet.address], [9])
  const pay = given('11111111111111111111111111111111', [wallet.address, other], [2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
  expect(await told(closeEmpty, pay)).toEqual(['call', 'outflow'])
  // A message that does nothing but close takes nothing, whatever is in the accounts.
  expect(await told(closeEmpty)).toEqual([])
  const closeForOther = given(bed.token2022.program!, [empty, other, wallet.address], [9])
  expect(await told(closeForOther)).toEqual(['call', 'unknown', 'outflow'])
})

test.each(['spl', 'token2022'] as const)('an account of %s that is empty is found, and only closed', async (name) => {
  const token = bed[name]
  const [wallet, to] = [await bed.funded(), newWallet().address]
  await bed.fixtures.mintTo(token.address, wallet.address, 0n)
  await bed.fixtures.mintTo(bed.spl.address, to, 1n)
  expect(await bed.chain.emptySources!(to)).toEqual([])
  expect((await bed.chain.emptySources!(wallet.address)).map(({ address }) => address)).toEqual([token.address])
  const before = await bed.chain.balance(wallet.address)
  const intent: Intent = { kind: 'token-transfer', to, amount: toBase(0n), token, closes: true }
  const draft = await land(wallet, intent)
  expect(effectsOf(wallet, draft, intent)).toEqual([])
  // Its rent has come back, and nobody has an account of it.
  expect(await bed.chain.balance(wallet.address)).toBeGreaterThan(before + 2_000_000n)
  expect(await bed.chain.emptySources!(wallet.address)).toEqual([])
  expect((await bed.chain.tokenBalances(to, [token]))[0]?.amount).toBe(name === 'spl' ? 1n : 0n)
})
