import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address } from '@solana/kit'
import {
  type GivenInstruction,
  nativeAsset,
  newId,
  operations,
  type PlanRequest,
  type PolicyType,
  tokenAsset,
} from '@waiaas/contract'
import { createSolanaFixtures, type SolanaFixtures, type SolanaNode } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSolanaAddress } from '../../../../../test/support/wallets.ts'
import { migrations, startPipeline, startSolana } from '../../../test/pipeline-bed.ts'
import { localSolana, newWallet } from '../../../test/solana-bed.ts'
import { given, holding, keyOf, seeded, u32, u64 } from '../../../test/solana-instructions.ts'
import { associatedAccount } from '../../chains/solana/associated-account.ts'
import { writeMessage } from '../../chains/solana/body.ts'
import { solanaChain } from '../../chains/solana/chain.ts'
import { instructionOf } from '../../chains/solana/program-call.ts'
import {
  associatedTokenProgram,
  computeBudgetProgram,
  stakeProgram,
  systemProgram,
  token2022Program,
  tokenProgram,
} from '../../chains/solana/programs.ts'
import { type Database, openDatabase } from '../../platform/db/database.ts'

const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
const SOL = 10n ** 9n
let node: SolanaNode
let fixtures: SolanaFixtures
let database: Database
let bed: Awaited<ReturnType<typeof startPipeline>>
type Wallet = Awaited<ReturnType<(typeof bed)['wallet']>>
type Step = NonNullable<PlanRequest['steps']>[number]

beforeAll(async () => {
  node = await startSolana({ slotMs: 50, finalSlots: 8 })
  fixtures = await createSolanaFixtures(node)
  database = await openDatabase({ path: join(folder, 'test.db'), migrations })
  const mints = [fixtures.splMint, fixtures.token2022Mint]
  const fixed = Object.fromEntries(mints.map((mint) => [tokenAsset(localSolana, mint), '1']))
  bed = await startPipeline(database, node, undefined, undefined, { fixed })
})
afterAll(async () => {
  await bed?.stop()
  await node?.stop()
  await database?.close()
  rmSync(folder, { recursive: true })
})

async function holder(limits: object): Promise<Wallet> {
  const wallet = await bed.wallet()
  await bed.limit(wallet.id, { notify_max_usd: 1e6, delay_max_usd: 1e6, ...limits })
  const tokens = [fixtures.splMint, fixtures.token2022Mint].map((address) => ({ address }))
  await allow(wallet, 'ALLOWED_TOKENS', { tokens })
  return wallet
}
const allow = (wallet: Wallet, type: PolicyType, rules: object) =>
  bed.rules.create({ walletId: wallet.id, priority: 0, enabled: true, type, rules } as never)
const input = (wallet: Wallet, steps: readonly Step[]): PlanRequest =>
  operations.sendPlan.input.parse({ walletId: wallet.id, steps })
