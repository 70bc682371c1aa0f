import { type Address, createAddressWithSeed, getAddressEncoder } from '@solana/kit'
import { type Effect, factsOf, type GivenInstruction, nativeAsset, toBase } from '@waiaas/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bed, localSolana, newWallet, testBed, type Wallet } from '../../../test/solana-bed.ts'
import type { Draft } from '../build.ts'
import type { IntentOf } from '../intent.ts'
import { associatedAccount } from './associated-account.ts'
import { associatedTokenProgram, memoProgram, systemProgram, tokenProgram } from './programs.ts'

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterAll(() => bed.close())

const native = nativeAsset(localSolana)
const u32 = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)]
const u64 = (value: bigint) => [...new Uint8Array(BigUint64Array.of(value).buffer)]

const keyOf = (address: string) => [...getAddressEncoder().encode(address as Address)]

const instruction = (programId: string, accounts: readonly string[], data: readonly number[]): GivenInstruction => ({
  programId,
  data: Buffer.from(data).toString('base64'),
  accounts: accounts.map((pubkey) => ({ pubkey, isSigner: false, isWritable: true })),
})
const pay = (from: string, to: string, lamports: bigint) =>
  instruction(systemProgram, [from, to], [...u32(2), ...u64(lamports)])

async function callOf(sender: Wallet, ...given: GivenInstruction[]): Promise<IntentOf<'program-call'>> {
  const { instructions: read, owners } = bed.chain.programs!
  const instructions = read(sender.address, given)
  return { kind: 'program-call', to: given[0]!.programId, instructions, tokens: [], owners: await owners(instructions) }
}

/** What is told of bytes, and what is seen beside. */
async function looked(sender: Wallet, ...given: GivenInstruction[]) {
  const intent = await callOf(sender, ...given)
  const draft = await bed.chain.draft(sender.address, intent)
  return { draft, told: toldOf(sender, draft, intent), seen: draft.seen, intent }
}
function toldOf(sender: Wallet, draft: Draft, intent: IntentOf<'program-call'>): Effect[] {
  const bytes = bed.chain.bytes(sender.address, draft, bed.chain.anyLifetime)
  return bed.chain.decode(sender.address, bytes, bed.chain.hints(intent)).effects.effects
}

async function landed(sender: Wallet, ...given: GivenInstruction[]) {
  const one = await bed.signed(sender, await callOf(sender, ...given))
  expect(await bed.chain.precheck(sender.address, [one.draft], [])).toEqual([null])
  expect(await bed.chain.broadcast([one.signed.bytes])).toEqual([{ outcome: 'accepted' }])
  bed.node.advance(1)
  expect(await bed.chain.observe([one.attempt])).toMatchObject([{ state: 'included', succeeded: true }])
  return bed.chain.landed!({ hash: one.attempt.hash, sender: sender.address })
}

const holder = async (amount = 10n) => {
  const wallet = await bed.funded()
  return { wallet, account: await bed.fixtures.mintTo(bed.spl.address, wallet.address, amount) }
}

describe('a call whose bytes tell all', () => {
  test('is no call, and nothing is simulated', async () => {
    const [sender, to] = [await bed.funded(), await bed.funded()]
    const { told, seen } = await looked(sender, pay(sender.address, to.address, 7n))
    expect(told).toEqual([{ kind: 'outflow', asset: native, amount: '7', to: to.address }])
    expect(seen).toBeUndefined()
  })

  test('knows the owner of a token account that a node names, and only where it is derived from it', async () => {
    const { wallet, account } = await holder()
    const to = await holder()
    const move = instruction(
      tokenProgram,
      [account, bed.spl.address, to.account, wallet.address],
      [12, ...u64(3n), bed.spl.decimals],
    )
    move.accounts[1]!.isWritable = false
    const { told, intent } = await looked(wallet, move)
    expect(told).toEqual([{ kind: 'outflow', asset: bed.spl.asset, amount: '3', to: to.wallet.address }])
    expect(bed.chain.programs!.tokensIn(wallet.address, intent)).toEqual([bed.spl.address])
  })

  test('lands, with no more than was told', async () => {
    const [sender, to] = [await bed.funded(), await bed.funded()]
    const seen = await landed(sender, pay(sender.address, to.address, 7n), pay(sender.address, to.address, 5n))
    expect(seen).toEqual([{ kind: 'outflow', asset: native, amount: '12', to: to.address }])
  })
})

