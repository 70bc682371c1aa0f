import type { Address } from '@solana/kit'
import { assetKey, type GivenInstruction, NETWORKS, nativeAsset, tokenAsset } from '@waiaas/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lighthouseStandIn } from '../../../test/lighthouse-program.ts'
import { type Bed, localSolana, newWallet, signUnder, testBed, type Wallet } from '../../../test/solana-bed.ts'
import { given, holding, keyOf, run, u32, u64 } from '../../../test/solana-instructions.ts'
import { readSolanaTransaction } from '../../keys/signer/solana-transaction.ts'
import type { Draft } from '../build.ts'
import type { IntentOf } from '../intent.ts'
import { planBytes, planMessage, writeMessage } from './body.ts'
import { decodeMessage } from './decode.ts'
import { BELOW_FLOOR, floorsOf } from './floors.ts'
import { lighthouseProgram, systemProgram, tokenProgram } from './programs.ts'
import type { Change, State } from './simulate/things.ts'

const WRAPPED = 'So11111111111111111111111111111111111111112'
const native = nativeAsset(localSolana)

describe('the layout is the published one', () => {
  const owner = 'So11111111111111111111111111111111111111112' as Address
  const account = '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T'
  const other = tokenProgram
  const OWNER = '069b8857feab8184fb687f634618c035dac439dc1aeb3b5598a0f00000000001'
  const OTHER = '06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9'
  type Held = { amount: bigint; delegate?: bigint; closer?: boolean }
  const held = ({ amount, delegate, closer }: Held): State => ({
    ...{ owner: tokenProgram, lamports: 2_039_280n, executable: false },
    data: Uint8Array.from([
      ...[...keyOf(newWallet().address), ...keyOf(owner), ...u64(amount)],
      ...[...u32(delegate ? 1 : 0), ...keyOf(other), 1, ...u32(0), ...u64(0n), ...u64(delegate ?? 0n)],
      ...[...u32(closer ? 1 : 0), ...keyOf(other)],
    ]),
  })
  const written = (before: Held, after: Held) =>
    floorsOf({
      ...{ network: localSolana, sender: owner, paid: 0n, fee: 0n, promised: new Map() },
      seen: [[{ address: account, before: held(before), after: held(after) } as Change]],
    })

  // As the official client, lighthouse-sdk 2.1.0, writes the same assertions.
  test.each<[string, Held, Held, string]>([
    [
      'owner, amount, no delegate, nobody who closes',
      { amount: 123_456_789n },
      { amount: 200_000_000n },
      `0a000401${OWNER}000215cd5b070000000004030000070000`,
    ],
    [
      'a delegate for an amount at most',
      { amount: 200_000_000n },
      { amount: 123_456_789n, delegate: 77n },
      `0a000501${OWNER}000215cd5b0700000000040301${OTHER}00064d0000000000000005070000`,
    ],
    [
      'an account of nothing that another may close',
      { amount: 0n, closer: true },
      { amount: 5n, closer: true },
      `0a000301${OWNER}000300000701${OTHER}00`,
    ],
  ])('%s', (_, before, after, hex) => {
    const [floor, ...others] = written(before, after)
    expect(others).toEqual([])
    expect(floor).toMatchObject({
      programAddress: 'L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95',
      accounts: [{ address: account, role: 0 }],
    })
    expect(Buffer.from(floor!.data!).toString('hex')).toBe(hex)
  })
})

describe('assertions move nothing, and nothing else of the program is taken for one', () => {
  const [me, account] = [newWallet().address as Address, newWallet().address as Address]
  const network = NETWORKS.find(({ id }) => id === 'solana-mainnet')!
  const told = (data: readonly number[], accounts: readonly Address[]) => {
    const keys = accounts.map((address) => ({ address, role: 0 }))
    const bytes = writeMessage(
      me,
      [{ programAddress: lighthouseProgram, accounts: keys, data: Uint8Array.from(data) }],
      newWallet().address,
    )
    const { effects } = decodeMessage({ network, address: me }, bytes, {}).effects
    const { calls, moves } = readSolanaTransaction(bytes, Uint8Array.from(keyOf(me)))
    return { kinds: effects.map(({ kind }) => kind), signed: calls === null, moves }
  }
  test.each<[string, number[], Address[]]>([
    ['one', [9, 0, 2, ...u64(5n), 4], [account]],
    ['several', [10, 0, 1, 3, 0, 0], [account]],
  ])('%s', (_, data, accounts) => {
    expect(told(data, accounts)).toEqual({ kinds: [], signed: true, moves: [] })
  })
  test.each<[string, number[], Address[]]>([
    ['what writes', [0, 0, 0, 0, 0], [account]],
    ['what closes', [1, 0, 1], [account]],
    ['another assertion', [5, 0, 0, ...u64(5n), 4], [account]],
    ['one that is given the wallet', [10, 0, 0], [me]],
    ['one that is given more', [10, 0, 0], [account, me]],
    ['one of nothing', [10, 0, 0], []],
    ['no data', [], [account]],
  ])('%s', (_, data, accounts) => {
    expect(told(data, accounts)).toEqual({ kinds: ['call', 'unknown'], signed: false, moves: [] })
  })
})

