import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, getAddressEncoder } from '@solana/kit'
import { newId, operations, type PolicyType, SendRequest, TIERS, tokenAsset } from '@waiaas/contract'
import { createSolanaFixtures, type SolanaFixtures, type SolanaNode } from '@waiaas/localnet'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSolanaAddress } from '../../../../test/support/wallets.ts'
import { lighthouseStandIn } from '../../test/lighthouse-program.ts'
import { migrations, startPipeline, startSolana } from '../../test/pipeline-bed.ts'
import { type Wallet as Key, localSolana, newWallet, signUnder } from '../../test/solana-bed.ts'
import { solanaChain } from '../chains/solana/chain.ts'
import { lighthouseProgram, lookupTableProgram, systemProgram, tokenProgram } from '../chains/solana/programs.ts'
import type { CeilingText } from '../keys/service.ts'
import { type Database, openDatabase } from '../platform/db/database.ts'
import { ceilingStore } from '../wallets/ceiling-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
let node: SolanaNode
let fixtures: SolanaFixtures
let database: Database
let bed: Awaited<ReturnType<typeof startPipeline>>
let asset: string
let hasFloors = false
type Wallet = Awaited<ReturnType<(typeof bed)['wallet']>>

beforeAll(async () => {
  node = await startSolana({ slotMs: 50, finalSlots: 8 })
  fixtures = await createSolanaFixtures(node)
  asset = tokenAsset(localSolana, fixtures.splMint)
  database = await openDatabase({ path: join(folder, 'test.db'), migrations })
  bed = await startPipeline(database, node, undefined, undefined, { fixed: { [asset]: '1' }, floors: () => hasFloors })
  node.addProgram(lighthouseProgram, lighthouseStandIn())
})
afterAll(async () => {
  await bed.stop()
  await node.stop()
  await database.close()
  rmSync(folder, { recursive: true })
})

const u32 = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)]
const u64 = (value: bigint) => [...new Uint8Array(BigUint64Array.of(value).buffer)]
const call = (
  to: string,
  accounts: readonly string[],
  data: readonly number[],
): Partial<SendRequest> & { to: string } => ({
  type: 'CONTRACT_CALL',
  to,
  instructionData: Buffer.from(data).toString('base64'),
  accounts: accounts.map((pubkey) => ({ pubkey, isSigner: false, isWritable: true })),
})
const pay = ({ address }: Wallet, to: string, lamports: bigint) =>
  call(systemProgram, [address, to], [...u32(2), ...u64(lamports)])

const dollars = (most: number) => ({ instant_max_usd: most, notify_max_usd: most, delay_max_usd: 1e6 })
const rule = (walletId: string, type: PolicyType, rules: object) =>
  bed.rules.create({ walletId, type, rules, priority: 0, enabled: true } as never)

/** A wallet with ten tokens, and a payment of some of them that names no mint. */
async function holder() {
  const [wallet, recipient] = [await bed.wallet(), newWallet()]
  await node.airdrop(recipient.address, 10n ** 9n)
  const mint = (owner: string) => fixtures.mintTo(fixtures.splMint, owner, 10_000_000n)
  const [mine, account] = [await mint(wallet.address), await mint(recipient.address)]
  const move = call(tokenProgram, [mine, account, wallet.address], [3, ...u64(2_000_000n)])
  return { wallet, move, theirs: { wallet: recipient, account } }
}
/** Lets the signer sign what it cannot read of these programs. */
async function named(wallet: Wallet, ...contracts: string[]): Promise<void> {
  const now = (await database.read((db) => ceilingStore.byWallet(db, wallet.id)))!
  const { ceiling } = JSON.parse(now.text) as CeilingText
  const next = { ...ceiling, chains: { ...ceiling.chains, solana: { ...ceiling.chains.solana!, contracts } } }
  const sealed = await bed.keys.changeCeiling({ address: wallet.address, now, next }, 'correct horse battery')
  await database.work({ exclusive: [`wallet:${wallet.id}`] }, (db) => ceilingStore.set(db, wallet.id, sealed))
}

