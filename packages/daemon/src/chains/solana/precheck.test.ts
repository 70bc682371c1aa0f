import { add, toBase } from '@waiaas/contract'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Bed, newWallet, testBed, type Wallet } from '../../../test/solana-bed.ts'
import type { Promised } from '../follow.ts'
import type { Intent } from '../intent.ts'
import { minimumBalance } from './fees.ts'

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterEach(() => {
  bed.node.clearFaults()
  bed.pass(600_000)
})
afterAll(() => bed.close())

const transfer = (amount: bigint, to = newWallet().address) =>
  ({ kind: 'transfer', to, amount: toBase(amount) }) as const
async function check(wallet: Wallet, intents: readonly Intent[], promised: readonly Promised[] = []) {
  const drafts = await Promise.all(intents.map((intent) => bed.chain.draft(wallet.address, intent)))
  return { drafts, found: await bed.chain.precheck(wallet.address, drafts, promised) }
}
const insufficient = (text: string) => ({ code: 'INSUFFICIENT_BALANCE', message: expect.stringContaining(text) })
const invalid = (text: string) => ({ code: 'INVALID_TRANSACTION', message: expect.stringContaining(text) })

test('what is affordable has nothing known against it', async () => {
  const sender = await bed.funded()
  expect((await check(sender, [transfer(1_000_000n), transfer(2_000_000n)])).found).toEqual([null, null])
})

test('a wallet without lamports cannot pay its fee', async () => {
  expect((await check(newWallet(), [transfer(1_000_000n)])).found).toEqual([insufficient('the balance is 0 SOL')])
})

test('drafts are added up in order, beside what is in flight', async () => {
  const sender = await bed.funded(10_000_000n)
  const three = [transfer(4_000_000n), transfer(7_000_000n), transfer(3_000_000n)]
  expect((await check(sender, three)).found).toEqual([null, insufficient('expected 0.0070'), null])
  expect((await check(sender, three, [{ hash: null, nonce: null, cost: toBase(4_000_000n) }])).found).toEqual([
    null,
    insufficient('0.004 SOL of it promised'),
    insufficient('promised'),
  ])
})

test('what a promise was kept with is promised no longer', async () => {
  const sender = await bed.funded(10_000_000n)
  const { signed, draft } = await bed.signed(sender, transfer(6_000_000n))
  const promised = [{ hash: signed.hash, nonce: null, cost: add(toBase(6_000_000n), draft.maxFee) }]
  const next = [transfer(5_000_000n)]
  expect((await check(sender, next, promised)).found).toEqual([insufficient('promised')])
  await bed.chain.broadcast([signed.bytes])
  bed.node.advance(1)
  expect((await check(sender, next, promised)).found).toEqual([insufficient('the balance is 0.00399')])
  await bed.node.airdrop(sender.address, 3_000_000n)
  expect((await check(sender, next, promised)).found).toEqual([null])
})

test('a sender keeps enough to be rent-exempt', async () => {
  const sender = await bed.funded(10_000_000n)
  const { found, drafts } = await check(sender, [transfer(9_500_000n)])
  const most = 10_000_000n - drafts[0]!.maxFee
  expect((await check(sender, [transfer(most)])).found).toEqual([insufficient('to stay behind')])
  expect((await check(sender, [transfer(most - minimumBalance)])).found).toEqual([null])
  expect(found).toEqual([insufficient('at least 0.00089088 SOL to stay behind')])
})

test('a recipient below the rent-exempt minimum is named', async () => {
  const [sender, recipient] = [await bed.funded(), newWallet()]
  const { found } = await check(sender, [transfer(minimumBalance - 1n, recipient.address)])
  expect(found).toEqual([invalid(`would leave ${recipient.address} with less than the ${minimumBalance} lamports`)])
  expect((await check(sender, [transfer(minimumBalance, recipient.address)])).found).toEqual([null])
})

test('tokens are added up as well, and an account that is not there holds none', async () => {
  const sender = await bed.funded()
  await bed.fixtures.mintTo(bed.spl.address, sender.address, 5n)
  const to = newWallet().address
  const send = (token: typeof bed.spl, amount: bigint) =>
    ({ kind: 'token-transfer', to, token, amount: toBase(amount) }) as const
  const { found } = await check(sender, [
    send(bed.spl, 6n),
    send(bed.token2022, 1n),
    send(bed.spl, 4n),
    send(bed.spl, 2n),
  ])
  expect(found).toEqual([
    insufficient('the balance is 5'),
    insufficient('the sender has no account'),
    null,
    insufficient('the balance is 1'),
  ])
})

test("a program's own words explain a simulation that fails otherwise", async () => {
  const sender = await bed.funded()
  await bed.fixtures.mintTo(bed.spl.address, sender.address, 5n)
  const token = { ...bed.spl, decimals: 2 }
  const { found } = await check(sender, [
    { kind: 'token-transfer', to: newWallet().address, token, amount: toBase(1n) },
  ])
  expect(found).toEqual([invalid('rogram')])
})

test('a node that cannot simulate is an outage, not a clean bill', async () => {
  const sender = await bed.funded()
  bed.node.fault.failMethods.simulateTransaction = { code: -32603, message: 'out of order' }
  const { found } = await check(sender, [transfer(1_000_000n)])
  expect(found).toMatchObject([{ code: 'CHAIN_ERROR', message: expect.stringContaining('out of order') }])
})
