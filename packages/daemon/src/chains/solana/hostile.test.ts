import { type Address, createAddressWithSeed, getAddressDecoder } from '@solana/kit'
import {
  beyond,
  type Effect,
  type GivenInstruction,
  isFailure,
  nativeAsset,
  tokenAsset,
  withSeen,
} from '@waiaas/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lighthouseStandIn } from '../../../test/lighthouse-program.ts'
import { type Bed, localSolana, newWallet, signUnder, testBed, type Wallet } from '../../../test/solana-bed.ts'
import { given, holding, keyOf, run, seeded, seedOf, u32, u64 } from '../../../test/solana-instructions.ts'
import type { Draft } from '../build.ts'
import {
  lighthouseProgram,
  memoProgram,
  stakeProgram,
  systemProgram,
  token2022Program,
  tokenProgram,
} from './programs.ts'

// What an agent may try with the programs that the readers know. Whatever the wallet then has less, or others may do with what
// is its, is counted here from the accounts themselves, by none of the daemon's readers: it was told before it was signed, or
// nothing was signed without a human. And what is read from the block tells it again.

const WRAPPED = 'So11111111111111111111111111111111111111112'
const CLOCK = 'SysvarC1ock11111111111111111111111111111111'
const STRANGE = 'Config1111111111111111111111111111111111111'
const native = nativeAsset(localSolana)
const wrappedAsset = tokenAsset(localSolana, WRAPPED)
const addressOf = (data: Uint8Array, at: number): string => getAddressDecoder().decode(data.subarray(at, at + 32))

let bed: Bed
let eve: Wallet
/** There where calls are to have floors, which change nothing of what is told or lands. */
let floors: ReadonlyMap<string, bigint> | undefined
let theirs: Readonly<Record<'spl' | 'token2022' | 'wrapped', string>>
beforeAll(async () => {
  bed = await testBed({ promised: async () => floors })
  bed.node.addProgram(lighthouseProgram, lighthouseStandIn())
  eve = await bed.funded()
  const wrapped = holding(eve.address, eve.address, { mint: WRAPPED, program: tokenProgram })
  expect(await run(bed, eve, wrapped.create)).toBe(true)
  theirs = {
    spl: await bed.fixtures.mintTo(bed.spl.address, eve.address, 1n),
    token2022: await bed.fixtures.mintTo(bed.token2022.address, eve.address, 1n),
    wrapped: wrapped.address,
  }
})
afterAll(() => bed.close())

/** A wallet with something of everything. */
type Mine = Readonly<Record<'me' | 'spl' | 'token2022' | 'wrapped' | 'stake' | 'second' | 'vault' | 'chest', string>>
const STAKED = 100_000_000n
const VAULT = 50_000_000n

async function rich(): Promise<{ wallet: Wallet; mine: Mine }> {
  const wallet = await bed.funded()
  const me = wallet.address
  const wrapped = holding(me, me, { mint: WRAPPED, program: tokenProgram })
  const wrap = [wrapped.create, pay(me, wrapped.address, 30_000_000n), given(tokenProgram, [wrapped.address], [17])]
  const stakes = await Promise.all(
    ['stake', 'second'].map((seed) =>
      seeded(wallet, seed, { program: stakeProgram, size: 200, lamports: STAKED + 2_282_880n }),
    ),
  )
  const ready = stakes.map(({ address }) => given(stakeProgram, [address, RENT], [...u32(0), ...ownStake(me)]))
  const vault = await createAddressWithSeed({
    ...{ baseAddress: me as Address, programAddress: systemProgram, seed: 'vault' },
  })
  const chest = await createAddressWithSeed({
    ...{ baseAddress: me as Address, programAddress: STRANGE as Address, seed: 'vault' },
  })
  expect(await run(bed, wallet, ...wrap, pay(me, vault, VAULT), pay(me, chest, VAULT))).toBe(true)
  expect(await run(bed, wallet, ...stakes.map(({ make }) => make), ...ready)).toBe(true)
  const mine = {
    ...{ me, wrapped: wrapped.address, stake: stakes[0]!.address, second: stakes[1]!.address, vault, chest },
    spl: await bed.fixtures.mintTo(bed.spl.address, me, 1_000n),
    token2022: await bed.fixtures.mintTo(bed.token2022.address, me, 1_000n),
  }
  return { wallet, mine }
}
const RENT = 'SysvarRent111111111111111111111111111111111'
const HISTORY = 'SysvarStakeHistory1111111111111111111111111'
const ownStake = (me: string) => [...keyOf(me), ...keyOf(me), ...u64(0n), ...u64(0n), ...keyOf(systemProgram)]
const pay = (from: string, to: string, lamports: bigint) =>
  given(systemProgram, [from, to], [...u32(2), ...u64(lamports)])