const send = async (wallet: Wallet, steps: readonly Step[]) => {
  const from = { sessionId: wallet.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
  return (await bed.service.plans.send(input(wallet, steps), from)).accepted!
}
const dry = async (wallet: Wallet, steps: readonly Step[]) =>
  (await bed.service.plans.simulate(input(wallet, steps), wallet.session)).decision
async function ended(id: string) {
  const show = () => bed.service.plans.get(id, undefined)
  await expect.poll(async () => (await show()).status).not.toBe('RUNNING')
  return show()
}

const pay = ({ address }: { address: string }, to: string, lamports: bigint): GivenInstruction =>
  given(systemProgram, [address, to], [...u32(2), ...u64(lamports)])
const budget = (units: number) => given(computeBudgetProgram, [], [2, ...u32(units)])
/** A legacy message, as a planner gives it away. */
function message({ address }: { address: string }, instructions: readonly GivenInstruction[]): Step {
  const read = instructions.map(({ programId, accounts, data }) =>
    instructionOf({
      ...{ program: programId, data: Buffer.from(data, 'base64').toString('hex') },
      accounts: accounts.map(({ pubkey, isSigner, isWritable }) => ({
        ...{ address: pubkey, signer: isSigner, writable: isWritable },
      })),
    }),
  )
  return { serialized: Buffer.from(writeMessage(address as Address, read, systemProgram)).toString('base64') }
}
const lamports = async (address: string): Promise<bigint> => {
  const chain = solanaChain({ network: localSolana, urls: [node.url] })
  const found = await chain.balance(address)
  chain.close()
  return found
}

test('instructions of several programs are one transaction, and what it costs is what was seen', async () => {
  const [wallet, to] = [await holder({ instant_max_usd: 1e5 }), newWallet().address]
  const other = newSolanaAddress()
  const mine = await fixtures.mintTo(fixtures.splMint, wallet.address, 10_000_000n)
  const account = associatedAccount(to as Address, fixtures.splMint as Address, tokenProgram).address
  const create = given(
    associatedTokenProgram,
    [wallet.address, account, to, fixtures.splMint, systemProgram, tokenProgram],
    [1],
  )
  const move = given(tokenProgram, [mine, fixtures.splMint, account, wallet.address], [12, ...u64(2_000_000n), 6])
  const before = await lamports(wallet.address)
  const steps = [
    { instructions: [budget(77_000), pay(wallet, to, SOL), create, move] },
    { instructions: [pay(wallet, other, SOL)] },
  ]
  const sent = await send(wallet, steps)
  const plan = await ended(sent.id)
  expect(plan.steps.map(({ status, error }) => [status, error])).toEqual([
    ['CONFIRMED', null],
    ['CONFIRMED', null],
  ])
  const effects = plan.steps.flatMap((step) => step.effects!)
  const told = effects.reduce(
    (sum, one) => sum + (one.kind === 'outflow' && one.asset.endsWith(':501') ? BigInt(one.amount) : 0n),
    0n,
  )
  const rent = effects.reduce((sum, one) => sum + (one.kind === 'account-creation' ? BigInt(one.rent) : 0n), 0n)
  const fees = plan.steps.reduce((sum, { fee }) => sum + BigInt(fee!.paid!), 0n)
  expect(told).toBe(2n * SOL)
  expect(before - (await lamports(wallet.address))).toBe(told + rent + fees)
})

test('Token, Token-2022 and stake do in a plan what was seen of them', async () => {
  const [wallet, to] = [await holder({ instant_max_usd: 1e5 }), newWallet().address]
  const me = wallet.address
  await allow(wallet, 'CONTRACT_WHITELIST', { contracts: [{ address: stakeProgram }] })
  const kinds = [
    { mint: fixtures.splMint, program: tokenProgram, decimals: 6 },
    { mint: fixtures.token2022Mint, program: token2022Program, decimals: 9 },
  ] as const
  const moves = await Promise.all(
    kinds.map(async ({ mint, program, decimals }) => {
      const mine = await fixtures.mintTo(mint, me, 5n * 10n ** BigInt(decimals))
      const theirs = holding(me, to, { mint, program })
      const data = [12, ...u64(2n * 10n ** BigInt(decimals)), decimals]
      return { mine, theirs, move: [theirs.create, given(program, [mine, mint, theirs.address, me], data)] }
    }),
  )
  const owner = { ...newWallet(), address: me }
  const stake = await seeded(owner, 'stake', { program: stakeProgram, size: 200, lamports: SOL })
  const authorities = [...keyOf(me), ...keyOf(me), ...u64(0n), ...u64(0n), ...keyOf(systemProgram)]
  const begin = given(stakeProgram, [stake.address, RENT], [...u32(0), ...authorities])
  const before = await lamports(me)
  const sent = await send(wallet, [
    ...moves.map(({ move }) => ({ instructions: move })),
    { instructions: [pay(wallet, to, SOL), stake.make, begin] },
  ])
  const { steps } = await ended(sent.id)
  expect(steps.map(({ status, error }) => [status, error])).toEqual(steps.map(() => ['CONFIRMED', null]))
  const effects = steps.flatMap((step) => step.effects!)
  const told = (asset: string) =>
    effects.reduce((sum, one) => (one.kind === 'outflow' && one.asset === asset ? sum + BigInt(one.amount) : sum), 0n)
  const rent = effects.reduce((sum, one) => (one.kind === 'account-creation' ? sum + BigInt(one.rent) : sum), 0n)
  const fees = steps.reduce((sum, { fee }) => sum + BigInt(fee!.paid!), 0n)
  // The account of a mint with extensions would be larger by some bytes, whose rent counts.
  const over = told(nativeAsset(localSolana)) + rent + fees - (before - (await lamports(me)))
  expect([over >= 0n, over < 200_000n], `${over} more than it cost`).toEqual([true, true])
  for (const [at, { mint, decimals }] of kinds.entries()) {
    const unit = 10n ** BigInt(decimals)
    expect(told(tokenAsset(localSolana, mint))).toBe(2n * unit)
    expect(await held(moves[at]!.mine)).toBe(3n * unit)
    expect(await held(moves[at]!.theirs.address)).toBe(2n * unit)
  }
  expect(await lamports(stake.address)).toBe(SOL)
})
test('what a step does upon accounts that one before it may write is unknown, and a human decides', async () => {
  const [wallet, to] = [await holder({ instant_max_usd: 1e5 }), newWallet().address]
  const me = wallet.address
  await allow(wallet, 'CONTRACT_WHITELIST', { contracts: [{ address: stakeProgram }] })
  const stake = await seeded({ ...newWallet(), address: me }, 'other', {
    ...{ program: stakeProgram, size: 200, lamports: SOL },
  })
  const authorities = [...keyOf(me), ...keyOf(me), ...u64(0n), ...u64(0n), ...keyOf(systemProgram)]
  const begin = given(stakeProgram, [stake.address, RENT], [...u32(0), ...authorities])
  const codes = async (first: string) => {
    const steps = [{ instructions: [pay(wallet, first, SOL)] }, { instructions: [stake.make, begin] }]
    return (await dry(wallet, steps)).reasons.map(({ code }) => code)
  }
  // Alone it makes the account, which it cannot once the account has money.
  expect(await codes(stake.address)).toContain('UNKNOWN_EFFECT')
  expect(await codes(to)).not.toContain('UNKNOWN_EFFECT')
})
const RENT = 'SysvarRent111111111111111111111111111111111'
/** So much of its token is in an account. */
async function held(account: string): Promise<bigint> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getTokenAccountBalance', params: [account] })
  const headers = { 'content-type': 'application/json' }
  const answer = (await (await fetch(node.url, { method: 'POST', headers, body })).json()) as {
    result: { value: { amount: string } }
  }
  return BigInt(answer.result.value.amount)
}