const decided = async (wallet: Wallet, request: Partial<SendRequest> & { to: string }) => {
  const input = { type: 'TRANSFER', dryRun: true, ...request, walletId: wallet.id } as const
  const { decision } = await bed.service.simulate(input, wallet.session)
  return decision!
}

test('a payment costs the same and is decided alike, whatever it is called', async () => {
  const [wallet, { address: to }] = [await bed.wallet(), await bed.wallet()]
  await bed.limit(wallet.id, dollars(1))
  for (const amount of [1n, 400_000n, 600_000n, 5n * 10n ** 10n]) {
    const plain = await decided(wallet, { to, amount: String(amount) })
    const called = await decided(wallet, pay(wallet, to, amount))
    for (const field of ['tier', 'outcome', 'reasons'] as const) expect(called[field]).toEqual(plain[field])
    expect(called.usd).toBe(plain.usd)
  }
})

test('a program runs only where a list has it, and the functions that a list names', async () => {
  const { wallet, move } = await holder()
  await bed.limit(wallet.id, dollars(100))
  const codes = async () => (await decided(wallet, move)).reasons.map(({ code }) => code)
  expect(await codes()).toContain('CONTRACT_CALL_DISABLED')
  await rule(wallet.id, 'CONTRACT_WHITELIST', { contracts: [{ address: tokenProgram }] })
  expect(await codes()).toEqual(['TOKEN_NOT_ALLOWED'])
  await rule(wallet.id, 'METHOD_WHITELIST', { methods: [{ contractAddress: tokenProgram, selectors: ['0x09'] }] })
  await rule(wallet.id, 'ALLOWED_TOKENS', { tokens: [{ address: fixtures.splMint }] })
  expect(await codes()).toEqual(['METHOD_NOT_WHITELISTED'])
})