type State = { readonly owner: string; readonly lamports: bigint; readonly data: Buffer } | null
/** Accounts as they are, by address. */
async function statesOf(addresses: readonly string[]): Promise<ReadonlyMap<string, State>> {
  const params = [addresses, { encoding: 'base64', commitment: 'processed' }]
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getMultipleAccounts', params })
  const headers = { 'content-type': 'application/json' }
  const answer = (await (await fetch(bed.node.url, { method: 'POST', headers, body })).json()) as {
    result: { value: ({ owner: string; lamports: number; data: [string, string] } | null)[] }
  }
  return new Map(
    answer.result.value.map((one, at) => [
      addresses[at]!,
      one && { owner: one.owner, lamports: BigInt(one.lamports), data: Buffer.from(one.data[0], 'base64') },
    ]),
  )
}

const isToken = ({ owner, data }: NonNullable<State>) =>
  (owner === tokenProgram || owner === token2022Program) && (data.length === 165 || data[165] === 2)
const isStake = ({ owner, data }: NonNullable<State>) => owner === stakeProgram && [1, 2].includes(data[0] ?? 0)
const optionAt = (data: Buffer, at: number) => (data.readUInt32LE(at) === 1 ? [addressOf(data, at + 4)] : [])

const holdingOf = ({ data }: NonNullable<State>): [string, bigint] => [addressOf(data, 0), data.readBigUInt64LE(64)]

/** What of an account is the wallet's: lamports, tokens by mint, and who else may do something with it. */
function shareOf({ me, vault, chest }: Mine, address: string, state: State) {
  const none = { lamports: 0n, tokens: [] as [string, bigint][], others: [] as string[] }
  if (!state) return none
  const others = (who: readonly string[]) => who.filter((one) => one !== me && one !== systemProgram)
  if ([me, vault, chest].includes(address)) {
    const isPlain = state.owner === systemProgram && state.data.length === 0
    return isPlain ? { ...none, lamports: state.lamports } : none
  }
  if (isToken(state) && addressOf(state.data, 32) === me) {
    const [mint, amount] = [addressOf(state.data, 0), state.data.readBigUInt64LE(64)]
    const delegates = state.data.readBigUInt64LE(121) > 0n ? optionAt(state.data, 72) : []
    const who = others([...delegates, ...optionAt(state.data, 129)])
    return {
      lamports: state.lamports,
      tokens: mint === WRAPPED ? [] : [[mint, amount] as [string, bigint]],
      others: who,
    }
  }
  if (!isStake(state) || addressOf(state.data, 44) !== me) return none
  const isLocked = state.data.subarray(76, 92).some((byte) => byte !== 0)
  return isLocked ? none : { ...none, lamports: state.lamports, others: others([addressOf(state.data, 12)]) }
}

type Loss = { readonly assets: ReadonlyMap<string, bigint>; readonly claims: readonly [account: string, who: string][] }