test('a payment is decided alike in every form, and many small ones as their sum', async () => {
  const [wallet, { address: to }] = [
    await holder({ instant_max_usd: 10, notify_max_usd: 20, delay_max_usd: 30 }),
    await bed.wallet(),
  ]
  for (const usd of [5n, 15n, 25n, 35n]) {
    const amount = (usd * SOL) / 2000n
    const request = { type: 'TRANSFER', to, amount: String(amount), walletId: wallet.id, dryRun: true } as const
    const { decision: plain } = await bed.service.simulate(request, wallet.session)
    const half = pay(wallet, to, amount / 2n)
    for (const steps of [
      [{ instructions: [pay(wallet, to, amount)] }],
      [message(wallet, [pay(wallet, to, amount)])],
      [{ instructions: [half, half] }],
      [{ instructions: [half] }, message(wallet, [half])],
    ]) {
      const decision = await dry(wallet, steps)
      for (const field of ['tier', 'outcome', 'usd'] as const) expect(decision[field]).toEqual(plain![field])
    }
  }
})

test('a message of any version lands under our blockhash', async () => {
  const [wallet, { address: to }] = [await holder({ instant_max_usd: 1e5 }), await bed.wallet()]
  const before = await lamports(to)
  const sent = await send(wallet, [
    message(wallet, [budget(50_000), pay(wallet, to, SOL)]),
    message(wallet, [pay(wallet, to, 5n)]),
  ])
  expect((await ended(sent.id)).steps.map(({ status }) => status)).toEqual(['CONFIRMED', 'CONFIRMED'])
  expect((await lamports(to)) - before).toBe(SOL + 5n)
})

test('foreign signers, foreign fee payers and durable nonces are refused by name', async () => {
  const [wallet, stranger] = [await holder({ instant_max_usd: 1e5 }), newWallet()]
  const good = { instructions: [pay(wallet, stranger.address, 5n)] }
  const signs = pay(stranger, wallet.address, 5n)
  const foreign = { ...signs, accounts: signs.accounts.map((one, at) => ({ ...one, isSigner: at === 0 })) }
  const nonce = given(systemProgram, [stranger.address, newSolanaAddress(), wallet.address], u32(4))
  for (const [step, why] of [
    [{ instructions: [foreign] }, `${stranger.address} would have to sign too`],
    [message(stranger, [pay(stranger, wallet.address, 5n)]), `the wallet ${wallet.address} signs nothing of it`],
    [{ instructions: [nonce, pay(wallet, stranger.address, 5n)] }, 'a durable nonce'],
    [message(wallet, [nonce, pay(wallet, stranger.address, 5n)]), 'a durable nonce'],
    [{ instructions: [budget(5)] }, 'expected an instruction that does something'],
    [{ serialized: 'AAAA' }, ''],
  ] as const)
    await expect(send(wallet, [good, step as Step])).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^step 2: .*${why}`)),
    })
})

test('the second step that fails by itself is not left to chance', async () => {
  const [wallet, { address: to }] = [await holder({ instant_max_usd: 1e6 }), await bed.wallet()]
  const all = { instructions: [pay(wallet, to, 60n * SOL)] }
  const plan = await ended((await send(wallet, [all, all, { instructions: [pay(wallet, to, 5n)] }])).id)
  expect(plan.steps.map(({ status }) => status)).toEqual(['CONFIRMED', 'FAILED', 'CANCELLED'])
})