describe('a call has floors', () => {
  let promised: Map<string, bigint> | undefined
  let [bed, plain, eve]: [Bed, Bed, Wallet] = [] as never
  beforeAll(async () => {
    bed = await testBed({ promised: async () => promised })
    bed.node.addProgram(lighthouseProgram, lighthouseStandIn())
    eve = await bed.funded()
    theirs = await bed.fixtures.mintTo(bed.spl.address, eve.address, 1n)
  })
  afterAll(() => bed.close())
  beforeEach(() => {
    promised = new Map()
  })
  let theirs: string

  async function rich() {
    const wallet = await bed.funded()
    const { address: beside, create } = holding(wallet.address, wallet.address, {
      mint: WRAPPED,
      program: tokenProgram,
    })
    expect(await run(bed, wallet, create)).toBe(true)
    return {
      wallet,
      me: wallet.address,
      beside,
      mine: await bed.fixtures.mintTo(bed.spl.address, wallet.address, 1_000n),
    }
  }
  const pay = (from: string, to: string, lamports: bigint) =>
    given(systemProgram, [from, to], [...u32(2), ...u64(lamports)])
  /** Its bytes do not name the mint, so that it is run to be understood. */
  const take = ({ me, mine, beside }: { me: string; mine: string; beside: string }, amount: bigint) =>
    given(tokenProgram, [mine, theirs, me, beside], [3, ...u64(amount)])
  const callOf = (me: string, ...instructions: readonly GivenInstruction[]): IntentOf<'program-call'> => {
    const read = bed.chain.programs!.instructions(me, instructions)
    return { kind: 'program-call', to: read[0]!.program, instructions: read, tokens: [], owners: [] }
  }
  const programsIn = (body: string) => planMessage(body).instructions.map(({ program }) => program)
  /** The amount that has to stay in a token account. */
  const floorOf = ({ body }: Draft, account: string) => {
    const looks = planMessage(body).instructions.filter(({ program }) => program === lighthouseProgram)
    const { data } = looks.find(({ accounts }) => accounts[0]!.address === account)!
    return Buffer.from(data).readBigUInt64LE(3 + 34 + 1)
  }
  const amountIn = async (account: string) => (await bed.data(account)).readBigUInt64LE(64)

  /** Drafts a call, lets something else happen, and has it land whatever its sender was told by then. */
  async function landed(one: Awaited<ReturnType<typeof rich>>, call: GivenInstruction, ...between: GivenInstruction[]) {
    const intent = callOf(one.me, call)
    const draft = await bed.chain.draft(one.me, intent)
    expect(draft.stale).toBeUndefined()
    if (between.length > 0) expect(await run(bed, one.wallet, ...between)).toBe(true)
    const again = await bed.chain.look!(one.me, draft, bed.chain.hints(intent))
    const [fault] = await bed.chain.precheck(one.me, [draft], [])
    const { attempt, signed } = signUnder(bed.chain, one.wallet, draft, {
      ...(await bed.chain.expiry!.anchor()),
      variation: 0,
    })
    await bed.chain.broadcast([signed.bytes])
    bed.node.advance(1)
    bed.pass(3_000)
    const [seen] = await bed.chain.observe([attempt])
    return { seen, draft, again, fault }
  }

  test('of its tokens and its lamports, and does what it did without', async () => {
    const one = await rich()
    promised = undefined
    const bare = await bed.chain.draft(one.me, callOf(one.me, take(one, 7n)))
    promised = new Map()
    const { seen, draft } = await landed(one, take(one, 7n))
    expect(seen).toMatchObject({ state: 'included', succeeded: true })
    expect(await amountIn(one.mine)).toBe(993n)
    expect(programsIn(draft.body).slice(programsIn(bare.body).length)).toEqual([
      lighthouseProgram,
      lighthouseProgram,
      systemProgram,
    ])
    expect(draft.seen).toEqual(bare.seen)
    // What is signed says what it did without, and needs no other program in the ceiling.
    const [read, bareRead] = [draft, bare].map(({ body }) =>
      readSolanaTransaction(planBytes(body), Uint8Array.from(keyOf(one.me))),
    )
    expect({ moves: read!.moves, to: read!.calls!.to, others: read!.calls!.others }).toEqual({
      ...{ moves: bareRead!.moves, to: bareRead!.calls!.to, others: bareRead!.calls!.others },
    })
    // Its length, and its compute units, are those of the floors beside those of the call.
    expect(planBytes(draft.body).length - planBytes(bare.body).length).toBeLessThanOrEqual(2 * 32 + 57 + 47 + 17)
    const [more, less] = await Promise.all([draft, bare].map((which) => bed.chain.run!(one.me, which)))
    expect(more!.units).toBeGreaterThan(less!.units)
    expect(draft.maxFee).toBeGreaterThanOrEqual(bare.maxFee)
  })

  test('that are as high as the balance less what is judged and the fee', async () => {
    const one = await rich()
    const balance = await bed.chain.balance(one.me)
    const draft = await bed.chain.draft(one.me, callOf(one.me, take(one, 7n)))
    const floor = planMessage(draft.body).instructions.at(-1)
    expect(floorOf(draft, one.mine)).toBe(993n)
    expect(Buffer.from(floor!.data).readBigUInt64LE(4)).toBe(balance - draft.maxFee)
  })

  test.each<[string, (one: Awaited<ReturnType<typeof rich>>) => GivenInstruction]>([
    ['tokens', (one) => take(one, 1n)],
    ['lamports', ({ me }) => pay(me, eve.address, 5_000_000n)],
    ['an allowance', ({ me, mine }) => given(tokenProgram, [mine, eve.address, me], [4, ...u64(3n)])],
    ['an account beside', ({ me, beside }) => given(tokenProgram, [beside, me], [6, 2, 1, ...keyOf(eve.address)])],
    ['its closing', ({ me, mine }) => given(tokenProgram, [mine, me], [6, 3, 1, ...keyOf(eve.address)])],
  ])('which fail it where more went: %s', async (_, between) => {
    const one = await rich()
    const { seen, again, fault } = await landed(one, take(one, 7n), between(one))
    expect(again.stale).toBe(BELOW_FLOOR)
    expect(fault).toMatchObject({ code: 'INVALID_TRANSACTION' })
    expect(seen).toMatchObject({ state: 'included', succeeded: false })
    expect(await amountIn(theirs)).toBe(await amountIn(theirs))
    expect(await amountIn(one.mine)).toBeGreaterThan(993n)
  })

  test('which let pass what else was on its way', async () => {
    const one = await rich()
    promised = new Map([
      [assetKey(tokenAsset(localSolana, bed.spl.address)), 1n],
      [assetKey(native), 5_000_000n + 10_000n],
    ])
    const { seen } = await landed(one, take(one, 7n), take(one, 1n), pay(one.me, eve.address, 5_000_000n))
    expect(seen).toMatchObject({ state: 'included', succeeded: true })
    expect(await amountIn(one.mine)).toBe(992n)
  })

  test('which let pass what comes in, and the steps before it', async () => {
    const one = await rich()
    const first = await bed.chain.draft(one.me, callOf(one.me, take(one, 900n)))
    const bytes = bed.chain.bytes(one.me, first, bed.chain.anyLifetime)
    const { effects } = bed.chain.decode(one.me, bytes, {})
    const after = [{ draft: first, effects: { ...effects, effects: [...effects.effects, ...first.seen!] } }]
    const second = await bed.chain.draft(one.me, callOf(one.me, take(one, 50n)), { after })
    expect(floorOf(second, one.mine)).toBe(50n)
    await bed.fixtures.mintTo(bed.spl.address, one.me, 5n)
    expect(await run(bed, one.wallet, take(one, 900n))).toBe(true)
    expect(await bed.chain.look!(one.me, second, {})).not.toHaveProperty('stale')
  })

  test('not where nothing but its bytes is done, nor where it is not set', async () => {
    const one = await rich()
    const paid = await bed.chain.draft(one.me, callOf(one.me, pay(one.me, eve.address, 5_000n)))
    expect(programsIn(paid.body)).not.toContain(lighthouseProgram)
    promised = undefined
    const bare = await bed.chain.draft(one.me, callOf(one.me, take(one, 7n)))
    expect(programsIn(bare.body)).not.toContain(lighthouseProgram)
  })

  test('and is refused on a cluster that does not have the program', async () => {
    plain = await testBed({ promised: async () => promised })
    try {
      const wallet = await plain.funded()
      const mine = await plain.fixtures.mintTo(plain.spl.address, wallet.address, 1_000n)
      const to = await plain.fixtures.mintTo(plain.spl.address, newWallet().address, 1n)
      const call = given(tokenProgram, [mine, to, wallet.address], [3, ...u64(7n)])
      await expect(plain.chain.draft(wallet.address, callOf(wallet.address, call))).rejects.toMatchObject({
        code: 'INVALID_TRANSACTION',
        message: expect.stringContaining('not on this cluster'),
      })
    } finally {
      await plain.close()
    }
  })
})