/** What the wallet has less, but for accounts that it was said to hand over, and who has come to have a claim. */
function lossOf(
  mine: Mine,
  before: ReadonlyMap<string, State>,
  after: ReadonlyMap<string, State>,
): (but: readonly string[]) => Loss {
  return (but) => {
    const assets = new Map<string, bigint>()
    const count = (asset: string, amount: bigint) => assets.set(asset, (assets.get(asset) ?? 0n) + amount)
    const claims: [string, string][] = []
    for (const [address, state] of before) {
      const [had, has] = [shareOf(mine, address, state), shareOf(mine, address, after.get(address) ?? null)]
      claims.push(
        ...has.others.filter((who) => !had.others.includes(who)).map((who): [string, string] => [address, who]),
      )
      // What was handed over is known to be out of hand, whatever is in it then.
      const kept = but.includes(address) ? after.get(address) : undefined
      count(native, had.lamports - (kept?.lamports ?? has.lamports))
      for (const [mint, amount] of had.tokens) count(tokenAsset(localSolana, mint), amount)
      for (const [mint, amount] of kept && isToken(kept) ? [holdingOf(kept)] : has.tokens)
        count(tokenAsset(localSolana, mint), -amount)
    }
    return { assets, claims }
  }
}

/** Everything that was lost was told. */
function requireTold(effects: readonly Effect[], loss: (but: readonly string[]) => Loss, fee: bigint) {
  const handed = effects.flatMap((one) => (one.kind === 'operator' ? [one.contract] : []))
  const { assets, claims } = loss(handed)
  for (const [asset, amount] of assets) {
    const told = effects.reduce(
      (sum, one) => {
        if (one.kind === 'outflow' && (one.asset === asset || (asset === native && one.asset === wrappedAsset)))
          return sum + BigInt(one.amount)
        return one.kind === 'account-creation' && asset === native ? sum + BigInt(one.rent) : sum
      },
      asset === native ? fee : 0n,
    )
    expect(amount, `${amount} of ${asset} left, ${told} told`).toBeLessThanOrEqual(told)
  }
  for (const [account, who] of claims) {
    const isTold = effects.some(
      (one) =>
        (one.kind === 'approval' && one.spender === who) ||
        (one.kind === 'operator' && one.contract === account && one.operator === who),
    )
    expect(isTold, `${who} may do something with ${account}`).toBe(true)
  }
}

/** A receiver of nothing is none. */
const isMoney = (effect: Effect) => effect.kind !== 'outflow' || effect.amount !== '0'

type Outcome = 'refused' | 'asked' | 'told'

/** What becomes of a request, and that nothing is lost of which nothing was told. */
async function outcomeOf(make: (mine: Mine, wallet: Wallet) => Instructions | Promise<Instructions>): Promise<Outcome> {
  const { wallet, mine } = await rich()
  const instructions = await make(mine, wallet)
  const { instructions: read, owners, lookups } = bed.chain.programs!
  expect(lookups).toBeDefined()
  let draft: Draft
  let intent: Parameters<Bed['chain']['draft']>[1]
  try {
    const parsed = read(mine.me, instructions)
    intent = {
      kind: 'program-call',
      to: parsed[0]!.program,
      instructions: parsed,
      tokens: [],
      owners: await owners(parsed),
    }
    draft = await bed.chain.draft(mine.me, intent)
  } catch (error) {
    expect(isFailure(error), String(error)).toBe(true)
    return 'refused'
  }
  if ((await bed.chain.precheck(mine.me, [draft], []))[0] !== null) return 'refused'
  const addresses = new Set([
    ...Object.values(mine),
    ...instructions.flatMap(({ accounts }) => accounts.map(({ pubkey }) => pubkey)),
  ])
  const before = await statesOf([...addresses])
  const { attempt, signed } = signUnder(bed.chain, wallet, draft, {
    ...(await bed.chain.expiry!.anchor()),
    variation: 0,
  })
  const bytes = bed.chain.bytes(mine.me, draft, bed.chain.anyLifetime)
  const told = bed.chain.decode(mine.me, bytes, bed.chain.hints(intent)).effects.effects
  await bed.chain.broadcast([signed.bytes])
  bed.node.advance(1)
  bed.pass(3_000)
  const [seen] = await bed.chain.observe([attempt])
  expect(seen).toMatchObject({ state: 'included', succeeded: true })
  const fee = (seen as { fee: bigint }).fee
  const loss = lossOf(mine, before, await statesOf([...addresses]))
  const landed = await bed.chain.landed!({ hash: attempt.hash, sender: mine.me, alone: true })
  if (landed) requireTold([...landed, ...told.filter(({ kind }) => kind === 'account-creation')], loss, fee)
  if (told.some(({ kind }) => kind === 'unknown') && !draft.seen) return 'asked'
  const judged = withSeen(told, draft.seen ?? [], native)
  requireTold(judged, loss, fee)
  // Nothing is seen in the block that was not judged, so that nothing diverges.
  const ranCode = told.some(({ kind }) => kind === 'call')
  if (landed && ranCode) expect(beyond(judged, landed, native).filter(isMoney)).toEqual([])
  return 'told'
}
type Instructions = readonly GivenInstruction[]