describe('what the bytes do not tell is seen in a simulation, and on chain', () => {
  test('a transfer that names no mint', async () => {
    const [{ wallet, account }, to] = [await holder(), await holder()]
    const move = instruction(tokenProgram, [account, to.account, wallet.address], [3, ...u64(4n)])
    const { told, seen } = await looked(wallet, move)
    expect(told).toMatchObject([{ kind: 'call', contract: tokenProgram }, { kind: 'unknown' }])
    const outflow = { kind: 'outflow', asset: bed.spl.asset, amount: '4', to: to.wallet.address }
    expect(seen).toEqual([outflow])
    expect(await landed(wallet, move)).toEqual([outflow])
  })

  test('lamports of an account that is closed to a stranger', async () => {
    const { wallet, account } = await holder(0n)
    const eve = await bed.funded()
    const close = instruction(tokenProgram, [account, eve.address, wallet.address], [9])
    const outflow = { kind: 'outflow', asset: native, amount: '2039280', to: eve.address }
    expect((await looked(wallet, close)).seen).toEqual([outflow])
    expect(await landed(wallet, close)).toEqual([outflow])
  })

  test('a token account that changes its owner, with what is in it', async () => {
    const { wallet, account } = await holder()
    const eve = newWallet()
    const owner = instruction(tokenProgram, [account, wallet.address], [6, 2, 1, ...keyOf(eve.address)])
    const { told, seen } = await looked(wallet, owner)
    expect(told).toEqual([{ kind: 'operator', contract: account, operator: eve.address, isGranted: true }])
    expect(seen).toBeUndefined()
    const memo = instruction(memoProgram, [wallet.address], [255])
    await expect(looked(wallet, owner, memo)).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
    const closer = instruction(tokenProgram, [account, wallet.address], [6, 3, 0])
    const both = await looked(wallet, closer, owner)
    expect(both.seen).toEqual(
      expect.arrayContaining([
        { kind: 'outflow', asset: bed.spl.asset, amount: '10', to: eve.address },
        { kind: 'operator', contract: account, operator: eve.address, isGranted: true },
      ]),
    )
    expect(await landed(wallet, closer, owner)).toEqual(
      expect.arrayContaining([
        { kind: 'outflow', asset: bed.spl.asset, amount: '10', to: eve.address },
        { kind: 'operator', contract: account, operator: eve.address, isGranted: true },
      ]),
    )
  })

  test('an allowance that names no mint', async () => {
    const { wallet, account } = await holder()
    const eve = newWallet()
    const allow = instruction(tokenProgram, [account, eve.address, wallet.address], [4, ...u64(6n)])
    const approval = { kind: 'approval', asset: bed.spl.asset, amount: '6', spender: eve.address, unlimited: false }
    const { seen, draft } = await looked(wallet, allow)
    expect(seen).toEqual([approval])
    expect(draft.supplies).toEqual({ [bed.spl.asset]: expect.any(BigInt) })
    expect(await landed(wallet, allow)).toEqual([approval])
  })

  test('wrapping and unwrapping lamports takes nothing but the fee', async () => {
    const wallet = await bed.funded()
    const wrapped = 'So11111111111111111111111111111111111111112' as Address
    const { address } = associatedAccount(wallet.address as Address, wrapped, tokenProgram)
    const create = instruction(
      'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL',
      [wallet.address, address, wallet.address, wrapped, systemProgram, tokenProgram],
      [1],
    )
    for (const at of [3, 4, 5]) create.accounts[at]!.isWritable = false
    const wrap = [create, pay(wallet.address, address, 50n), instruction(tokenProgram, [address], [17])]
    expect((await looked(wallet, ...wrap)).seen).toEqual([])
    expect(await landed(wallet, ...wrap)).toEqual([])
    const unwrap = instruction(tokenProgram, [address, wallet.address, wallet.address], [9])
    // Its bytes alone tell that it takes nothing.
    expect((await looked(wallet, unwrap)).seen).toBeUndefined()
    expect(await landed(wallet, unwrap)).toEqual([])
  })
})

