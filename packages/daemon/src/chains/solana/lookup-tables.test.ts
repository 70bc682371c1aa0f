import { type Address, getAddressEncoder, getCompiledTransactionMessageDecoder } from '@solana/kit'
import { type GivenInstruction, nativeAsset } from '@waiaas/contract'
import { type SolanaNode, startSolana } from '@waiaas/localnet'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Bed, localSolana, newWallet, signUnder, testBed, type Wallet } from '../../../test/solana-bed.ts'
import type { IntentOf } from '../intent.ts'
import { solanaChain } from './chain.ts'
import { readMessage } from './message.ts'
import { lookupTableProgram, systemProgram } from './programs.ts'

let bed: Bed
let second: SolanaNode
let ofTwo: Bed['chain']
beforeAll(async () => {
  bed = await testBed()
  second = await startSolana({ slotMs: 0 })
  ofTwo = solanaChain({ network: localSolana, urls: [bed.node.url, second.url] })
})
afterAll(async () => {
  ofTwo.close()
  await Promise.all([bed.close(), second.stop()])
})

const keyOf = (address: string) => [...getAddressEncoder().encode(address as Address)]
const u32 = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)]
const u64 = (value: bigint) => [...new Uint8Array(BigUint64Array.of(value).buffer)]
const ACTIVE = 2n ** 64n - 1n
const RENT = 6_960n

type Contents = { entries?: readonly string[]; deactivated?: bigint; authority?: string; owner?: string }
function put(node: SolanaNode, address: string, { entries = [], deactivated = ACTIVE, authority, owner }: Contents) {
  const about = [...u32(1), ...u64(deactivated), ...u64(0n), 0]
  const named = authority ? [1, ...keyOf(authority)] : Array<number>(33).fill(0)
  const data = Uint8Array.from([...about, ...named, 0, 0, ...entries.flatMap(keyOf)])
  const lamports = RENT * BigInt(data.length + 128)
  node.setAccount({ address, owner: owner ?? lookupTableProgram, lamports, data })
}

/** A wallet pays for one more entry of its own table, whose account stands in another table. */
async function extension() {
  const wallet = await bed.funded()
  const [table, own, other] = [newWallet().address, newWallet().address, newWallet().address]
  put(bed.node, own, { authority: wallet.address })
  put(bed.node, table, { entries: [other, own, wallet.address, systemProgram] })
  const extend: GivenInstruction = {
    programId: lookupTableProgram,
    data: Buffer.from([...u32(2), ...u64(1n), ...keyOf(other)]).toString('base64'),
    accounts: [
      { pubkey: own, isSigner: false, isWritable: true },
      { pubkey: wallet.address, isSigner: true, isWritable: false },
      { pubkey: wallet.address, isSigner: true, isWritable: true },
      { pubkey: systemProgram, isSigner: false, isWritable: false },
    ],
  }
  return { wallet, table, own, other, extend }
}

type Options = { chain?: Bed['chain']; tables?: readonly string[]; priorityFee?: bigint }
async function callOf(sender: Wallet, given: readonly GivenInstruction[], options: Options = {}) {
  const { chain = bed.chain, tables = [], priorityFee } = options
  const instructions = chain.programs!.instructions(sender.address, given)
  const lookups = await chain.programs!.lookups({ instructions, tables })
  const intent: IntentOf<'program-call'> = {
    ...{ kind: 'program-call', to: given[0]!.programId, instructions, tokens: [], owners: [], lookups },
    ...(priorityFee !== undefined && { priorityFee }),
  }
  return intent
}
const bytesOf = (sender: Wallet, draft: Awaited<ReturnType<Bed['chain']['draft']>>) =>
  bed.chain.bytes(sender.address, draft, bed.chain.anyLifetime)