const spl = (accounts: readonly string[], data: readonly number[]) => given(tokenProgram, accounts, data)
const t22 = (accounts: readonly string[], data: readonly number[]) => given(token2022Program, accounts, data)
const stakes = (accounts: readonly string[], data: readonly number[]) => given(stakeProgram, accounts, data)
const ofEve = () => keyOf(eve.address)
const memo = (by: string, text = 'hello') => given(memoProgram, [by], [...Buffer.from(text)])
const withSeed = (kind: number, me: string, rest: readonly number[]) => [
  ...u32(kind),
  ...keyOf(me),
  ...seedOf('vault'),
  ...rest,
]

/** Parts of requests that do something by themselves, in any order. */
const parts: readonly ((mine: Mine) => GivenInstruction)[] = [
  ({ me }) => pay(me, eve.address, 5_000n),
  ({ me }) => pay(me, me, 9_000n),
  ({ me, wrapped }) => pay(me, wrapped, 9_000n),
  ({ wrapped }) => spl([wrapped], [17]),
  ({ me, wrapped }) => spl([wrapped, theirs.wrapped, me], [3, ...u64(7n)]),
  ({ me, wrapped }) => spl([wrapped, me, me], [9]),
  ({ me, wrapped }) => spl([wrapped, eve.address, me], [9]),
  ({ me, spl: from }) => spl([from, bed.spl.address, theirs.spl, me], [12, ...u64(7n), 6]),
  ({ me, spl: from }) => spl([from, theirs.spl, me], [3, ...u64(11n)]),
  ({ me, spl: from }) => spl([from, bed.spl.address, me], [8, ...u64(100n)]),
  ({ me, spl: from }) => spl([from, eve.address, me], [4, ...u64(7n)]),
  ({ me, spl: from }) => spl([from, me], [5]),
  ({ me, spl: from }) => spl([from, me], [6, 2, 1, ...ofEve()]),
  ({ me, token2022: from }) => t22([from, theirs.token2022, me], [3, ...u64(7n)]),
  ({ me, token2022: from }) => t22([from, me], [6, 3, 1, ...ofEve()]),
  ({ me }) => holding(me, newWallet().address, { mint: bed.spl.address, program: tokenProgram }).create,
  ({ me, vault }) =>
    given(
      systemProgram,
      [vault, me, eve.address],
      [...[...u32(11), ...u64(5_000n)], ...[...seedOf('vault'), ...keyOf(systemProgram)]],
    ),
  ({ me, chest }) => given(systemProgram, [chest, me], withSeed(10, me, keyOf(STRANGE))),
  ({ me, stake }) => stakes([stake, me, CLOCK, HISTORY, me], [...u32(4), ...u64(1_000n)]),
  ({ me, stake }) => stakes([stake, eve.address, CLOCK, HISTORY, me], [...u32(4), ...u64(1_000n)]),
  ({ me, stake }) => stakes([stake, CLOCK, me], [...u32(1), ...ofEve(), ...u32(0)]),
  ({ me, stake, second }) => stakes([stake, second, CLOCK, HISTORY, me], u32(7)),
  ({ me, second }) => stakes([second, me], [...u32(6), 1, ...u64(9_000_000_000n), 0, 0]),
  ({ me }) => memo(me),
]