test('what fails now is refused with its reason', async () => {
  const { wallet, account } = await holder(1n)
  const to = await holder()
  const move = instruction(tokenProgram, [account, to.account, wallet.address], [3, ...u64(4n)])
  await expect(looked(wallet, move)).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' })
})

describe('a wallet of one key cannot send', () => {
  const eve = newWallet().address
  test.each<[string, (sender: string) => GivenInstruction, RegExp]>([
    [
      'what another signs too',
      () => ({ ...pay(eve, eve, 1n), accounts: [{ pubkey: eve, isSigner: true, isWritable: true }] }),
      /have to sign too/,
    ],
    [
      'a limit of its own',
      () => instruction('ComputeBudget111111111111111111111111111111', [], [2, ...u32(1)]),
      /limit/,
    ],
    ['a program that is writable', () => pay(systemProgram, systemProgram, 1n), /cannot be writable/],
    ['itself as a program', (sender) => instruction(sender, [], []), /is no program/],
    ['what is no address', () => instruction('0x12', [], []), /expected a Solana address/],
    [
      'too many accounts',
      () =>
        instruction(
          tokenProgram,
          Array.from({ length: 64 }, () => newWallet().address),
          [],
        ),
      /are the most/,
    ],
  ])('%s', async (_, given, why) => {
    const sender = newWallet().address
    expect(() => bed.chain.programs!.instructions(sender, [given(sender)])).toThrow(why)
  })

  test('what would ruin it, at whichever place', async () => {
    const wallet = await bed.funded()
    const assign = instruction(systemProgram, [wallet.address], [...u32(1), ...keyOf(eve)])
    const nonce = instruction(systemProgram, [eve, wallet.address], u32(4))
    for (const bad of [assign, nonce])
      for (const all of [[bad], [pay(wallet.address, eve, 1n), bad]])
        await expect(looked(wallet, ...all)).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
  })
})

test('the same payment tells the same, however it is asked for', async () => {
  const [sender, to] = [await bed.funded(), await bed.funded()]
  const plain = await bed.chain.draft(sender.address, { kind: 'transfer', to: to.address, amount: toBase(9n) })
  const bytes = bed.chain.bytes(sender.address, plain, bed.chain.anyLifetime)
  const { effects } = bed.chain.decode(sender.address, bytes, {})
  const { told } = await looked(sender, pay(sender.address, to.address, 9n))
  expect(told).toEqual(effects.effects)
  expect(factsOf({ ...effects, effects: told })).toEqual(factsOf(effects))
})

test('a mint is made, its one token moves like any other, and a frozen one says why it does not', async () => {
  const [maker, to] = [await bed.funded(), newWallet()]
  const mint = await createAddressWithSeed({
    baseAddress: maker.address as Address,
    programAddress: tokenProgram,
    seed: 'nft',
  })
  const { address: account } = associatedAccount(maker.address as Address, mint, tokenProgram)
  const [me, rent] = [keyOf(maker.address), 1_461_600n]
  const make = instruction(
    systemProgram,
    [maker.address, mint],
    [...u32(3), ...me, ...u64(3n), ...Buffer.from('nft'), ...u64(rent), ...u64(82n), ...keyOf(tokenProgram)],
  )
  const hold = instruction(
    associatedTokenProgram,
    [maker.address, account, maker.address, mint, systemProgram, tokenProgram],
    [1],
  )
  for (const at of [3, 4, 5]) hold.accounts[at]!.isWritable = false
  await landed(
    maker,
    ...[make, instruction(tokenProgram, [mint], [20, 0, ...me, 1, ...me]), hold],
    instruction(tokenProgram, [mint, account, maker.address], [7, ...u64(1n)]),
  )
  const token = await bed.chain.token(mint)
  expect(token.decimals).toBe(0)
  const move = { kind: 'token-transfer', to: to.address, amount: toBase(1n), token } as const
  const precheck = async () => {
    bed.pass(600_000)
    return bed.chain.precheck(maker.address, [await bed.chain.draft(maker.address, move)], [])
  }
  expect(await precheck()).toEqual([null])
  await landed(maker, instruction(tokenProgram, [account, mint, maker.address], [10]))
  // Before anybody is asked about it.
  await expect(precheck()).rejects.toMatchObject({
    code: 'INVALID_TRANSACTION',
    message: expect.stringContaining('frozen'),
  })
})