describe('a call with accounts from a lookup table', () => {
  test('tells, costs and does what it would without, in fewer bytes', async () => {
    const { wallet, table, own, extend } = await extension()
    const [plain, short] = [await callOf(wallet, [extend]), await callOf(wallet, [extend], { tables: [table] })]
    const [long, draft] = [await bed.chain.draft(wallet.address, plain), await bed.chain.draft(wallet.address, short)]
    expect(draft.seen).toEqual([{ kind: 'outflow', asset: nativeAsset(localSolana), amount: `${32n * RENT}`, to: own }])
    expect(draft.seen).toEqual(long.seen)
    expect(draft.maxFee).toBe(long.maxFee)
    const told = (one: typeof draft, intent: typeof plain) =>
      bed.chain.decode(wallet.address, bytesOf(wallet, one), bed.chain.hints(intent))
    expect(told(draft, short).effects).toEqual(told(long, plain).effects)
    expect(told(draft, short).digest).not.toBe(told(long, plain).digest)
    const compiled = getCompiledTransactionMessageDecoder().decode(bytesOf(wallet, draft))
    expect(compiled).toMatchObject({
      addressTableLookups: [{ lookupTableAddress: table, writableIndexes: [1], readonlyIndexes: [3] }],
    })
    const lifetime = { ...(await bed.chain.expiry!.anchor()), variation: 0 }
    const { attempt, signed } = signUnder(bed.chain, wallet, draft, lifetime)
    expect(await bed.chain.precheck(wallet.address, [draft], [])).toEqual([null])
    expect(await bed.chain.broadcast([signed.bytes])).toEqual([{ outcome: 'accepted' }])
    bed.node.advance(1)
    expect(await bed.chain.observe([attempt])).toMatchObject([{ state: 'included', succeeded: true }])
    expect(await bed.chain.landed!({ hash: attempt.hash, sender: wallet.address })).toEqual(draft.seen)
  })

  test('keeps in its bytes what signs, what runs, and all of a payment beside it', async () => {
    const { wallet, extend, other } = await extension()
    const to = await bed.funded()
    const table = newWallet().address
    put(bed.node, table, { entries: [wallet.address, to.address, lookupTableProgram, systemProgram, other] })
    const pay: GivenInstruction = {
      programId: systemProgram,
      data: Buffer.from([...u32(2), ...u64(7n)]).toString('base64'),
      accounts: [wallet.address, to.address].map((pubkey) => ({ pubkey, isSigner: false, isWritable: true })),
    }
    const intent = await callOf(wallet, [pay, extend], { tables: [table] })
    const bytes = bytesOf(wallet, await bed.chain.draft(wallet.address, intent))
    expect(readMessage(bytes).lookups).toEqual([])
    expect(bed.chain.decode(wallet.address, bytes, {}).effects.effects[0]).toMatchObject({ to: to.address })
  })

  test('tells on chain of what a node hid in the table, which is the own account of the wallet', async () => {
    const { wallet, table, own, extend } = await extension()
    const decoy = newWallet().address
    put(bed.node, decoy, { authority: wallet.address })
    const entries = (at: string) => [newWallet().address, at]
    put(bed.node, table, { entries: entries(decoy) })
    const given = { ...extend, accounts: [{ ...extend.accounts[0]!, pubkey: decoy }, ...extend.accounts.slice(1)] }
    const draft = await bed.chain.draft(wallet.address, await callOf(wallet, [given], { tables: [table] }))
    const outflow = { kind: 'outflow', asset: nativeAsset(localSolana), amount: `${32n * RENT}` }
    expect(draft.seen).toEqual([{ ...outflow, to: decoy }])
    put(bed.node, table, { entries: entries(own) })
    const { attempt, signed } = signUnder(bed.chain, wallet, draft, await bed.chain.expiry!.anchor())
    expect(await bed.chain.broadcast([signed.bytes])).toEqual([{ outcome: 'accepted' }])
    bed.node.advance(1)
    expect(await bed.chain.landed!({ hash: attempt.hash, sender: wallet.address })).toEqual([{ ...outflow, to: own }])
  })

  test('is read by nobody who does not know the table, or who would find an account twice', async () => {
    const { wallet, table, own, extend } = await extension()
    const intent = await callOf(wallet, [extend], { tables: [table] })
    const bytes = bytesOf(wallet, await bed.chain.draft(wallet.address, intent))
    expect(() => bed.chain.decode(wallet.address, bytes, {})).toThrow(/do not show/)
    for (const twice of [wallet.address, lookupTableProgram, systemProgram]) {
      const lookups = intent.lookups!.map((one) => (one.address === own ? { ...one, address: twice } : one))
      expect(() => readMessage(bytes, lookups)).toThrow(/listed twice/)
    }
  })
})