describe('what a wallet pays to itself at the end of a call is the least that it keeps', () => {
  const keeps = ({ me, spl: own }: Mine, lamports: bigint, tokens: bigint) => [
    pay(me, me, lamports),
    spl([own, bed.spl.address, own, me], [12, ...u64(tokens), 6]),
  ]
  const takes = ({ me, spl: own }: Mine) => [pay(me, eve.address, 5_000n), spl([own, theirs.spl, me], [3, ...u64(7n)])]
  const asked = async (make: (mine: Mine) => Instructions) => outcomeOf(make)
  test('and it fails where less would stay', async () => {
    expect(await asked((mine) => [...takes(mine), ...keeps(mine, 1_500_000_000n, 993n)])).toBe('told')
    expect(await asked((mine) => [...takes(mine), ...keeps(mine, 1_500_000_000n, 994n)])).toBe('refused')
    expect(await asked((mine) => [...takes(mine), ...keeps(mine, 2_000_000_000n, 993n)])).toBe('refused')
  })

  test('nor does it let another have the account', async () => {
    const gives = ({ me, spl: own }: Mine) => spl([own, me], [6, 2, 1, ...ofEve()])
    expect(await asked((mine) => [gives(mine), ...keeps(mine, 1_500_000_000n, 993n)])).toBe('refused')
  })

  test('and it needs nothing beside', async () => {
    const { wallet, mine } = await rich()
    const parsed = bed.chain.programs!.instructions(mine.me, keeps(mine, 1_600_000_000n, 1_000n))
    const draft = await bed.chain.draft(mine.me, {
      ...{ kind: 'program-call', to: systemProgram, instructions: parsed, tokens: [], owners: [] },
    })
    expect(await bed.chain.precheck(wallet.address, [draft], [])).toEqual([null])
  })
})

test('nor by any of them together', async () => {
  const together = fc.array(fc.nat(parts.length - 1), { minLength: 2, maxLength: 6 })
  const outcomes = new Set<Outcome>()
  await fc.assert(
    fc.asyncProperty(together, fc.boolean(), async (places, hasFloors) => {
      floors = hasFloors ? new Map() : undefined
      outcomes.add(await outcomeOf((mine) => places.map((at) => parts[at]!(mine))))
    }),
    { numRuns: 40 },
  )
  floors = undefined
  expect(outcomes).toContain('told')
})