test('a batch is decided on as the sum of its parts, and never more mildly than one of them', async () => {
  const [wallet, { address: to }] = [await bed.wallet(), await bed.wallet()]
  await bed.limit(wallet.id, { instant_max_usd: 1, notify_max_usd: 2, delay_max_usd: 3 })
  await rule(wallet.id, 'WHITELIST', { allowed_addresses: [to] })
  const lamports = fc.bigInt({ min: 1n, max: 1_000_000n })
  const { accounts, instructionData } = pay(wallet, to, 5n)
  const call = { to: systemProgram, accounts: accounts!, instructionData: instructionData! }
  const parts = fc.array(lamports, { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(parts, async (amounts) => {
      const instructions = [...amounts.map((amount) => ({ to, amount: String(amount) })), call]
      const whole = await decided(wallet, { type: 'BATCH', instructions } as never)
      const sum = amounts.reduce((all, amount) => all + amount, 5n)
      const one = await decided(wallet, { to, amount: String(sum) })
      expect([whole.tier, whole.outcome, whole.usd]).toEqual([one.tier, one.outcome, one.usd])
      for (const amount of amounts) {
        const { tier } = await decided(wallet, { to, amount: String(amount) })
        expect(TIERS.indexOf(whole.tier)).toBeGreaterThanOrEqual(TIERS.indexOf(tier))
      }
    }),
    { numRuns: 8 },
  )
  const stranger = { to: newSolanaAddress(), amount: '1000000' }
  const mixed = { type: 'BATCH', instructions: [{ to, amount: '1' }, stranger] } as never
  expect((await decided(wallet, mixed)).reasons).toMatchObject([{ code: 'WHITELIST_DENIED' }])
})

test('the examples of docs/transactions.md are taken as they stand', async () => {
  const { wallet, move } = await holder()
  const [account] = move.accounts!.map(({ pubkey }) => pubkey)
  const page = readFileSync(new URL('../../../../docs/transactions.md', import.meta.url), 'utf8')
  const examples = [...page.matchAll(/```json solana\n([\s\S]+?)```/g)].map(([, text]) => text!)
  expect(examples.length).toBeGreaterThan(1)
  for (const text of examples) {
    const named = text
      .replaceAll(/<recipient>|<spender>/g, newSolanaAddress())
      .replaceAll('<token account>', account!)
      .replaceAll('<wallet>', wallet.address)
      .replaceAll('<lookup table>', putTable([account!]))
      .replaceAll('<token>', fixtures.splMint)
    const request = SendRequest.parse({ ...JSON.parse(named), walletId: wallet.id, dryRun: true })
    const { simulation } = await bed.service.simulate(request, wallet.session)
    expect(simulation, text).toMatchObject({ success: true, error: null })
  }
})

test('a batch lands as a whole', async () => {
  const [wallet, { address: to }] = [await bed.wallet(), await bed.wallet()]
  await bed.limit(wallet.id, dollars(100))
  const part = { to, amount: '1000' }
  const { transactionId } = await bed.send(wallet, { type: 'BATCH', instructions: [part, part] } as never, newId())
  expect(await ended(transactionId)).toBe('CONFIRMED')
  expect(await bed.service.get(transactionId, undefined)).toMatchObject({
    type: 'BATCH',
    amount: '2000',
    toAddress: to,
  })
})

const instructionIn = ({ to, accounts, instructionData }: Partial<SendRequest> & { to: string }) => ({
  ...{ programId: to, data: instructionData!, accounts: accounts! },
})

/** Where the token program may be called, and told this. */
async function allowed(wallet: Wallet, limits: object): Promise<void> {
  await bed.limit(wallet.id, limits as Record<string, unknown>)
  await rule(wallet.id, 'CONTRACT_WHITELIST', { contracts: [{ address: tokenProgram }] })
  await rule(wallet.id, 'METHOD_WHITELIST', { methods: [{ contractAddress: tokenProgram, selectors: ['0x03'] }] })
  await rule(wallet.id, 'ALLOWED_TOKENS', { tokens: [{ address: fixtures.splMint }] })
}
const ended = (id: string) => bed.until(id, 'CONFIRMED', 'CANCELLED', 'FAILED')

test('what a simulation has seen is judged, and signed where the ceiling names the program, or the operator lifts it', async () => {
  const { wallet, move } = await holder()
  await allowed(wallet, dollars(100))
  const sent = await bed.send(wallet, move, newId())
  expect(sent.accepted!.decision).toMatchObject({ usd: 2, tier: 'APPROVAL', reasons: [{ code: 'ABOVE_CEILING' }] })
  const { payment } = await bed.service.showOverCeiling(sent.transactionId)
  expect(payment).toMatchObject({ moves: [], call: { to: tokenProgram } })
  await bed.service.approve(sent.transactionId, { overCeiling: { shown: 'correct horse battery' } })
  expect(await ended(sent.transactionId)).toBe('CONFIRMED')
  await named(wallet, tokenProgram)
  const next = await bed.send(wallet, move, newId())
  expect(next.accepted).toMatchObject({ tier: 'INSTANT' })
  expect(await ended(next.transactionId)).toBe('CONFIRMED')
})

test('what waited is looked at again, and ends where it would do more than was decided on', async () => {
  const { wallet, move, theirs } = await holder()
  await allowed(wallet, { ...dollars(1), delay_seconds: 1 })
  await named(wallet, tokenProgram)
  const [first, second] = [await bed.send(wallet, move, newId()), await bed.send(wallet, move, newId())]
  expect(first.accepted!.decision!.tier).toBe('DELAY')
  expect(await ended(first.transactionId)).toBe('CONFIRMED')
  expect(await ended(second.transactionId)).toBe('CONFIRMED')
  const third = await bed.send(wallet, move, newId())
  // The account of the recipient is another's by the time that it is signed.
  await handOver(theirs.wallet, theirs.account)
  expect(await ended(third.transactionId)).toBe('CANCELLED')
  expect(await bed.service.get(third.transactionId, undefined)).toMatchObject({
    error: expect.stringContaining('more than what was decided on'),
  })
})

test('with floors, calls beside each other land, and what waited ends where less would stay than was decided on', async () => {
  hasFloors = true
  try {
    const [{ wallet, move }, plan, slow] = [await holder(), await holder(), await holder()]
    for (const one of [wallet, plan.wallet, slow.wallet]) {
      await allowed(one, { ...dollars(4), delay_max_usd: 4 })
      // The floors need nothing in the ceiling beside the program itself.
      await named(one, tokenProgram)
    }
    const [first, second] = [await bed.send(wallet, move, newId()), await bed.send(wallet, move, newId())]
    expect(first.accepted).toMatchObject({ tier: 'INSTANT' })
    for (const { transactionId } of [first, second]) expect(await ended(transactionId)).toBe('CONFIRMED')
    const { effects } = await bed.service.get(first.transactionId, undefined)
    const contracts = effects!.flatMap((one) => (one.kind === 'call' ? [one.contract] : []))
    expect(contracts).toEqual([tokenProgram])
    const steps = [{ instructions: [instructionIn(plan.move)] }, { instructions: [instructionIn(plan.move)] }]
    const input = operations.sendPlan.input.parse({ walletId: plan.wallet.id, steps })
    const from = { sessionId: plan.wallet.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
    const { accepted } = await bed.service.plans.send(input, from)
    // The second takes from the account that the first has changed by then, which nobody could look at.
    await bed.service.approve((await bed.service.plans.get(accepted!.id, undefined)).steps[1]!.id)
    await expect.poll(async () => (await bed.service.plans.get(accepted!.id, undefined)).status).toBe('CONFIRMED')
    // Nothing else of it is on its way.
    const more = { ...slow.move, instructionData: Buffer.from([3, ...u64(5_000_000n)]).toString('base64') }
    const waiting = await bed.send(slow.wallet, more, newId())
    expect(waiting.accepted!.decision!.tier).toBe('APPROVAL')
    const later = await bed.send(slow.wallet, slow.move, newId())
    expect(await ended(later.transactionId)).toBe('CONFIRMED')
    await bed.service.approve(waiting.transactionId)
    expect(await ended(waiting.transactionId)).toBe('CANCELLED')
    expect(await bed.service.get(waiting.transactionId, undefined)).toMatchObject({
      error: expect.stringContaining('less than what has to stay'),
    })
  } finally {
    hasFloors = false
  }
})

/** A lookup table with these entries, and with an owner who may add some. */
function putTable(entries: readonly string[], owner?: string, address = newSolanaAddress()): string {
  const keyOf = (one: string) => [...getAddressEncoder().encode(one as Address)]
  const named = owner ? [1, ...keyOf(owner)] : Array<number>(33).fill(0)
  const header = [...u32(1), ...u64(2n ** 64n - 1n), ...u64(0n), 0, ...named, 0, 0]
  const data = Uint8Array.from([...header, ...entries.flatMap(keyOf)])
  node.setAccount({ address, owner: lookupTableProgram, lamports: BigInt(128 + data.length) * 6_960n, data })
  return address
}

test('what waited ends where the lookup table that it uses has changed, and says so', async () => {
  const wallet = await bed.wallet()
  const own = putTable([], wallet.address)
  const table = putTable([newSolanaAddress(), own])
  const added = [...u32(2), ...u64(1n), ...getAddressEncoder().encode(newSolanaAddress() as Address)]
  const extend = {
    ...call(lookupTableProgram, [own, wallet.address, wallet.address, systemProgram], added),
    addressLookupTableAddresses: [table],
    priorityFee: '2000 micro-lamports',
  }
  await bed.limit(wallet.id, { ...dollars(0.000001), delay_seconds: 1 })
  await rule(wallet.id, 'CONTRACT_WHITELIST', { contracts: [{ address: lookupTableProgram }] })
  await rule(wallet.id, 'METHOD_WHITELIST', {
    methods: [{ contractAddress: lookupTableProgram, selectors: ['0x02'] }],
  })
  await named(wallet, lookupTableProgram)
  const first = await bed.send(wallet, extend, newId())
  expect(first.accepted!.decision!.tier).toBe('DELAY')
  expect(await ended(first.transactionId)).toBe('CONFIRMED')
  const second = await bed.send(wallet, extend, newId())
  putTable([own, newSolanaAddress()], undefined, table)
  expect(await ended(second.transactionId)).toBe('CANCELLED')
  expect(await bed.service.get(second.transactionId, undefined)).toMatchObject({
    error: expect.stringMatching(`the lookup table ${table} has .* at place 1, where it had ${own}`),
  })
})

test('a priority fee far above what is asked waits for a human, and one in another unit is refused', async () => {
  const [wallet, { address: to }] = [await bed.wallet(), await bed.wallet()]
  await bed.limit(wallet.id, dollars(100))
  const at = (priorityFee: string) => decided(wallet, { ...pay(wallet, to, 5n), priorityFee })
  expect((await at('2000')).tier).toBe('INSTANT')
  expect((await at('500000 micro-lamports')).reasons).toMatchObject([{ code: 'FEE_PRICE_TOO_HIGH' }])
  for (const wrong of ['2 gwei', `${2n ** 64n}`])
    await expect(at(wrong)).rejects.toMatchObject({
      code: 'INVALID_TRANSACTION',
      message: expect.stringContaining('expected'),
    })
  expect(SendRequest.safeParse({ type: 'CONTRACT_CALL', to, calldata: '0x12345678', priorityFee: '2' }).success).toBe(
    false,
  )
})

type Asked = Parameters<typeof decided>[1]

test('a payment, an allowance and a batch have a priority fee too, which is bounded alike', async () => {
  const [wallet, { address: to }] = [await bed.wallet(), await bed.wallet()]
  await bed.limit(wallet.id, dollars(100))
  const transfer = { type: 'TRANSFER', to, amount: '5' } as const
  const batch = { type: 'BATCH', instructions: [transfer, { ...transfer, priorityFee: '3000' }] } as const
  const fees = []
  for (const asked of [transfer, batch])
    for (const priorityFee of ['2000', '400000 micro-lamports']) {
      const { reasons, tier } = await decided(wallet, { ...asked, priorityFee } as Asked)
      fees.push([tier, reasons.map(({ code }) => code)])
    }
  const dear = ['APPROVAL', ['FEE_PRICE_TOO_HIGH']]
  expect(fees).toEqual([['INSTANT', []], dear, ['INSTANT', []], dear])
  const part = { ...transfer, priorityFee: '400000' }
  expect(await decided(wallet, { type: 'BATCH', instructions: [transfer, part] } as Asked)).toMatchObject({
    tier: 'APPROVAL',
  })
  const { transactionId } = await bed.send(wallet, { ...batch, priorityFee: '2000' } as never, newId())
  expect(await ended(transactionId)).toBe('CONFIRMED')
})

async function handOver(wallet: Key, account: string): Promise<void> {
  const chain = solanaChain({ network: localSolana, urls: [node.url] })
  const data = [6, 2, 1, ...getAddressEncoder().encode(newSolanaAddress() as Address)]
  const { accounts } = call(tokenProgram, [account, wallet.address], data)
  const given = { programId: tokenProgram, data: Buffer.from(data).toString('base64'), accounts: accounts! }
  const instructions = chain.programs!.instructions(wallet.address, [given])
  const intent = { kind: 'program-call', to: tokenProgram, instructions, tokens: [], owners: [] } as const
  const draft = await chain.draft(wallet.address, intent)
  const { signed } = signUnder(chain, wallet, draft, await chain.expiry!.anchor())
  expect(await chain.broadcast([signed.bytes])).toEqual([{ outcome: 'accepted' }])
  chain.close()
}