describe('a lookup table is refused', () => {
  let call: Awaited<ReturnType<typeof extension>>
  beforeEach(async () => {
    call = await extension()
  })
  const asked = (tables: string[], chain?: Bed['chain']) =>
    callOf(call.wallet, [call.extend], { tables, ...(chain && { chain }) })

  test.each<[string, Contents, RegExp]>([
    ['while it is being taken down', { deactivated: 5n }, /taken down/],
    ['where another program owns the account', { owner: systemProgram }, /another account/],
  ])('%s', async (_, contents, why) => {
    put(bed.node, call.table, { entries: [call.own], ...contents })
    await expect(asked([call.table])).rejects.toMatchObject({
      code: 'INVALID_TRANSACTION',
      message: expect.stringMatching(why),
    })
  })

  test('where there is none, and where its name is no address', async () => {
    await expect(asked([newWallet().address])).rejects.toThrow(/no account that is final/)
    await expect(asked(['0x12'])).rejects.toMatchObject({ code: 'INVALID_ADDRESS' })
  })

  test('where two endpoints do not tell the same of it, and where one of two does not answer', async () => {
    put(second, call.table, { entries: [call.own, call.other] })
    await expect(asked([call.table], ofTwo)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
    put(second, call.table, { entries: [call.other, call.own], deactivated: 5n })
    await expect(asked([call.table], ofTwo)).rejects.toThrow(/different things/)
    second.fault.httpStatus = 503
    await expect(asked([call.table], ofTwo)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
    second.clearFaults()
  })
})

test('what stands in a table is read again, and what has changed is stale', async () => {
  const { wallet, table, own, other, extend } = await extension()
  const intent = await callOf(wallet, [extend], { tables: [table] })
  const draft = await bed.chain.draft(wallet.address, intent)
  const again = async () => (await bed.chain.look!(wallet.address, draft, bed.chain.hints(intent))).stale
  const entries = [other, own, wallet.address, systemProgram]
  put(bed.node, table, { entries: [...entries, newWallet().address] })
  expect(await again()).toBeUndefined()
  put(bed.node, table, { entries: [newWallet().address, ...entries.slice(1)] })
  expect(await again()).toBeUndefined()
  put(bed.node, table, { entries: [own, newWallet().address, ...entries.slice(2)] })
  expect(await again()).toMatch(`at place 1, where it had ${own}`)
  put(bed.node, table, { entries: [other] })
  expect(await again()).toMatch(/has nothing at place 1/)
  put(bed.node, table, { entries, deactivated: 5n })
  expect(await again()).toMatch(/taken down/)
})

test('a priority fee that is named is what is offered, beside what is asked', async () => {
  const { wallet, extend } = await extension()
  const [own, named] = [await callOf(wallet, [extend]), await callOf(wallet, [extend], { priorityFee: 50_000n })]
  const [plain, dear] = [await bed.chain.draft(wallet.address, own), await bed.chain.draft(wallet.address, named)]
  const { asked } = plain.price!
  expect(plain.price).toEqual({ offered: asked, asked })
  expect(dear.price).toEqual({ offered: 50_000n, asked })
  expect(dear.maxFee).toBeGreaterThan(plain.maxFee)
  const parts = [own, named, await callOf(wallet, [extend], { priorityFee: 2_000n })]
  const batch = { kind: 'batch', parts: parts.map((intent) => ({ type: 'CONTRACT_CALL', intent })) } as const
  expect((await bed.chain.draft(wallet.address, batch)).price).toEqual({ offered: 50_000n, asked })
})

test('parts of a batch that name too many accounts together are refused, whatever tables they stand in', async () => {
  const wallet = await bed.funded()
  const others = Array.from({ length: 62 }, () => newWallet().address)
  const table = newWallet().address
  put(bed.node, table, { entries: others })
  const touch = (pubkeys: readonly string[]): GivenInstruction => ({
    ...{ programId: lookupTableProgram, data: Buffer.of(9).toString('base64') },
    accounts: pubkeys.map((pubkey) => ({ pubkey, isSigner: false, isWritable: false })),
  })
  const halves = await Promise.all(
    [others.slice(0, 31), others.slice(31)].map((half) => callOf(wallet, [touch(half)], { tables: [table] })),
  )
  const parts = halves.map((intent) => ({ type: 'CONTRACT_CALL', intent }))
  // With the wallet, the program and that of the compute budget.
  await expect(bed.chain.draft(wallet.address, { kind: 'batch', parts })).rejects.toThrow('at most 64 accounts')
  await expect(bed.chain.draft(wallet.address, { kind: 'batch', parts: parts.slice(0, 1) })).rejects.not.toThrow(
    'at most 64 accounts',
  )
})