describe('nothing is lost of which nothing was told', () => {
  test.each<[string, (mine: Mine, wallet: Wallet) => Instructions | Promise<Instructions>, Outcome]>([
    // Tokens.
    ['a transfer', ({ me, spl: from }) => [spl([from, bed.spl.address, theirs.spl, me], [12, ...u64(7n), 6])], 'told'],
    ['a transfer without its mint', ({ me, spl: from }) => [spl([from, theirs.spl, me], [3, ...u64(7n)])], 'told'],
    [
      'a transfer to itself, and another one',
      ({ me, spl: from }) => [spl([from, from, me], [3, ...u64(900n)]), spl([from, theirs.spl, me], [3, ...u64(7n)])],
      'told',
    ],
    ['of Token-2022', ({ me, token2022: from }) => [t22([from, theirs.token2022, me], [3, ...u64(7n)])], 'told'],
    [
      'of Token-2022, with a fee',
      ({ me, token2022: from }) => [
        t22([from, bed.token2022.address, theirs.token2022, me], [26, 1, ...u64(7n), 9, ...u64(0n)]),
      ],
      'told',
    ],
    ['a burn', ({ me, spl: from }) => [spl([from, bed.spl.address, me], [8, ...u64(7n)])], 'told'],
    ['an allowance', ({ me, spl: from }) => [spl([from, eve.address, me], [4, ...u64(7n)])], 'told'],
    [
      'an allowance that is taken back',
      ({ me, spl: from }) => [spl([from, eve.address, me], [4, ...u64(7n)]), spl([from, me], [5])],
      'told',
    ],
    [
      'an allowance of two, one after the other',
      ({ me, spl: from }) => [
        spl([from, newWallet().address, me], [4, ...u64(9n)]),
        spl([from, eve.address, me], [4, ...u64(7n)]),
      ],
      'told',
    ],
    ['a new owner', ({ me, spl: from }) => [spl([from, me], [6, 2, 1, ...ofEve()])], 'told'],
    ['a new owner of Token-2022', ({ me, token2022: from }) => [t22([from, me], [6, 2, 1, ...ofEve()])], 'refused'],
    ['somebody who may close', ({ me, spl: from }) => [spl([from, me], [6, 3, 1, ...ofEve()])], 'told'],
    [
      'somebody who may close, of Token-2022',
      ({ me, token2022: from }) => [t22([from, me], [6, 3, 1, ...ofEve()])],
      'told',
    ],
    [
      'a burn, and a close to another',
      ({ me, spl: from }) => [spl([from, bed.spl.address, me], [8, ...u64(1_000n)]), spl([from, eve.address, me], [9])],
      'told',
    ],
    ['a close of wrapped lamports to another', ({ me, wrapped }) => [spl([wrapped, eve.address, me], [9])], 'told'],
    ['a close of wrapped lamports to itself', ({ me, wrapped }) => [spl([wrapped, me, me], [9])], 'told'],
    [
      'wrapped lamports that are paid',
      ({ me, wrapped }) => [spl([wrapped, theirs.wrapped, me], [3, ...u64(7n)])],
      'told',
    ],
    [
      'wrapped lamports that are counted anew, and paid',
      ({ me, wrapped }) => [
        pay(me, wrapped, 100n),
        spl([wrapped], [17]),
        spl([wrapped, theirs.wrapped, me], [3, ...u64(30_000_050n)]),
      ],
      'told',
    ],
    [
      'lamports into the account of another',
      ({ me }) => [pay(me, theirs.wrapped, 1_000n), spl([theirs.wrapped], [17])],
      'told',
    ],
    [
      'several in one',
      ({ me, spl: from }) => [
        spl([from, theirs.spl, me, from, eve.address, me], [255, 3, 9, 3, ...u64(7n), 3, 9, 4, ...u64(9n)]),
      ],
      'told',
    ],
    [
      'several in one, of which one is another owner',
      ({ me, spl: from }) => [spl([from, me], [255, 2, 35, 6, 2, 1, ...ofEve()])],
      'told',
    ],
    [
      'an account for another',
      ({ me }) => [holding(me, newWallet().address, { mint: bed.spl.address, program: tokenProgram }).create],
      'told',
    ],
    [
      'accounts for others of Token-2022',
      ({ me }) =>
        [1, 2, 3].map(
          () => holding(me, newWallet().address, { mint: bed.token2022.address, program: token2022Program }).create,
        ),
      'told',
    ],
    [
      'an account that grows at the cost of the wallet',
      ({ me, token2022: from }) => [t22([from, me, systemProgram, me], [29, 8, 0])],
      'told',
    ],
    [
      'a guard against programs',
      ({ me, token2022: from }) => [t22([from, me, systemProgram, me], [29, 11, 0]), t22([from, me], [34, 0])],
      'told',
    ],
    ['a memo and a transfer', ({ me, spl: from }) => [memo(me), spl([from, theirs.spl, me], [3, ...u64(7n)])], 'told'],
    [
      'a mint of its own that is handed over',
      async ({ me }, wallet) => {
        const made = await seeded(wallet, 'own', { program: tokenProgram, size: 82, lamports: 1_461_600n })
        return [
          made.make,
          spl([made.address], [20, 0, ...keyOf(me), 0]),
          spl([made.address, me], [6, 0, 1, ...ofEve()]),
        ]
      },
      'told',
    ],

    // Lamports, and what is derived from the wallet.
    ['a payment', ({ me }) => [pay(me, eve.address, 5_000n)], 'told'],
    ['many payments', ({ me }) => Array.from({ length: 12 }, () => pay(me, eve.address, 5_000n)), 'told'],
    [
      'a payment to itself and another',
      ({ me }) => [pay(me, me, 1_000_000_000n), pay(me, eve.address, 5_000n)],
      'told',
    ],
    [
      'a payment from a derived account',
      ({ me, vault }) => [
        given(
          systemProgram,
          [vault, me, eve.address],
          [...u32(11), ...u64(5_000n), ...seedOf('vault'), ...keyOf(systemProgram)],
        ),
      ],
      'told',
    ],
    [
      'all of a derived account',
      ({ me, vault }) => [
        given(
          systemProgram,
          [vault, me, eve.address],
          [...u32(11), ...u64(VAULT), ...seedOf('vault'), ...keyOf(systemProgram)],
        ),
      ],
      'told',
    ],
    [
      'an account that is made for a program',
      async (_, wallet) => [(await seeded(wallet, 'gift', { program: STRANGE, size: 9, lamports: 2_000_000n })).make],
      'told',
    ],
    [
      'the account of the wallet given away',
      ({ me }) => [given(systemProgram, [me], [...u32(1), ...keyOf(STRANGE)])],
      'refused',
    ],
    ['the account of the wallet filled', ({ me }) => [given(systemProgram, [me], [...u32(8), ...u64(8n)])], 'refused'],
    [
      'a derived account given away',
      ({ me, chest }) => [given(systemProgram, [chest, me], withSeed(10, me, keyOf(STRANGE)))],
      'told',
    ],
    [
      'a derived account filled for a program',
      ({ me, chest }) => [given(systemProgram, [chest, me], withSeed(9, me, [...u64(8n), ...keyOf(STRANGE)]))],
      'told',
    ],
    ['a nonce account', ({ me, vault }) => [given(systemProgram, [vault, RENT], [...u32(6), ...keyOf(me)])], 'refused'],
    [
      'a nonce that is taken from',
      ({ me, vault }) => [given(systemProgram, [vault, eve.address, RENT, me], [...u32(5), ...u64(1n)])],
      'refused',
    ],

    // Stakes.
    [
      'a stake that is paid out to another',
      ({ me, stake }) => [stakes([stake, eve.address, CLOCK, HISTORY, me], [...u32(4), ...u64(STAKED)])],
      'told',
    ],
    [
      'a stake that is paid out to itself',
      ({ me, stake }) => [stakes([stake, me, CLOCK, HISTORY, me], [...u32(4), ...u64(STAKED)])],
      'told',
    ],
    ['another who stakes', ({ me, stake }) => [stakes([stake, CLOCK, me], [...u32(1), ...ofEve(), ...u32(0)])], 'told'],
    [
      'another who withdraws',
      ({ me, stake }) => [stakes([stake, CLOCK, me], [...u32(1), ...ofEve(), ...u32(1)])],
      'told',
    ],
    [
      'another who withdraws, and a payment',
      ({ me, stake }) => [pay(me, eve.address, 7n), stakes([stake, CLOCK, me], [...u32(1), ...ofEve(), ...u32(1)])],
      'told',
    ],
    [
      'a stake that is locked up for another',
      ({ me, stake }) => [stakes([stake, me], [...u32(6), 1, ...u64(9_000_000_000n), 0, 1, ...ofEve()])],
      'told',
    ],
    [
      'a stake that is locked up for ever',
      ({ me, stake }) => [stakes([stake, me], [...u32(6), 0, 1, ...u64(2n ** 62n), 0])],
      'told',
    ],
    [
      'a stake that is split, and the part handed over',
      async ({ me, stake }, wallet) => {
        const part = await seeded(wallet, 'part', { program: stakeProgram, size: 200, lamports: 2_282_880n })
        return [
          part.make,
          stakes([stake, part.address, me], [...u32(3), ...u64(STAKED)]),
          stakes([part.address, CLOCK, me], [...u32(1), ...ofEve(), ...u32(1)]),
        ]
      },
      'told',
    ],
    [
      'stakes that are merged',
      ({ me, stake, second }) => [stakes([stake, second, CLOCK, HISTORY, me], u32(7))],
      'told',
    ],
    [
      'a stake that begins as that of another',
      async (_, wallet) => {
        const made = await seeded(wallet, 'new', { program: stakeProgram, size: 200, lamports: STAKED })
        return [made.make, stakes([made.address, RENT], [...u32(0), ...ownStake(eve.address)])]
      },
      'told',
    ],
    [
      'lamports that move between stakes',
      ({ me, stake, second }) => [stakes([stake, second, me], [...u32(17), ...u64(1_000n)])],
      'told',
    ],

    [
      'a stake that was derived, handed over',
      async ({ me }, wallet) => {
        const base = await createAddressWithSeed({
          ...{ baseAddress: me as Address, programAddress: systemProgram, seed: 'vault' },
        })
        const made = await seeded(wallet, 'derived', { program: stakeProgram, size: 200, lamports: STAKED })
        const begin = stakes([made.address, RENT], [...u32(0), ...ownStake(base)])
        expect(await run(bed, wallet, made.make, begin)).toBe(true)
        const next = [...ofEve(), ...u32(1), ...seedOf('vault'), ...keyOf(systemProgram)]
        return [stakes([made.address, me, CLOCK], [...u32(8), ...next])]
      },
      'told',
    ],

    // Who else.
    ['an account that no program reads', ({ me }) => [given(STRANGE, [me, eve.address], [1])], 'refused'],
    [
      'what the account of another was to get back',
      ({ me, spl: from }) => {
        const nested = holding(me, from, { mint: bed.spl.address, program: tokenProgram })
        return [nested.create, spl([from, nested.address, me], [3, ...u64(9n)])]
      },
      'told',
    ],
    [
      'fees of a token of its own',
      async ({ me }, wallet) => {
        const fees = [26, 0, 1, ...keyOf(me), 1, ...keyOf(me), 100, 0, ...u64(1_000n)]
        const made = await seeded(wallet, 'fee', { program: token2022Program, size: 278, lamports: 10_000_000n })
        const [own, hers] = [me, eve.address].map((owner) =>
          holding(me, owner, { mint: made.address, program: token2022Program }),
        ) as [ReturnType<typeof holding>, ReturnType<typeof holding>]
        const issue = [t22([made.address, own.address, me], [7, ...u64(9_000n)])]
        expect(
          await run(bed, wallet, made.make, t22([made.address], fees), t22([made.address], [20, 2, ...keyOf(me), 0])),
        ).toBe(true)
        expect(await run(bed, wallet, own.create, hers.create, ...issue)).toBe(true)
        const spend = t22([own.address, made.address, hers.address, me], [12, ...u64(5_000n), 2])
        expect(await run(bed, wallet, spend)).toBe(true)
        return [t22([made.address, hers.address, me, hers.address], [26, 3, 1])]
      },
      'told',
    ],
    [
      'what another would have to sign',
      ({ me }) => [
        { ...pay(eve.address, me, 1n), accounts: [{ pubkey: eve.address, isSigner: true, isWritable: true }] },
      ],
      'refused',
    ],
    ['a memo in the name of the wallet', ({ me }) => [memo(me, 'I owe you')], 'told'],
  ])('%s', async (_, make, outcome) => {
    expect(await outcomeOf(make)).toBe(outcome)
  })
})
